"""What was resolved small and is reopened as a SEV 1 mobilises then and there; what still waits has its clock again."""

from typing import Any

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

BREACH = {"flag": "personal_data", "kinds": ["pii"], "reason": "A public bucket"}
ACK = "warroom.ack-everything"


def raised_when_over(scene: Scene, *, commanded: bool = True) -> str:
    """A SEV 3 that was resolved, and then flagged: it is a SEV 1 that has ended, and calls nobody for the outage."""
    if commanded:
        ref = scene.ended("resolve", severity="SEV3")
    else:
        ref = scene.declare(severity="SEV3")
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Done")
    ref = str(scene.do("amira", ref, "flag", **BREACH)["ref"])
    scene.follow()
    return ref


def teams(scene: Scene, ref: str) -> list[tuple[str, str]]:
    return [(page["team"], page["state"]) for page in scene.part(ref, "pages") if page["team"]]


@pytest.mark.clause("principle.mobilize-first")
@pytest.mark.clause("severity.sev1-page")
@pytest.mark.clause("mobilize.war-room")
@pytest.mark.parametrize("commanded", [True, False])
def test_reopened_as_a_sev_1_it_mobilises_as_if_raised(scene: Scene, commanded: bool) -> None:
    ref = raised_when_over(scene, commanded=commanded)
    assert (scene.incident(ref)["channel"], teams(scene, ref)) == ("", [])
    again = scene.do("amira", ref, "reopen", reason="Errors are back")
    assert again["state"] == "mobilization"
    assert again["channel"] == f"incident-{scene.clock.now:%Y-%m-%d}-checkout-fails"
    assert scene.running(ref, "mobilize.roles-assigned")
    scene.follow()
    assert teams(scene, ref) == [("Shop", "open")]
    assert "severity.sev1-page" in [page["clause"] for page in scene.calls("director")]
    assert "Reopened: back to mobilisation." in scene.told(ref, "incident.reopened")[0]["text"]


@pytest.mark.clause("severity.sev1-page")
def test_who_had_acknowledged_before_it_was_resolved_is_called_anew(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/acknowledge/")
    scene.do("amira", ref, "severity", severity="SEV3", reason="Small")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Done")
    ref = str(scene.do("amira", ref, "flag", **BREACH)["ref"])
    scene.clock.advance(hours=1)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.follow()
    assert sorted(teams(scene, ref)) == [("Shop", "acknowledged"), ("Shop", "open")]


@pytest.mark.clause("lifecycle.phases")
def test_one_whose_war_room_stood_goes_back_into_it_and_calls_nobody(scene: Scene) -> None:
    ref = scene.ended("resolve")
    scene.follow()
    before = teams(scene, ref)
    assert scene.do("amira", ref, "reopen", reason="Errors are back")["state"] == "investigation"
    scene.follow()
    assert teams(scene, ref) == before


@pytest.mark.clause("warroom.ack-everything")
def test_an_order_that_still_waits_is_waited_for_again(scene: Scene) -> None:
    ref = scene.ready()
    for text in ("Restart db-2", "Watch the queue", "Call the bank"):
        scene.do("amira", ref, "order", to=scene.email("jon"), text=text)
    scene.do("jon", ref, "acknowledge", order=2)
    scene.do("amira", ref, "withdraw", order=3)
    scene.do("amira", ref, "resolve", summary="Done")
    scene.clock.advance(hours=1)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.later(minutes=1, seconds=59)
    assert scene.told(ref, "incident.order_chased") == []
    scene.later(seconds=1)
    chased: list[dict[str, Any]] = scene.told(ref, "incident.order_chased")
    assert [entry["data"]["number"] for entry in chased] == [1]
    scene.do("jon", ref, "acknowledge", order=1)
    assert [c for c in scene.part(ref, "clocks") if c["clause"] == ACK and c["stopped_at"] is None] == []


@pytest.mark.clause("mobilize.war-room")
@pytest.mark.parametrize("flagged", [True, False])
def test_what_was_lowered_in_monitoring_and_resolved_small_mobilises_only_if_it_was_raised_since(
    scene: Scene, flagged: bool
) -> None:
    """When it was mitigated is on record, and says nothing of where it was resolved."""
    ref = scene.ready()
    scene.do("amira", ref, "severity", severity="SEV3", reason="A label is left")
    scene.do("amira", ref, "resolve", summary="Done")
    ref = str(scene.do("amira", ref, "flag", **BREACH)["ref"]) if flagged else ref
    again = scene.do("amira", ref, "reopen", reason="Errors are back")
    assert again["state"] == ("mobilization" if flagged else "backlog")
