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


def relay(organisation_id: int, event_id: int) -> int:
    """Run every reaction that one event still has to have. Returns how many ran."""
    with scope(organisation_id, surface=Via.RELAY):
        ids = list(
            Outbox.objects.filter(event_id=event_id, next_try_at__isnull=False).order_by("id").values_list("id", flat=True)
        )
    return sum(run(organisation_id, outbox_id) for outbox_id in ids)


def run(organisation_id: int, outbox_id: int) -> bool:
    """Run one outbox row's reaction, if nobody else does. Returns whether it ran to its end."""
    try:
        with scope(organisation_id, surface=Via.RELAY):
            row = Outbox.objects.select_for_update(skip_locked=True).filter(pk=outbox_id, next_try_at__isnull=False).first()
            if row is None:
                return False
            event = Event.objects.get(pk=row.event_id)
            _by_name()[row.reaction](event, system(organisation_id, Via.RELAY))
            row.delete()
            return True
    except Exception as error:
        log.exception("reaction.failed", outbox=outbox_id)
        _put_off(organisation_id, outbox_id, f"{type(error).__name__}: {error}")
        return False


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
