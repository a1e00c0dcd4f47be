"""Whose time to see a restricted incident is over: found by the sweep, and put on record.

The walls keep the moment by themselves (`muster.hidden_incidents()` compares with the database's clock); this only tells of it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from incidents.actions.restriction import expire
from incidents.models import NeedToKnow
from standard import turns
from tenants.actors import Actor


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, place on a list) of those that have expired, over all tenants, earliest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_expiries(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 200) -> int:
    """Record every expiry that has come, each in a transaction of its own. Returns how many."""

    def tell(place_id: int, by: Actor) -> bool:
        return expire(NeedToKnow.objects.select_related("incident", "user").get(pk=place_id), by=by)

    return turns.take("expiry", due, tell, limit=limit)
