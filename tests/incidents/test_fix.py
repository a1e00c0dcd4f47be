"""SEV 3 is fixed within one to three business days, SEV 4 by the end of the next sprint: on the organisation's calendar."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from ledger.actions import configure
from standard.models import Calendar, CalendarDay
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

SEV3, SEV4 = "severity.sev3-fix", "severity.sev4-ticket"
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def works(scene: Scene, zone: ZoneInfo, *off: date, **fields: object) -> None:
    """Acme works from nine to five in a zone, with days off of its own."""
    with scene.acme.scope(scene.acme.admin):
        by = scene.acme.admin.actor()
        found = configure(Calendar.objects.get(), {"time_zone": zone.key, **fields}, by=by)
        for day in off:
            configure(CalendarDay(), {"calendar": found, "day": day, "kind": "off", "name": "Company day"}, by=by)


def at(zone: ZoneInfo, day: date, hour: int = 0, minute: int = 0) -> datetime:
    """What the clocks of a zone show on a day."""
    return datetime.combine(day, time(hour, minute), tzinfo=zone)


def reach(scene: Scene, moment: datetime) -> None:
    """Let time pass until then."""
    scene.clock.advance(seconds=(moment - scene.clock.now).total_seconds())


def due(scene: Scene, ref: str, clause: str) -> tuple[datetime | None, datetime]:
    """(prompt, due) of the clock that runs."""
    clock = scene.running(ref, clause)
    return datetime.fromisoformat(clock["prompt_at"]) if clock["prompt_at"] else None, datetime.fromisoformat(clock["due_at"])


def _days(scene: Scene) -> Iterator[date]:
    """The days from ten days on: everything here lies ahead of the tests' clock."""
    first = scene.clock.now.date() + timedelta(days=10)
    return (first + timedelta(days=n) for n in count())


def clocks_change(scene: Scene, *, forward: bool) -> date:
    """The Sunday on which Berlin's clocks next go forward, or back."""
    month = 3 if forward else 10
    return next(day for day in _days(scene) if (day.month, day.isoweekday()) == (month, 7) and day.day > 24)


def holiday(scene: Scene) -> date:
    """The next Monday that is free in the United States: the third of January, or the first of September."""
    nth = {1: range(15, 22), 9: range(1, 8)}
    return next(day for day in _days(scene) if day.isoweekday() == 1 and day.day in nth.get(day.month, ()))


def monday(scene: Scene) -> date:
    """A Monday to come."""
    return next(day for day in _days(scene) if day.isoweekday() == 1)


@pytest.mark.clause("severity.sev3-fix")
@pytest.mark.parametrize("forward", [True, False])
def test_three_business_days_by_the_wall_clock_whatever_the_clocks_do(scene: Scene, forward: bool) -> None:
    sunday = clocks_change(scene, forward=forward)
    works(scene, BERLIN)
    reach(scene, at(BERLIN, sunday - timedelta(days=2), 16, 30))  # Friday afternoon
    ref = scene.declare(severity="SEV3")
    prompt, broken = due(scene, ref, SEV3)
    assert prompt == at(BERLIN, sunday + timedelta(days=1), 17)
    assert broken == at(BERLIN, sunday + timedelta(days=3), 17)
    assert at(BERLIN, sunday - timedelta(days=1)).utcoffset() != broken.astimezone(BERLIN).utcoffset()


@pytest.mark.clause("severity.sev3-fix")
def test_a_public_holiday_and_a_day_off_of_ones_own_do_not_count(scene: Scene) -> None:
    free = holiday(scene)
    works(scene, NEW_YORK, free + timedelta(days=2), country="US")  # the Wednesday after is the company's own
    reach(scene, at(NEW_YORK, free - timedelta(days=3), 10))
    ref = scene.declare(severity="SEV3")
    assert due(scene, ref, SEV3) == (
        at(NEW_YORK, free + timedelta(days=1), 17),
        at(NEW_YORK, free + timedelta(days=4), 17),
    )


@pytest.mark.clause("severity.sev3-fix")
def test_the_days_are_counted_from_the_day_where_people_work(scene: Scene) -> None:
    begins = monday(scene)
    works(scene, NEW_YORK)
    reach(scene, at(NEW_YORK, begins - timedelta(days=1), 23, 30))  # Sunday night there, Monday by UTC
    assert due(scene, scene.declare(severity="SEV3"), SEV3)[0] == at(NEW_YORK, begins, 17)


