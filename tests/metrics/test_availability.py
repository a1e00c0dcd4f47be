"""The SLI of a component, against its SLO and its SLA, with error budget left (metrics.slo)."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Component, ComponentState, Incident, IncidentService, ServiceComponent, StatusUpdate
from ledger.actions import configure, record
from metrics.actions import measure_all
from metrics.availability import Impact, budget, sli, windows, within
from oncall.models import Service
from standard.queries import in_force
from tests.incidents.scene import Scene
from tests.metrics.independent import Hit, down_seconds

pytestmark = pytest.mark.clause("metrics.slo")

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PUBLIC = {"audience": "public", "status": "investigating", "known": "We look", "impact": "Orders fail", "doing": "A rollback"}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def minutes(*impacts: tuple[float, float | None], until: float = 60) -> float:
    """How many minutes of the hour from noon the component was down."""
    found = [
        Impact(number, 7, at(since), at(to) if to is not None else None) for number, (since, to) in enumerate(impacts, start=1)
    ]
    return within(windows(found, at(until)), NOON, at(60)) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("impacts", "down"),
    [
        ([(10, 20)], 10),
        ([(10, None)], 50),  # still down
        ([(-30, 20)], 20),  # only what lies in the period
        ([(50, 90)], 10),
        ([(10, 30), (20, 40)], 30),  # overlapping ones count once
        ([(10, 40), (20, 30)], 30),
        ([(20, 20)], 0),
        ([], 0),
    ],
)
def test_how_long_it_was_down(impacts: list[tuple[float, float | None]], down: float) -> None:
    assert minutes(*impacts) == down


edges = st.integers(-30, 90)


@given(st.lists(st.tuples(edges, edges), max_size=12))
def test_the_windows_are_counted_as_minutes_would_be(pairs: list[tuple[int, int]]) -> None:
    """Independently: of each minute of the hour, whether any window covers it."""
    covered = sum(any(min(pair) <= minute < max(pair) for pair in pairs) for minute in range(60))
    assert minutes(*((min(pair), max(pair)) for pair in pairs), until=100) == covered


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
def test_the_impact_counts_and_not_when_customers_were_told(scene: Scene) -> None:
    """Told late, and restored on the page even later: down is from the impact's start to its end, and as corrected afterwards."""
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=20).isoformat())
    scene.clock.advance(minutes=25)
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "degraded_performance"})
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.follow()
    assert payments(scene)["down_seconds"] == 0, "customers were told that it was slow"
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "partial_outage"})
    scene.clock.advance(minutes=30)
    scene.follow()
    assert payments(scene)["down_seconds"] == pytest.approx(45 * 60, abs=5)
    scene.do("owner", ref, "correct-time", which="impact_start", occurred_at=scene.ago(minutes=80).isoformat(), reason="The logs")
    scene.follow()
    assert payments(scene)["down_seconds"] == pytest.approx(35 * 60, abs=5)


@pytest.mark.servers
def test_what_its_services_are_noticed_by_is_down_where_nobody_told_of_it(scene: Scene) -> None:
    """Of a SEV 1 or 2, whose impact is that; a lesser one takes down what was said of it."""
    with scene.acme.scope(scene.acme.admin):
        link = {"service": Service.objects.get(slug="search"), "component": Component.objects.get(slug="payments")}
        configure(ServiceComponent(), link, by=scene.acme.admin.actor())
    scene.declare("amira", "SEV3", services=["search"])
    scene.clock.advance(minutes=10)
    scene.follow()
    assert payments(scene)["down_seconds"] == 0
    ref = scene.commanded("SEV2", services=["search"])
    scene.clock.advance(minutes=20)
    scene.follow()
    assert (payments(scene)["down_seconds"], payments(scene)["incidents"]) == (pytest.approx(1200, abs=5), 1)
    (row,) = list(csv.DictReader(io.StringIO(scene.page("amira").get("/o/acme/metrics/outages.csv").content.decode())))
    assert (row["incident"].split()[0], row["until"]) == (ref, "")


