"""Making a pack of an incident with 5,000 entries, and of a quarter and an engagement with 500 and 2,000 incidents: seconds, and peak memory."""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.alone import Run, alone
from bench.figures import Report
from bench.stage import Stage, in_process, stage
from tests.compliance.packmaking import VERIFIER

ENTRIES, BAR_SECONDS, BAR_MEMORY = 5_000, 10.0, 200.0
FEW, MANY, EVENTS = 500, 2_000, 20
GROWTH = 1.1  # four times the incidents may take so much more memory

NOTES = """
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, incident_id, actor_kind, actor_id, actor_name, via, request_id,
  occurred_at, data)
SELECT i.organisation_id, 'incident.noted', 'incidents.incident', i.id, i.id, 'person', {person}, 'Amira', 'web', '',
  i.declared_at + k * interval '1 second', jsonb_build_object('text', 'Entry ' || k || ': looked at **' || k || '** dashboards, `node` looks "slow".',
  'entered', NULL) FROM incidents_incident i CROSS JOIN generate_series(1, {events}) k
WHERE i.organisation_id = {organisation} AND i.number >= {first} ORDER BY i.id, k"""

INCIDENTS = """
INSERT INTO incidents_incident (organisation_id, number, ref, title, severity, state, exercise, standard_id, detected_by, detected_at,
  declared_at, impact_start, resolved_at, relapses, reopened, summary, channel, bridge_url, restricted)
SELECT {organisation}, g, 'INC-' || g, 'Case ' || g, 1 + g % 4, 'resolved', false, {standard}, 'monitoring', now() - interval '1 hour',
  now() - interval '1 hour', now() - interval '1 hour', now(), 0, 0, 'Over', '', '', false FROM generate_series({first}, {last}) g;
INSERT INTO incidents_historicalincident ({columns}, history_date, history_type, history_change_reason)
SELECT {columns}, now(), '+', '' FROM incidents_incident WHERE organisation_id = {organisation} AND number BETWEEN {first} AND {last};
INSERT INTO oncall_page (organisation_id, subject_type, subject_id, incident_id, team_id, reason, clause, state, urgency, plan, position,
  started_at, began_at, ahead)
SELECT i.organisation_id, 'incidents.incident', i.id, i.id, {team}, '', 'oncall.escalate-15-30', 'ended', 'high', '{{}}', 1,
  i.detected_at, i.detected_at, '0' FROM incidents_incident i WHERE i.organisation_id = {organisation} AND i.number BETWEEN {first} AND {last};
INSERT INTO oncall_pagestep (organisation_id, page_id, incident_id, position, user_id, paged_at, reason)
SELECT p.organisation_id, p.id, p.incident_id, k, {person}, p.started_at + k * interval '15 minutes', '' FROM oncall_page p
  JOIN incidents_incident i ON i.id = p.incident_id AND i.number BETWEEN {first} AND {last} CROSS JOIN generate_series(0, 1) k
  WHERE p.organisation_id = {organisation}
"""


def made(organisation_id: int, pack_id: int) -> None:
    """Make one pack, in a process of its own."""
    import django

    django.setup()
    from compliance.packs import making

    sys.exit(0 if not pack_id or making.make(organisation_id, pack_id) else 1)


