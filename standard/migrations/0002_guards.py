"""Walls and guards, and the opening through which due clocks are found."""

from django.db import migrations

from ledger.guards import audited
from tenants.walls import Sql

DUE_CLOCKS = """
CREATE FUNCTION muster.due_clocks(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.organisation_id, c.id FROM standard_clock c WHERE c.next_at <= $1 ORDER BY c.next_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("standard", "0001_initial"), ("ledger", "0002_guards")]
    operations = [*audited("standard", "standardversion", "calendar", "clock"), Sql(DUE_CLOCKS)]
