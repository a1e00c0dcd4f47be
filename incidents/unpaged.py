"""What should have called somebody and never did: there is a question or a war room, and not even a page of it.

The watchdog below (oncall/watchdog.py) starts from pages, messages, clocks and the queue; a page that was never made because its row
of the queue is gone leaves none of these. So this starts from what a page is for. What is still queued, or was set aside, is said by
others and left out.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

# One organisation after the other, so that the indexes of its questions and incidents by state are used, whatever else it has.
# A default team that was named later owes nothing to what came before it.
_BY_DEFAULT = """EXISTS (SELECT 1 FROM oncall_team t JOIN oncall_historicalteam h ON h.organisation_id = t.organisation_id AND h.id = t.id
      WHERE t.organisation_id = o.id AND t.is_default AND h.is_default AND h.history_date <= e.occurred_at)"""

UNPAGED_SIGNALS = f"""
CREATE OR REPLACE FUNCTION muster.unpaged_signals(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, s.id FROM tenants_organisation o
  JOIN LATERAL (SELECT w.id, w.service_id FROM incidents_signal w
    WHERE w.organisation_id = o.id AND w.state = 'waiting' AND w.opened_at < $1 AND NOT EXISTS (
      SELECT 1 FROM oncall_page p WHERE p.organisation_id = o.id AND p.subject_type = 'incidents.signal' AND p.subject_id = w.id)) s ON true
  JOIN LATERAL (SELECT v.id, v.occurred_at FROM ledger_event v
    WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.signal' AND v.subject_id = s.id
      AND v.kind IN ('signal.opened', 'signal.asked') ORDER BY v.id DESC LIMIT 1) e ON e.occurred_at < $1
  WHERE (s.service_id IS NOT NULL OR {_BY_DEFAULT})
    AND NOT EXISTS (SELECT 1 FROM ledger_outbox q WHERE q.organisation_id = o.id AND q.event_id = e.id)
  LIMIT $2
$$;
"""

UNPAGED_INCIDENTS = f"""
CREATE OR REPLACE FUNCTION muster.unpaged_incidents(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, i.id FROM tenants_organisation o
  JOIN LATERAL (SELECT w.id, w.severity, w.standard_id FROM incidents_incident w
    WHERE w.organisation_id = o.id AND w.state IN ('mobilization', 'investigation', 'mitigation', 'monitoring')
      AND w.declared_at < $1 AND NOT EXISTS (
        SELECT 1 FROM oncall_page p WHERE p.organisation_id = o.id AND p.incident_id = w.id AND p.team_id IS NOT NULL)) i ON true
  JOIN LATERAL (SELECT v.id, v.occurred_at, v.data FROM ledger_event v
    WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.incident' AND v.subject_id = i.id
      AND v.kind IN ('incident.declared', 'incident.severity_changed', 'incident.reopened') ORDER BY v.id DESC LIMIT 1) e
    ON e.occurred_at < $1 AND e.data -> 'mobilise' = 'true'
  WHERE EXISTS (SELECT 1 FROM standard_standardversion l, jsonb_array_elements(l.content -> 'severities') y
      WHERE l.organisation_id = o.id AND l.id = i.standard_id AND y -> 'level' = to_jsonb(i.severity) AND y -> 'pages_on_call' = 'true')
    AND (EXISTS (SELECT 1 FROM incidents_incidentservice a WHERE a.organisation_id = o.id AND a.incident_id = i.id) OR {_BY_DEFAULT})
    AND NOT EXISTS (SELECT 1 FROM ledger_outbox q WHERE q.organisation_id = o.id AND q.event_id = e.id)
  LIMIT $2
$$;
"""


def signals(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, signal) of the questions asked before then that wait for an answer and called nobody, over all tenants."""
    return _asked("SELECT organisation_id, id FROM muster.unpaged_signals(%s, %s)", before, most)


def incidents(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, incident) of the war rooms opened before then for which no team was called, over all tenants."""
    return _asked("SELECT organisation_id, id FROM muster.unpaged_incidents(%s, %s)", before, most)


def _asked(statement: str, before: datetime, most: int) -> Sequence[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [before, most])
        return list(cursor.fetchall())
