"""The auditor's own connection: what an auditor reads is read by a role that can do nothing else (clause people.auditor).

All of our code asks the connection called "default". For an auditor's request, and while the pack of their engagement is made, that name leads
to the auditor's own connection, so that no query can forget to ask there; sessions, people who sign in and the record of what is read stay
with the serving role, before and after.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

ALIAS = "auditor"

_serving: ContextVar[Any] = ContextVar("muster_serving_connection", default=None)
"""Inside: the serving role's connection, whose name the auditor's has for now."""


@contextmanager
def connected() -> Iterator[None]:
    """Everything in the block that asks the database asks as the auditor's role."""
    serving = connections[DEFAULT_DB_ALIAS]
    with _in_its_place(serving) if not serving.in_atomic_block else _within(serving):
        token = _serving.set(serving)
        try:
            yield
        finally:
            _serving.reset(token)


@contextmanager
def serving() -> Iterator[None]:
    """What is a person's and no organisation's (a second factor, a session) is asked as the serving role, inside an auditor's scope too."""
    connection = _serving.get()
    auditors = connections[DEFAULT_DB_ALIAS]
    if connection is None:
        yield
    elif connection is auditors:
        _become(connection, "NONE")
        yield
        _become(connection, _role(connection))
    else:
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = auditors


@contextmanager
def _in_its_place(serving: Any) -> Iterator[None]:
    """By the auditor's own connection, which goes back to its pool afterwards."""
    own = connections[ALIAS]
    connections[DEFAULT_DB_ALIAS] = own
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = serving
        own.close()


@contextmanager
def _within(serving: Any) -> Iterator[None]:
    """Within a transaction that is open already, as in tests that are rolled back: nothing else would see what was done in it.

    The serving role may become the auditor's on the tests' servers only (`manage.py roles --tests`); anywhere else this is refused.
    """
    with transaction.atomic():
        _become(serving, _role(serving))
        yield
        if not serving.needs_rollback:
            _become(serving, "NONE")


def _role(connection: Any) -> str:
    return str(connection.ops.quote_name(settings.AUDITOR_ROLE))


def _become(connection: Any, role: str) -> None:
    path = "public" if role == "NONE" else "muster_audit, public"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(f"SET LOCAL search_path = {path}")
