"""Clocks kept by clause, the cadence, who was called and how often at night; and what a quarterly review is given."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q

from incidents.models import Incident
from ledger.models import Event
from ledger.verbs import VERBS
from metrics import quarter
from metrics.actions import measure_all
from oncall.models import Page, PageStep
from portal.management.commands.verbs import document
from portal.reactions import MEASURED, REACTIONS
from standard.models import Clock
from tenants.models import User
from tests.incidents.scene import UPDATE, Scene
from tests.metrics.independent import Act, Ran, verdict
from tests.metrics.test_figures import resolved
from tests.postmortems.filing import filed, item_do
from tests.postmortems.learning import ask

pytestmark = pytest.mark.servers

# What stops a clock and needs no measuring: the clock is no incident's, or was broken before, which is measured; or the incident's own event follows.
FOLLOWED = {"process_review.signed", "page.person_paged", "signal.attached", "signal.dismissed", "signal.declared"}


def told(scene: Scene, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = scene.api("amira").get("metrics/", **query).json()
    return found


def test_whatever_stops_a_clock_has_its_incident_measured() -> None:
    document()  # imports every room
    stopping = {kind for verb in VERBS.values() if verb.stops for kind in verb.kind.split(", ")}
    assert stopping - set(MEASURED) - FOLLOWED == set()
    for kind in MEASURED:
        assert REACTIONS[kind][-1].name == "measure-incident", "after all else"


@pytest.mark.clause("severity.sev1-cadence")
def test_the_cadence_is_the_share_of_the_updates_that_came_in_time(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    for minutes in (10, 45, 10, 10):  # the second comes too late
        scene.later(minutes=minutes)
        scene.do("amira", ref, "update", **UPDATE)
        scene.follow()
    found = told(scene)
    assert found["updates"] == {"n": 4, "kept": 3, "broken": 1, "share": 0.75}
    (cadence,) = [one for one in found["clauses"] if one["clause"] == "severity.sev1-cadence"]
    assert (cadence["kept"], cadence["broken"]) == (3, 1)
    page = scene.page("amira").get("/o/acme/metrics/clocks/").content.decode()
    assert "75.0 %" in page
    assert told(scene, severity="2")["updates"] == {"n": 0, "kept": 0, "broken": 0, "share": None}
    assert told(scene, service="search")["updates"]["n"] == 0
    assert told(scene, service="checkout")["updates"]["n"] == 4


def lived_through(scene: Scene) -> None:
    """Incidents whose clocks end in every way: by what they ask for, too late, and because nothing was owed any more."""
    waived, again, live = resolved(scene), resolved(scene, severity="SEV2"), scene.commanded("SEV2")
    done, dropped = (filed(scene, live)["ref"] for _ in range(2))
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("amira", "rhythm", {"minutes": 20}),
        ("amira", "update", UPDATE),
        ("amira", "order", {"to": scene.email("jon"), "text": "Restart db-2"}),
        ("jon", "acknowledge", {"order": 1}),
        ("amira", "order", {"to": scene.email("jon"), "text": "Restart db-3"}),
        ("amira", "withdraw", {"order": 2}),
        ("amira", "severity", {"severity": "SEV1", "reason": "All users"}),
        ("amira", "assign", {"role": "ol", "person": scene.email("jon")}),
        ("jon", "accept", {"role": "ol"}),
        ("jon", "check-in", {"text": "As before"}),
        ("amira", "update", UPDATE),
        ("amira", "handover", {"to": scene.email("mei")}),
        ("mei", "shadow", {}),
        ("amira", "call-off", {}),
    ]
    scene.follow()
    scene.clock.advance(minutes=1)
    assert scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/decline/").status_code == 200
    for who, verb, body in steps:
        scene.clock.advance(minutes=1)
        scene.do(who, live, verb, **body)
    scene.clock.advance(minutes=1)
    item_do(scene, "jon", done, "finish")
    scene.clock.advance(minutes=1)
    item_do(scene, "jon", dropped, "drop", reason="The service goes")
    ask(scene, "owner", waived, "waive", {"reason": "The same cause as before"})
    scene.clock.advance(minutes=1)
    scene.do("amira", again, "reopen", reason="Errors are back")
    scene.clock.advance(minutes=1)
    small = scene.commanded("SEV3")
    scene.clock.advance(minutes=1)  # so that no two acts happen at one instant
    scene.do("amira", small, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", small, "resolve", summary="Rolled back")
    scene.follow()
    scene.later(minutes=40)


def ends(scene: Scene) -> Counter[tuple[str, str]]:
    """(clause, how it ended) of every clock of an incident that counts, told by the record's events alone."""
    with scene.acme.scope():
        drills = set(Incident.objects.filter(exercise=True).values_list("pk", flat=True))
        owner = dict(Page.objects.values_list("pk", "incident_id"))
        acts = [
            Act(event.kind, (event.subject_type, event.subject_id), event.incident_id, event.occurred_at)
            for event in Event.objects.exclude(kind="incident.preceded")
        ]
        rows = [
            Ran(
                clock.clause,
                (clock.subject_type, clock.subject_id),
                owner.get(clock.subject_id) if clock.subject_type == "oncall.page" else clock.incident_id,
                clock.stopped_at,
                clock.broken_at,
            )
            for clock in Clock.objects.all()
        ]
    return Counter((row.clause, verdict(row, acts)) for row in rows if row.incident is not None and row.incident not in drills)


