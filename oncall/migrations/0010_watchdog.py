"""Walls of the weekly notice, one for each organisation that is there; and the openings of the notices' sweep and the watchdog."""

from django.db import migrations

from tenants.walls import Sql, Wall

DUE_NOTICES = """
CREATE FUNCTION muster.due_notices(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT n.organisation_id, n.id FROM oncall_readinessnotice n WHERE n.next_at <= $1 ORDER BY n.next_at LIMIT $2 $$;
"""

UNSENT = """
CREATE FUNCTION muster.unsent(timestamptz, integer) RETURNS TABLE (organisation_id bigint, what text, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
(SELECT s.organisation_id, 'call_without_message', s.id FROM oncall_page p
  JOIN oncall_pagestep s ON s.organisation_id = p.organisation_id AND s.page_id = p.id
  WHERE p.state = 'open' AND s.paged_at < $1 AND NOT EXISTS (
    SELECT 1 FROM notifications_delivery d WHERE d.organisation_id = p.organisation_id AND d.template = 'page'
      AND d.subject_id = p.id AND d.recipient_id = s.user_id AND d.created_at >= s.paged_at - interval '1 second') LIMIT $2)
UNION ALL (SELECT q.organisation_id, 'message_not_sent', q.delivery_id FROM notifications_queueddelivery q WHERE q.next_try_at < $1 LIMIT $2)
UNION ALL (SELECT p.organisation_id, 'page_waits_for_nothing', p.id FROM oncall_page p
  WHERE p.state = 'open' AND p.next_at IS NULL AND p.began_at < $1 AND p.plan ->> 'patience' IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM standard_clock c WHERE c.organisation_id = p.organisation_id AND c.subject_type = 'oncall.page'
      AND c.subject_id = p.id AND c.stopped_at IS NULL AND c.next_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM ledger_event e WHERE e.organisation_id = p.organisation_id AND e.subject_type = 'oncall.page'
      AND e.subject_id = p.id AND e.kind = 'page.exhausted'
      AND e.occurred_at >= p.began_at) LIMIT $2)
UNION ALL (SELECT p.organisation_id, 'page_not_looked_at', p.id FROM oncall_page p WHERE p.next_at < $1 LIMIT $2)
UNION ALL (SELECT c.organisation_id, 'clock_not_struck', c.id FROM standard_clock c WHERE c.next_at < $1 AND NOT EXISTS (
    SELECT 1 FROM standard_clockfailure f WHERE f.clock_id = c.id) LIMIT $2)
UNION ALL (SELECT d.organisation_id, 'page_not_delivered', d.id FROM oncall_page p
  JOIN notifications_delivery d ON d.organisation_id = p.organisation_id AND d.template = 'page' AND d.subject_id = p.id
  WHERE p.state = 'open' AND d.urgent AND d.channel <> 'inbox' AND d.created_at < $1 - interval '60 seconds' AND NOT EXISTS (
    SELECT 1 FROM notifications_attempt t WHERE t.organisation_id = d.organisation_id AND t.delivery_id = d.id
      AND t.outcome IN ('sent', 'withdrawn')) LIMIT $2)
UNION ALL (SELECT o.organisation_id, 'reaction_not_run', o.id FROM ledger_outbox o WHERE o.next_try_at < $1 LIMIT $2)
$$;
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
