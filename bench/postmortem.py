"""A post-mortem: what its page saves while somebody types (20 kB of text, a version each), and the page with 300 entries."""

import time
from typing import Any

from bench.figures import Report, median
from bench.room import Counter
from bench.stage import Stage, in_process, stage

SAVES = 200
SHOWN = 20
ENTRIES = 300


def _draft(on: Stage) -> tuple[str, int]:
    """A draft of a SEV 1 with so many entries in its timeline, by the verbs. Returns its address and the post-mortem's id."""
    from incidents.actions.command import advance, claim
    from incidents.actions.declare import declare
    from incidents.actions.ending import resolve
    from incidents.actions.record import note, set_impact
    from incidents.states import Severity, State
    from postmortems.actions.choosing import pick
    from postmortems.actions.opening import open_draft
    from tenants.actors import Actor, Role, Via, system
    from tenants.models import User
    from tenants.scope import scope
    from tenants.time import now

    organisation = on.organisation_id()
    with scope(organisation, surface=Via.WEB):
        user = User.objects.get(email=on.person("amira")["email"])
    by = Actor(organisation, user.name, Via.WEB, user_id=user.pk, email=user.email, roles=frozenset({Role.PRACTITIONER}))
    with scope(organisation, surface=Via.WEB, user_id=user.pk, actor=by):
        incident = declare(by=by, title="Checkout fails", severity=Severity(1))
        claim(incident, by=by)
        seqs = [note(incident, by=by, text=f"Entry {n}: **{n}** dashboards, `node-{n}` looks slow.").seq for n in range(ENTRIES)]
        advance(incident, by=by, to=State.INVESTIGATION, reason="Two awake")
        advance(incident, by=by, to=State.MONITORING, reason="Nothing to mitigate")
        set_impact(incident, by=by, end=now())
        resolve(incident, by=by, summary="Over.", overrides={"monitoring_too_short": "A measurement"})
        found = open_draft(incident, by=system(organisation, Via.RELAY))
        if found is None:
            raise RuntimeError("no draft was opened")
        for seq in seqs:
            pick(found, by=by, seq=seq or 0)
        return f"/o/acme/incidents/{incident.ref}/postmortem/", found.pk


def _saved(client: Any, address: str) -> list[float]:
    """Save a growing text of about 20 kB as the page does by itself. Returns the milliseconds of each."""
    words, times = "The lock was held by a report that nobody owns. " * 400, []
    for version in range(SAVES):
        body = {"text": f"{words}{version}", "version": str(version), "automatic": "1"}
        began = time.perf_counter()
        answer = client.post(f"{address}sections/summary/", body, headers={"Accept": "application/json"})
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.content[:300]!r}")
    return times


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection
        from django.test import Client

        from tenants.models import User

        address, postmortem = _draft(on)
        client = Client(SERVER_NAME="127.0.0.1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        client.force_login(
            User.objects.get(email=on.person("amira")["email"]), "allauth.account.auth_backends.AuthenticationBackend"
        )
        client.get(address)
        times = _saved(client, address)
        report.figure("autosave of 20 kB: server time, median", median(times), "ms")
        report.figure("autosave of 20 kB: server time, p95", sorted(times)[int(len(times) * 0.95)], "ms", most=100)
        versions = f"postmortems_historicalsection WHERE postmortem_id = {postmortem} AND key = 'summary'"
        report.rows("versions in its history", SAVES + 1, on.count(versions))
        report.rows("events of one sitting", 1, on.count("ledger_event WHERE kind = 'postmortem.section_edited'"))
        counter = Counter()
        with connection.execute_wrapper(counter):
            answer = client.get(address)
        report.holds("the page answers 200", answer.status_code == 200)
        shown = []
        for _ in range(SHOWN):
            began = time.perf_counter()
            client.get(address)
            shown.append((time.perf_counter() - began) * 1000)
        report.figure(f"the page with {ENTRIES} entries: queries", counter.count)
        report.figure(f"the page with {ENTRIES} entries: server time, median", median(shown), "ms")
        connection.close()
        connection.close_pool()
    return report.end()