def test_the_clocks_are_those_of_the_record(scene: Scene) -> None:
    """Independently: from what happened at the instant at which each stopped, not from what its row says of that; drills left out."""
    lived_through(scene)
    scene.declare(exercise=True)
    scene.follow()
    scene.later(minutes=40)
    counted = ends(scene)
    expected = {clause: [counted[clause, "kept"], counted[clause, "broken"]] for clause, _ in counted}
    found = {one["clause"]: [one["kept"], one["broken"]] for one in told(scene)["clauses"]}
    assert found == {clause: counts for clause, counts in expected.items() if any(counts)}
    fallen = {clause for clause, how in counted if how == "fell away"}
    assert fallen >= {
        *("severity.sev1-cadence", "severity.sev2-cadence", "handover.after-4h", "handover.shadow-15", "roles.ic-rhythm"),
        *("warroom.ack-everything", "actions.sla", "postmortem.draft-24h", "postmortem.review-5-days", "oncall.escalate-15-30"),
    }
    assert {clause for clause, how in counted if how == "kept"} >= {
        *("severity.sev1-cadence", "severity.sev2-cadence", "roles.ic-rhythm", "warroom.ack-everything", "actions.sla"),
        "severity.sev3-fix",
    }
    with scene.acme.scope():
        states = Counter((clock.clause, clock.state) for clock in Clock.objects.exclude(incident_id=None).exclude(exercises()))
        measure_all()
    assert {key: n for key, n in states.items() if key[1] in ("kept", "broken")} == {
        key: n for key, n in counted.items() if key[1] in ("kept", "broken")
    }, "each clock says the same of itself"
    assert found == {one["clause"]: [one["kept"], one["broken"]] for one in told(scene)["clauses"]}, "made again, the same"


def exercises() -> Q:
    """The clocks of drills."""
    return Q(incident_id__in=Incident.objects.filter(exercise=True).values("pk"))


def test_pages_at_night_are_counted_by_each_persons_own_clock(scene: Scene) -> None:
    """22:00 to 07:00 where the person lives: 05:30 UTC is night in London's winter and day in Kolkata."""
    with scene.acme.scope():
        people = {who: getattr(scene.acme, who).user_id for who in ("amira", "jon")}
        User.objects.filter(pk=people["amira"]).update(time_zone="Europe/London")
        User.objects.filter(pk=people["jon"]).update(time_zone="Asia/Kolkata")
        page = Page.objects.create(subject_type="incidents.signal", subject_id=1, clause="oncall.escalate-15-30")
        for hour, minute in ((5, 30), (6, 59), (7, 0), (21, 59), (22, 0)):
            for user_id in people.values():
                at = datetime(2026, 1, 15, hour, minute, tzinfo=UTC)
                PageStep.objects.create(page=page, position=0, user_id=user_id, paged_at=at, reason="")
    found = {
        one["name"]: (one["pages"], one["at_night"]) for one in told(scene, **{"from": "2026-01-01", "to": "2026-01-31"})["pages"]
    }
    assert found[scene.acme.amira.name] == (5, 3)  # 05:30, 06:59 and 22:00 in London
    assert found[scene.acme.jon.name] == (5, 2)  # 21:59 and 22:00 in London are 03:29 and 03:30 in Kolkata
    assert told(scene, **{"from": "2026-01-16", "to": "2026-01-31"})["pages"] == []


def test_a_drill_calls_nobody_in_the_figures(scene: Scene) -> None:
    scene.declare(exercise=True)
    scene.follow()
    assert scene.calls("amira"), "somebody was really called"
    assert told(scene)["pages"] == []
    scene.declare(severity="SEV2")
    scene.follow()
    assert told(scene)["pages"] != []
    assert told(scene, severity="1")["pages"] == []


@pytest.mark.clause("metrics.mttr")
def test_a_quarter_is_laid_out_for_its_review(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(minutes=40)
    scene.follow()
    resolved(scene, severity="SEV2")
    start, end = scene.clock.now - timedelta(days=1), scene.clock.now + timedelta(days=1)
    with scene.acme.scope(scene.acme.owner):
        rows = {row["title"]: row for row in quarter.figures(start, end)}
        kept = quarter.clauses_kept(start, end)
        assert quarter.clauses_kept(end, end + timedelta(days=1)) == {}
        assert quarter.figures(end + timedelta(days=2), end + timedelta(days=3))[0]["n"] == 0
    assert rows["Incidents"]["n"] == 2
    assert rows["Incidents of SEV 2"]["n"] == 1
    assert rows["Time to resolve (MTTR)"]["value"] == "mean 15 min, median 15 min, p90 15 min"
    cadence = kept["severity.sev1-cadence"]
    assert (cadence.kept, cadence.broken, cadence.n) == (0, 1, 1)
    assert {"title", "value", "n", "link"} == set(rows["Payments available"])
    page = scene.page("owner")
    for row in rows.values():
        assert page.get(row["link"].replace("/metrics/", "/o/acme/metrics/", 1)).status_code == 200, row
    assert ref