@pytest.mark.servers
def test_an_outage_counts_by_the_worst_severity_and_is_grouped_by_the_last(scene: Scene) -> None:
    """A SEV 1 is lowered to SEV 3 once it is mitigated: it was down all the same, and the times stand with what it was last."""
    with scene.acme.scope(scene.acme.admin):
        link = {"service": Service.objects.get(slug="search"), "component": Component.objects.get(slug="payments")}
        configure(ServiceComponent(), link, by=scene.acme.admin.actor())
    ref = scene.commanded(services=["search"])
    scene.clock.advance(minutes=20)
    scene.do("amira", ref, "severity", severity="SEV3", reason="One shop is left")
    scene.do("mei", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("mei", ref, "resolve", summary="Rolled back")
    scene.follow()
    assert (payments(scene)["down_seconds"], payments(scene)["incidents"]) == (pytest.approx(1200, abs=5), 1)
    told = scene.api("amira").get("metrics/", by="severity").json()["groups"]
    assert {group["key"]: group["incidents"] for group in told if group["incidents"]} == {"SEV3": 1}


@pytest.mark.servers
def test_an_outage_that_was_merged_counts_once_and_whole(scene: Scene) -> None:
    """From the start of the one that ended to the end of the one that goes on, and of the component that customers were told of before."""
    ref = scene.commanded()
    scene.do("amira", ref, "impact", start=scene.ago(minutes=20).isoformat())
    scene.do("amira", ref, "update", **PUBLIC, components={"payments": "major_outage"})
    scene.clock.advance(minutes=10)
    into, last = scene.commanded(services=["search"]), scene.commanded(services=["search"])
    scene.do("amira", into, "update", **PUBLIC)
    scene.do("amira", last, "update", **PUBLIC)
    scene.do("amira", ref, "merge", into=into)
    scene.clock.advance(minutes=10)
    scene.do("amira", into, "merge", into=last)  # what was a part of it is a part of that
    scene.clock.advance(minutes=10)
    scene.do("amira", last, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=30)
    scene.follow()
    assert (payments(scene)["down_seconds"], payments(scene)["incidents"]) == (pytest.approx(50 * 60, abs=5), 1)


times = st.none() | st.integers(0, 3_000).map(lambda n: timedelta(minutes=n))
CONDITIONS = ("degraded_performance", "partial_outage", "major_outage", "under_maintenance")
NOTICED_BY = {"search": ("payments", "api"), "checkout": ("payments",)}


@st.composite
def hits(draw: st.DrawFn, now: datetime) -> Hit:
    detected = now - timedelta(minutes=draw(st.integers(0, 20_000)))
    began = detected - timedelta(minutes=start) if (start := draw(st.none() | st.integers(-60, 300))) is not None else None
    ended, mitigated, resolved = (detected + value if (value := draw(times)) is not None else None for _ in range(3))
    if began is not None and ended is not None:
        ended = max(ended, began)
    conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=2).map(tuple)
    return Hit(
        draw(st.integers(1, 4)),
        tuple(draw(st.lists(st.sampled_from(("search", "checkout")), unique=True, max_size=2))),
        draw(st.dictionaries(st.sampled_from(("payments", "api")), conditions, max_size=2)),
        detected,
        began,
        ended,
        mitigated,
        resolved,
        exercise=draw(st.integers(0, 9)) == 0,
        was=draw(st.integers(1, 4)),
    )


def put(scene: Scene, hit: Hit, number: int) -> None:
    """An incident as it would stand in the record after its verbs."""
    made = Incident.objects.create(
        number=number,
        ref=f"INC-{number}",
        title=f"Case {number}",
        severity=hit.severity,
        state="resolved" if hit.resolved else "investigation",
        exercise=hit.exercise,
        standard=in_force(),
        detected_by="user",
        detected_at=hit.detected,
        impact_start=hit.impact_start,
        impact_end=hit.impact_end,
        monitoring_since=hit.mitigated,
        resolved_at=hit.resolved,
    )
    record("incident.declared", made, by=scene.acme.amira.actor(), incident_id=made.pk, severity=hit.was)
    for slug in hit.services:
        IncidentService.objects.create(incident=made, service=Service.objects.get(slug=slug))
    for slug, said in hit.told.items():
        update = StatusUpdate.objects.create(
            incident=made, audience="public", status="identified", author_id=scene.acme.amira.user_id
        )
        for place, condition in enumerate(said):
            since, until = NOON + timedelta(days=place), NOON + timedelta(days=place + 1)  # when it was told is nothing to it
            ComponentState.objects.create(
                incident=made,
                component=Component.objects.get(slug=slug),
                condition=condition,
                update=update,
                since=since,
                until=until,
            )


@pytest.mark.servers
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_sli_is_what_plain_python_makes_of_the_impacts(scene: Scene, data: st.DataObject) -> None:
    """Of generated incidents with any of their times missing, told of or not, on services that two components are noticed by."""
    moment = scene.clock.now
    found = data.draw(st.lists(hits(moment), min_size=1, max_size=10))
    with transaction.atomic():
        with scene.acme.scope(scene.acme.admin):
            for service, components in NOTICED_BY.items():
                for component in components:
                    ServiceComponent.objects.create(
                        service=Service.objects.get(slug=service), component=Component.objects.get(slug=component)
                    )
            for number, hit in enumerate(found, start=2000):
                put(scene, hit, number)
            measure_all()
        start = moment - timedelta(days=5)
        told = scene.api("amira").get("metrics/availability/", **{"from": start.isoformat(), "to": moment.isoformat()}).json()
        for one in told["components"]:
            mine = [hit for hit in found if hit.took_down(one["slug"], NOTICED_BY, ("partial_outage", "major_outage"))]
            wanted = down_seconds(mine, start, moment)
            assert one["down_seconds"] == pytest.approx(wanted, abs=1e-3), one["slug"]
            assert one["sli"] == pytest.approx(1 - wanted / (5 * 86_400)), one["slug"]
            reaching = [hit for hit in mine if down_seconds([hit], start, moment)]
            assert one["incidents"] == len(reaching), one["slug"]
        transaction.set_rollback(True)


@pytest.mark.servers
def test_exposed_data_are_no_outage(scene: Scene) -> None:
    """The flag raises it to SEV 1; its service answers all the while."""
    with scene.acme.scope(scene.acme.admin):
        ServiceComponent.objects.create(
            service=Service.objects.get(slug="checkout"), component=Component.objects.get(slug="payments")
        )
    outage = scene.commanded()
    scene.clock.advance(minutes=10)
    scene.do("amira", outage, "impact", end=scene.clock.now.isoformat())
    scene.follow()
    before = payments(scene)["down_seconds"]
    assert before > 0, "told or not, a SEV 1 of its service takes it down"
    ref = scene.commanded()
    scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")
    scene.clock.advance(minutes=30)
    scene.follow()
    assert payments(scene)["down_seconds"] == before


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
