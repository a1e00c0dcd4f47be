"""What an incident takes over from what is merged into it: when its harm began, whether it has ended, how bad it was (docs/decisions/0032)."""

from typing import Any

import pytest

from incidents.models import Incident
from incidents.states import KeyTime
from incidents.times import known
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


@pytest.mark.clause("metrics.mttd")
@pytest.mark.clause("metrics.slo")
def test_the_impact_of_what_is_merged_begins_with_the_earlier_of_both(scene: Scene) -> None:
    """Recorded where nobody had said it, corrected beside the record where somebody had; a later one changes nothing."""

    def impact(ref: str) -> tuple[Any, Any]:
        """When the record has it begin, and when it counts from."""
        with scene.acme.scope():
            incident = Incident.objects.get(ref=ref)
            return incident.impact_start, known(incident)[KeyTime.IMPACT_START]

    first, second, third = scene.commanded(), scene.commanded(), scene.commanded()
    scene.clock.advance(minutes=30)
    into = scene.commanded()
    hour, half, later = (scene.ago(minutes=minutes) for minutes in (60, 40, 5))
    scene.do("amira", first, "impact", start=half.isoformat())
    scene.do("amira", second, "impact", start=hour.isoformat())
    scene.do("amira", third, "impact", start=later.isoformat())
    scene.do("amira", first, "merge", into=into)
    assert impact(into) == (half, half)
    (entry,) = scene.told(into, "incident.impact_set")
    assert entry["data"]["reason"] == f"{first}, which was merged into it, had its impact from then."
    scene.do("amira", second, "merge", into=into, reason="One cause")
    assert impact(into) == (half, hour)
    (entry,) = scene.told(into, "incident.time_corrected")
    assert (entry["data"]["which"], entry["data"]["reason"]) == (
        "impact_start",
        f"{second}, which was merged into it, had its impact from then.",
    )
    scene.do("amira", third, "merge", into=into)
    assert impact(into) == (half, hour)
    unsaid = scene.commanded()
    scene.do("amira", unsaid, "merge", into=into)
    assert impact(into) == (half, hour)
    assert len(scene.told(into, "incident.absorbed")) == 4
    assert len([*scene.told(into, "incident.impact_set"), *scene.told(into, "incident.time_corrected")]) == 2


@pytest.mark.clause("metrics.mttd")
def test_where_nobody_said_when_the_impact_of_either_began_it_is_the_first_detection(scene: Scene) -> None:
    """As saying when an impact ended assumes too; the detection of the one that goes on stays its own."""
    ref = scene.commanded()
    detected = scene.incident(ref)["detected_at"]
    scene.clock.advance(minutes=10)
    into = scene.commanded()
    own = scene.incident(into)["detected_at"]
    scene.do("amira", ref, "merge", into=into)
    shown = scene.incident(into)
    assert (shown["impact_start"], shown["detected_at"]) == (detected, own)
    (entry,) = scene.told(into, "incident.impact_set")
    assert "nobody recorded when its impact began" in entry["data"]["reason"]


@pytest.mark.clause("metrics.slo")
def test_when_a_ticket_of_the_backlog_was_found_says_nothing_of_when_harm_began(scene: Scene) -> None:
    """Fourteen days in the backlog are no outage of fourteen days; what somebody recorded of it counts all the same."""
    old, told = scene.declare(severity="SEV4"), scene.declare(severity="SEV4")
    scene.clock.advance(days=14)
    into, began = scene.commanded(), scene.ago(hours=1)
    scene.do("amira", old, "merge", into=into)
    assert (scene.incident(into)["impact_start"], scene.told(into, "incident.impact_set")) == (None, [])
    scene.do("amira", told, "impact", start=began.isoformat())
    scene.do("amira", told, "merge", into=into)
    assert scene.incident(into)["impact_start"] == began.isoformat().replace("+00:00", "Z")


@pytest.mark.clause("metrics.slo")
def test_an_assumed_start_takes_nothing_back_that_somebody_recorded(scene: Scene) -> None:
    """Neither as it was recorded nor as it was corrected, however early the one that is merged was detected."""
    first, second = scene.commanded(), scene.commanded()
    scene.clock.advance(minutes=30)
    into = scene.commanded()
    scene.do("amira", into, "impact", start=scene.ago(minutes=9).isoformat())
    scene.do("amira", first, "merge", into=into)
    at = scene.ago(minutes=5).isoformat()
    scene.do("amira", into, "correct-time", which="impact_start", occurred_at=at, reason="The graph")
    scene.do("amira", second, "merge", into=into)
    assert [entry["data"]["reason"] for entry in scene.told(into, "incident.time_corrected")] == ["The graph"]
    with scene.acme.scope():
        assert known(Incident.objects.get(ref=into))[KeyTime.IMPACT_START] == scene.ago(minutes=5)


