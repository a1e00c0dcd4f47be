"""The record tells everything that happened, in words: a kind of event without a label and a sentence fails here."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from incidents.models import UpdatePolicy
from incidents.sentences import KINDS, door
from ledger.actions import configure
from ledger.models import Event
from oncall.models import Service, Team
from tests.incidents import stories
from tests.incidents.proven import proven
from tests.incidents.scene import UPDATE, Scene, alert
from tests.postmortems.learning import reviewing
from tests.postmortems.paper import documented

pytestmark = pytest.mark.servers


def everything(scene: Scene) -> tuple[str, str]:
    """A story in which everything happens that can. Returns the references of its two incidents."""
    began = scene.clock.now
    with scene.acme.scope(scene.acme.admin):
        team = configure(Team(), {"slug": "tiny", "name": "Tiny"}, by=scene.acme.admin.actor())
        configure(Service(), {"slug": "lonely", "name": "Lonely", "team": team}, by=scene.acme.admin.actor())
    scene.fire(alert("f1", started=began))
    scene.follow()
    scene.later(minutes=1)
    ref = scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"}).json()["ref"]
    scene.follow()
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    scene.fire(alert("f2", started=began, name="Latency"), group="another")
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    scene.do("amira", ref, "claim")
    scene.do("jon", ref, "join")
    scene.do("jon", ref, "note", text="A **deployment** at nine", occurred_at=scene.ago(minutes=2).isoformat())
    scene.do("amira", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.do("amira", ref, "advance", to="investigation", reason="Two awake")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "advance", to="investigation", reason="It is back")
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "update", **UPDATE, next_update_at=(scene.clock.now + timedelta(minutes=5)).isoformat())
    talk(scene, ref)
    work(scene, ref)
    scene.fire(alert("f1", started=began, ended=scene.clock.now), alert("f3", started=began, name="Errors"))
    scene.do("amira", ref, "impact", start=began.isoformat(), end=scene.clock.now.isoformat())
    scene.later(minutes=15)
    scene.later(minutes=15)
    scene.do("amira", ref, "update", **{**UPDATE, "audience": "public", "status": "resolved"})
    scene.do("exec", ref, "approve-update", update=scene.part(ref, "updates")[0]["id"])
    scene.do("amira", ref, "resolve", summary="Rolled *back*", overrides={"alerts_firing": "A faulty probe"})
    other = scene.declare(severity="SEV2", services=("lonely",))
    scene.follow()
    return ref, other


def work(scene: Scene, ref: str) -> None:
    """A room at work: everything that is stated, proposed, ordered, decided, filed and ticked. Amira commands, Jon works."""
    scene.do("jon", ref, "hypothesis", text="The *cache* is cold")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="Hit rate 4 %")
    for number in (1, 2):
        scene.do("jon", ref, "propose", text=f"Remedy {number}", eta_minutes=5, hypothesis=1)
    scene.do("amira", ref, "reject", change=2, reason="Too slow")
    scene.do("amira", ref, "approve", change=1)
    scene.do("jon", ref, "execute", change=1, outcome="Warm")
    scene.do("jon", ref, "verify-fix", change=1, worked=True, seen="Hit rate 90 %")
    scene.do("jon", ref, "deviation", text="Restarted db-2", reason="It was on fire")
    for text in ("Call the bank", "Watch the queue", "Ring Support"):
        scene.do("amira", ref, "order", to="jon@acme.example", text=text, eta_minutes=5)
    scene.do("jon", ref, "acknowledge", order=1)
    scene.do("jon", ref, "done", order=1, outcome="They know")
    scene.do("amira", ref, "withdraw", order=2, reason="No need")
    scene.later(minutes=2)
    scene.do("amira", ref, "decide", text="We stay up", options=["Shut", "Stay up"], reason="Orders flow")
    scene.do("jon", ref, "note", text="At nine")
    scene.do("jon", ref, "correct", entry=scene.told(ref, "incident.noted")[-1]["seq"], text="At ten")
    scene.do("jon", ref, "attach", file=SimpleUploadedFile("log.txt", b"line"), caption="The log")
    scene.do("amira", ref, "tick", role="ic", key="bridge")


def talk(scene: Scene, ref: str) -> None:
    """Updates to everybody, held, approved and sent back; an executive who looks and asks."""
    with scene.acme.scope(scene.acme.admin):
        configure(UpdatePolicy(), {"approved_audiences": ["public"]}, by=scene.acme.admin.actor())
    public = {**UPDATE, "audience": "public", "status": "investigating", "components": {"payments": "major_outage"}}
    for _ in range(2):
        scene.do("amira", ref, "update", **public, states_cause=True)
    second, first = (row["id"] for row in scene.part(ref, "updates")[:2])
    scene.do("exec", ref, "reject-update", update=second, reason="Once is enough")
    for who in ("exec", "amira"):
        scene.do(who, ref, "approve-update", update=first)
    scene.page("director").get(f"/o/acme/incidents/{ref}/")
    scene.do("director", ref, "ask", text="When is it over?")


def test_every_kind_is_told_in_words_on_the_page_and_by_the_api(scene: Scene) -> None:
    refs = [*everything(scene), *stories.commanding(scene), *stories.endings(scene), *stories.law(scene), *stories.paging(scene)]
    refs += [*documented(scene), *reviewing(scene, releases="exec"), *stories.following(scene), *proven(scene)]
    seen: set[str] = set()
    for ref in refs:
        page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
        for entry in scene.part(ref, "timeline"):
            seen.add(entry["kind"])
            assert entry["kind"] in KINDS, f"{entry['kind']} has no label: give it one in incidents/sentences/"
            label = KINDS[entry["kind"]].label
            assert re.search(
                rf'data-kind="{re.escape(entry["kind"])}".*?<span class="entry-kind">{label}</span>', page, re.DOTALL
            )
            assert entry["text"].strip(), entry
            assert "None" not in entry["text"], entry
            assert not re.search(r"\b\w+\.\w+_\w+\b", entry["text"]), entry
    of_none = set(door.KINDS)  # they are on no timeline: tests/portal/test_sign_in.py has them as an auditor reads them
    assert seen == set(KINDS) - of_none, set(KINDS) - of_none - seen


def test_every_entry_names_its_actor_and_stands_in_order(scene: Scene) -> None:
    for ref in everything(scene):
        entries = scene.part(ref, "timeline")
        assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
        assert all(entry["actor"] for entry in entries)
        again = scene.api("amira").get(f"incidents/{ref}/timeline/", after=2, limit=3).json()
        assert [entry["seq"] for entry in again["results"]] == [3, 4, 5][: len(entries) - 2]


def test_what_a_verb_leaves_is_an_event_and_history(scene: Scene) -> None:
    ref, _ = everything(scene)
    with scene.acme.scope():
        from incidents.models import Incident

        incident = Incident.objects.get(ref=ref)
        saved = Event.objects.filter(
            incident_id=incident.pk,
            kind__in=[
                "incident.declared",
                "incident.severity_changed",
                "incident.advanced",
                "incident.impact_set",
                "incident.resolved",
            ],
        )
        assert incident.history.count() == saved.count() == 1 + 1 + 4 + 1 + 1


def test_deviations_and_reasons_stand_beside_the_entry(scene: Scene) -> None:
    ref, _ = everything(scene)
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    for said in (
        "It is back",
        "a relapse",
        "Nobody can pay",
        "Despite alerts firing",
        "A faulty probe",
        "One in five orders fails",
    ):
        assert said in page
    assert "<strong>deployment</strong>" in page
    assert "<em>back</em>" in page


def test_nobody_can_take_an_entry_back(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "note", text="As it was")
    with scene.acme.scope(scene.acme.amira):
        event = Event.objects.get(kind="incident.noted")
        for attempt in (lambda: event.delete(), lambda: Event.objects.filter(pk=event.pk).update(data={"text": "Otherwise"})):
            with (
                pytest.raises(Exception, match=r"(?i)append-only|written once|permission|cannot"),
                scene.acme.scope(scene.acme.amira),
            ):
                attempt()
    assert scene.told(ref, "incident.noted")[0]["text"] == "As it was"
    assert isinstance(event, models.Model)
