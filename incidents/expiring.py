"""Whose time to see a restricted incident is over: found by the sweep, and put on record.

The walls keep the moment by themselves (`muster.hidden_incidents()` compares with the database's clock); this only tells of it.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection, transaction

from incidents.actions.restriction import expire
from incidents.models import NeedToKnow
from standard.clocks import STRIKE_SECONDS, hurry
from tenants.actors import Via, system
from tenants.limits import within
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, place on a list) of those that have expired, over all tenants, earliest first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_expiries(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 200) -> int:
    """Record every expiry that has come, each in a transaction of its own. Returns how many."""
    done = 0
    for organisation_id, place_id in due(now(), limit):
        try:
            with scope(organisation_id, surface=Via.CLOCK), within(STRIKE_SECONDS):
                hurry()
                place = NeedToKnow.objects.select_related("incident", "user").get(pk=place_id)
                done += expire(place, by=system(organisation_id, Via.CLOCK))
        except Exception:  # one that cannot be told of keeps no other
            log.exception("expiry.failed", place=place_id)
    return done
