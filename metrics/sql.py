"""From the record to figures, in SQL: for one incident, for an organisation's, or for all there are (a migration).

`{which}` says which incidents, of `i`. The key times are those in force: the last correction of each, where the record still says
what it corrected (incidents/times.py says the same in Python, and a test compares them).
"""

from incidents.gravity import TOLD

_COUNTED = "NOT i.exercise AND i.state NOT IN ('false_positive', 'merged')"

_TIMES = """
wanted AS (SELECT i.* FROM incidents_incident i WHERE {which} AND {counted}),
answered AS (
  SELECT w.id, min(e.occurred_at) AS at FROM wanted w
  JOIN oncall_page p ON p.organisation_id = w.organisation_id AND p.incident_id = w.id
  JOIN ledger_event e ON e.organisation_id = w.organisation_id AND e.subject_type = 'oncall.page' AND e.subject_id = p.id
    AND e.kind = 'page.acknowledged'
  GROUP BY w.id),
gravest AS ({told}),
latest AS (
  SELECT DISTINCT ON (c.incident_id, c.which) c.incident_id, c.which, c.original, c.occurred_at FROM incidents_timecorrection c
  JOIN wanted w ON w.organisation_id = c.organisation_id AND w.id = c.incident_id ORDER BY c.incident_id, c.which, c.id DESC),
corrected AS (SELECT l.incident_id, {pivoted} FROM latest l GROUP BY 1),
times AS (
  SELECT w.organisation_id, w.id, w.severity, least(w.severity, g.worst) AS worst, {columns}
  FROM wanted w LEFT JOIN answered a ON a.id = w.id LEFT JOIN gravest g ON g.id = w.id LEFT JOIN corrected c ON c.incident_id = w.id)
"""

_ORIGINALS = {
    "impact_start": "w.impact_start",
    "detected": "w.detected_at",
    "acknowledged": "a.at",
    "mitigated": "w.monitoring_since",
    "resolved": "w.resolved_at",
    "impact_end": "w.impact_end",
}

# One row an incident: asked for each of its times, the corrections of an organisation would be read through six times an incident.
_PIVOTED = ", ".join(
    f"max(l.{column}) FILTER (WHERE l.which = '{which}') AS {which}{suffix}"
    for which in _ORIGINALS
    for column, suffix in (("occurred_at", ""), ("original", "_of"))
)
_COLUMNS = ", ".join(
    f"coalesce(CASE WHEN c.{which}_of IS NOT DISTINCT FROM {original} THEN c.{which} END, {original}) AS {which}"
    for which, original in _ORIGINALS.items()
)


def _between(start: str, end: str) -> str:
    """Seconds from one time to another: 0 where the other came first, NULL where one of them is missing."""
    return (
        f"CASE WHEN t.{start} <= t.{end} THEN extract(epoch FROM t.{end} - t.{start})::float8 WHEN t.{start} > t.{end} THEN 0 END"
    )


FIGURES = f"""
WITH {_TIMES.format(which="{which}", counted=_COUNTED, pivoted=_PIVOTED, columns=_COLUMNS, told=TOLD)}
INSERT INTO metrics_incidentfigure (organisation_id, incident_id, severity, worst, impact_start, detected_at, acknowledged_at,
  mitigated_at, resolved_at, impact_end, to_detect, to_acknowledge, to_mitigate, to_resolve, service_ids, team_ids)
SELECT t.organisation_id, t.id, t.severity, t.worst, t.impact_start, t.detected, t.acknowledged, t.mitigated, t.resolved, t.impact_end,
  {_between("impact_start", "detected")}, {_between("detected", "acknowledged")},
  {_between("detected", "mitigated")}, {_between("detected", "resolved")},
  ARRAY(SELECT s.service_id FROM incidents_incidentservice s WHERE s.organisation_id = t.organisation_id AND s.incident_id = t.id
    ORDER BY 1),
  ARRAY(SELECT DISTINCT o.team_id FROM incidents_incidentservice s JOIN oncall_service o ON o.organisation_id = s.organisation_id
    AND o.id = s.service_id WHERE s.organisation_id = t.organisation_id AND s.incident_id = t.id ORDER BY 1)
FROM times t
ON CONFLICT (organisation_id, incident_id) DO UPDATE SET severity = excluded.severity, worst = excluded.worst, impact_start = excluded.impact_start,
  detected_at = excluded.detected_at, acknowledged_at = excluded.acknowledged_at, mitigated_at = excluded.mitigated_at,
  resolved_at = excluded.resolved_at, impact_end = excluded.impact_end, to_detect = excluded.to_detect,
  to_acknowledge = excluded.to_acknowledge, to_mitigate = excluded.to_mitigate, to_resolve = excluded.to_resolve,
  service_ids = excluded.service_ids, team_ids = excluded.team_ids
"""

