"""The pages of figures as people read them, against an independent computation: times that were corrected, and availability with its budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from incidents.models import Component, ComponentState, Incident, StatusUpdate, TimeCorrection
from ledger.actions import configure
from metrics.actions import measure_all
from oncall.models import Service
from standard.models import Calendar
from tests.incidents.scene import Scene
from tests.metrics.independent import TIMES, Case, figure
from tests.metrics.test_figures import PERIOD, cases, file
from tests.metrics.test_pages import HOME, html

pytestmark = [
    pytest.mark.servers,
    pytest.mark.clause("metrics.mttd"),
    pytest.mark.clause("metrics.mttr"),
    pytest.mark.clause("metrics.slo"),
]

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 2, 15, tzinfo=BERLIN).astimezone(UTC), datetime(2026, 5, 15, tzinfo=BERLIN).astimezone(UTC)
DOWN = ("partial_outage", "major_outage")
CONDITIONS = (*DOWN, "degraded_performance", "operational")
DOWN_WHEN = {"api": ("degraded_performance", "major_outage")}  # what its administrators count as down, where not DOWN
TARGETS = {"payments": (99.9, 99.5), "api": (None, 95.0)}
MONTHS = ("Feb 2026", "Mar 2026", "Apr 2026", "May 2026")

type Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Made:
    """An incident as it was recorded; what was corrected of it since, in that order, as (time, seconds later, stale); what was said of components.

    A stale correction is of a time that the record does not say any more. `said` is (component, condition, minutes from detection to
    when it was said, minutes that it held or None for ever).
    """

    case: Case
    ended: int | None
    corrections: tuple[tuple[str, int, bool], ...]
    said: tuple[tuple[str, str, int, int | None], ...]

    @property
    def recorded(self) -> dict[str, datetime | None]:
        """What the record says of each key time."""
        case = self.case
        began = case.impact_start or case.detected
        return {
            "impact_start": case.impact_start,
            "detected": case.detected,
            "acknowledged": case.acknowledged,
            "mitigated": case.mitigated,
            "resolved": case.resolved,
            "impact_end": began + timedelta(seconds=self.ended) if self.ended is not None else None,
        }

    def corrected(self, which: str, later: int) -> datetime:
        """The time that a correction says."""
        return (self.recorded[which] or self.case.detected) + timedelta(seconds=later)

    @property
    def in_force(self) -> dict[str, datetime | None]:
        """The key times as they count: by the last correction of each, where the record still says what that one corrected."""
        found = dict(self.recorded)
        for which in found:
            mine = [one for one in self.corrections if one[0] == which]
            if mine and not mine[-1][2]:
                found[which] = self.corrected(which, mine[-1][1])
        return found

    @property
    def counted(self) -> Case:
        """The case with the times in force."""
        at = self.in_force
        detected = at["detected"]
        assert detected is not None
        times = {name: at[name] for name in ("impact_start", "acknowledged", "mitigated", "resolved")}
        return replace(self.case, detected=detected, **times)  # type: ignore[arg-type]

    def down(self, component: str, end: datetime) -> list[Stretch]:
        """When it had a component down, until the period's end at most: its impact, if customers were ever told that the component is down."""
        told = {condition for one, condition, _, _ in self.said if one == component}
        if not self.case.counts or not told & set(DOWN_WHEN.get(component, DOWN)):
            return []
        at = self.in_force
        since = at["impact_start"] or at["detected"]
        until = at["impact_end"] or at["mitigated"] or at["resolved"] or end
        assert since is not None
        return [(since, min(until, end))] if since < min(until, end) else []


@st.composite
def made(draw: st.DrawFn) -> Made:
    keys = st.sampled_from(["impact_start", "detected", "acknowledged", "mitigated", "resolved", "impact_end"])
    corrections = st.lists(st.tuples(keys, st.integers(-7200, 7200), st.sampled_from([False] * 3 + [True])), max_size=4)
    said: list[tuple[str, str, int, int | None]] = []
    for component in TARGETS:
        at = draw(st.integers(0, 60))
        conditions = draw(st.lists(st.sampled_from(CONDITIONS), max_size=3))
        for place, condition in enumerate(conditions):
            last = place == len(conditions) - 1
            holds = draw(st.none() | st.integers(1, 3000) if last else st.integers(1, 300))
            said.append((component, condition, at, holds))
            at += holds or 0
    ended = draw(st.none() | st.integers(0, 86_400))
    return Made(draw(cases()), ended, tuple(draw(corrections)), tuple(said))