class Bench:
    """The stage with its sealer, and the packs that are asked for on it."""

    def __init__(self, on: Stage, folder: Path, report: Report) -> None:
        in_process(on)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from django.conf import settings

        from ledger.sealing.sealer import Sealer, connect
        from portal import environment
        from tenants.actors import Actor, Role, Via

        settings.DATABASE_SEALER = environment.database(on.urls.sealer_url)
        self.on, self.folder, self.report, self.organisation = on, folder, report, on.organisation_id()
        self.sealer = Sealer(connect(), Ed25519PrivateKey.generate(), folder / "evidence", "bench.example")
        self.person = on.one("SELECT id FROM tenants_user WHERE email = %s", on.person("admin")["email"])
        roles = frozenset({Role.ADMINISTRATOR, Role.PRACTITIONER})
        self.admin = Actor(self.organisation, "Ada Admin", Via.WEB, user_id=self.person, roles=roles)

    def fill(self, first: int, last: int) -> None:
        """Incidents of these numbers, with their history, pages, and events; as the owner role."""
        owner = self.on.owner
        tables = ("incidents_incident", "incidents_historicalincident")
        found = [
            {
                name
                for (name,) in owner.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
            }
            for table in tables
        ]
        values = {
            "organisation": self.organisation,
            "person": self.person,
            "first": first,
            "last": last,
            "events": EVENTS,
            "columns": ", ".join(sorted(found[0] & found[1])),
            "standard": self.on.one("SELECT max(id) FROM standard_standardversion WHERE organisation_id = %s", self.organisation),
            "team": self.on.one("SELECT min(id) FROM oncall_team WHERE organisation_id = %s", self.organisation),
        }
        for table in ("incidents_incident", "oncall_page"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (INCIDENTS + ";" + NOTES).format(**values).split(";"):
            owner.execute(statement)
        for table in ("incidents_incident", "oncall_page"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE")

    def make(self, ask: Any) -> Run:
        """Ask for a pack as the administrator, seal, and make it; it must hold."""
        from tenants.scope import scope

        with scope(self.organisation, surface="web", user_id=self.person):
            pack_id = ask().pk
        while self.on.one("SELECT muster.oldest_unsealed(%s) IS NOT NULL", self.organisation):
            self.sealer.run()
        run = self._alone(self.organisation, pack_id)
        self.report.holds("it is made", run.status == 0)
        if run.status != 0:
            print(run.said)
            return run
        file = self.folder / f"{self.on.one('SELECT name FROM compliance_evidencepack WHERE id = %s', pack_id)}.zip"
        with file.open("wb") as out:
            for number in range(self.on.one("SELECT count(*) FROM compliance_packpart WHERE pack_id = %s", pack_id)):
                out.write(self.on.one("SELECT body FROM compliance_packpart WHERE pack_id = %s AND number = %s", pack_id, number))
        checked = alone([sys.executable, "-I", str(VERIFIER), str(file)])
        self.report.holds("verify.py says that it holds", checked.status == 0)
        self.report.figure("its file", file.stat().st_size / 1e6, "MB")
        self.report.figure("verify.py over it, of a second of CPU", file.stat().st_size / 1e6 / checked.cpu, "MB/s")
        file.unlink()
        return run

    def idle(self) -> Run:
        """A process that makes nothing: what Django takes."""
        return self._alone(0, 0)

    def _alone(self, organisation_id: int, pack_id: int) -> Run:
        code = f"from bench.pack import made; made({organisation_id}, {pack_id})"
        return alone([sys.executable, "-c", code], self.on.environment | {"DJANGO_SETTINGS_MODULE": "portal.settings"})


def main() -> int:
    report = Report()
    with stage() as on, tempfile.TemporaryDirectory() as where:
        bench = Bench(on, Path(where), report)
        from django.db import connection

        from compliance.actions.packs import ask_for_engagement, ask_for_pack, ask_for_period
        from compliance.models import AuditEngagement
        from incidents import actions
        from incidents.models import Incident
        from tenants.scope import scope

        report.figure("memory of a process that makes none", bench.idle().memory, "MB")
        with scope(bench.organisation, surface="web", user_id=bench.person):
            incident = actions.declare(by=bench.admin, title="A long one", severity=3)
        values = {"organisation": bench.organisation, "person": bench.person, "events": ENTRIES, "first": incident.number}
        on.owner.execute(NOTES.format(**values))
        run = bench.make(lambda: ask_for_pack(Incident.objects.get(pk=incident.pk), by=bench.admin))
        of_one = on.one("SELECT count(*) FROM ledger_entry WHERE incident_id = %s", incident.pk)
        report.figure("entries of the incident", of_one)
        report.figure("making its pack, the process' start included", run.seconds, "s", most=BAR_SECONDS)
        report.figure("the same, of CPU of the process", run.cpu, "s")
        report.figure("its peak memory", run.memory, "MB", most=BAR_MEMORY)

        today = datetime.now(UTC).date()
        asks = {
            "a period": lambda: ask_for_period(today - timedelta(days=90), today + timedelta(days=1), by=bench.admin),
            "an engagement": lambda: ask_for_engagement(AuditEngagement.objects.latest("id"), by=bench.admin),
        }
        peaks: dict[str, list[float]] = {of: [] for of in asks}
        first = incident.number + 1
        for count in (FEW, MANY):
            bench.fill(first, incident.number + count)
            first = incident.number + count + 1
            for of, ask in asks.items():
                run = bench.make(ask)
                entries = on.one("SELECT count(*) FROM ledger_leaf WHERE organisation_id = %s", bench.organisation)
                report.figure(f"{of} with {count:,} incidents: entries in the log", entries)
                report.figure("making its pack", run.seconds, "s")
                report.figure("its peak memory", run.memory, "MB")
                peaks[of].append(run.memory)
        for of, (few, many) in peaks.items():
            report.figure(f"memory of {of} at {MANY:,} incidents against {FEW:,}", many / few, "times", most=GROWTH)
        connection.close()
        connection.close_pool()
    return report.end()
