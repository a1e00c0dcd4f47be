"""The page of figures over 100,000 incidents of three years, and the pages of their 43,000 action items: queries and server time.

And what measuring an incident costs.
"""

import time
from typing import Any

from bench.figures import Report, percentile
from bench.room import Counter
from bench.stage import Stage, in_process, stage

INCIDENTS, SHOWN = 100_000, 25


# Incidents as they stand after their verbs: one in twenty SEV 1, one in six SEV 2; some open, some exercises, some restricted, some that were
# lowered, and some merged into another.
FILL = """
CREATE TEMP TABLE n AS SELECT g AS number, CASE WHEN g % 20 = 0 THEN 1 WHEN g % 6 = 1 THEN 2 WHEN g % 2 = 0 THEN 3 ELSE 4 END AS severity,
  now() - interval '3 years' + interval '3 years' * (g::float / {incidents}) - interval '1 hour' AS at, random() AS r, random() AS s
FROM generate_series(1, {incidents}) g;
ALTER TABLE incidents_incident DISABLE TRIGGER USER;
ALTER TABLE incidents_incidentservice DISABLE TRIGGER USER;
ALTER TABLE incidents_componentstate DISABLE TRIGGER USER;
ALTER TABLE standard_clock DISABLE TRIGGER USER;
ALTER TABLE oncall_page DISABLE TRIGGER USER;
INSERT INTO incidents_incident (organisation_id, number, ref, title, severity, state, exercise, standard_id, detected_by, detected_at,
  declared_at, impact_start, impact_end, monitoring_since, resolved_at, relapses, reopened, summary, channel, bridge_url, restricted)
SELECT {organisation}, 1000 + number, 'INC-' || 1000 + number, 'Case ' || number, severity,
  CASE WHEN number % 500 = 3 THEN 'false_positive' WHEN number % 100 = 7 THEN 'investigation' ELSE 'resolved' END, number % 200 = 9,
  {standard}, 'monitoring', at, at, at - r * interval '20 minutes', at + r * interval '5 hours',
  CASE WHEN severity < 3 THEN at + s * interval '3 hours' END,
  CASE WHEN number % 500 <> 3 AND number % 100 <> 7 THEN at + interval '3 hours' + r * interval '2 days' END, 0, 0, '', '', '',
  number % 10000 = 11 FROM n;
INSERT INTO incidents_incidentservice (organisation_id, incident_id, service_id)
SELECT i.organisation_id, i.id, s.id FROM incidents_incident i JOIN oncall_service s ON s.organisation_id = i.organisation_id
  AND (s.id + i.number) % 3 <> 1 WHERE i.organisation_id = {organisation} AND i.number > 1000;
UPDATE incidents_incident i SET state = 'merged', merged_into_id = into_.id FROM incidents_incident into_
WHERE into_.organisation_id = i.organisation_id AND into_.number = i.number + 1 AND i.organisation_id = {organisation} AND i.number > 1000
  AND i.number % 250 = 5;
INSERT INTO ledger_event (organisation_id, incident_id, kind, subject_type, subject_id, actor_kind, actor_name, via, request_id, occurred_at, data)
SELECT i.organisation_id, i.id, 'incident.declared', 'incidents.incident', i.id, 'person', 'x', 'web', '', i.declared_at,
  jsonb_build_object('severity', CASE WHEN i.number % 40 = 2 THEN 1 ELSE i.severity END)
  FROM incidents_incident i WHERE i.organisation_id = {organisation} AND i.number > 1000;
INSERT INTO oncall_page (organisation_id, subject_type, subject_id, incident_id, team_id, reason, clause, state, urgency, plan, position,
  started_at, began_at, ahead)
SELECT i.organisation_id, 'incidents.incident', i.id, i.id, {team}, '', 'oncall.escalate-15-30', 'ended', 'high', '{{}}', 1,
  i.detected_at, i.detected_at, '0' FROM incidents_incident i WHERE i.organisation_id = {organisation} AND i.number > 1000;
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, actor_kind, actor_name, via, request_id, occurred_at, data)
SELECT p.organisation_id, 'page.acknowledged', 'oncall.page', p.id, 'person', 'x', 'web', '', p.started_at + random() * interval '9 minutes',
  '{{}}' FROM oncall_page p WHERE p.organisation_id = {organisation};
INSERT INTO oncall_pagestep (organisation_id, page_id, incident_id, position, user_id, paged_at, reason)
SELECT p.organisation_id, p.id, p.incident_id, k, m.user_id, p.started_at + k * interval '15 minutes', '' FROM oncall_page p
  CROSS JOIN generate_series(0, 1) k JOIN LATERAL (SELECT user_id FROM tenants_membership x WHERE x.organisation_id = p.organisation_id
  ORDER BY (x.id + p.id + k) % 7 LIMIT 1) m ON true WHERE p.organisation_id = {organisation};
INSERT INTO standard_clock (organisation_id, clause, subject_type, subject_id, incident_id, owner_role, started_at, due_at, stopped_at, broken_at,
  fell_away)
SELECT i.organisation_id, c.clause, 'incidents.incident', i.id, i.id, '', i.detected_at, i.detected_at + interval '30 minutes',
  i.detected_at + random() * interval '32 minutes', CASE WHEN i.number % 17 = 0 THEN i.detected_at + interval '30 minutes' END,
  CASE WHEN i.number % 17 <> 0 AND random() < 0.2 THEN 'resolved' ELSE '' END
FROM incidents_incident i JOIN (VALUES ('severity.sev1-cadence', 1, 2), ('severity.sev1-cadence', 1, 2), ('severity.sev2-cadence', 1, 2),
  ('mobilize.roles-assigned', 1, 2), ('handover.after-4h', 1, 2), ('roles.ic-rhythm', 1, 2), ('resolve.stable', 1, 2),
  ('severity.sev3-fix', 3, 3), ('severity.sev4-ticket', 4, 4), ('oncall.escalate-15-30', 1, 3)) c(clause, least, most)
  ON i.severity BETWEEN c.least AND c.most WHERE i.organisation_id = {organisation} AND i.number > 1000;
ALTER TABLE incidents_statusupdate DISABLE TRIGGER USER;
INSERT INTO incidents_statusupdate (organisation_id, incident_id, audience, status, known, impact, doing, states_cause, components, author_id,
  posted_at, state, awaits, decision_reason)
SELECT i.organisation_id, i.id, 'public', 'identified', 'x', '', '', false, '{{}}', {person}, i.detected_at, 'published', '{{}}', ''
FROM incidents_incident i WHERE i.organisation_id = {organisation} AND i.number > 1000 AND i.severity < 3;
INSERT INTO incidents_componentstate (organisation_id, incident_id, component_id, condition, update_id, since, until)
SELECT i.organisation_id, i.id, c.id, CASE WHEN i.number % 3 = 0 THEN 'major_outage' ELSE 'degraded_performance' END, u.id,
  i.detected_at + interval '5 minutes', i.impact_end FROM incidents_incident i JOIN incidents_statusupdate u ON u.incident_id = i.id
  JOIN incidents_component c ON c.organisation_id = i.organisation_id AND (c.id + i.number) % 6 = 0
  WHERE i.organisation_id = {organisation} AND i.number > 1000;
ALTER TABLE incidents_servicecomponent DISABLE TRIGGER USER;
INSERT INTO incidents_servicecomponent (organisation_id, service_id, component_id)
SELECT s.organisation_id, s.id, c.id FROM oncall_service s JOIN incidents_component c ON c.organisation_id = s.organisation_id
  AND (c.id + s.id) % 3 = 0 WHERE s.organisation_id = {organisation} ON CONFLICT DO NOTHING;
ALTER TABLE postmortems_actionitem DISABLE TRIGGER USER;
INSERT INTO postmortems_actionitem (organisation_id, incident_id, number, title, details, kind, owner_id, state, ticket_url, filed_at, due_at,
  judged_at, started_at, ended_at, outcome)
SELECT x.organisation_id, x.id, k, 'Item ' || k || ' of ' || x.number, '', CASE WHEN k = 1 THEN 'prevention' ELSE 'detection' END, x.owner,
  CASE WHEN x.open THEN CASE WHEN k = 1 THEN 'started' ELSE 'open' END WHEN x.number % 25 = 0 THEN 'dropped' ELSE 'done' END, '', x.detected_at,
  x.detected_at + interval '14 days' * x.severity, x.detected_at + interval '14 days' * x.severity,
  CASE WHEN x.open AND k = 1 THEN x.detected_at END, CASE WHEN NOT x.open THEN least(now(), x.detected_at + x.r * interval '40 days') END, ''
FROM (SELECT i.*, i.number % 12 = 0 AS open, random() AS r, (SELECT m.user_id FROM tenants_membership m
  WHERE m.organisation_id = i.organisation_id ORDER BY (m.id + i.id) % 7 LIMIT 1) AS owner
  FROM incidents_incident i WHERE i.organisation_id = {organisation} AND i.number > 1000 AND i.severity < 3) x CROSS JOIN generate_series(1, 2) k;
UPDATE incidents_component SET slo = 99.9, sla = 99.5 WHERE organisation_id = {organisation};
UPDATE tenants_user SET time_zone = (ARRAY['UTC', 'Europe/Berlin', 'America/New_York'])[1 + id % 3];
VACUUM ANALYZE
"""