# A page's clock may be older than its incident: it belongs to the incident that the page belongs to by now. What fell away before
# its time was neither kept nor broken; past it, it was missed.
CLOCKS = """
INSERT INTO metrics_clockfigure (organisation_id, incident_id, clause, detected_at, severity, kept, broken)
SELECT f.organisation_id, f.incident_id, c.clause, f.detected_at, f.severity,
  count(*) FILTER (WHERE c.broken_at IS NULL), count(*) FILTER (WHERE c.broken_at IS NOT NULL)
FROM incidents_incident i JOIN metrics_incidentfigure f ON f.organisation_id = i.organisation_id AND f.incident_id = i.id
CROSS JOIN LATERAL (
  SELECT k.clause, k.broken_at, k.stopped_at, k.fell_away FROM standard_clock k
  WHERE k.organisation_id = i.organisation_id AND k.incident_id = i.id
  UNION ALL
  SELECT k.clause, k.broken_at, k.stopped_at, k.fell_away FROM oncall_page p JOIN standard_clock k ON k.organisation_id = p.organisation_id
    AND k.subject_type = 'oncall.page' AND k.subject_id = p.id AND k.incident_id IS NULL
  WHERE p.organisation_id = i.organisation_id AND p.incident_id = i.id) c
WHERE {which} AND (c.broken_at IS NOT NULL OR (c.stopped_at IS NOT NULL AND c.fell_away = ''))
GROUP BY f.organisation_id, f.incident_id, c.clause, f.detected_at, f.severity
ON CONFLICT (organisation_id, incident_id, clause) DO UPDATE SET detected_at = excluded.detected_at, severity = excluded.severity,
  kept = excluded.kept, broken = excluded.broken
"""

_DECIDED = "(k.broken_at IS NOT NULL OR (k.stopped_at IS NOT NULL AND k.fell_away = ''))"
# What was decided and is open again (an item was taken up): no clock of the clause says anything any more.
UNDECIDED = f"""
DELETE FROM metrics_clockfigure x USING incidents_incident i
WHERE i.organisation_id = x.organisation_id AND i.id = x.incident_id AND {{which}}
  AND NOT EXISTS (SELECT FROM standard_clock k WHERE k.organisation_id = x.organisation_id AND k.incident_id = x.incident_id
    AND k.clause = x.clause AND {_DECIDED})
  AND NOT EXISTS (SELECT FROM oncall_page p JOIN standard_clock k ON k.organisation_id = p.organisation_id
    AND k.subject_type = 'oncall.page' AND k.subject_id = p.id AND k.incident_id IS NULL
    WHERE p.organisation_id = x.organisation_id AND p.incident_id = x.incident_id AND k.clause = x.clause AND {_DECIDED})
"""

# What counts no more: it was merged, or was none.
FORGET = tuple(
    f"""DELETE FROM {table} x USING incidents_incident i WHERE i.organisation_id = x.organisation_id AND i.id = x.incident_id
  AND {{which}} AND NOT ({_COUNTED})"""
    for table in ("metrics_incidentfigure", "metrics_clockfigure")
)

ONE = "i.organisation_id = (SELECT muster.organisation()) AND i.id = %(incident)s::bigint"
ORGANISATION = "i.organisation_id = (SELECT muster.organisation())"
ALL = "true"


def statements(which: str) -> list[str]:
    """What measures these incidents, in its order."""
    return [statement.replace("{which}", which) for statement in (*FORGET, FIGURES, CLOCKS, UNDECIDED)]
