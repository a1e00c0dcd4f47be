"""Walls of the clocks in trouble; and the sweep's opening leaves those out that wait for their next try, or were set aside."""

from django.db import migrations

from tenants.walls import Sql, Wall

DUE_CLOCKS = """
DROP FUNCTION muster.due_clocks(timestamptz, integer);
CREATE FUNCTION muster.due_clocks(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint, failed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.organisation_id, c.id, f.id IS NOT NULL FROM standard_clock c LEFT JOIN standard_clockfailure f ON f.clock_id = c.id
  WHERE c.next_at <= $1 AND (f.id IS NULL OR f.next_try_at <= $1) ORDER BY c.next_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("standard", "0005_clock_failures"), ("ledger", "0002_guards")]
    operations = [Wall("standard", "clockfailure"), Sql(DUE_CLOCKS)]