def fill(on: Stage) -> None:
    """Put the incidents into the record, as the owner role: no verb could in a day."""
    organisation = on.organisation_id()
    values = {
        "incidents": INCIDENTS,
        "organisation": organisation,
        "standard": on.one("SELECT max(id) FROM standard_standardversion WHERE organisation_id = %s", organisation),
        "team": on.one("SELECT min(id) FROM oncall_team WHERE organisation_id = %s", organisation),
        "person": on.one("SELECT min(user_id) FROM tenants_membership WHERE organisation_id = %s", organisation),
    }
    on.owner.execute("ALTER TABLE incidents_component DISABLE TRIGGER USER")
    for statement in FILL.format(**values).split(";"):
        on.owner.execute(statement)


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        fill(on)
        from django.db import connection
        from django.test import Client

        from metrics.actions import measure, measure_all
        from tenants.actors import Via
        from tenants.models import User
        from tenants.scope import scope

        with scope(on.organisation_id(), surface=Via.COMMAND):
            began = time.perf_counter()
            counted = measure_all()
            report.figure(f"measuring {counted:,} incidents again", time.perf_counter() - began, "s")
        on.owner.execute("VACUUM ANALYZE")
        real = "SELECT count(*) FROM incidents_incident WHERE organisation_id = %s AND NOT exercise AND state NOT IN ('false_positive', 'merged')"
        report.rows("incidents that count", on.one(real, on.organisation_id()), counted)
        with scope(on.organisation_id(), surface=Via.COMMAND):
            newest = on.one("SELECT max(id) FROM incidents_incident WHERE organisation_id = %s", on.organisation_id())
            report.figure(
                "measuring one incident again, p95",
                percentile([_took(lambda: measure(newest)) for _ in range(SHOWN)], 0.95),
                "ms",
            )
        client = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(email=on.person("amira")["email"])
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        _pages(report, client, connection)
        connection.close()
        connection.close_pool()
    return report.end()


