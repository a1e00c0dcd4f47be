"""The SLI of a component, against its SLO and its SLA, with error budget left (metrics.slo)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.models import Component
from metrics.availability import Said, budget, sli, windows, within
from tests.incidents.scene import Scene

pytestmark = pytest.mark.clause("metrics.slo")

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DOWN = ("partial_outage", "major_outage")
PUBLIC = {"audience": "public", "status": "investigating", "known": "We look", "impact": "Orders fail", "doing": "A rollback"}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def said(
    condition: str,
    since: float,
    until: float | None = None,
    *,
    incident: int = 1,
    impact: tuple[float | None, float | None] = (None, None),
) -> Said:
    start, end = (at(edge) if edge is not None else None for edge in impact)
    return Said(incident, 7, condition, at(since), at(until) if until is not None else None, start, end)


def minutes(*told: Said, until: float = 60) -> float:
    """How many minutes of the hour from noon the component was down."""
    return within(windows(told, DOWN, at(until)), NOON, at(60)) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "down"),
    [
        ([said("major_outage", 10, 20)], 10),
        ([said("degraded_performance", 10, 20)], 0),  # it was there, if slow
        ([said("under_maintenance", 10, 20)], 0),
        ([said("major_outage", 10)], 50),  # still down
        ([said("major_outage", 10, 20), said("degraded_performance", 20, 30), said("partial_outage", 30, 40)], 20),
        ([said("major_outage", 10, 20, impact=(4, None))], 16),  # the harm began before anybody said so
        ([said("degraded_performance", 10, 20, impact=(4, None)), said("major_outage", 20, 30, impact=(4, None))], 10),
        ([said("major_outage", 10, 40, impact=(10, 25))], 15),  # the page was put right later than the thing itself
        ([said("major_outage", 10, 20, impact=(-30, 20))], 20),  # only what lies in the period
        ([said("major_outage", 50, 90)], 10),
        ([said("major_outage", 10, 30), said("partial_outage", 20, 40, incident=2)], 30),  # overlapping ones count once
        ([said("major_outage", 10, 40), said("partial_outage", 20, 30, incident=2)], 30),
        ([], 0),
    ],
)
def test_what_counts_as_down(told: list[Said], down: float) -> None:
    assert minutes(*told) == down


edges = st.integers(-30, 90)


@given(st.lists(st.tuples(edges, edges), max_size=12))
def test_the_windows_are_counted_as_minutes_would_be(pairs: list[tuple[int, int]]) -> None:
    """Independently: of each minute of the hour, whether any window covers it."""
    told = [said("major_outage", min(pair), max(pair), incident=n) for n, pair in enumerate(pairs)]
    covered = sum(any(min(pair) <= minute < max(pair) for pair in pairs) for minute in range(60))
    assert minutes(*told, until=100) == covered


def test_the_arithmetic_of_a_budget() -> None:
    """99.9 % of 30 days leave 43 min 12 s; 30 minutes down burn 69 % of them, and an hour more than all."""
    month = timedelta(days=30)
    spent = budget(99.9, month, timedelta(minutes=30))
    assert spent is not None
    assert spent.allowed.total_seconds() == pytest.approx(43 * 60 + 12)
    assert spent.left.total_seconds() == pytest.approx(13 * 60 + 12)
    assert spent.share == pytest.approx(30 / 43.2)
    assert spent.kept
    over = budget(99.9, month, timedelta(hours=1))
    assert over is not None
    assert not over.kept
    assert over.left < timedelta()
    assert budget(None, month, timedelta(hours=1)) is None
    assert sli(month, timedelta(hours=72)) == pytest.approx(0.9)
    assert sli(timedelta(), timedelta()) is None


def aim(scene: Scene, expect: int = 302, **values: Any) -> Any:
    """An administrator edits the payments component."""
    with scene.acme.scope(scene.acme.admin):
        row = Component.objects.get(slug="payments")
    body = {"slug": row.slug, "name": row.name, "position": row.position, "down_when": row.down_when, **values}
    answer = scene.page("admin").post(f"/o/acme/admin/incidents/component/{row.pk}/change/", body)
    assert answer.status_code == expect, answer.content.decode()[:2000]
    return answer


def payments(scene: Scene, who: str = "amira") -> dict[str, Any]:
    """What the API says of the payments component in the last 90 days."""
    answer = scene.api(who).get("metrics/availability/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = next(one for one in answer.json()["components"] if one["slug"] == "payments")
    return found


@pytest.mark.servers
def test_sli_slo_and_sla_are_told_apart(scene: Scene) -> None:
    """A component that was down for an hour because of an incident: its SLI, and what is left of both targets."""
    aim(scene, slo="99.95", sla="99.5")
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=20).isoformat())
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "major_outage"})
    scene.clock.advance(minutes=40)
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=10)
    scene.follow()
    found = payments(scene)
    assert found["down_seconds"] == pytest.approx(3600, abs=5)
    assert found["incidents"] == 1
    period = 3600 / (1 - found["sli"])
    for name, target in (("slo", 99.95), ("sla", 99.5)):
        told = found[name]
        assert told["target"] == target
        assert told["budget_seconds"] == pytest.approx(period * (1 - target / 100), rel=1e-3)
        assert told["left_seconds"] == pytest.approx(told["budget_seconds"] - 3600, abs=5)
        assert told["burnt_share"] == pytest.approx(3600 / told["budget_seconds"], rel=1e-3)
    assert found["slo"]["met"] is True
    page = scene.page("amira").get("/o/acme/metrics/availability/").content.decode()
    assert "1 h" in page
    assert "99.95 %, met" in page
    told = (
        scene.api("amira")
        .get("metrics/availability/", **{"from": str(scene.ago(days=-2).date()), "to": str(scene.ago(days=-3).date())})
        .json()
    )
    assert {one["sli"] for one in told["components"]} == {None}, "nothing of the period has been"
    assert ("nothing of the period has been" in told["null"], "It is never 0 instead" in told["null"]) == (True, True)
    assert scene.api("amira").get("metrics/availability/", format="csv").content.decode().count("\r\n") == 7


@pytest.mark.servers
def test_a_drill_takes_nothing_down(scene: Scene) -> None:
    ref = scene.declare(exercise=True)
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "major_outage"})
    scene.clock.advance(minutes=40)
    scene.follow()
    assert payments(scene)["down_seconds"] == 0


@pytest.mark.servers
def test_what_counts_as_down_is_the_organisations_to_say(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "degraded_performance"})
    scene.clock.advance(minutes=10)
    scene.follow()
    assert payments(scene)["down_seconds"] == 0
    aim(scene, down_when=["degraded_performance", "major_outage"])
    assert payments(scene)["down_seconds"] == pytest.approx(600, abs=5)
    assert payments(scene)["slo"] is None, "no target was set"


@pytest.mark.servers
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slo": "100"}, "A target is below 100 percent"),
        ({"slo": "12"}, "A target is at least 50 percent."),
        ({"slo": "99", "sla": "99.9"}, "it is not above the SLO"),
        ({"slo": "high"}, "Enter a number."),
        ({"down_when": []}, "This field is required."),
    ],
)
def test_a_target_that_cannot_be_is_refused(scene: Scene, wrong: dict[str, Any], sentence: str) -> None:
    answer = aim(scene, expect=200, **wrong)
    assert sentence in answer.content.decode()
