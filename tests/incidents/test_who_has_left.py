"""A role whose holder has left the organisation is open, wherever the room is looked at, and keeps nobody from acting."""

from datetime import timedelta

import pytest

from tests.incidents.scene import UPDATE, Scene
from tests.incidents.test_roles import leaves_the_organisation

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.roles-assigned")]


def seat(scene: Scene, ref: str, key: str) -> str:
    """What the room shows Jon of a role."""
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
    return page.split(f'id="role-{key}"')[1].split("</li>")[0]


def test_the_room_has_command_to_take_and_says_who_left(scene: Scene) -> None:
    ref = scene.commanded()
    leaves_the_organisation(scene, "amira")
    command = seat(scene, ref, "ic")
    assert 'id="do-claim"' in command
    assert "Amira Ahmadi, who held it, has left" in command
    page = scene.page("jon")
    assert 'role-open role-command"' in page.get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Nobody" in page.get("/o/acme/incidents/").content.decode().split('data-label="Commander"')[1].split("</td>")[0]
    assert (
        "Incident Commander: OPEN (Amira Ahmadi, who held it, has left)"
        in scene.api("jon").get(f"incidents/{ref}/sitrep.txt").content.decode()
    )


def test_what_has_ended_still_says_who_commanded_it(scene: Scene) -> None:
    ref = scene.ended("resolve")
    leaves_the_organisation(scene, "amira")
    assert "Amira Ahmadi" in scene.page("jon").get("/o/acme/incidents/?view=all").content.decode()
    assert scene.incident(ref, "jon")["roles"][0]["person"]["name"] == "Amira Ahmadi"


@pytest.mark.clause("principle.communicate")
def test_the_commander_updates_where_the_communications_lead_has_left(scene: Scene) -> None:
    ref = scene.commanded()
    scene.give(ref, cl="mei")
    assert scene.verb("amira", ref, "update", **UPDATE).json()["code"] == "not_communications_lead"
    leaves_the_organisation(scene, "mei")
    assert scene.do("amira", ref, "update", **UPDATE)


@pytest.mark.clause("roles.ic-rhythm")
def test_of_an_operations_lead_who_has_left_nobody_is_told_that_checking_in_is_theirs(scene: Scene) -> None:
    ref = scene.commanded()
    scene.give(ref, ol="jon")
    leaves_the_organisation(scene, "jon")
    told = scene.verb("amira", ref, "check-in", text="As before").json()["detail"]
    assert told == "There is no Operations Lead yet who could check in."


@pytest.mark.clause("severity.sev1-cadence")
def test_what_has_ended_owes_nobody_another_update(scene: Scene) -> None:
    ref = scene.ready()
    next_at = (scene.clock.now + timedelta(minutes=5)).isoformat()
    scene.do("amira", ref, "update", **UPDATE, next_update_at=next_at)
    comms = '<ul class="rows comms">'
    scene.clock.advance(minutes=6)
    assert "was due" in scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode().split(comms)[1].split("</ul>")[0]
    scene.do("amira", ref, "resolve", summary="Rolled back")
    shown = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode().split(comms)[1].split("</ul>")[0]
    assert "Payments time out" in shown
    assert "next" not in shown
