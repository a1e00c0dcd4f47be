"""Walls and guards, and the opening through which due deliveries are found."""

from django.db import migrations

from ledger.guards import append_only
from tenants.walls import Sql, Wall

DUE_DELIVERIES = """
CREATE FUNCTION muster.due_deliveries(timestamptz, integer) RETURNS TABLE (organisation_id bigint, delivery_id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT q.organisation_id, q.delivery_id FROM notifications_queueddelivery q WHERE q.next_try_at <= $1 ORDER BY q.next_try_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("ledger", "0002_guards")]
    operations = [
        *append_only("notifications", "delivery", "attempt"),
        Wall("notifications", "queueddelivery"),
        Sql(DUE_DELIVERIES),
    ]
