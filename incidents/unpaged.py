"""What should have called somebody and never did: a question, a war room or a small incident, and no call of it.

The watchdog below (oncall/watchdog.py) starts from pages, messages, clocks and the queue; a call that was never made because its row
of the queue is gone leaves none of these. So this starts from what a call is for. What is still queued, or was set aside, is said by
others and left out.

An incident is judged by its newest event at which people had to be called, by the rule of `incidents.reactions.mobilise`, as conformance
judges it (compliance/conformance/clauses/mobilising.py): a call that was made before stands for it or does not (`STANDS`).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

# A default team that was named later owes nothing to what came before it.
BY_DEFAULT = """EXISTS (SELECT 1 FROM oncall_team t JOIN oncall_historicalteam h ON h.organisation_id = t.organisation_id AND h.id = t.id
      WHERE t.organisation_id = o.id AND t.is_default AND h.is_default AND h.history_date <= e.recorded_at)"""


def queued(event: str, reaction: str) -> str:
    """SQL: whether an event's reaction waits for its turn, or was set aside: either is said by others. Of one that fails nobody says it."""
    return f"""EXISTS (SELECT 1 FROM ledger_outbox q WHERE q.event_id = {event} AND q.reaction = '{reaction}'
        AND (q.attempts = 0 OR q.next_try_at IS NULL))"""


UNPAGED_SIGNALS = f"""
CREATE OR REPLACE FUNCTION muster.unpaged_signals(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT s.id FROM incidents_signal s
    JOIN LATERAL (SELECT v.id, v.occurred_at, v.recorded_at FROM ledger_event v
      WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.signal' AND v.subject_id = s.id
        AND v.kind IN ('signal.opened', 'signal.asked') ORDER BY v.id DESC LIMIT 1) e ON e.occurred_at < $1
    WHERE s.organisation_id = o.id AND s.state = 'waiting' AND s.opened_at < $1
      AND NOT EXISTS (
        SELECT 1 FROM oncall_page p WHERE p.organisation_id = o.id AND p.subject_type = 'incidents.signal' AND p.subject_id = s.id)
      AND (s.service_id IS NOT NULL OR {BY_DEFAULT})
      AND NOT {queued("e.id", "page-for-signal")}
    LIMIT $2) found ON true
$$;
"""


def called(whom: str, stands: str) -> str:
    """SQL: whether a call of incident `i` to `whom` was made after event `e`, or was made before and `stands` for it (a condition on page `p`).

    Made is what has an event of it: also where nobody was on call, or all were withheld; that is said elsewhere. Who answered after
    `e` was there, whenever they had been called.
    """
    return f"""EXISTS (SELECT 1 FROM oncall_page p WHERE p.organisation_id = o.id AND p.incident_id = i.id AND {whom} AND ({stands}
      OR EXISTS (SELECT 1 FROM ledger_event c WHERE c.organisation_id = o.id AND c.subject_type = 'oncall.page' AND c.subject_id = p.id
        AND c.id > e.id AND c.kind IN ('page.started', 'page.person_paged', 'page.withheld', 'page.exhausted', 'page.forgotten',
          'page.acknowledged'))))"""


# Whose call it is: any team that has answered for the service since the event. A service that was moved owes no second call.
_ITS_TEAM = """p.team_id IN (SELECT h.team_id FROM oncall_historicalservice h WHERE h.organisation_id = o.id AND h.id = a.service_id
        AND h.history_date >= coalesce((SELECT max(x.history_date) FROM oncall_historicalservice x
          WHERE x.id = a.service_id AND x.history_date <= e.recorded_at), '-infinity'))"""

# Whether an affected service `a` was there when event `e` was recorded; both times are the database's.
THERE = """(SELECT min(h.history_date) FROM incidents_historicalincidentservice h WHERE h.id = a.id) <= e.recorded_at"""

# What is acknowledged stands, but not where it was reopened, or was a small one until now: nobody is out of bed by that.
STANDS = "p.state = 'acknowledged' AND NOT e.anew"

# The newest event `e` at which people had to be called. What was reopened without having been raised calls nobody, and its calls from
# before have ended with it: who resolved it goes on.
CALLING = """JOIN LATERAL (SELECT v.id, v.occurred_at, v.recorded_at, v.data -> 'severity' AS level, v.data -> 'mobilise' = 'true' AS mobilises,
      v.kind = 'incident.reopened' OR (v.kind = 'incident.severity_changed' AND EXISTS (
        SELECT 1 FROM jsonb_array_elements(l.content -> 'severities') y
        WHERE y -> 'level' = v.data -> 'before' AND y -> 'mobilises' = 'false')) AS anew
    FROM ledger_event v WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.incident' AND v.subject_id = i.id
      AND ((v.kind IN ('incident.declared', 'incident.severity_changed') AND v.data -> 'mobilise' = 'true')
        OR v.kind = 'incident.reopened')
    ORDER BY v.id DESC LIMIT 1) e ON e.occurred_at < $1"""

