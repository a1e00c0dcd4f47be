"""Finding the action items whose date in force comes or is past, across all tenants, and telling their owners. Any number may run at once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from postmortems.actions.reminding import tell_date
from postmortems.models import ActionItem
from standard import turns


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, item) of those whose owners are to be told, over all tenants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_item_dates(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 50) -> int:
    """Tell the owners of every item that is due for it, each in a transaction of its own. Returns how many were told of."""
    return turns.take("item date", due, lambda item_id, by: tell_date(ActionItem.objects.get(pk=item_id), by=by), limit=limit)
