"""What an organisation's quarter is judged on, out of the database. A fixed number of queries, however much happened."""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from compliance.conformance import organisation as o
from metrics.components import availability
from tenants.time import now

PRACTICE = (
    *("incident.claimed", "role.accepted", "incident.decided", "incident.change_approved", "incident.change_executed"),
    *("incident.resolved", "incident.command_taken"),
)
STANDARD = (
    *("standard.draft_started", "standard.draft_changed", "standard.draft_discarded", "standard.draft_restored"),
    *("standard.published", "standard.withdrawn"),
)
READ = "auditor.read"
_HERE = "t.organisation_id = (SELECT muster.organisation())"
_ASKED = f"""
SELECT t.title, t.opened_at, t.state <> 'waiting' FROM incidents_signal t
WHERE {_HERE} AND t.opened_at >= %(start)s AND t.opened_at < %(end)s AND t.state <> 'suppressed' ORDER BY t.id
"""
_PAGES = f"SELECT count(*) FROM oncall_page t WHERE {_HERE} AND t.started_at >= %(start)s AND t.started_at < %(end)s"
# What became of a page that nobody acknowledged in time: the next thing on record about it.
_UNANSWERED = f"""
SELECT p.reason, t.due_at, (SELECT min(e.occurred_at) FROM ledger_event e WHERE e.organisation_id = t.organisation_id
  AND e.subject_type = 'oncall.page' AND e.subject_id = t.subject_id AND e.occurred_at >= t.due_at), i.ref
FROM standard_clock t JOIN oncall_page p ON p.organisation_id = t.organisation_id AND p.id = t.subject_id
LEFT JOIN incidents_incident i ON i.organisation_id = p.organisation_id AND i.id = p.incident_id
WHERE {_HERE} AND t.clause = 'oncall.escalate-15-30' AND t.subject_type = 'oncall.page' AND t.broken_at IS NOT NULL
  AND p.started_at >= %(start)s AND p.started_at < %(end)s ORDER BY t.due_at, t.id
"""
_NOTICES = f"""
SELECT t.occurred_at, t.data -> 'faults' FROM ledger_event t WHERE {_HERE} AND t.kind = 'readiness.noticed'
  AND t.occurred_at >= %(start)s AND t.occurred_at < %(end)s ORDER BY t.id
"""
_ITEMS = f"""
SELECT i.ref || '-' || a.number, u.name, t.due_at, t.stopped_at, t.broken_at, i.ref, t.fell_away FROM standard_clock t
JOIN postmortems_actionitem a ON a.organisation_id = t.organisation_id AND a.id = t.subject_id
JOIN incidents_incident i ON i.organisation_id = a.organisation_id AND i.id = a.incident_id JOIN tenants_user u ON u.id = a.owner_id
WHERE {_HERE} AND t.clause = 'actions.sla' AND t.subject_type = 'postmortems.actionitem' AND NOT i.exercise
  AND t.due_at > %(start)s AND t.due_at <= %(end)s ORDER BY t.due_at, t.id
"""
_REVIEWS = f"""
SELECT 'The review of the process', 'process owner', t.due_at, t.stopped_at, t.broken_at, '', t.fell_away FROM standard_clock t
WHERE {_HERE} AND t.clause = 'improve.quarterly-review' AND t.due_at > %(start)s AND t.due_at <= %(end)s ORDER BY t.due_at, t.id
"""
# What people did, and which of it while they had not the role, by the history of their membership: [kind, at, who, incident].
_DEEDS = f"""
WITH done AS (
  SELECT t.id, t.kind, t.occurred_at, t.actor_name, t.incident_id, (SELECT h.is_active AND %(role)s = ANY(h.roles)
    FROM tenants_historicalmembership h WHERE h.organisation_id = t.organisation_id AND h.user_id = t.actor_id
    AND h.history_date <= t.recorded_at ORDER BY h.history_id DESC LIMIT 1) AS held
  FROM ledger_event t WHERE {_HERE} AND t.kind = ANY(%(kinds)s) AND t.actor_kind = 'person'
    AND t.occurred_at >= %(start)s AND t.occurred_at < %(end)s)
SELECT count(*), (SELECT coalesce(json_agg(json_build_array(w.kind, w.occurred_at, w.actor_name, i.ref) ORDER BY w.id), '[]')::text
  FROM (SELECT * FROM done WHERE held IS NOT TRUE ORDER BY id LIMIT 100) w LEFT JOIN incidents_incident i ON i.id = w.incident_id)
FROM done
"""
# What auditors did besides reading.
_AUDIT = f"""
SELECT t.kind, t.occurred_at, t.actor_name, i.ref FROM ledger_event t LEFT JOIN incidents_incident i
  ON i.organisation_id = t.organisation_id AND i.id = t.incident_id
WHERE {_HERE} AND t.occurred_at >= %(start)s AND t.occurred_at < %(end)s AND t.actor_kind = 'person' AND t.kind <> %(read)s
  AND t.kind !~ '[._](read|opened|looked|downloaded)$' AND t.kind !~ '^(contact|token|calendar)[.]'
  AND t.actor_id = ANY(ARRAY(SELECT DISTINCT m.user_id FROM tenants_historicalmembership m
    WHERE m.organisation_id = (SELECT muster.organisation()) AND 'auditor' = ANY(m.roles)))
  AND (SELECT 'auditor' = ANY(h.roles) FROM tenants_historicalmembership h WHERE h.organisation_id = t.organisation_id
    AND h.user_id = t.actor_id AND h.history_date <= t.recorded_at ORDER BY h.history_id DESC LIMIT 1)
ORDER BY t.id LIMIT 100
"""
_AUDITORS = f"""
SELECT count(DISTINCT t.user_id) FROM tenants_historicalmembership t
WHERE {_HERE} AND t.is_active AND 'auditor' = ANY(t.roles) AND t.history_date < %(end)s
"""
_MEASURED = f"""
SELECT t.ref, t.declared_at, f.to_resolve IS NOT NULL, f.to_detect IS NOT NULL FROM incidents_incident t
LEFT JOIN metrics_incidentfigure f ON f.organisation_id = t.organisation_id AND f.incident_id = t.id
WHERE {_HERE} AND NOT t.exercise AND t.state IN ('resolved', 'closed') AND t.declared_at >= %(start)s AND t.declared_at < %(end)s
ORDER BY t.number
"""


