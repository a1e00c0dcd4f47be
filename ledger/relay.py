"""From an event to what follows from it: each outbox row is handled and deleted in one transaction.

So a reaction has its effect in the database exactly once, whoever asks: the nudged task, the sweep, or two of them at a time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from ledger import nudge
from ledger.models import Event, Outbox
from tenants.actors import Actor, Via, system
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from an event: a function of (event, by), named by where it stands."""

    name: str
    run: str

    def __call__(self, event: Event, by: Actor) -> None:
        """Run it. The function is looked up by name each time, so that a test can switch it off."""
        function: Callable[[Event, Actor], None] = import_string(self.run)
        function(event, by)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Reaction]:
    return {reaction.name: reaction for reactions in import_string(settings.MUSTER_REACTIONS).values() for reaction in reactions}


@nudge.doing("portal.relay")
def relay(organisation_id: int, event_id: int) -> int:
    """Run every reaction that one event still has to have. Returns how many ran."""
    with nudge.going_on():
        ran, others = _first(organisation_id, event_id=event_id)
    return ran + sum(run(organisation_id, outbox_id) for outbox_id in others)


def run(organisation_id: int, outbox_id: int) -> bool:
    """Run one outbox row's reaction, if nobody else does, and what follows from it. Returns whether it ran to its end."""
    with nudge.going_on():
        ran, _ = _first(organisation_id, pk=outbox_id)
    return ran


def _first(organisation_id: int, **which: int) -> tuple[bool, list[int]]:
    """Run the reaction of the first of these rows, in one transaction with finding it. Returns whether it ran, and the other rows."""
    rows: list[Outbox] = []
    try:
        with scope(organisation_id, surface=Via.RELAY):
            free = Outbox.objects.select_for_update(skip_locked=True, of=("self",)).select_related("event")
            rows = list(free.filter(next_try_at__isnull=False, **which).order_by("id"))
            if not rows:
                return False, []
            _by_name()[rows[0].reaction](rows[0].event, system(organisation_id, Via.RELAY))
            rows[0].delete()
            others = [row.pk for row in rows[1:]]
        return True, others
    except Exception as error:
        if not rows:
            raise
        log.exception("reaction.failed", outbox=rows[0].pk)
        _put_off(organisation_id, rows[0].pk, f"{type(error).__name__}: {error}")
        return False, [row.pk for row in rows[1:]]


def _put_off(organisation_id: int, outbox_id: int, error: str) -> None:
    """Try again later, each time later; after MAX_ATTEMPTS set it aside, where administrators see it."""
    with scope(organisation_id, surface=Via.RELAY):
        row = Outbox.objects.select_for_update().filter(pk=outbox_id).first()
        if row is not None:
            row.attempts += 1
            row.last_error = error[:2000]
            aside = row.attempts >= MAX_ATTEMPTS
            row.next_try_at = None if aside else now() + timedelta(seconds=min(2**row.attempts, 300))
            row.save()


def overdue(before: datetime, limit: int = 200) -> Iterable[tuple[int, int]]:
    """(organisation, outbox row) of reactions that should have run before `before`, over all tenants, oldest first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_outbox(%s, %s)", [before, limit])
        return list(cursor.fetchall())
