"""Rooms in which everything of one matter happens once, for the tests that look at every kind of entry."""

import json
from datetime import timedelta

from incidents.models import Incident
from integrations.formats import Said
from integrations.intake import take
from ledger.actions import configure
from standard import clocks
from standard.models import Clock, ClockFailure
from tenants.models import DutyHolder
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, item_do

DISK = {"summary": "Disk is full", "source": "db-2", "severity": "error", "class": "disk"}


def commanding(scene: Scene) -> list[str]:
    """Roles offered, declined, accepted and left; the rhythm, the bridge, a page; a handover called off, and one that is taken."""
    ref = scene.handing_over("announce")
    scene.do("mei", ref, "call-off", reason="Not yet")
    scene.do("amira", ref, "assign", role="ol", person=scene.email("jon"))
    scene.do("jon", ref, "decline", role="ol", reason="On another call")
    scene.give(ref, ol="jon", cl="mei", scribe="admin")  # with commander and both leads it is mobilised
    scene.do("admin", ref, "step-down", role="scribe")
    scene.do("admin", ref, "leave")
    scene.do("amira", ref, "assess", text="One in five orders fails")
    scene.do("amira", ref, "bridge", url="https://meet.example/room")
    scene.do("amira", ref, "rhythm", minutes=10)
    scene.do("jon", ref, "check-in", text="As before")
    scene.do("amira", ref, "page", person=scene.email("admin"), reason="You know the bank")
    handed = scene.handing_over("announce")
    scene.do("mei", handed, "take-command", reason="Amira sleeps")
    return [ref, handed]


def endings(scene: Scene) -> list[str]:
    """Reopened, closed, a false positive, and one merged into another."""
    back = scene.ended("resolve")
    scene.do("amira", back, "reopen", reason="It is back")
    small = scene.ended("resolve", severity="SEV3")
    scene.do("amira", small, "close")
    false, twin = scene.ended("false-positive"), scene.commanded()
    scene.do("amira", twin, "merge", into=back)
    return [back, small, false, twin]


def law(scene: Scene) -> list[str]:
    """Both flags, and one lifted; people let in, whose time runs out and who are shown out; a copy that is asked for and filed."""
    admin = scene.acme.admin
    with scene.acme.scope(admin):  # nobody sits on the CFO's seat
        configure(DutyHolder.objects.get(duty="cfo"), {}, by=admin.actor(), delete=True)
    ref = scene.commanded()
    scene.do("amira", ref, "flag", flag="financial_loss", reason="Billed twice")
    scene.follow()
    ref = str(scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="A bucket")["ref"])
    until = (scene.clock.now + timedelta(minutes=30)).isoformat()
    scene.do("amira", ref, "admit", person=scene.email("admin"), reason="Owns the bucket", expires_at=until)
    scene.do("amira", ref, "admit", person=scene.email("support"), reason="Answers customers")
    scene.do("amira", ref, "remove", person=scene.email("support"), reason="No more")
    scene.do("amira", ref, "snapshot", what="The ledger")
    asked = scene.part(ref, "snapshots")[0]["id"]
    scene.do("amira", ref, "fulfil", snapshot=asked, location="The vault")
    scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")  # Eve is Legal Counsel
    scene.later(minutes=31)
    scene.incident(ref)  # which is on record
    return [ref]


def paging(scene: Scene) -> list[str]:
    """What a rule suppressed is asked after all, and somebody acknowledges it outside; then every way that a page can go.

    Declined, acknowledged and forgotten, calmed, withheld from who was taken off the list; what was merged is restricted with the rest;
    a clock that could not be struck is tried again.
    """
    admin = scene.api("admin")
    rule = admin.post("routing-rules/", {"name": "Quiet", "labels": {"class": "disk"}, "outcome": "suppress"}).json()
    made = admin.post("integrations/", {"kind": "pagerduty", "name": "Pager"}).json()
    trigger = {"routing_key": made["routing_key"], "event_action": "trigger", "dedup_key": "d", "payload": DISK}
    for said in (trigger, {"routing_key": made["routing_key"], "event_action": "acknowledge", "dedup_key": "d"}):
        body = json.dumps(said).encode()
        assert take(scene.acme.key.split("_")[1], [Said("pagerduty", made["routing_key"], {}, body, data=said)]) == [None]
    admin.post(f"routing-rules/{rule['id']}/remove/")
    scene.later(seconds=1)
    signal = scene.signals()[0]["id"]
    ref = scene.api("mei").post(f"triage/{signal}/declare/", {"severity": "SEV2", "services": ["checkout"]}).json()["ref"]
    scene.follow()
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/decline/", {"reason": "On a plane"})
    scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/")
    scene.later(minutes=31)
    scene.do("mei", ref, "claim")
    scene.do("mei", ref, "severity", severity="SEV3", reason="One disk")
    scene.follow()
    part, whole = scene.declare("mei", severity="SEV2"), scene.declare("mei", severity="SEV2")
    for one in (part, whole):
        scene.do("mei", one, "claim")
    scene.do("mei", part, "merge", into=whole)
    scene.follow()
    whole = str(scene.do("mei", whole, "flag", flag="personal_data", reason="Leaked")["ref"])
    scene.do("mei", whole, "admit", person=scene.email("jon"), reason="Helps")
    scene.do("mei", whole, "remove", person=scene.email("jon"), reason="Not his matter")
    scene.later(minutes=15)
    with scene.acme.scope():
        clock = Clock.objects.filter(incident_id=Incident.objects.get(ref=whole).pk).latest("id")
        stuck = ClockFailure.objects.create(clock=clock, incident_id=clock.incident_id, failures=8, last_error="broke")
    with scene.acme.scope(scene.acme.admin):
        clocks.try_again(stuck, by=scene.acme.admin.actor())
    part = next(row["ref"] for row in scene.api("mei").get("incidents/").json()["results"] if row["state"] == "merged")
    return [ref, part, whole]


def following(scene: Scene) -> list[str]:
    """Action items in every state that they go through, reminded of and late; and a time that is corrected."""
    ref = scene.mobilised()
    began = (scene.clock.now - timedelta(minutes=7)).isoformat()
    scene.do("amira", ref, "correct-time", which="detected", occurred_at=began, reason="Monitoring had a lag")
    first, second = (filed(scene, ref)["ref"] for _ in range(2))
    late = filed(scene, ref, due_on=f"{scene.ago(days=-2):%Y-%m-%d}")["ref"]
    item_do(scene, "jon", first, "start")
    item_do(scene, "jon", first, "change", title="Time out locks")
    item_do(scene, "amira", first, "remind")
    item_do(scene, "jon", first, "finish", outcome="They time out")
    item_do(scene, "jon", first, "take-up", reason="Not all of them")
    item_do(scene, "amira", second, "drop", reason="The service goes")
    scene.later(sweeps=3, days=60)
    assert late
    return [ref]
