"""Conformance from end to end: what the report of the five-hour SEV 1 lists, and that of an incident which kept every clause."""

import json
from typing import Any

import pytest
from django.db import connection

from compliance.conformance.loading import load
from compliance.conformance.report import for_incident, from_records
from compliance.conformance.rows import NotARecord
from compliance.conformance.table import INCIDENT
from incidents.models import Incident
from standard.law import Law
from standard.models import StandardVersion
from tests.incidents.scene import Scene
from tests.incidents.test_five_hours import Story, calmed, handed_over, mobilised, resolved, twelve, worked

pytestmark = pytest.mark.servers


def report(scene: Scene, ref: str, who: str = "amira") -> dict[str, Any]:
    """The report as the API gives it."""
    answer = scene.api(who).get(f"incidents/{ref}/conformance/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    """Clause -> verdict."""
    return {row["clause"]: row["verdict"] for row in found["clauses"]}


def by_the_book(scene: Scene) -> str:
    """A SEV 1 of fifty minutes in which everybody does what the standard asks for. Returns its reference."""
    ref = scene.declare("mei")
    scene.follow()
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "bridge", url="https://meet.example/checkout")
    scene.do("amira", ref, "assess", text="Every customer: SEV 1 it is")
    scene.give(ref, ol="jon", cl="mei", scribe="admin")
    scene.do("amira", ref, "rhythm", minutes=30)
    told = {"known": "Payments time out", "impact": "One in five orders fails", "doing": "Looking"}
    scene.do("mei", ref, "update", audience="internal", **told)
    scene.do("mei", ref, "update", audience="public", status="investigating", **told)
    scene.do("jon", ref, "tick", role="ol", key="gather")
    scene.do("jon", ref, "hypothesis", text="A lock on orders")
    scene.later(minutes=10)
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="Forty sessions wait")
    scene.do("amira", ref, "order", to=scene.email("admin"), text="Watch the queue")
    scene.do("admin", ref, "acknowledge", order=1)
    scene.do("mei", ref, "update", audience="public", status="identified", states_cause=True, **told)
    scene.do("jon", ref, "propose", text="Kill the session", hypothesis=1)
    scene.do("amira", ref, "approve", change=1)
    scene.do("amira", ref, "advance", to="mitigation")
    scene.do("jon", ref, "execute", change=1, outcome="Killed")
    scene.do("jon", ref, "verify-fix", change=1, worked=True, seen="No order fails")
    scene.later(minutes=10)
    scene.do("jon", ref, "check-in", text="Calm")
    scene.do("mei", ref, "update", audience="internal", **told)
    scene.do("amira", ref, "advance", to="monitoring")
    scene.do("mei", ref, "update", audience="public", status="monitoring", **told)
    scene.do("mei", ref, "tick", role="cl", key="sentiment")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.later(minutes=20)
    scene.do("mei", ref, "update", audience="public", status="resolved", **told)
    scene.do("amira", ref, "resolve", summary="A report held a lock; it is off.")
    scene.follow()
    return ref


@pytest.mark.clause("evidence.export")
def test_the_five_hour_sev_1_lists_exactly_what_went_wrong_in_it(scene: Scene) -> None:
    """Two updates missed, an order that had to be chased, a change nobody approved, a late handover, two steps never done."""
    story = Story(scene, scene.clock.now)
    story.people = twelve(scene)
    for act in (mobilised, worked, calmed, handed_over, resolved):
        act(story)
    story.at("5:30:00")
    found = report(scene, story.ref, who="jon")
    listed = [(story.since(d["at"]), d["clause"], d["verdict"], d["by"], d["seconds"]) for d in found["deviations"]]
    assert listed == [
        ("0:40:00", "severity.sev1-cadence", "broken", "Mei Martin", 300.0),
        ("1:00:00", "roles.ol-no-rogue", "broken", "reported by Kim Extra", None),
        ("1:38:00", "warroom.ack-everything", "broken", "Lee Extra", 120.0),
        ("3:20:00", "severity.sev1-cadence", "broken", "Mei Martin", 300.0),
        ("4:04:00", "handover.after-4h", "broken", "Amira Ahmadi", 480.0),
        ("4:50:00", "checklist.cl", "broken", "Mei Martin", None),
        ("4:50:00", "checklist.cl", "broken", "Mei Martin", None),
    ]
    steps = [d["what"] for d in found["deviations"] if d["clause"] == "checklist.cl"]
    assert steps == ["Not done: Status page: investigating", "Not done: Listen to what users tell Support"]
    # The harm came back once: that is a move of the standard's, and counted.
    assert next(row["why"] for row in found["clauses"] if row["clause"] == "lifecycle.phases").endswith("1 back.")
    assert found["counts"]["broken"] == 5
    assert found["counts"]["overridden"] == 0
    assert (found["missing_entries"], found["standard"]["version"]) == ([], 1)

    # The page says the same, and leads to the entries.
    page = scene.browse(story.door("jon").person).get(f"/o/acme/incidents/{story.ref}/conformance/").content.decode()
    for one in found["deviations"]:
        assert one["what"] in page
        assert f"#ev-{one['entry']}" in page
    room = scene.browse(story.door("jon").person).get(f"/o/acme/incidents/{story.ref}/").content.decode()
    assert f"/incidents/{story.ref}/conformance/" in room


def test_an_incident_that_kept_every_clause_lists_none(scene: Scene) -> None:
    ref = by_the_book(scene)
    found = report(scene, ref)
    assert found["deviations"] == []
    assert (found["counts"]["broken"], found["counts"]["overridden"]) == (0, 0)
    kept = {clause for clause, verdict in verdicts(found).items() if verdict == "kept"}
    assert {"severity.sev1-page", "mobilize.page-out", "checklist.cl", "roles.cl-no-speculation", "resolve.stable"} <= kept
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/conformance/").content.decode()
    assert "Nothing: no clause was broken, and none was overridden." in page
    reproduced(scene, ref, found)


def reproduced(scene: Scene, ref: str, found: dict[str, Any]) -> None:
    """The same report comes from the rows alone, by way of their text, and from the histories that an evidence pack has of them."""
    with scene.acme.scope(scene.acme.amira):
        incident = Incident.objects.get(ref=ref)
        tables = json.loads(json.dumps(load([incident.pk])[incident.pk]))
        assert for_incident(incident) == from_records(tables) == found
        packed = {name: rows for name, rows in tables.items() if name not in AUDITED}
        with connection.cursor() as cursor:
            for name in AUDITED:
                room, _, model = name.partition("_")
                ids = [row["id"] for row in tables[name]]
                cursor.execute(f"SELECT to_jsonb(t)::text FROM {room}_historical{model} t WHERE t.id = ANY(%s)", [ids])
                packed[f"{room}_historical{model}"] = [json.loads(row) for (row,) in cursor.fetchall()]
    assert len(packed["incidents_historicalincident"]) > 1
    assert from_records(packed) == found
    with pytest.raises(NotARecord, match="standard_standardversion"):
        from_records({**tables, "standard_standardversion": []})
    with pytest.raises(NotARecord, match="incidents_incident"):
        from_records({})


AUDITED = (
    *("incidents_incident", "standard_clock", "incidents_roleholding", "incidents_checklisttick", "oncall_page"),
    *("incidents_incidentservice", "standard_standardversion"),
)


@pytest.mark.clause("people.process-owner")
def test_it_is_judged_by_the_version_in_force_when_it_was_declared(scene: Scene) -> None:
    """The next version wants an update every five minutes: what was declared before is not judged by it."""
    ref = scene.mobilised()
    content = json.loads(json.dumps(_content(scene)))
    content["severities"][0]["cadence"] = {"clause": "severity.sev1-cadence", "prompt_minutes": 3, "break_minutes": 5}
    with scene.acme.scope(scene.acme.amira):
        Law.from_data(content)
        StandardVersion.objects.create(number=2, effective_at=scene.clock.now, content=content)
    newer = scene.mobilised()
    scene.later(minutes=6)
    assert verdicts(report(scene, ref))["severity.sev1-cadence"] == "open"
    assert verdicts(report(scene, newer))["severity.sev1-cadence"] == "broken"
    assert (report(scene, ref)["standard"]["version"], report(scene, newer)["standard"]["version"]) == (1, 2)


def _content(scene: Scene) -> Any:
    with scene.acme.scope(scene.acme.amira):
        return StandardVersion.objects.get(number=1).content


def test_what_was_overridden_says_so_with_its_reason(scene: Scene) -> None:
    ref = scene.monitored()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Over", overrides={"monitoring_too_short": "The cause is gone for good"})
    found = {d["clause"]: d for d in report(scene, ref)["deviations"]}
    assert found["resolve.stable"]["verdict"] == "overridden"
    assert found["resolve.stable"]["reason"] == "The cause is gone for good"
    assert (found["resolve.stable"]["by"], found["resolve.stable"]["seconds"]) == ("Amira Ahmadi", 900.0)
    # It began with two leads unfilled, and the reason for that stands too.
    assert found["lifecycle.phases"]["reason"] == "The leads are on their way"


def test_executives_and_strangers_read_no_report(scene: Scene) -> None:
    ref = scene.mobilised()
    assert scene.api("exec").get(f"incidents/{ref}/conformance/").status_code == 403
    assert scene.api("amira").get("incidents/INC-99/conformance/").status_code == 404
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/conformance/").status_code == 404


def test_every_verdict_is_one_that_its_function_says_it_gives(scene: Scene) -> None:
    """A SEV 1 with personal data exposed and money lost, one lowered to a SEV 3, a SEV 4, one merged: every function sees them."""
    scene.declare("mei", severity="SEV4")
    scene.do("amira", scene.mobilised(), "severity", severity="SEV3", reason="One disk")
    flagged = scene.commanded()
    scene.do("amira", flagged, "flag", flag="financial_loss", reason="Billed twice")
    scene.do("amira", flagged, "flag", flag="personal_data", kinds=["pii"], reason="A bucket")
    scene.follow()
    twin, other = scene.commanded(), scene.commanded()
    scene.do("amira", twin, "merge", into=other)
    scene.later(minutes=5)
    with scene.acme.scope(scene.acme.amira):
        reports = [for_incident(incident) for incident in Incident.objects.order_by("number")]
    for found in reports:
        for row in found["clauses"]:
            assert row["verdict"] in INCIDENT[row["clause"]].gives, (found["incident"], row)
            assert "cannot be read" not in row["why"], row
    law = verdicts(reports[2])
    assert [law[clause] for clause in ("breach.sev1", "breach.preserve-logs", "breach.page-privacy-legal")] == ["kept"] * 3
    assert [law[clause] for clause in ("breach.need-to-know", "finance.notify-cfo")] == ["kept"] * 2
