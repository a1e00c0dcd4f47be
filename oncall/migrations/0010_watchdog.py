"""Walls of the weekly notice, one for each organisation that is there; and the openings of the notices' sweep and the watchdog."""

from django.db import migrations

from oncall.watchdog import UNSENT
from tenants.walls import Sql, Wall

DUE_NOTICES = """
CREATE FUNCTION muster.due_notices(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT n.organisation_id, n.id FROM oncall_readinessnotice n WHERE n.next_at <= $1 ORDER BY n.next_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0009_readiness_notices"),
        ("ledger", "0002_guards"),
        ("standard", "0006_clock_failure_walls"),
        ("notifications", "0005_contact_walls"),
    ]
    operations = [
        Wall("oncall", "readinessnotice"),
        Sql(
            "INSERT INTO oncall_readinessnotice (organisation_id, next_at) SELECT id, now() + interval '7 days' FROM tenants_organisation"
        ),
        Sql(DUE_NOTICES),
        Sql(UNSENT),
    ]
