"""Ids in, one call."""

from celery import shared_task

from notifications import actions


@shared_task(name="notifications.deliver")
def deliver(organisation_id: int, delivery_id: int) -> None:
    """Try one delivery. Running it twice sends nothing twice that was recorded as sent."""
    actions.deliver(organisation_id, delivery_id)
