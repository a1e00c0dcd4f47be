"""Notices that were given up, so that they reached nobody: of what is urgent, or what the standard wants somebody to be told.

A notice is all that was sent because of one event: one of a hundred who has moved is no alarm. It is asked for until it is of no use any
more: for a day; while its incident goes on; until somebody whom it was for has done something there, or looked; until another such
notice about the same has reached somebody. Its entry in the portal's inbox is no proof: nobody may look.

Left out: urgent pages, which the watchdog below asks for by themselves, and sooner; and its own alarms: to say that they reached nobody
would go the way that they went.
"""

from collections.abc import Sequence
from datetime import datetime

from incidents.unpaged import asked

MANDATORY = ("notice", "flag", "unfilled", "update", "approval")
"""Templates of what somebody has to be told although it is not urgent: duties, audiences of an update, who approves one."""

LASTING = ("duty", "flag", "unfilled")
"""Of these, and of what is urgent, what goes on being owed when the incident has ended."""

# Each question is asked of one row, by its index: EXISTS would have the planner read whole tables that grow.
UNREACHED = f"""
CREATE OR REPLACE FUNCTION muster.unreached(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT d.id FROM (
      SELECT DISTINCT ON (m.event_id, m.template) m.id, m.event_id, m.template, m.subject_id, m.incident_id
      FROM notifications_attempt t JOIN notifications_delivery m ON m.organisation_id = o.id AND m.id = t.delivery_id
      WHERE t.organisation_id = o.id AND t.outcome = 'gave_up' AND t.at < $1 AND t.at > $1 - interval '1 day'
        AND m.method_id IS NULL AND m.template <> 'alarm'
        AND CASE WHEN m.template = 'page' THEN NOT m.urgent ELSE m.urgent OR m.template IN {MANDATORY!r} END
      ORDER BY m.event_id, m.template, m.id) d
    WHERE (d.template IN {LASTING!r} OR coalesce((SELECT i.state FROM incidents_incident i
        WHERE i.organisation_id = o.id AND i.id = d.incident_id), '') NOT IN ('resolved', 'closed', 'false_positive', 'merged'))
      AND (d.template NOT IN ('page', 'page-exhausted')
        OR (SELECT p.state FROM oncall_page p WHERE p.organisation_id = o.id AND p.id = d.subject_id) = 'open')
      AND (d.template <> 'order' OR (SELECT w.acknowledged_at IS NULL AND w.withdrawn_at IS NULL FROM incidents_order w
        WHERE w.organisation_id = o.id AND w.id = d.subject_id))
      AND (d.template <> 'approval'
        OR (SELECT g.state FROM incidents_statusupdate g WHERE g.organisation_id = o.id AND g.id = d.subject_id) = 'waiting')
      AND (SELECT true FROM notifications_delivery b WHERE b.organisation_id = o.id AND b.event_id = d.event_id
        AND b.template = d.template AND b.channel <> 'inbox' AND (
          (SELECT true FROM notifications_attempt k WHERE k.organisation_id = o.id AND k.delivery_id = b.id
            AND k.outcome IN ('gave_up', 'withdrawn') LIMIT 1) IS NULL
          OR (SELECT true FROM ledger_event c WHERE c.organisation_id = o.id AND c.incident_id = d.incident_id
            AND c.id > d.event_id AND c.actor_id = b.recipient_id LIMIT 1)
          OR (SELECT true FROM notifications_delivery r
            JOIN notifications_attempt k ON k.organisation_id = o.id AND k.delivery_id = r.id AND k.outcome = 'sent'
            WHERE r.organisation_id = o.id AND r.recipient_id = b.recipient_id AND r.channel = b.channel AND r.id > b.id
              AND r.template = b.template AND (r.subject_id = b.subject_id OR r.incident_id = b.incident_id) LIMIT 1)) LIMIT 1) IS NULL
    LIMIT $2) found ON true
$$;
"""


def notices(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, message) of the notices given up before then that reached nobody, each by its first message; so many of each organisation."""
    return asked("SELECT organisation_id, id FROM muster.unreached(%s, %s)", before, most)