def quarter_record(start: datetime, end: datetime) -> o.QuarterRecord:
    """The record of what lies between two instants (aware; `end` not included), as far as the open scope sees it."""
    values = {"start": start, "end": end, "read": READ}
    measured = _rows(_MEASURED, values)
    auditors = int(_rows(_AUDITORS, values)[0][0])
    wrong = tuple(o.Deed(kind, at, who, ref or "") for kind, at, who, ref in _rows(_AUDIT, values))
    return o.QuarterRecord(
        start=start,
        end=end,
        over=end <= now(),
        asked=tuple(o.Asked(*row) for row in _rows(_ASKED, values)),
        pages=int(_rows(_PAGES, values)[0][0]),
        unanswered=tuple(o.Unanswered(what or "A call", due, on, ref or "") for what, due, on, ref in _rows(_UNANSWERED, values)),
        notices=tuple(o.Notice(at, _faults(faults)) for at, faults in _rows(_NOTICES, values)),
        items=tuple(o.Owed(*row) for row in _rows(_ITEMS, values)),
        reviews=tuple(o.Owed(*row) for row in _rows(_REVIEWS, values)),
        standard=_deeds(values, "process_owner", STANDARD),
        practice=_deeds(values, "practitioner", PRACTICE),
        audit=o.Deeds(auditors, wrong),
        resolved=o.Measured(len(measured), tuple(o.Missing(ref, at) for ref, at, known, _ in measured if not known)),
        detected=o.Measured(len(measured), tuple(o.Missing(ref, at) for ref, at, _, known in measured if not known)),
        components=tuple(
            o.Aim(one.name, one.slo.target if one.slo else None, one.sla.target if one.sla else None, one.sli)
            for one in availability(start, end)
        ),
    )


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _faults(faults: Any) -> tuple[tuple[str, str], ...]:
    plain = json.loads(faults) if isinstance(faults, str) else faults or []
    return tuple((fault["code"], fault["about"]) for fault in plain)


def _deeds(values: dict[str, Any], role: str, kinds: tuple[str, ...]) -> o.Deeds:
    n, wrong = _rows(_DEEDS, values | {"role": role, "kinds": list(kinds)})[0]
    found = [
        o.Deed(f"{kind} without the role {role.replace('_', ' ')}", datetime.fromisoformat(at), who, ref or "")
        for kind, at, who, ref in json.loads(wrong)
    ]
    return o.Deeds(int(n), tuple(found))
