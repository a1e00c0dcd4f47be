"""The portal's tasks: ids in, one call. Each may run twice and may be lost."""

from datetime import timedelta

from celery import shared_task
from django.db import connection, transaction

from compliance.actions import retention
from ledger import relay as relaying
from portal import sweeping
from tenants.time import now


@shared_task(name="portal.relay")
def relay(organisation_id: int, event_id: int) -> None:
    """Run the reactions of one event."""
    relaying.relay(organisation_id, event_id)


@shared_task(name="portal.sweep")
def sweep() -> None:
    """One sweep; beat asks for one each second."""
    sweeping.sweep()


@shared_task(name="portal.tidy")
def tidy() -> None:
    """Forget remembered answers after a day, and sessions that have ended."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT muster.forget_answers(%s)", [now() - timedelta(days=1)])
        cursor.execute("DELETE FROM django_session WHERE expire_date < %s", [now()])


@shared_task(name="portal.retain")
def retain() -> None:
    """Remove what is over its age and not held, of every organisation."""
    retention.run()
