"""Pages whose moment has come: those of low urgency when business hours begin, those that were acknowledged and forgotten."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection, transaction

from oncall.actions import look_at
from oncall.models import Page
from tenants.actors import Via, system
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, page) of those whose moment has come, over all tenants, earliest first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_pages(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 200) -> int:
    """Look at every page whose moment has come, each in a transaction of its own. Returns how many there was something to do about."""
    done = 0
    for organisation_id, page_id in due(now(), limit):
        try:
            with scope(organisation_id, surface=Via.CLOCK):
                done += look_at(Page(pk=page_id), by=system(organisation_id, Via.CLOCK))
        except Exception:  # one that cannot be looked at keeps no other
            log.exception("page.failed", page=page_id)
    return done
