"""The watchdog: works out from the data what should have been called, struck and sent by now, and finds every difference.

It trusts no queue and no clock: a call without a message, a message that nobody hands over, a step of a plan that nobody took, a page
that waits for nothing, a clock that nobody strikes. The sweep brings these about; this looks whether it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

PATIENCE = timedelta(seconds=60)

# A page's plan is worked out anew, whatever its clock says: who should have been called by now, and was not. At most so many of each
# kind of each organisation: a storm in one hides nothing of another, unless it is
# so large that there is no sense in telling it apart. OFFSET 0 has what belongs to the open pages looked up by its index.
UNSENT = """
CREATE OR REPLACE FUNCTION muster.unsent(timestamptz, integer) RETURNS TABLE (organisation_id bigint, what text, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT u.organisation_id, u.what, u.id FROM (SELECT f.*, row_number() OVER (PARTITION BY f.organisation_id, f.what) AS nth FROM (
(SELECT s.organisation_id, 'call_without_message', s.id FROM oncall_page p
  CROSS JOIN LATERAL (SELECT * FROM oncall_pagestep z WHERE z.organisation_id = p.organisation_id AND z.page_id = p.id OFFSET 0) s
  WHERE p.state = 'open' AND s.paged_at < $1 AND NOT EXISTS (
    SELECT 1 FROM notifications_delivery d WHERE d.organisation_id = p.organisation_id AND d.template = 'page'
      AND d.subject_id = p.id AND d.recipient_id = s.user_id AND d.created_at >= s.paged_at - interval '1 second') LIMIT 100000)
UNION ALL (SELECT q.organisation_id, 'message_not_sent', q.delivery_id FROM notifications_queueddelivery q WHERE q.next_try_at < $1 LIMIT 100000)
UNION ALL (SELECT p.organisation_id, 'page_waits_for_nothing', p.id FROM oncall_page p
  WHERE p.state = 'open' AND p.next_at IS NULL AND p.began_at < $1 AND p.plan ->> 'patience' IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM standard_clock c WHERE c.organisation_id = p.organisation_id AND c.subject_type = 'oncall.page'
      AND c.subject_id = p.id AND c.stopped_at IS NULL AND c.next_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM ledger_event e WHERE e.organisation_id = p.organisation_id AND e.subject_type = 'oncall.page'
      AND e.subject_id = p.id AND e.kind = 'page.exhausted'
      AND e.occurred_at >= p.began_at) LIMIT 100000)
UNION ALL (SELECT p.organisation_id, 'page_not_looked_at', p.id FROM oncall_page p WHERE p.next_at < $1 LIMIT 100000)
UNION ALL (SELECT w.organisation_id, 'next_not_called', w.id FROM (
  SELECT p.organisation_id, p.id, c.moment,
    CASE WHEN jsonb_typeof(p.plan -> 'steps') IS DISTINCT FROM 'array' OR p.plan -> 'steps' = '[]'
        OR jsonb_typeof(p.plan -> 'patience') IS DISTINCT FROM 'number' THEN NULL
      WHEN p.position % jsonb_array_length(p.plan -> 'steps') = 0 THEN c.moment + (p.plan ->> 'patience')::double precision * interval '1 second'
      ELSE greatest(c.moment, p.began_at - p.ahead
        + (p.plan -> 'steps' -> (p.position % jsonb_array_length(p.plan -> 'steps')) ->> 'after')::double precision * interval '1 second')
    END AS due
  FROM oncall_page p CROSS JOIN LATERAL (SELECT min(s.paged_at) AS moment FROM oncall_pagestep s
    WHERE s.organisation_id = p.organisation_id AND s.page_id = p.id AND s.position = p.position AND s.paged_at >= p.began_at) c
  WHERE p.state = 'open' AND p.urgency = 'high' AND p.position > 0) w
  WHERE w.due < $1 AND NOT EXISTS (SELECT 1 FROM ledger_event e WHERE e.organisation_id = w.organisation_id
    AND e.subject_type = 'oncall.page' AND e.subject_id = w.id AND e.kind = 'page.exhausted' AND e.occurred_at >= w.moment) LIMIT 100000)
UNION ALL (SELECT c.organisation_id, 'clock_not_struck', c.id FROM standard_clock c WHERE c.next_at < $1 AND (
    c.subject_type = 'oncall.page' OR NOT EXISTS (SELECT 1 FROM standard_clockfailure f WHERE f.clock_id = c.id)) LIMIT 100000)
UNION ALL (SELECT d.organisation_id, 'page_not_delivered', d.id FROM oncall_page p
  CROSS JOIN LATERAL (SELECT * FROM notifications_delivery z
    WHERE z.organisation_id = p.organisation_id AND z.template = 'page' AND z.subject_id = p.id OFFSET 0) d
  WHERE p.state = 'open' AND d.urgent AND d.channel <> 'inbox' AND d.created_at < $1 - interval '60 seconds' AND NOT EXISTS (
    SELECT 1 FROM notifications_delivery r
      JOIN notifications_attempt t ON t.organisation_id = r.organisation_id AND t.delivery_id = r.id AND t.outcome IN ('sent', 'withdrawn')
      WHERE r.organisation_id = d.organisation_id AND r.template = 'page' AND r.subject_id = p.id AND r.recipient_id = d.recipient_id
        AND r.channel = d.channel AND r.id >= d.id) LIMIT 100000)
UNION ALL (SELECT o.organisation_id, 'reaction_not_run', o.id FROM ledger_outbox o WHERE o.next_try_at < $1 LIMIT 100000)
) f (organisation_id, what, id)) u WHERE u.nth <= $2
$$;
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that should have happened by now and did not. `what` is stable; `id` that of the row it is about."""

    organisation_id: int
    what: str
    id: int


SENTENCES = {
    "call_without_message": "calls for which no message was made",
    "page_not_delivered": "urgent calls that reached nobody in two minutes",
    "message_not_sent": "messages that nobody hands over",
    "next_not_called": "open pages whose next person should have been called",
    "page_waits_for_nothing": "open pages that nothing will take further",
    "page_not_looked_at": "pages whose moment has passed",
    "clock_not_struck": "clocks that were not struck in time",
    "reaction_not_run": "reactions that did not follow",
}


def differences(at: datetime, most: int = 100) -> Sequence[Difference]:
    """What should have happened a minute before `at` and had not, over all tenants; at most so many of each kind of each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, what, id FROM muster.unsent(%s, %s)", [at - PATIENCE, most])
        return [Difference(*row) for row in cursor.fetchall()]
