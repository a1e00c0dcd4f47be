"""The tasks of this room: ids in, one call. Each may run twice and may be lost."""

from celery import shared_task

from compliance.packs import making


@shared_task(name=making.TASK)
def make_pack(organisation_id: int, pack_id: int) -> None:
    """Make an evidence pack."""
    making.make(organisation_id, pack_id)