ROOMS = (
    "i.organisation_id = o.id AND i.state IN ('mobilization', 'investigation', 'mitigation', 'monitoring') AND i.declared_at < $1"
)


# The newest event `j` since `e` by which a service joined the incident; its on-call is called unless a call to its team stands.
_JOINING = """LEFT JOIN LATERAL (SELECT v.id, v.occurred_at FROM ledger_event v
      WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.incident' AND v.subject_id = i.id AND v.id > e.id
        AND v.kind IN ('incident.signal_attached', 'incident.absorbed') AND v.data -> 'services' <> '[]'
      ORDER BY v.id DESC LIMIT 1) j ON true"""

_AFFECTED = "SELECT 1 FROM incidents_incidentservice a WHERE a.organisation_id = o.id AND a.incident_id = i.id"

UNPAGED_INCIDENTS = f"""
CREATE OR REPLACE FUNCTION muster.unpaged_incidents(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT i.id FROM incidents_incident i
    JOIN standard_standardversion l ON l.organisation_id = o.id AND l.id = i.standard_id
    {CALLING}
    {_JOINING}
    WHERE {ROOMS} AND (
      (e.mobilises AND NOT {queued("e.id", "mobilise")}
        AND EXISTS (SELECT 1 FROM jsonb_array_elements(l.content -> 'severities') y
          WHERE y -> 'level' = e.level AND y -> 'pages_on_call' = 'true')
        AND (EXISTS ({_AFFECTED} AND {THERE} AND NOT {called(_ITS_TEAM, STANDS)})
          OR (NOT EXISTS ({_AFFECTED} AND {THERE}) AND {BY_DEFAULT} AND NOT {called("p.team_id IS NOT NULL", STANDS)})))
      OR (j.occurred_at < $1 AND NOT {queued("j.id", "call-for-services")}
        AND EXISTS ({_AFFECTED} AND NOT {THERE} AND NOT {called(_ITS_TEAM, "p.state <> 'ended'")})))
    LIMIT $2) found ON true
$$;
"""

# A small incident of low urgency: the newest event at which it became one, or was taken up again. A call that has not ended stands,
# but of what was reopened only one that is open.
UNPUT_INCIDENTS = f"""
CREATE OR REPLACE FUNCTION muster.unput_incidents(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT i.id FROM incidents_incident i
    JOIN standard_standardversion l ON l.organisation_id = o.id AND l.id = i.standard_id
    JOIN LATERAL (SELECT v.id, v.occurred_at, v.recorded_at, v.kind = 'incident.reopened' AS anew FROM ledger_event v
      WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.incident' AND v.subject_id = i.id
        AND v.kind IN ('incident.declared', 'incident.severity_changed', 'incident.reopened')
      ORDER BY v.id DESC LIMIT 1) e ON e.occurred_at < $1
    WHERE i.organisation_id = o.id AND i.state = 'backlog' AND i.declared_at < $1
      AND EXISTS (SELECT 1 FROM jsonb_array_elements(l.content -> 'severities') y
        WHERE y -> 'level' = to_jsonb(i.severity) AND y -> 'urgency' = '"low"' AND y -> 'mobilises' = 'false')
      AND NOT {queued("e.id", "mobilise")}
      AND (EXISTS ({_AFFECTED} AND {THERE} AND NOT {called(_ITS_TEAM, "p.state = 'open' OR (p.state = 'acknowledged' AND NOT e.anew)")})
        OR (NOT EXISTS ({_AFFECTED} AND {THERE}) AND {BY_DEFAULT}
          AND NOT {called("p.team_id IS NOT NULL", "p.state = 'open' OR (p.state = 'acknowledged' AND NOT e.anew)")}))
    LIMIT $2) found ON true
$$;
"""


def signals(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, signal) of the questions asked before then that wait for an answer and called nobody; at most so many of each organisation."""
    return asked("SELECT organisation_id, id FROM muster.unpaged_signals(%s, %s)", before, most)


def incidents(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, incident) of the war rooms that a team of theirs was never called to, where it had to be before then; likewise."""
    return asked("SELECT organisation_id, id FROM muster.unpaged_incidents(%s, %s)", before, most)


def small(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, incident) of those of low urgency that were never put to a team of theirs, where they had to be before then; likewise."""
    return asked("SELECT organisation_id, id FROM muster.unput_incidents(%s, %s)", before, most)


def asked(statement: str, before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """The rows of a watchdog's question."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [before, most])
        return list(cursor.fetchall())
