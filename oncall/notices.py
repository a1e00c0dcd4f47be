"""Telling administrators, each week, what would go wrong in the next incident; and finding when that is due."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from oncall.actions.notices import notice
from oncall.models import ReadinessNotice
from standard import turns
from standard.faults import all_faults
from tenants import addresses
from tenants.actors import Actor, Role
from tenants.queries import members
from tenants.walled import tenant_of

log = structlog.get_logger(__name__)

TOLD_MOST = 30


def tell_faults(event: Event, by: Actor) -> None:
    """Where something was found, the administrators are told."""
    if event.data["faults"]:
        notify(event, members(Role.ADMINISTRATOR), template="readiness", subject_id=event.subject_id)


def render_faults(delivery: Delivery) -> Message | None:
    """What would go wrong, as it is when the message is sent. None where it was mended meanwhile."""
    found = all_faults()
    if not found:
        return None
    shown = [f"- {fault.sentence}" for fault in found[:TOLD_MOST]]
    more = [f"- and {len(found) - TOLD_MOST} more"] if len(found) > TOLD_MOST else []
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"Before the next incident: {len(found)} {'thing' if len(found) == 1 else 'things'} to mend",
        text="\n".join(["This would go wrong in the next incident:", "", *shown, *more]),
        link=addresses.page(tenant_of(delivery), "readiness/"),
        link_label="Readiness",
    )


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, notice) of those whose time has come, over all tenants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_notices(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 20) -> int:
    """Give every notice that is due, each in a transaction of its own. Returns how many."""
    return turns.take("readiness notice", due, lambda notice_id, by: notice(ReadinessNotice(pk=notice_id), by=by), limit=limit)
