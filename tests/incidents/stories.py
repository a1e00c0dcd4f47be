"""Rooms in which everything of one matter happens once, for the tests that look at every kind of entry."""

from datetime import timedelta

from ledger.actions import configure
from tenants.models import DutyHolder
from tests.incidents.scene import Scene


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
