"""When the engines last ran: what /readyz, the watch loop and the metrics look at."""

from datetime import datetime, timedelta

from django.db import connection

from tenants.time import now

# Said and asked several times a second by a portal that has nothing to do: worded here, so that this costs next to nothing.
_BEAT = """
INSERT INTO ledger_heartbeat (engine, at, took_ms) VALUES (%s, %s, %s)
ON CONFLICT (engine) DO UPDATE SET at = excluded.at, took_ms = excluded.took_ms
"""
_LAST = "SELECT at FROM ledger_heartbeat WHERE engine = %s"


AHEAD = timedelta(seconds=5)
"""How far in the future a heartbeat may be: by more it is none, but what a clock that was set back has left."""


def beat(engine: str, took_ms: float = 0.0) -> None:
    """Say that an engine has just run."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, [engine, now(), took_ms])


def last(engine: str) -> datetime | None:
    """When an engine last ran, or None where it never did."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [engine])
        row: tuple[datetime] | None = cursor.fetchone()
    return None if row is None else row[0]


def is_late(engine: str, after: timedelta) -> bool:
    """Whether an engine last ran `after` ago or longer, or never, or at a moment that has not come."""
    at = last(engine)
    return at is None or not -AHEAD <= now() - at < after