@pytest.mark.clause("severity.sev3-fix")
def test_the_owner_team_is_asked_after_one_day_and_the_clause_broken_after_three(scene: Scene) -> None:
    begins = monday(scene)
    works(scene, BERLIN)
    reach(scene, at(BERLIN, begins, 10))
    ref = scene.declare("support", severity="SEV3")
    prompt, broken = due(scene, ref, SEV3)
    assert prompt is not None
    reach(scene, prompt - timedelta(seconds=1))
    scene.sweep()
    assert scene.mails("amira", f"{ref}: time") == []
    scene.later(seconds=1)
    assert len(scene.mails("amira", f"{ref}: time is running out")) == 1  # the first of the team that owns checkout
    assert scene.mails("support", ref) == []
    assert f"Due at {broken:%Y-%m-%d %H:%M:%S} UTC" in scene.mails("amira", f"{ref}: time")[0].body
    reach(scene, broken + timedelta(seconds=90))
    scene.sweep()
    late = [entry for entry in scene.told(ref, "clock.broken") if entry["data"]["clause"] == SEV3]
    assert [entry["data"]["late_seconds"] for entry in late] == [90]
    assert len(scene.mails("amira", f"{ref}: time is past")) == 1


@pytest.mark.clause("severity.sev3-fix")
def test_a_commander_is_asked_where_there_is_one(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    scene.do("jon", ref, "claim")
    scene.later(days=14)
    assert [m.subject for m in scene.mails("jon", ref) if "working days" in m.body] == [f"{ref}: time is past"]
    assert scene.mails("amira", f"{ref}: time") == []


@pytest.mark.clause("severity.sev3-fix")
def test_a_fix_in_time_stops_the_clock(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    scene.clock.advance(minutes=5)
    scene.do("mei", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("mei", ref, "resolve", summary="Cache cleared")
    clock = next(c for c in scene.part(ref, "clocks") if c["clause"] == SEV3)
    assert (clock["state"], clock["stopped_at"]) == ("kept", scene.clock.now.isoformat().replace("+00:00", "Z"))
    scene.later(days=14)
    assert scene.told(ref, "clock.broken") == []
    assert scene.mails("amira", f"{ref}: time") == []


@pytest.mark.clause("severity.sev4-ticket")
def test_a_ticket_is_due_when_the_next_sprint_ends_and_nobody_is_paged(scene: Scene) -> None:
    sunday = clocks_change(scene, forward=True)
    begins = sunday - timedelta(days=20)  # a Monday; the clocks go forward within the next sprint
    works(scene, BERLIN, sprint_start=begins, sprint_days=14)
    reach(scene, at(BERLIN, begins, 9))
    ref = scene.declare(severity="SEV4")
    scene.follow()
    assert due(scene, ref, SEV4) == (None, at(BERLIN, begins + timedelta(days=28)))
    assert (scene.calls("amira"), scene.part(ref, "pages")) == ([], [])
    reach(scene, at(BERLIN, begins + timedelta(days=28)) + timedelta(seconds=30))
    scene.sweep()
    late = scene.told(ref, "clock.broken")
    assert [(entry["data"]["clause"], entry["data"]["late_seconds"]) for entry in late] == [(SEV4, 30)]
    assert len(scene.mails("amira", f"{ref}: time is past")) == 1
    assert scene.calls("amira") == []


@pytest.mark.clause("severity.sev4-ticket")
def test_a_sprint_that_begins_at_that_moment_has_begun(scene: Scene) -> None:
    begins = monday(scene)
    works(scene, BERLIN, sprint_start=begins, sprint_days=7)
    reach(scene, at(BERLIN, begins))
    assert due(scene, scene.declare(severity="SEV4"), SEV4)[1] == at(BERLIN, begins + timedelta(days=14))


@pytest.mark.clause("severity.sev3-fix")
@pytest.mark.clause("severity.sev4-ticket")
def test_another_severity_has_another_limit_counted_from_the_change(scene: Scene) -> None:
    begins = monday(scene)
    works(scene, BERLIN, sprint_start=begins, sprint_days=14)
    reach(scene, at(BERLIN, begins, 10))
    ref = scene.declare(severity="SEV4")
    reach(scene, at(BERLIN, begins + timedelta(days=1), 10))
    scene.do("mei", ref, "severity", severity="SEV3", reason="A button does nothing")
    assert due(scene, ref, SEV3)[1] == at(BERLIN, begins + timedelta(days=4), 17)
    assert [c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None] == [SEV3]
    scene.do("mei", ref, "severity", severity="SEV2", reason="All of them do nothing")
    assert {c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None} == {
        "severity.sev2-cadence",
        "mobilize.roles-assigned",
    }


@pytest.mark.clause("severity.sev3-fix")
def test_a_war_room_has_no_such_limit(scene: Scene) -> None:
    for severity in ("SEV1", "SEV2"):
        clauses = {clock["clause"] for clock in scene.part(scene.declare(severity=severity), "clocks")}
        assert not clauses & {SEV3, SEV4}


@pytest.mark.clause("severity.sev3-fix")
def test_a_calendar_that_changes_moves_no_clock_that_runs(scene: Scene) -> None:
    begins = monday(scene)
    works(scene, BERLIN)
    reach(scene, at(BERLIN, begins, 10))
    ref = scene.declare(severity="SEV3")
    before = due(scene, ref, SEV3)
    works(scene, NEW_YORK, begins + timedelta(days=1))
    assert due(scene, ref, SEV3) == before
    assert due(scene, scene.declare(severity="SEV3"), SEV3)[1] == at(NEW_YORK, begins + timedelta(days=4), 17)
