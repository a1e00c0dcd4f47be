"""The tables of clocks, pages and action items as people read them, against plain Python over made-up incidents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Incident
from incidents.queries import clock_name
from ledger.actions import configure
from metrics.actions import measure_all
from oncall.models import Page, PageStep
from postmortems.models import ActionItem
from standard.models import Calendar, Clock
from tenants.models import User
from tests.incidents.scene import Scene
from tests.metrics.independent import Case, quantile
from tests.metrics.test_figures import PERIOD, cases, file
from tests.metrics.test_pages import HOME, html
from tests.metrics.test_the_page import END, START, reads, tables

pytestmark = [
    pytest.mark.servers,
    pytest.mark.clause("actions.sla"),
    pytest.mark.clause("actions.tags"),
    pytest.mark.clause("metrics.mttr"),
]

CLAUSES = ("severity.sev1-cadence", "mobilize.roles-assigned", "oncall.escalate-15-30", "actions.sla")
ENDS = (
    "kept",
    "late",
    "broken",
    "never",
    "fell away",
    "runs",
)  # broken: past its time, and not done yet; never: and owed no more
MISSED = ("late", "broken", "never")
ZONES = {"amira": "America/New_York", "jon": "Asia/Kolkata"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Item:
    """An action item; its times are hours before now, a due date also after it."""

    kind: str
    filed: int
    due: int | None
    judged: int | None
    ended: int | None
    dropped: bool


@dataclass(frozen=True)
class Lived:
    """An incident with how its clocks ended (clause, end, whether it is a page's), who was called when (hours after detection), and its items."""

    case: Case
    clocks: tuple[tuple[str, str, bool], ...]
    calls: tuple[tuple[str, int], ...]
    items: tuple[Item, ...]


@st.composite
def items(draw: st.DrawFn) -> Item:
    filed = draw(st.integers(1, 60 * 24))
    due = draw(st.none() | st.integers(-240, filed))
    judged = draw(st.none() | st.integers(-240, filed)) if due is not None else None
    ended = draw(st.none() | st.integers(0, filed))
    return Item(draw(st.sampled_from(["prevention", "detection"])), filed, due, judged, ended, draw(st.booleans()))


@st.composite
def lived(draw: st.DrawFn) -> Lived:
    clocks = draw(st.lists(st.tuples(st.sampled_from(CLAUSES), st.sampled_from(ENDS), st.booleans()), max_size=6))
    once = [
        one
        for place, one in enumerate(clocks)
        if one[1] != "runs" or one[0] not in {c for c, e, _ in clocks[:place] if e == "runs"}
    ]
    calls = draw(st.lists(st.tuples(st.sampled_from(sorted(ZONES)), st.integers(-80 * 24, 80 * 24)), max_size=5))
    return Lived(draw(cases()), tuple(once), tuple(calls), tuple(draw(st.lists(items(), max_size=4))))


def record(scene: Scene, told: Sequence[Lived]) -> None:
    """Put them into the record, and measure."""
    file(scene.acme, [one.case for one in told])
    with scene.acme.scope(scene.acme.amira):
        for number, one in enumerate(told, start=1000):
            incident = Incident.objects.get(number=number)
            for clause, end, of_a_page in one.clocks:
                _clock(incident, one.case.detected, clause, end, of_a_page=of_a_page)
            for who, hours in one.calls:
                page = Page.objects.create(
                    subject_type="incidents.incident", subject_id=incident.pk, incident_id=incident.pk, clause="x"
                )
                at, user_id = one.case.detected + hours * HOUR, scene.acme.people[who].user_id
                PageStep.objects.create(page=page, incident_id=incident.pk, position=0, user_id=user_id, paged_at=at, reason="")
            for place, item in enumerate(one.items, start=1):
                _item(scene, incident, place, item)
        measure_all()


def _clock(incident: Incident, began: datetime, clause: str, end: str, *, of_a_page: bool) -> None:
    """A clock of half an hour as it stands after its end; a page's may be older than its incident, and names none."""
    due = began + timedelta(minutes=30)
    subject: dict[str, Any] = {"subject_type": "incidents.incident", "subject_id": incident.pk, "incident_id": incident.pk}
    if of_a_page:
        page = Page.objects.create(subject_type="incidents.signal", subject_id=1, incident_id=incident.pk, clause="x")
        subject = {"subject_type": "oncall.page", "subject_id": page.pk}
    Clock.objects.create(
        **subject,
        clause=clause,
        started_at=began,
        due_at=due,
        stopped_at={"kept": due, "late": due + HOUR, "never": due + HOUR, "fell away": due}.get(end),
        broken_at=due if end in MISSED else None,
        fell_away="resolved" if end in ("never", "fell away") else "",
    )


def _item(scene: Scene, incident: Incident, number: int, item: Item) -> None:
    def ago(hours: int | None) -> datetime | None:
        return None if hours is None else scene.clock.now - hours * HOUR

    state = "open" if item.ended is None else "dropped" if item.dropped else "done"
    filed = scene.clock.now - item.filed * HOUR
    times = {"filed_at": filed, "due_at": ago(item.due), "judged_at": ago(item.judged), "ended_at": ago(item.ended)}
    ActionItem.objects.create(
        incident=incident, number=number, title="x", kind=item.kind, state=state, owner_id=scene.acme.jon.user_id, **times
    )


def share(text: str, part: int, whole: int) -> None:
    """A share in per cent; what is not quite all is not rounded up to it."""
    found = float(text.removesuffix(" %"))
    assert found == pytest.approx(part / whole * 100, abs=0.11)
    assert (found == 100) == (part == whole)


def clocks_say(table: Mapping[str, Mapping[str, str]], told: Iterable[Lived]) -> None:
    """Each row of the table of clocks; a clause of which nothing is decided has none."""
    counted = Counter((clause, end) for one in told for clause, end, _ in one.clocks)
    wanted = {}
    for clause in CLAUSES:
        kept, broken = counted[clause, "kept"], sum(counted[clause, end] for end in MISSED)
        if kept + broken:
            wanted[clause] = (kept, broken)
    assert {row["Clause"] for row in table.values()} == set(wanted)
    for name, row in table.items():
        kept, broken = wanted[row["Clause"]]
        assert name == clock_name(row["Clause"])
        assert (row["n"], row["Kept"], row["Broken"]) == (str(kept + broken), str(kept), str(broken)), name
        share(row["Share kept"], kept, kept + broken)


def calls_say(table: Mapping[str, Mapping[str, str]], told: Iterable[Lived], names: Mapping[str, str]) -> None:
    """Each row of the table of pages: calls within the period, whatever their incident's own time."""
    made = [(who, one.case.detected + hours * HOUR) for one in told for who, hours in one.calls]
    calls = [(who, at.astimezone(ZoneInfo(ZONES[who])).hour) for who, at in made if START <= at < END]
    everybody = {who for who, _ in calls}
    assert set(table) == {names[who] for who in everybody}
    for who in everybody:
        hours, row = [hour for name, hour in calls if name == who], table[names[who]]
        nights = sum(hour < 7 or hour >= 22 for hour in hours)
        assert (row["Pages"], row["At night"]) == (str(len(hours)), str(nights)), who
        share(row["Share at night"], nights, len(hours))


def items_say(table: Mapping[str, Mapping[str, str]], told: Iterable[Lived]) -> None:
    """Both rows of the table of action items."""
    every = [item for one in told for item in one.items]
    assert set(table) == {"Prevention", "Detection"}
    for kind, row in table.items():
        mine = [item for item in every if item.kind == kind.lower()]
        waits = [item for item in mine if item.ended is None]
        done = [item for item in mine if item.ended is not None and not item.dropped]
        dated = [item for item in done if item.due is not None]
        wanted = {
            "n": len(mine),
            "Waiting": len(waits),
            "Up to a week": sum(item.filed < 7 * 24 for item in waits),
            "Up to 30 days": sum(7 * 24 <= item.filed < 30 * 24 for item in waits),
            "Longer": sum(item.filed >= 30 * 24 for item in waits),
            "Past due": sum(item.due is not None and item.due > 0 for item in waits),
            "Done": len(done),
            "Dropped": sum(item.ended is not None and item.dropped for item in mine),
        }
        assert {name: row[name] for name in wanted} == {name: str(n) for name, n in wanted.items()}, kind
        if dated:
            judged = [(item.ended or 0, item.due if item.judged is None else item.judged) for item in dated]
            told_share, _, of = row["In time"].partition(" of ")
            assert of == str(len(dated))
            share(told_share, sum(day is not None and ended >= day for ended, day in judged), len(dated))
        else:
            assert row["In time"] == "not known yet"
        if done:
            assert reads(row["Median to done"], quantile([(item.filed - (item.ended or 0)) * 3600.0 for item in done], 0.5))
        else:
            assert row["Median to done"] == "not known yet"


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.lists(lived(), max_size=10))
def test_the_shown_tables_of_clocks_pages_and_items_are_what_plain_python_makes_of_the_record(
    scene: Scene, told: list[Lived]
) -> None:
    """Each cell of them, of all incidents and of those of two severities."""
    with transaction.atomic():
        scene.declare()
        with scene.acme.scope():
            configure(Calendar.objects.get(), {"time_zone": "Europe/Berlin"}, by=scene.acme.admin.actor())
            for who, zone in ZONES.items():
                User.objects.filter(pk=scene.acme.people[who].user_id).update(time_zone=zone)
        names = {who: scene.acme.people[who].name for who in ZONES}
        record(scene, told)
        query = "&".join(f"{name}={day}" for name, day in PERIOD.items())
        recent = (
            f"from={PERIOD['from']}&to={scene.clock.now.astimezone(ZoneInfo('Europe/Berlin')).date()}"  # items wait as of its end
        )
        for narrow, levels in (("", (1, 2, 3, 4)), ("&severity=1&severity=3", (1, 3))):
            counted = [one for one in told if one.case.counts and one.case.severity in levels]
            # Without more than a period chosen, each call counts that was really made, whatever became of its incident.
            called = counted if narrow else [one for one in told if not one.case.exercise]
            shown: dict[str, dict[str, dict[str, str]]] = {}
            for key in ("clocks", "pages", "items"):
                found = tables(html(scene, f"{HOME}{key}/?{recent if key == 'items' else query}{narrow}"))
                assert list(found) == [key], "one table a page"
                shown |= found
            clocks_say(shown["clocks"], counted)
            calls_say(shown["pages"], called, names)
            items_say(shown["items"], counted)
        transaction.set_rollback(True)
