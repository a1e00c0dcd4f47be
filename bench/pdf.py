"""The PDF of a post-mortem whose timeline has 300 entries, as its page gives it; and what the blameless check takes of a long section."""

import time
from datetime import timedelta

from bench.figures import Report, median
from bench.stage import Stage, in_process, stage

ENTRIES, SHOWN = 300, 5


def _draft(on: Stage) -> str:
    """A resolved SEV 1 with a draft that has ENTRIES of its record picked. Returns its reference."""
    from incidents import actions
    from incidents.states import Severity, State
    from ledger.models import Event
    from postmortems.actions.opening import open_draft
    from postmortems.models import Pick
    from tenants.actors import Actor, Role, Via, system
    from tenants.models import User
    from tenants.scope import scope
    from tenants.time import now

    organisation = on.organisation_id()
    with scope(organisation, surface=Via.WEB):
        user = User.objects.get(email=on.person("amira")["email"])
    by = Actor(organisation, user.name, Via.WEB, user_id=user.pk, email=user.email, roles=frozenset({Role.PRACTITIONER}))
    with scope(organisation, surface=Via.WEB, user_id=user.pk, actor=by):
        incident = actions.declare(by=by, title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=by)
        for number in range(ENTRIES):
            actions.note(incident, by=by, text=f"Entry {number}: looked at **{number}** dashboards, `node-{number}` looks slow.")
        actions.advance(incident, by=by, to=State.INVESTIGATION, reason="roles open")
        actions.advance(incident, by=by, to=State.MONITORING, reason="nothing to mitigate")
        actions.set_impact(incident, by=by, start=now() - timedelta(hours=1), end=now())
        actions.resolve(incident, by=by, summary="Over.", overrides={"monitoring_too_short": "A measurement."})
        draft = open_draft(incident, by=system(organisation, Via.RELAY))
        if draft is None:
            raise RuntimeError("There is no draft.")
        for event in Event.objects.filter(incident_id=incident.pk, kind="incident.noted"):
            Pick.objects.create(incident=incident, postmortem=draft, seq=event.seq, occurred_at=event.occurred_at)
        return incident.ref


def _check(report: Report) -> None:
    """What the blameless check takes of 20,000 characters that it has not read before, with 1,000 members."""
    from postmortems.blame import Person, Place, checker

    by = checker([Person(f"Person{n} Family{n}", f"person{n}@example.com") for n in range(1000)])
    text = "The service failed to start because its secret had expired, and the engineer on call should have seen it. " * 190
    times = []
    for n in range(SHOWN):
        began = time.perf_counter()
        found = by.find([Place("section:summary", "Summary", f"{n} {text}")])
        times.append((time.perf_counter() - began) * 1000)
    report.holds("it finds what blames", len(found) > 0)
    report.figure(f"the blameless check of {len(text):,} characters, median", median(times), "ms")


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection
        from django.test import Client

        from tenants.models import User

        ref = _draft(on)
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(
            User.objects.get(email=on.person("amira")["email"]), "allauth.account.auth_backends.AuthenticationBackend"
        )
        times = []
        for _ in range(SHOWN):
            began = time.perf_counter()
            answer = client.get(f"/o/acme/incidents/{ref}/postmortem.pdf")
            times.append(time.perf_counter() - began)
            report.holds("the page answers with a PDF", answer.content.startswith(b"%PDF-"))
        report.figure(f"PDF with {ENTRIES} entries, the first of a process, which loads the library", times[0], "s", most=3)
        report.figure(f"PDF with {ENTRIES} entries, median", median(times), "s", most=3)
        report.figure("PDF: the slowest", max(times), "s")
        report.figure("PDF: size", len(answer.content) / 1024, "KiB")
        _check(report)
        connection.close()
        connection.close_pool()
    return report.end()
