"""Have the owners of items that were there before `told_next_at` was kept told of the dates in force, as those of later items are.

One statement over all organisations, which leaves each row's history. Of a date that is past the owner hears at the next sweep, of one to come
when the last quarter of the time from now on has begun, at most three days before it. Those are days of the week, not business days by each
organisation's calendar, and may be: nothing is judged by this instant. It moves no due date and no clock, lies before the date in force whatever
the calendar says, and holds for one reminder: whoever moves the date has the next one planned by the calendar.
Left out is what the clock of the standard's limit tells of by itself, and what the owner was told of already.
"""

from datetime import datetime
from typing import Any

from django.db import migrations
from django.utils import timezone

TOLD = """
WITH wanted AS (
  SELECT a.id, CASE WHEN a.due_at <= %(now)s THEN %(now)s
    ELSE greatest(%(now)s, a.due_at - (a.due_at - %(now)s) / 4, a.due_at - interval '3 days') END AS at
  FROM postmortems_actionitem a
  WHERE a.told_next_at IS NULL AND a.ended_at IS NULL AND a.due_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM standard_clock k WHERE k.organisation_id = a.organisation_id
      AND k.subject_type = 'postmortems.actionitem' AND k.subject_id = a.id AND k.clause = 'actions.sla' AND k.stopped_at IS NULL
      AND (k.due_at = a.due_at OR (k.broken_at IS NULL AND greatest(k.due_at, a.due_at) <= %(now)s)))
    AND NOT EXISTS (SELECT FROM ledger_event e WHERE e.organisation_id = a.organisation_id
      AND e.subject_type = 'postmortems.actionitem' AND e.subject_id = a.id AND e.kind = 'action.date_told'
      AND e.occurred_at >= a.due_at)),
changed AS (
  UPDATE postmortems_actionitem a SET told_next_at = w.at FROM wanted w WHERE a.id = w.id RETURNING a.*)
INSERT INTO postmortems_historicalactionitem ({columns}, history_type, history_date, history_xid)
SELECT {columns}, '~', clock_timestamp(), 0 FROM changed
"""


def tell(apps: Any, editor: Any) -> None:
    """Runs as the owner role, who stands outside the walls."""
    fill(apps, editor.connection, timezone.now())


def fill(apps: Any, connection: Any, moment: datetime) -> int:
    """Have them told, as of a moment. Returns of how many items."""
    fields = apps.get_model("postmortems", "ActionItem")._meta.local_concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(TOLD.format(columns=columns), {"now": moment})
        changed: int = cursor.rowcount
        return changed


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0008_what_may_go_out"),
        ("standard", "0011_feedback_on_conformance"),
        ("ledger", "0006_answers_tell_of_events"),
    ]
    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
