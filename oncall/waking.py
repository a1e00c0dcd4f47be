"""Pages whose moment has come: those of low urgency when business hours begin, those that were acknowledged and forgotten."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from oncall.actions import look_at
from oncall.models import Page
from standard import turns


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, page) of those whose moment has come, over all tenants, earliest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_pages(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 200) -> int:
    """Look at every page whose moment has come, each in a transaction of its own. Returns how many there was something to do about."""
    return turns.take("page", due, lambda page_id, by: look_at(Page(pk=page_id), by=by), limit=limit)
