"""Need to know at its edges: raw requests, refusals, references in other letters, times that run out, calls under way (breach.need-to-know)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Inbound, Integration
from integrations.formats import Said
from integrations.intake import take
from ledger.models import Event
from standard import clocks
from tests.incidents.scene import Scene, alert, delivery

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

WORD = "qzqcanaryqzq"
MAPPING = {"alerts": "/events", "key": "/id", "title": "/name", "status": "/state"}


def secret(scene: Scene, signal_id: int) -> None:
    """Amira declares it, and flags that data were exposed."""
    ref = scene.declare(who="amira", severity="SEV2", alerts=[signal_id])
    scene.do("amira", ref, "flag", flag="personal_data", reason="Rows seen")


def bodies(scene: Scene) -> list[int]:
    """The raw requests with the word in them that injected SQL finds in the administrator's context."""
    with scene.acme.scope(scene.acme.admin):
        return [row.pk for row in Inbound.objects.all() if WORD.encode() in bytes(row.body)]


def told(scene: Scene, kind: str, who: str) -> int:
    """How often an event of this kind is somebody's."""
    return len([event for event in scene.events(kind) if event.actor_name == getattr(scene.acme, who).name])


class TestRawRequests:
    """What came through the same door since it began is hidden with it: one body may speak of much."""

    def test_a_body_of_two_groups(self, scene: Scene) -> None:
        admin = scene.api("admin")
        made = admin.post("integrations/", {"kind": "generic", "name": "tool"}).json()
        assert admin.post(f"integrations/{made['integration']}/mapping/", {"mapping": MAPPING}).status_code == 200
        events = [{"id": "1", "name": "Harmless", "state": "new"}, {"id": "2", "name": WORD, "state": "new"}]
        said = Said("generic", made["key"], {}, json.dumps({"events": events}).encode())
        assert take(made["key"].split("_")[1], [said]) == [None]
        secret(scene, next(row["id"] for row in scene.signals() if row["title"] == WORD))
        assert bodies(scene) == []

    def test_an_alert_that_is_sent_again_in_another_group(self, scene: Scene) -> None:
        one = alert(started=scene.ago(minutes=5), name=WORD)
        scene.fire(one, group="g1")
        secret(scene, scene.signals()[0]["id"])
        scene.fire(one, group="g2")
        assert bodies(scene) == []

    def test_a_request_that_is_refused_and_what_was_wrong_with_it(self, scene: Scene) -> None:
        one = alert(started=scene.ago(minutes=5), name=WORD)
        scene.fire(one, group="g1")
        secret(scene, scene.signals()[0]["id"])
        assert scene.hook(delivery({**one, "startsAt": f"soon {WORD}"}, group="g1")) != [None]
        assert bodies(scene) == []
        with scene.acme.scope():
            door = Integration.objects.get(kind="alertmanager").pk
        assert WORD not in scene.page("admin").get(f"/o/acme/integrations/{door}/").content.decode()

    def test_what_came_before_it_stays(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.ago(minutes=5), name=WORD), group="g1")
        scene.clock.advance(hours=1)
        scene.fire(alert("f2", started=scene.clock.now, name="Other"), group="g2")
        secret(scene, next(row["id"] for row in scene.signals() if "Other" in row["title"]))
        assert len(bodies(scene)) == 1


def test_a_refused_form_shows_the_room_and_is_a_reading(scene: Scene) -> None:
    """The refusal is undone, the reading is not."""
    ref = scene.declare(who="amira", severity="SEV2", title=f"T {WORD}")
    ref = scene.do("amira", ref, "flag", flag="personal_data", reason="Rows seen")["ref"]
    scene.clock.advance(minutes=20)
    before = told(scene, "incident.opened", "amira")
    answer = scene.page("amira").post(f"/o/acme/incidents/{ref}/note/", {"text": ""})
    assert (answer.status_code, WORD in answer.content.decode()) == (422, True)
    assert told(scene, "incident.opened", "amira") == before + 1


def test_the_reference_in_small_letters_is_hidden_too(scene: Scene) -> None:
    """A named auditor's reading names its path; who is not named does not find the reference there."""
    ref = scene.declare(who="amira", severity="SEV2")
    scene.do("amira", ref, "claim")
    ref = scene.do("amira", ref, "flag", flag="personal_data", reason="Rows seen")["ref"]
    scene.do("amira", ref, "admit", person=scene.email("auditor"), reason="Looks at it")
    assert scene.api("auditor").get(f"incidents/{ref.lower()}/").status_code == 200
    with scene.acme.scope(scene.acme.jon):
        read = [event.data["path"] for event in Event.objects.filter(kind="auditor.read")]
    assert [path for path in read if ref.lower() in path.lower()] == []


def test_who_is_taken_off_the_list_is_not_called_any_more(scene: Scene) -> None:
    """The ladder called Jon, and before the message was made he was removed."""
    ref = scene.declare(who="mei", severity="SEV2")
    scene.do("mei", ref, "claim")
    ref = scene.do("mei", ref, "flag", flag="personal_data", reason="Rows seen")["ref"]
    scene.follow()
    scene.clock.advance(minutes=15, seconds=1)
    clocks.sweep()
    scene.do("mei", ref, "remove", person=scene.email("jon"), reason="It is about him")
    before = len(scene.mails("jon"))
    scene.follow()
    assert len(scene.mails("jon")) == before


class TestATimeThatRunsOut:
    def admitted(self, scene: Scene) -> str:
        """Mei's restricted incident, which Jon may see for an hour."""
        ref = scene.declare(who="mei", severity="SEV2")
        scene.do("mei", ref, "claim")
        ref = str(scene.do("mei", ref, "flag", flag="personal_data", reason="Rows seen")["ref"])
        until = (scene.clock.now + timedelta(minutes=60)).isoformat()
        scene.do("mei", ref, "admit", person=scene.email("jon"), reason="Helps for an hour", expires_at=until)
        return ref

    def place(self, scene: Scene, ref: str) -> dict[str, Any]:
        """Jon's place on its list."""
        return next(row for row in scene.part(ref, "need-to-know", "mei") if row["email"] == scene.email("jon"))

    def test_who_takes_a_role_does_not_lose_sight_of_it(self, scene: Scene) -> None:
        ref = self.admitted(scene)
        scene.do("mei", ref, "assign", role="ol", person=scene.email("jon"))
        scene.do("jon", ref, "accept", role="ol")
        assert self.place(scene, ref)["expires_at"] is None
        scene.later(minutes=61)
        assert scene.incident(ref, "jon")["ref"] == ref

    def test_it_can_be_made_longer(self, scene: Scene) -> None:
        ref = self.admitted(scene)
        later = (scene.clock.now + timedelta(hours=5)).isoformat()
        scene.do("mei", ref, "admit", person=scene.email("jon"), reason="It takes longer", expires_at=later)
        scene.later(minutes=61)
        assert scene.incident(ref, "jon")["ref"] == ref
