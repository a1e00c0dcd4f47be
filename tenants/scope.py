"""The tenant's scope: the one place that opens a transaction and tells PostgreSQL whose rows it may show.

Without a scope no row of any tenant is visible (the walls are row level security, see tenants/walls.py).
The setting is local to the transaction, so a pooled connection keeps nothing of it; and it is signed (tenants/context.py).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, transaction

from tenants import auditor, context
from tenants.actors import Actor


@dataclass(slots=True)
class Scope:
    """An open scope. `abandon()` makes its end a roll-back, for a request that is answered with a 4xx or 5xx.

    `event_id` is the event that tells what was done in it: the last one of an incident, else the first.
    """

    organisation_id: int
    surface: str
    user_id: int | None = None
    actor: Actor | None = field(default=None)
    event_id: int | None = None
    lasting: list[Callable[[], object]] = field(default_factory=list)
    """What is done again, in a scope of its own, where this one was undone: what must survive a refusal, such as that somebody read."""

    def become(self, actor: Actor) -> None:
        """Say who acts, once that is known: from now on history rows are theirs."""
        known, self.actor, self.user_id = self.user_id, actor, actor.user_id
        if known != actor.user_id:
            _tell(self)

    def abandon(self) -> None:
        """Undo everything of this scope when it closes."""
        transaction.set_rollback(True)


_current: ContextVar[Scope | None] = ContextVar("muster_scope", default=None)


def current() -> Scope | None:
    """The innermost open scope, or None."""
    return _current.get()


def organisation_id() -> int:
    """The organisation of the open scope. Raises RuntimeError outside one: code that runs there has no tenant."""
    scope_ = _current.get()
    if scope_ is None:
        raise RuntimeError("No tenant's scope is open here: open one with tenants.scope.scope().")
    return scope_.organisation_id


@contextmanager
def scope(
    organisation_id: int,
    *,
    surface: str,
    user_id: int | None = None,
    actor: Actor | None = None,
    read_only: bool = False,
    auditing: bool = False,
    hurry: str = "",
) -> Iterator[Scope]:
    """Open a transaction inside the walls of one organisation.

    Everything in it commits together or not at all. `read_only` makes PostgreSQL refuse every write in it; `auditing` is that, as
    the auditor's own role, on its own connection (clause people.auditor). `hurry`: how long its statements may take
    (tenants.limits.hurried), said in the same trip. Scopes nest only in tests and between an edge
    and an action of the same organisation; the inner one is a savepoint and gives the outer one its setting back.
    """
    also = ", ".join(filter(None, (context.AUDITOR if auditing else context.READ_ONLY if read_only else "", hurry)))
    with auditor.connected() if auditing else nullcontext():
        outer = _current.get()
        opened = Scope(organisation_id=organisation_id, surface=surface, user_id=user_id, actor=actor)
        nested = connection.in_atomic_block
        with transaction.atomic():
            _tell(opened, also)
            token = _current.set(opened)
            try:
                yield opened
            finally:
                _current.reset(token)
            if nested and not connection.needs_rollback:  # a roll-back to the savepoint brings the outer setting back by itself
                _tell(outer)


def _tell(scope_: Scope | None, also: str = "") -> None:
    """Set PostgreSQL's context, for this transaction only."""
    if scope_ is None:
        context.clear()
    else:
        context.tell(scope_.organisation_id, scope_.user_id, scope_.surface, also=also)
