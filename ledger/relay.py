"""From an event to what follows from it: each outbox row is handled and deleted in one transaction.

So a reaction has its effect in the database exactly once, whoever asks: the nudged task, the sweep, or two of them at a time.

What a reaction records has reactions of its own. They run in the same transaction, one after the other: a page is then on its way
one commit after its cause. If anything in it fails, all of it is undone, and the reaction runs again alone; what it records is
then written to the outbox, so that a reaction that is broken keeps none before it from its effect.
"""

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from ledger import nudge
from ledger.models import Event, Outbox
from tenants import prepared
from tenants.actors import Actor, Via, system
from tenants.limits import MOMENT_SECONDS, hurried, within
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
LOCK_MS = 1500  # a verb may have the incident in its hands for a while: that is no failure


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from an event: a function of (event, by), named by where it stands."""

    name: str
    run: str

    def __call__(self, event: Event, by: Actor) -> None:
        """Run it. The function is looked up by name each time, so that a test can switch it off."""
        function: Callable[[Event, Actor], None] = import_string(self.run)
        function(event, by)


@dataclass(slots=True)
class _Chain:
    """The reactions that follow in one transaction, and whether something was taken on that is done right after its commit."""

    following: list[tuple[Reaction, Event]] = field(default_factory=list)
    taken_on: bool = False


_chain: ContextVar[_Chain | None] = ContextVar("muster_chain", default=None)


def runs_with_its_cause(event: Event, reactions: Sequence[Reaction]) -> bool:
    """Whether a reaction is recording `event`, and what follows from it runs in the same transaction, without an outbox row."""
    chain = _chain.get()
    if chain is None:
        return False
    chain.following += [(reaction, event) for reaction in reactions]
    return True


def take_on() -> bool:
    """Whether this process may, right after the commit, do by itself (`nudge.here`) what the reaction asks for. Once a transaction."""
    chain = _chain.get()
    if chain is None or chain.taken_on:
        return False
    chain.taken_on = True
    return True


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


def _first(
    organisation_id: int, *, alone: bool = False, event_id: int | None = None, pk: int | None = None
) -> tuple[bool, list[int]]:
    """Run the reaction of the first of these rows, in one transaction with finding it and with what follows from it.

    Returns whether it ran, and the other rows. `alone` leaves what follows to transactions of its own. Whatever hangs, in Python or in
    the database, is undone after a moment and tried again later and later: the pages behind it are not its to hold up.
    """
    rows: list[_Row] = []
    chain = _Chain(taken_on=connection.in_atomic_block)  # inside another transaction nothing is committed yet afterwards
    try:
        with scope(organisation_id, surface=Via.RELAY, hurry=hurried(lock_ms=LOCK_MS)), within(MOMENT_SECONDS):
            rows = _free(event_id=event_id, pk=pk)
            if not rows:
                return False, []
            _run(rows[0], organisation_id, None if alone else chain)
            others = [row.pk for row in rows[1:]]
        return True, others
    except Exception as error:
        if not rows:
            raise
        log.exception("reaction.failed", outbox=rows[0].pk, together=len(chain.following))
        if chain.following:
            return _first(organisation_id, alone=True, event_id=event_id, pk=pk)
        _put_off(organisation_id, rows[0].pk, f"{type(error).__name__}: {error}")
        return False, [row.pk for row in rows[1:]]


_FREE = """
SELECT o.id AS outbox_id, o.reaction AS reaction, e.* FROM ledger_outbox o JOIN ledger_event e ON e.id = o.event_id
WHERE o.{column} = %s AND o.next_try_at IS NOT NULL ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
"""
_DONE = "DELETE FROM ledger_outbox WHERE id = %s"  # nothing refers to it


@dataclass(frozen=True, slots=True)
class _Row:
    """An outbox row by its id, with the event whose reaction it is."""

    pk: int
    reaction: str
    event: Event


def _free(*, event_id: int | None = None, pk: int | None = None) -> list[_Row]:
    """The outbox rows of one event, or the one by its id, that still have to run and that nobody else runs; ours until the commit."""
    by_event = event_id is not None
    sql = _FREE.format(column="event_id" if by_event else "id")
    found: list[Any] = prepared.rows(Event, sql, [event_id if by_event else pk])
    return [_Row(event.outbox_id, event.reaction, event) for event in found]


def _run(row: _Row, organisation_id: int, chain: _Chain | None) -> None:
    by = system(organisation_id, Via.RELAY)
    token = _chain.set(chain)
    try:
        _by_name()[row.reaction](row.event, by)
        for reaction, cause in chain.following if chain else ():  # it grows meanwhile
            reaction(cause, by)
    finally:
        _chain.reset(token)
    prepared.changed(_DONE, [row.pk])


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_outbox(%s, %s)", [before, limit])
        return list(cursor.fetchall())
