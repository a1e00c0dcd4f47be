"""Walls and guards of escalation policies and declines; and the opening by which the sweep finds pages whose moment has come."""

from django.db import migrations

from ledger.guards import Regard, append_only, audited
from tenants.walls import DropLoneIndexes, Sql, Within

DUE_PAGES = """
CREATE FUNCTION muster.due_pages(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT p.organisation_id, p.id FROM oncall_page p WHERE p.next_at <= $1 ORDER BY p.next_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("oncall", "0007_escalation_policies"), ("ledger", "0002_guards")]
    operations = [
        *audited("oncall", "escalationpolicy", "escalationtarget"),
        *append_only("oncall", "pagedecline"),
        Within("oncall", "team", "policy"),
        Within("oncall", "service", "policy"),
        Regard("oncall", "team"),
        Regard("oncall", "service"),
        Regard("oncall", "page"),
        Sql(DUE_PAGES),
        DropLoneIndexes("oncall"),
    ]
