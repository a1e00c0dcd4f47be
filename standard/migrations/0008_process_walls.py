"""Walls and guards of drafts, withdrawals, feedback and reviews; and the opening by which the sweep finds quarters that have begun.

Organisations that are there already have their running quarter's review opened by the next sweep.
"""

from django.db import migrations

from ledger.guards import Regard, append_only, audited
from tenants.walls import DropLoneIndexes, Sql, Wall

DUE_OPENINGS = """
CREATE FUNCTION muster.due_review_openings(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT o.organisation_id, o.id FROM standard_reviewopening o WHERE o.next_at <= $1 ORDER BY o.next_at LIMIT $2 $$;
"""
BEGIN = """
INSERT INTO standard_reviewopening (organisation_id, next_at)
SELECT DISTINCT organisation_id, clock_timestamp() FROM standard_standardversion
"""


class Migration(migrations.Migration):
    dependencies = [("standard", "0007_drafts_feedback_and_reviews"), ("ledger", "0002_guards")]
    operations = [
        Regard("standard", "standardversion"),
        *audited("standard", "processreview", "feedback", "standarddraft"),
        *append_only("standard", "standardwithdrawal"),
        Wall("standard", "reviewopening"),
        Sql(DUE_OPENINGS),
        Sql(BEGIN),
        DropLoneIndexes("standard"),
    ]