def record(scene: Scene, told: Sequence[Made]) -> None:
    """Put them into the record, with what was corrected and said since, and measure."""
    file(scene.acme, [one.case for one in told])
    with scene.acme.scope(scene.acme.amira):
        components = {one.slug: one for one in Component.objects.all()}
        for number, one in enumerate(told, start=1000):
            incident = Incident.objects.get(number=number)
            incident.impact_end = one.recorded["impact_end"]
            incident.save()
            for which, later, stale in one.corrections:
                original = one.recorded[which]
                was = (original or one.case.detected) - timedelta(hours=1) if stale else original
                TimeCorrection.objects.create(
                    incident=incident, which=which, original=was, occurred_at=one.corrected(which, later), reason="x"
                )
            for component, condition, begins, holds in one.said:
                since = one.case.detected + timedelta(minutes=begins)
                until = since + timedelta(minutes=holds) if holds is not None else None
                update = StatusUpdate.objects.create(
                    incident=incident,
                    audience="public",
                    status="identified",
                    author_id=scene.acme.amira.user_id,
                    state="published",
                )
                ComponentState.objects.create(
                    incident=incident,
                    component=components[component],
                    condition=condition,
                    update=update,
                    since=since,
                    until=until,
                )
        measure_all()


def tables(page: str) -> dict[str, dict[str, dict[str, str]]]:
    """The tables of a page as they are read: part -> row -> column -> text."""
    found = {}
    for key, part in re.findall(r'<section class="panel" id="([a-z]+)"(.*?)</section>', page, re.DOTALL):
        shown = re.sub(r'<span class="visually-hidden">.*?</span>', "", part)
        rows = {}
        for head, cells in re.findall(r"<th role=\"rowheader\"[^>]*>(.*?)</th>(.*?)</tr>", shown, re.DOTALL):
            columns = re.findall(r'<td[^>]*data-label="([^"]*)">(.*?)</td>', cells, re.DOTALL)
            rows[unescape(head)] = {unescape(name): unescape(re.sub(r"<[^>]+>", "", cell)).strip() for name, cell in columns}
        found[key] = rows
    return found


def spoken(seconds: float) -> str:
    """A span of time as people read it: its two largest units, the rest cut off."""
    whole = round(abs(seconds))
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    parts = [(days, "d"), (h, "h"), (m, "min"), (s, "s")]
    first = next((place for place, (size, _) in enumerate(parts) if size), 3)
    told = [f"{size} {unit}" for size, unit in parts[first : first + 2] if size or unit == parts[first][1]]
    return ("-" if seconds <= -0.5 else "") + " ".join(told)


def reads(text: str, seconds: float) -> bool:
    """Whether a text says so many seconds; at the edge of rounding either side will do."""
    return text in {spoken(seconds), spoken(seconds - 1e-3), spoken(seconds + 1e-3)}


def says(row: Mapping[str, str], told: Iterable[Case], name: str, where: Any) -> None:
    """A row of a table says what plain Python makes of these incidents."""
    wanted = figure(told, name)
    assert row["n"] == f"{wanted['n']:,}", where
    assert row["Without"] == f"{wanted['missing']:,}", where
    for column, key in (("Mean", "mean_seconds"), ("Median", "median_seconds"), ("p90", "p90_seconds")):
        value = wanted[key]
        if value is None:
            assert row[column] == ("not known yet" if wanted["missing"] else "no incidents"), (where, column)
        else:
            assert reads(row[column], value), (where, column, row[column], value)


# Down when the period ends, and still now: nobody has said otherwise, nor when the impact ended.
RUNNING = Made(
    Case(1, ("payments",), END - timedelta(hours=30), impact_start=END - timedelta(hours=31)),
    None,
    (),
    (("payments", "partial_outage", 5, 60), ("payments", "major_outage", 65, None), ("api", "degraded_performance", 10, None)),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.lists(made(), max_size=14))
