"""The page of a quarter's conformance over 2,000 incidents a quarter, with three before it; and what judging an incident costs."""

import time
from typing import Any

from bench.figures import Report, percentile
from bench.metrics import FILL
from bench.room import Counter
from bench.stage import Stage, in_process, stage

INCIDENTS, ENTRIES, SHOWN = 8_000, 40, 15  # of a year

# What a record has besides: the declaration, and notes.
RECORD = """
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, incident_id, actor_kind, actor_name, via, request_id, occurred_at, data)
SELECT i.organisation_id, CASE WHEN k = 1 THEN 'incident.declared' ELSE 'incident.noted' END, 'incidents.incident', i.id, i.id, 'person', 'x',
  'web', '', i.declared_at + k * interval '1 minute', CASE WHEN k = 1 THEN jsonb_build_object('severity', i.severity, 'state', 'mobilization',
  'mobilise', i.severity < 3, 'services', '[]'::jsonb, 'detected_to_declared_seconds', 60) ELSE '{{"text": "A note"}}'::jsonb END
FROM incidents_incident i CROSS JOIN generate_series(1, {entries}) k WHERE i.organisation_id = {organisation} AND i.number > 1000 ORDER BY i.id, k
"""


def fill(on: Stage) -> None:
    """Put a year's incidents into the record, as the owner role."""
    organisation = on.organisation_id()
    values = {
        "incidents": INCIDENTS,
        "entries": ENTRIES,
        "organisation": organisation,
        "standard": on.one("SELECT max(id) FROM standard_standardversion WHERE organisation_id = %s", organisation),
        "team": on.one("SELECT min(id) FROM oncall_team WHERE organisation_id = %s", organisation),
        "person": on.one("SELECT min(user_id) FROM tenants_membership WHERE organisation_id = %s", organisation),
    }
    on.owner.execute("ALTER TABLE incidents_component DISABLE TRIGGER USER")
    for statement in FILL.replace("3 years", "1 year").format(**values).split(";"):
        on.owner.execute(statement)
    on.owner.execute(RECORD.format(**values))
    on.owner.execute("VACUUM ANALYZE")


def main() -> int:
    """Fill, judge, and ask for the pages."""
    report = Report()
    with stage() as on:
        in_process(on)
        fill(on)
        from django.db import connection
        from django.test import Client

        from compliance.actions.conformance import judge_all, judge_incidents
        from tenants.actors import Via
        from tenants.models import User
        from tenants.scope import scope

        with scope(on.organisation_id(), surface=Via.COMMAND):
            began = time.perf_counter()
            judged = judge_all()
            took = time.perf_counter() - began
            report.figure(f"judging {judged:,} incidents", took, "s")
            report.figure("of it, one", took * 1000 / judged, "ms")
        on.owner.execute("VACUUM ANALYZE")
        report.rows("verdicts kept", judged, on.one("SELECT count(*) FROM compliance_conformancefigure"))
        with scope(on.organisation_id(), surface=Via.COMMAND):
            newest = on.one("SELECT max(id) FROM incidents_incident WHERE organisation_id = %s", on.organisation_id())
            times = [_took(lambda: judge_incidents(newest)) for _ in range(SHOWN)]
            report.figure("judging one incident again, p95", percentile(times, 0.95), "ms", most=100)
        client = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(email=on.person("amira")["email"])
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        _pages(report, client, connection, str(on.one("SELECT ref FROM incidents_incident WHERE id = %s", newest)))
        connection.close()
        connection.close_pool()
    return report.end()


def _pages(report: Report, client: Any, connection: Any, ref: str) -> None:
    for what, path in (
        ("a quarter, with three before it", "conformance/"),
        ("the incidents behind a figure", "conformance/incidents/?clause=triage.initial-severity&verdict=kept"),
        ("an incident's report", f"incidents/{ref}/conformance/"),
    ):
        address = f"/o/acme/{path}"
        client.get(address)
        counter = Counter()
        with connection.execute_wrapper(counter):
            answer = client.get(address)
        report.holds(f"{what}: answers 200", answer.status_code == 200)
        times = [_took(lambda address=address: client.get(address)) for _ in range(SHOWN)]
        report.figure(f"{what}: queries", counter.count)
        report.figure(f"{what}: server time, median", percentile(times, 0.5), "ms")
        report.figure(f"{what}: server time, p95", percentile(times, 0.95), "ms", most=500)


def _took(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
