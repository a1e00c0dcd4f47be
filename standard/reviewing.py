"""Finding the quarters that have begun, across all tenants, and opening their reviews. Any number may run at once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from standard import turns
from standard.actions import open_due
from standard.models import ReviewOpening


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, opening) of those whose time has come, over all tenants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_review_openings(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 20) -> int:
    """Open every review that is due, each in a transaction of its own. Returns how many organisations had one."""
    return turns.take("review", due, lambda opening_id, by: open_due(ReviewOpening(pk=opening_id), by=by), limit=limit)