@example(told=[RUNNING])
def test_the_shown_tables_are_what_plain_python_makes_of_the_record(scene: Scene, told: list[Made]) -> None:
    """Each cell of the times by month, severity, service and team, and of the availability of each component."""
    with transaction.atomic():
        scene.declare()
        with scene.acme.scope():
            configure(Calendar.objects.get(), {"time_zone": "Europe/Berlin"}, by=scene.acme.admin.actor())
            for slug, (slo, sla) in TARGETS.items():
                configure(
                    Component.objects.get(slug=slug),
                    {
                        "slo": slo and Decimal(str(slo)),
                        "sla": sla and Decimal(str(sla)),
                        "down_when": list(DOWN_WHEN.get(slug, DOWN)),
                    },
                    by=scene.acme.admin.actor(),
                )
            services = {one.slug: (one.name, one.team.name) for one in Service.objects.select_related("team")}
        record(scene, told)
        counted = [one.counted for one in told if one.case.counts]
        rows: dict[str, Callable[[Case], set[str]]] = {
            "month": lambda case: {f"{case.detected.astimezone(BERLIN):%b %Y}"},
            "severity": lambda case: {f"SEV {case.severity}"},
            "service": lambda case: {services[slug][0] for slug in case.services} or {"No service named"},
            "team": lambda case: {services[slug][1] for slug in case.services} or {"No team named"},
        }
        query = "&".join(f"{name}={day}" for name, day in PERIOD.items())
        for by, key in rows.items():
            shown = tables(html(scene, f"{HOME}?{query}&by={by}"))
            assert set(shown) == set(TIMES), by
            for name, table in shown.items():
                there = {label for case in counted for label in key(case)}
                always = {"month": set(MONTHS), "severity": {f"SEV {level}" for level in range(1, 5)}}.get(by, set())
                assert set(table) == {"All"} | there | always, (by, name)
                for label, row in table.items():
                    says(row, [case for case in counted if label == "All" or label in key(case)], name, (by, name, label))
        available(tables(html(scene, f"{HOME}availability/?{query}"))["availability"], told, scene, END)
        # Of a period that is not over, what has been of it by now counts.
        until = f"{HOME}availability/?from={PERIOD['from']}&to={scene.clock.now.astimezone(BERLIN).date()}"
        available(tables(html(scene, until))["availability"], told, scene, scene.clock.now)
        transaction.set_rollback(True)


def covered(stretches: Sequence[Stretch], end: datetime) -> float:
    """How many seconds of the period any of them covers: edge by edge, so that what overlaps counts once."""
    edges = sorted({min(max(edge, START), end) for stretch in stretches for edge in stretch})
    return sum(
        (then - first).total_seconds()
        for first, then in pairwise(edges)
        if any(since <= first and then <= until for since, until in stretches)
    )


def available(table: Mapping[str, Mapping[str, str]], told: Sequence[Made], scene: Scene, end: datetime) -> None:
    """Each component's row: SLI, time down, how many incidents, and of each target the budget, what was burnt and what is left."""
    with scene.acme.scope():
        names = dict(Component.objects.values_list("slug", "name"))
    assert set(table) == set(names.values())
    period = (end - START).total_seconds()
    for slug, name in names.items():
        row, targets = table[name], TARGETS.get(slug, (None, None))
        each = [found for one in told if (found := [s for s in one.down(slug, end) if s[1] > START and s[0] < end])]
        down = covered([stretch for found in each for stretch in found], end)
        assert row["Incidents"] == f"{len(each):,}", slug
        assert reads(row["Down"], down), (slug, row, down)
        sli = float(row["SLI"].removesuffix(" %"))
        assert sli == pytest.approx((1 - down / period) * 100, abs=1.1e-4), slug
        assert (sli == 100) == (down == 0), "what is not quite all is not rounded up to it"
        for label, target in zip(("SLO", "SLA"), targets, strict=True):
            if target is None:
                assert row[label] == "none set"
                assert {row[f"{label} {word}"] for word in ("budget", "burnt", "left")} == {"no target"}
                continue
            budget = period * (1 - target / 100)
            assert row[label] == f"{target:g} %, {'met' if down <= budget else 'missed'}", slug
            assert reads(row[f"{label} budget"], budget), (slug, label)
            assert reads(row[f"{label} left"], budget - down), (slug, label, row)
            assert float(row[f"{label} burnt"].removesuffix(" %")) == pytest.approx(down / budget * 100, abs=0.11), slug
