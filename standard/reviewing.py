"""Finding the quarters that have begun, across all tenants, and opening their reviews. Any number may run at once."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection, transaction

from standard.actions import open_due
from standard.models import ReviewOpening
from tenants.actors import Via, system
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, opening) of those whose time has come, over all tenants."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_review_openings(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 20) -> int:
    """Open every review that is due, each in a transaction of its own. Returns how many organisations had one."""
    done = 0
    for organisation_id, opening_id in due(now(), limit):
        try:
            with scope(organisation_id, surface=Via.CLOCK):
                done += open_due(ReviewOpening(pk=opening_id), by=system(organisation_id, Via.CLOCK))
        except Exception:  # one that cannot be opened keeps no other
            log.exception("review.not_opened", opening=opening_id)
    return done