def paths(since: str) -> list[tuple[str, str]]:
    """What is asked for: (what it is, its address below the organisation's). `since` begins a query with the first day of three years."""
    return [
        ("times, three years by month", f"metrics/{since}"),
        ("times, three years by severity", f"metrics/{since}&by=severity"),
        ("times, three years by service", f"metrics/{since}&by=service"),
        ("times, three years by team, SEV 1 and 2", f"metrics/{since}&by=team&severity=1&severity=2"),
        ("clocks, three years", f"metrics/clocks/{since}"),
        ("pages, three years", f"metrics/pages/{since}"),
        ("availability, three years", f"metrics/availability/{since}"),
        ("times, 90 days", "metrics/"),
        ("the incidents behind three years' MTTR", f"metrics/incidents/{since}&figure=mttr"),
        ("the clocks behind three years' cadence", f"metrics/clocks-counted/{since}&clause=updates"),
        ("the calls behind a person's three years", f"metrics/pages-counted/{since}&person=amira@acme.example&night=1"),
        ("action items, three years", f"metrics/items/{since}"),
        ("the action items behind what waits", f"metrics/items-counted/{since}&which=waiting"),
        ("the board of action items", "actions/?view=board"),
        ("the list of action items", "actions/?view=list"),
        ("the list of action items that are late", "actions/?view=list&late=on"),
        ("the outages behind three years of a component", f"metrics/outages/{since}&component=payments"),
    ]


def _pages(report: Report, client: Any, connection: Any) -> None:
    from datetime import timedelta

    from tenants.time import now

    first = (now() - timedelta(days=1096)).date()
    for what, path in paths(f"?from={first}"):
        address = f"/o/acme/{path}"
        client.get(address)
        counter = Counter()
        with connection.execute_wrapper(counter):
            answer = client.get(address)
        report.holds(f"{what}: answers 200", answer.status_code == 200)
        times = [_took(lambda address=address: client.get(address)) for _ in range(SHOWN)]
        report.figure(f"{what}: queries", counter.count, most=19)
        report.figure(f"{what}: server time, median", percentile(times, 0.5), "ms")
        report.figure(f"{what}: server time, p95", percentile(times, 0.95), "ms", most=500)


def _took(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
