"""The times of incidents summed up, against an independent computation (metrics.mttd, metrics.mttr)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Incident, IncidentService
from incidents.states import Severity, State
from ledger.actions import configure
from ledger.models import Event
from metrics.actions import measure_all
from oncall.models import Page, Service, Team
from standard.models import Calendar
from standard.queries import in_force
from tests.conftest import Cast
from tests.incidents.scene import Scene
from tests.metrics.independent import TIMES, Case, figure

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.mttd"), pytest.mark.clause("metrics.mttr")]

DAY = datetime(2026, 3, 29, tzinfo=UTC)  # the clocks of Berlin jump on it
PERIOD = {"from": "2026-02-15", "to": "2026-05-14"}
SERVICES = ("checkout", "search", "payments")
NOBODY = ("detected", "impact_start")


def file(cast: Cast, cases: Iterable[Case], first: int = 1000) -> None:
    """Put incidents into the record as they would stand there after all their verbs, and measure them."""
    with cast.scope():
        services = {service.slug: service for service in Service.objects.all()}
        standard = in_force()
        into = Incident.objects.order_by("id").first()
        for number, case in enumerate(cases, start=first):
            state = case.state if case.state in ("merged", "false_positive") or case.resolved else "investigation"
            made = Incident.objects.create(
                number=number,
                ref=f"INC-{number}",
                title=f"Case {number}",
                severity=case.severity,
                state=state,
                exercise=case.exercise,
                standard=standard,
                detected_by="user",
                detected_at=case.detected,
                impact_start=case.impact_start,
                monitoring_since=case.mitigated,
                resolved_at=case.resolved,
                merged_into=into if state == "merged" else None,
            )
            for slug in case.services:
                IncidentService.objects.create(incident=made, service=services[slug])
            if case.acknowledged:
                page = Page.objects.create(subject_type="incidents.incident", subject_id=made.pk, incident_id=made.pk, clause="x")
                for later in (case.acknowledged + timedelta(minutes=1), case.acknowledged):
                    Event.objects.create(
                        kind="page.acknowledged",
                        subject_type="oncall.page",
                        subject_id=page.pk,
                        actor_kind="person",
                        actor_name="x",
                        via="web",
                        occurred_at=later,
                    )
        measure_all()


def ask(scene: Scene, who: str = "amira", **query: Any) -> dict[str, Any]:
    """What the API says."""
    answer = scene.api(who).get("metrics/", **{**PERIOD, **query})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def same(told: Mapping[str, Any], cases: Iterable[Case]) -> None:
    """Every figure is what plain Python makes of these incidents, to a microsecond."""
    kept = list(cases)
    for name in TIMES:
        assert told[name] == pytest.approx(figure(kept, name), abs=1e-6), name


offsets = st.none() | st.integers(0, 86_400 * 3).map(lambda n: timedelta(seconds=n))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    detected = DAY + timedelta(seconds=draw(st.integers(-30 * 86_400, 40 * 86_400)))
    began = draw(st.none() | st.integers(-600, 86_400).map(lambda n: timedelta(seconds=n)))
    after = {name: draw(offsets) for name in ("acknowledged", "mitigated", "resolved")}
    state = draw(st.sampled_from(["resolved"] * 8 + ["merged", "false_positive"]))
    return Case(
        severity=draw(st.integers(1, 4)),
        services=tuple(draw(st.lists(st.sampled_from(SERVICES), unique=True, max_size=3))),
        detected=detected,
        impact_start=detected - began if began is not None else None,
        exercise=draw(st.integers(0, 9)) == 0,
        state=state,
        **{name: detected + span if span is not None else None for name, span in after.items()},
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(cases(), max_size=25))
def test_the_figures_are_what_plain_python_makes_of_the_record(scene: Scene, made: list[Case]) -> None:
    """n, missing, mean, median and p90 of the four, over all and by month, severity, service and team; filtered, too."""
    with transaction.atomic():
        scene.declare()
        with scene.acme.scope():
            calendar = Calendar.objects.get()
            configure(calendar, {"time_zone": "Europe/Berlin"}, by=scene.acme.admin.actor())
        file(scene.acme, made)
        real = [case for case in made if case.counts]
        berlin = ZoneInfo("Europe/Berlin")
        keys: dict[str, Callable[[Case], Sequence[str]]] = {
            "month": lambda case: [f"{case.detected.astimezone(berlin):%Y-%m}"],
            "severity": lambda case: [f"SEV{case.severity}"],
            "service": lambda case: case.services or ["-"],
            "team": lambda case: ["platform" if case.services else "-"],
        }
        with scene.acme.scope():
            team = Service.objects.select_related("team").first().team.slug  # type: ignore[union-attr]
        for by, key in keys.items():
            found = ask(scene, by=by)
            same(found["figures"], real)
            assert found["incidents"] == len(real)
            groups = {group["key"].replace(team, "platform"): group for group in found["groups"]}
            for name in {one for case in real for one in key(case)}:
                within = [case for case in real if name in key(case)]
                assert groups[name]["incidents"] == len(within)
                same(groups[name]["figures"], within)
        chosen = ask(scene, severity=["1", "SEV2"], service="search")
        same(chosen["figures"], [case for case in real if case.severity < 3 and "search" in case.services])
        same(ask(scene, team="-")["figures"], [case for case in real if not case.services])
        transaction.set_rollback(True)


def resolved(scene: Scene, **declared: Any) -> str:
    """A SEV 1 that Amira commanded to its end: harm since five minutes before, detected, mitigated at once, resolved 15 minutes later."""
    ref = scene.declare(**declared)
    scene.do("amira", ref, "claim")
    scene.do("amira", ref, "impact", start=scene.ago(minutes=5).isoformat())
    scene.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    return ref


def now(scene: Scene, who: str = "amira", **query: Any) -> dict[str, Any]:
    """The figures of the last 90 days."""
    found: dict[str, Any] = scene.api(who).get("metrics/", **query).json()
    return found


def test_what_happens_in_the_room_is_measured_by_itself(scene: Scene) -> None:
    resolved(scene)
    figures = now(scene)["figures"]
    assert figures["mttd"]["mean_seconds"] == pytest.approx(300, abs=5)
    assert figures["mttr"]["median_seconds"] == pytest.approx(900, abs=5)
    assert figures["ttm"]["n"] == 1
    assert (figures["mtta"]["n"], figures["mtta"]["missing"]) == (0, 1), "nobody acknowledged a page of it"


def test_acknowledging_a_page_is_measured(scene: Scene) -> None:
    scene.declare()
    scene.follow()
    scene.clock.advance(minutes=2)
    page = scene.calls("amira")[0]["id"]
    assert scene.api("amira").post(f"pages/{page}/acknowledge/").status_code == 200
    scene.follow()
    assert now(scene)["figures"]["mtta"] == {
        "n": 1,
        "missing": 0,
        **dict.fromkeys(("mean_seconds", "median_seconds", "p90_seconds"), pytest.approx(120, abs=5)),
    }


def test_a_correction_changes_the_figure_and_keeps_the_old_fact(scene: Scene) -> None:
    ref = resolved(scene)
    before = now(scene)["figures"]["mttr"]["mean_seconds"]
    with scene.acme.scope():
        recorded = Incident.objects.get(ref=ref).resolved_at
    assert recorded is not None
    scene.do(
        "amira",
        ref,
        "correct-time",
        which="resolved",
        occurred_at=(recorded - timedelta(minutes=10)).isoformat(),
        reason="The graph shows it",
    )
    scene.follow()
    assert now(scene)["figures"]["mttr"]["mean_seconds"] == pytest.approx(before - 600)
    with scene.acme.scope():
        assert Incident.objects.get(ref=ref).resolved_at == recorded
        measure_all()
    assert now(scene)["figures"]["mttr"]["mean_seconds"] == pytest.approx(before - 600), "made again, it is the same"


@pytest.mark.parametrize("ending", ["exercise", "false-positive", "merge"])
def test_what_is_no_incident_of_its_own_is_in_no_figure(scene: Scene, ending: str) -> None:
    other = resolved(scene)
    ref = scene.declare(exercise=ending == "exercise")
    scene.follow()
    assert now(scene)["incidents"] == (1 if ending == "exercise" else 2)
    if ending != "exercise":
        scene.do("amira", other, "reopen", reason="It is back")
        scene.do("amira", ref, "claim")
        body = {"reason": "The probe was wrong"} if ending == "false-positive" else {"into": other}
        scene.do("amira", ref, ending, **body)
        scene.follow()
    found = now(scene)
    assert found["incidents"] == 1
    assert sum(one["n"] for one in found["clauses"]) > 0
    listed = scene.page("amira").get("/o/acme/metrics/incidents/").content.decode()
    assert other in listed
    assert f"{ref} " not in listed


@pytest.mark.clause("breach.need-to-know")
def test_a_restricted_incident_counts_for_those_who_may_see_it(scene: Scene) -> None:
    ref = resolved(scene)
    scene.do("amira", ref, "flag", flag="personal_data", reason="Names leaked")
    scene.follow()
    assert now(scene, "amira")["incidents"] == 1
    for who in ("support", "auditor", "director"):
        assert now(scene, who)["incidents"] == 0, who
        assert "Case" not in scene.page(who).get("/o/acme/metrics/incidents/").content.decode()
    assert (
        "Restricted incidents count only for those who may see them"
        in scene.page("support").get("/o/acme/metrics/").content.decode()
    )


def test_severities_and_states_are_those_that_the_room_knows() -> None:
    """What the figures leave out, and their groups, name states and levels that there are."""
    from metrics import sql

    for state in (State.FALSE_POSITIVE, State.MERGED):
        assert f"'{state.value}'" in sql.FIGURES
    assert [level.code for level in Severity] == ["SEV1", "SEV2", "SEV3", "SEV4"]


def test_figures_stay_with_the_team_that_answered_when_they_were_measured(scene: Scene) -> None:
    """A service moves to another team: what the first one lived through stays its own until everything is measured again."""
    resolved(scene, services=["search"])
    with scene.acme.scope(scene.acme.admin):
        service = Service.objects.select_related("team").get(slug="search")
        before = service.team.slug
        other = Team(slug="finders", name="Finders")
        configure(other, {"slug": "finders", "name": "Finders"}, by=scene.acme.admin.actor())
        configure(service, {"team": Team.objects.get(slug="finders")}, by=scene.acme.admin.actor())
    scene.follow()
    told = {group["key"]: group["incidents"] for group in ask(scene, by="team", **{"from": "", "to": ""})["groups"]}
    assert told.get(before) == 1
    assert "finders" not in told
    with scene.acme.scope():
        measure_all()
    told = {group["key"]: group["incidents"] for group in ask(scene, by="team", **{"from": "", "to": ""})["groups"]}
    assert (told.get("finders"), before in told) == (1, False)
