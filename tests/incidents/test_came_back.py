"""What came back is not over by what was said before: the end of the impact, and the word to customers, are asked for again."""

from typing import Any

import pytest

from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

CADENCE = "severity.sev1-cadence"
PUBLIC = {**UPDATE, "audience": "public"}


def public_clocks(scene: Scene, ref: str) -> list[dict[str, Any]]:
    """The clocks of public updates that run: the internal one, which runs beside them, is left out."""
    found = [c for c in scene.part(ref, "clocks") if c["clause"] == CADENCE and c["stopped_at"] is None]
    assert found, "the internal clock always runs"
    return found[1:]


def refusals(answer: Any) -> dict[str, str]:
    return {reason["code"]: reason["sentence"] for reason in answer.json()["reasons"]}


def ready_and_told(scene: Scene, status: str = "resolved") -> str:
    """A SEV 1 that could be resolved, of which customers were told."""
    ref = scene.ready()
    scene.do("amira", ref, "update", **PUBLIC, status=status)
    scene.clock.advance(minutes=1)
    return ref


def relapsed(scene: Scene, ref: str) -> None:
    """Amira takes it back to the investigation."""
    scene.do("amira", ref, "advance", to="investigation", reason="Errors are back")
    scene.clock.advance(minutes=1)


def monitored_again(scene: Scene, ref: str) -> None:
    """It stops anew, and is watched for long enough."""
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)


@pytest.mark.clause("resolve.impact-ceased")
def test_a_relapse_takes_the_end_of_the_impact_back_and_it_is_asked_for_again(scene: Scene) -> None:
    ref = scene.ready()
    ended = scene.incident(ref)["impact_end"]
    scene.do("amira", ref, "advance", to="investigation", reason="Errors are back")
    assert ended is not None
    assert scene.incident(ref)["impact_end"] is None
    data = scene.told(ref, "incident.advanced")[-1]["data"]
    assert (data["relapse"], data["impact_ended"].replace("+00:00", "Z")) == (True, ended)
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.clock.advance(minutes=15)
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert (refused.status_code, refused.json()["code"]) == (409, "impact_not_ended")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    assert scene.do("amira", ref, "resolve", summary="Done")["state"] == "resolved"


@pytest.mark.clause("resolve.impact-ceased")
def test_another_move_leaves_the_end_of_the_impact_alone(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
    assert scene.incident(ref)["impact_end"] is not None
    assert scene.told(ref, "incident.advanced")[-1]["data"]["impact_ended"] is None


@pytest.mark.clause("roles.cl-status-page")
def test_after_a_relapse_customers_are_owed_another_word_by_the_cadence(scene: Scene) -> None:
    ref = ready_and_told(scene)
    assert public_clocks(scene, ref) == []
    relapsed(scene, ref)
    assert len(public_clocks(scene, ref)) == 1
    monitored_again(scene, ref)
    relapsed(scene, ref)
    assert len(public_clocks(scene, ref)) == 1  # the second relapse makes nobody wait longer
    scene.do("amira", ref, "severity", severity="SEV2", reason="Fewer are hit")
    scene.do("amira", ref, "severity", severity="SEV1", reason="No")
    assert len(public_clocks(scene, ref)) == 1


@pytest.mark.clause("roles.cl-status-page")
def test_what_customers_were_told_before_a_relapse_resolves_nothing(scene: Scene) -> None:
    ref = ready_and_told(scene)
    relapsed(scene, ref)
    monitored_again(scene, ref)
    refused = scene.verb("amira", ref, "resolve", summary="Done")
    assert refusals(refused) == {
        "public_update_missing": "Customers were told that it is resolved before it came back: post a public update that says "
        "resolved again."
    }
    scene.do("amira", ref, "update", **PUBLIC, status="resolved")
    assert public_clocks(scene, ref) == []
    assert scene.do("amira", ref, "resolve", summary="Done")["state"] == "resolved"


@pytest.mark.clause("roles.cl-status-page")
def test_nor_does_it_after_reopening(scene: Scene) -> None:
    ref = ready_and_told(scene)
    scene.do("amira", ref, "resolve", summary="Done")
    scene.clock.advance(minutes=5)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    assert len(public_clocks(scene, ref)) == 1
    scene.clock.advance(minutes=1)
    monitored_again(scene, ref)
    assert set(refusals(scene.verb("amira", ref, "resolve", summary="Done"))) == {"public_update_missing"}
    scene.do("amira", ref, "update", **PUBLIC, status="resolved")
    assert scene.do("amira", ref, "resolve", summary="Done")["state"] == "resolved"


@pytest.mark.clause("roles.cl-status-page")
def test_where_customers_were_told_nothing_a_relapse_owes_them_nothing(scene: Scene) -> None:
    ref = scene.ready()
    relapsed(scene, ref)
    assert public_clocks(scene, ref) == []


@pytest.mark.clause("roles.cl-status-page")
def test_a_false_positive_leaves_no_customer_with_an_open_incident(scene: Scene) -> None:
    ref = ready_and_told(scene, "investigating")
    refused = scene.verb("amira", ref, "false-positive", reason="The probe was wrong")
    assert (refused.status_code, refused.json()["clause"]) == (409, "roles.cl-status-page")
    assert refusals(refused) == {
        "public_update_missing": "The last public update says “investigating”: post one that says resolved."
    }
    scene.do("amira", ref, "update", **PUBLIC, status="resolved")
    assert scene.do("amira", ref, "false-positive", reason="The probe was wrong")["state"] == "false_positive"


@pytest.mark.clause("roles.cl-status-page")
def test_what_customers_know_of_is_merged_only_into_what_they_know_of(scene: Scene) -> None:
    ref, into = ready_and_told(scene, "investigating"), scene.commanded()
    refused = scene.verb("amira", ref, "merge", into=into)
    assert (refused.status_code, refused.json()["clause"]) == (409, "roles.cl-status-page")
    assert list(refused.json()["fields"]) == ["into"]
    assert f"Or tell customers of {into} first" in refused.json()["detail"]
    scene.do("amira", into, "update", **PUBLIC, status="investigating")
    assert scene.do("amira", ref, "merge", into=into)["state"] == "merged"


@pytest.mark.clause("roles.cl-status-page")
def test_what_customers_know_to_be_over_is_merged_into_anything(scene: Scene) -> None:
    ref, into = ready_and_told(scene), scene.commanded()
    assert scene.do("amira", ref, "merge", into=into)["state"] == "merged"
