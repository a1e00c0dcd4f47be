"""Finding the action items whose date in force comes or is past, across all tenants, and telling their owners. Any number may run at once."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection, transaction

from postmortems.actions.reminding import tell_date
from postmortems.models import ActionItem
from tenants.actors import Via, system
from tenants.scope import scope
from tenants.time import now

log = structlog.get_logger(__name__)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, item) of those whose owners are to be told, over all tenants."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_item_dates(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 50) -> int:
    """Tell the owners of every item that is due for it, each in a transaction of its own. Returns how many were told of."""
    done = 0
    for organisation_id, item_id in due(now(), limit):
        try:
            with scope(organisation_id, surface=Via.CLOCK):
                done += tell_date(ActionItem.objects.get(pk=item_id), by=system(organisation_id, Via.CLOCK))
        except Exception:  # one that cannot be told of keeps no other
            log.exception("item.date_not_told", item=item_id)
    return done