def ends(scene: Scene, ref: str) -> tuple[Any, Any]:
    """What the record has for the end of an impact, and what is in force."""
    with scene.acme.scope():
        incident = Incident.objects.get(ref=ref)
        return incident.impact_end, known(incident)[KeyTime.IMPACT_END]


@pytest.mark.clause("resolve.impact-ceased")
def test_while_what_came_along_does_harm_an_end_that_was_said_before_is_asked_for_again(scene: Scene) -> None:
    """Or the commander could resolve while customers are hit."""
    into, ref = scene.ready(), scene.commanded()
    scene.do("amira", ref, "merge", into=into)
    assert ends(scene, into) == (None, None)
    entry = scene.told(into, "incident.impact_set")[-1]
    assert entry["text"] == "Impact goes on: its end is asked for again."
    assert entry["data"]["reason"].startswith(f"{ref}, which was merged into it, has no end of its impact")
    refused = scene.verb("amira", into, "resolve", summary="Rolled back").json()
    assert "impact_not_ended" in {reason["code"] for reason in refused["reasons"]}
    scene.do("amira", into, "impact", end=scene.clock.now.isoformat())
    assert scene.do("amira", into, "resolve", summary="Rolled back")["state"] == "resolved"


@pytest.mark.clause("resolve.impact-ceased")
def test_the_later_end_of_both_holds(scene: Scene) -> None:
    """Corrected beside the record where what is merged ended later; as it was where it ended earlier."""
    into, later, earlier = scene.ready(), scene.commanded(), scene.commanded()
    said = scene.ago(minutes=15)
    scene.do("amira", later, "impact", start=scene.ago(minutes=40).isoformat(), end=scene.ago(minutes=4).isoformat())
    scene.do(
        "amira", earlier, "impact", start=scene.ago(minutes=40).isoformat(), end=scene.ago(minutes=14, seconds=50).isoformat()
    )
    scene.do("amira", later, "merge", into=into)
    assert ends(scene, into) == (said, scene.ago(minutes=4))
    entry = scene.told(into, "incident.time_corrected")[-1]["data"]
    assert (entry["which"], entry["reason"]) == ("impact_end", f"{later}, which was merged into it, had its impact until then.")
    count = len(scene.told(into, "incident.time_corrected"))
    scene.do("amira", earlier, "merge", into=into)
    assert (ends(scene, into), len(scene.told(into, "incident.time_corrected"))) == ((said, scene.ago(minutes=4)), count)


@pytest.mark.clause("metrics.slo")
def test_no_impact_is_stretched_over_the_time_in_which_customers_were_served(scene: Scene) -> None:
    """What had ended before the other began is left out: neither its start nor its end is said of the one that goes on."""
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=50).isoformat(), end=scene.clock.now.isoformat())
    scene.clock.advance(hours=3)
    into = scene.ready()
    before = scene.incident(into)
    scene.do("amira", ref, "merge", into=into)
    after = scene.incident(into)
    assert [after[key] for key in ("impact_start", "impact_end")] == [before[key] for key in ("impact_start", "impact_end")]
    assert scene.told(into, "incident.time_corrected") == []
    assert len(scene.told(into, "incident.impact_set")) == 1


@pytest.mark.clause("lifecycle.phases")
def test_what_an_outage_was_merged_into_is_no_false_positive(scene: Scene) -> None:
    """Or lowering a SEV 1, merging it and calling the rest a false alarm would have nobody learn from it. Of small ones it may be said."""
    into, ref, small = (scene.declare("mei", "SEV3") for _ in range(3))
    scene.do("mei", small, "merge", into=into)
    assert scene.would("mei", into, "false-positive", reason="A test order").status_code == 200
    scene.do("mei", ref, "severity", severity="SEV2", reason="Half of all orders")
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "severity", severity="SEV3", reason="Down to one shop")
    scene.do("mei", ref, "merge", into=into)
    last = scene.declare("mei", "SEV3")
    scene.do("mei", into, "merge", into=last)
    refused = scene.verb("mei", last, "false-positive", reason="A test order")
    assert (refused.status_code, refused.json()["code"]) == (409, "absorbed_outage")
    assert f"{into}, which was merged into it, was a SEV 2 at its worst: resolve it instead" in refused.json()["detail"]
    greyed = scene.incident(last, "mei")["allowed_actions"]["false-positive"]["why_not"]  # before anybody writes a reason
    assert [reason["sentence"] for reason in greyed] == [refused.json()["detail"]]
    scene.do("mei", last, "impact", end=scene.clock.now.isoformat())
    assert scene.do("mei", last, "resolve", summary="Rolled back")["state"] == "resolved"
