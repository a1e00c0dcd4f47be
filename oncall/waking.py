"""Pages whose moment has come: those of low urgency when business hours begin, those that were acknowledged and forgotten."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from ledger.audited import audited_update
from oncall.actions import look_at
from oncall.models import Page
from standard.clocks import STRIKE_SECONDS, hurry
from tenants.actors import Via, system
from tenants.limits import within
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)

LATER = timedelta(minutes=1)


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
            with scope(organisation_id, surface=Via.CLOCK), within(STRIKE_SECONDS):
                hurry()
                done += look_at(Page(pk=page_id), by=system(organisation_id, Via.CLOCK))
        except Exception:  # one that cannot be looked at keeps no other
            log.exception("page.failed", page=page_id)
            _put_off(organisation_id, page_id)
    return done


def _put_off(organisation_id: int, page_id: int) -> None:
    """Look at a page again in a minute: those behind it have their turn."""
    try:
        with scope(organisation_id, surface=Via.CLOCK):
            hurry()
            audited_update(Page.objects.filter(pk=page_id, next_at__lte=now()), next_at=now() + LATER)
    except DatabaseError:  # somebody is at work on it: the next sweep comes by
        log.warning("page.busy", page=page_id)
