"""What the pages and the API show of schedules: who is on now, the calendar, gaps, load. Reads only; plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from oncall.models import Layer, LayerMember, Override, Schedule, Swap
from oncall.rota import Edge, Load, OnCallDuty, Rota, Span, edges, gaps, load, spans
from oncall.rota.wall import when
from oncall.rotas import people, rota, rotas, zone
from tenants.models import User

GAPS, LOAD, LOOKED = timedelta(days=14), timedelta(days=30), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Now:
    """Who holds a duty now, and until when, as far as is looked ahead (None: longer)."""

    schedule: Schedule
    duty: OnCallDuty
    person: User | None
    until: datetime | None
    override: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nobody holds a duty."""

    schedule: Schedule
    duty: OnCallDuty
    start: datetime
    end: datetime


def on_now(schedules: Sequence[Schedule], at: datetime) -> list[Now]:
    """Who is on call at an instant: primary and secondary of each schedule, gaps included, and shadows where there are any."""
    found = rotas(schedules, at, at + LOOKED)
    first = [
        (schedule, duty, spans(found[schedule.pk], at, at + LOOKED, duty)[0]) for schedule in schedules for duty in OnCallDuty
    ]
    known = people(span.person for _, _, span in first if span.person is not None)
    return [
        Now(
            schedule,
            duty,
            known.get(span.person) if span.person is not None else None,
            span.end if span.end < at + LOOKED else None,
            span.held.override if span.held else None,
        )
        for schedule, duty, span in first
        if duty != OnCallDuty.SHADOW or span.held
    ]


def gaps_ahead(schedules: Sequence[Schedule], at: datetime, ahead: timedelta = GAPS) -> list[Gap]:
    """Where nobody is primary, or secondary, in the next 14 days (clause oncall.primary-secondary)."""
    found = rotas(schedules, at, at + ahead)
    return [
        Gap(schedule, OnCallDuty(gap.duty), gap.start, gap.end)
        for schedule in schedules
        for gap in gaps(found[schedule.pk], at, at + ahead)
    ]


def load_behind(schedule: Schedule, at: datetime) -> list[tuple[User, Load]]:
    """What each person carried in the last 30 days, the heaviest first."""
    found = load(rota(schedule, at - LOAD, at), at - LOAD, at, zone(schedule.time_zone))
    known = people(one.person for one in found)
    return [(known[one.person], one) for one in found if one.person in known]


@dataclass(frozen=True, slots=True)
class LaidLayer:
    """A layer with its people and the dates, a year ahead, at which its handover is skipped or comes twice."""

    row: Layer
    people: tuple[User, ...]
    edges: tuple[Edge, ...]


def layers(schedules: Sequence[Schedule], today: date) -> dict[int, list[LaidLayer]]:
    """Schedule id -> its layers as they are now, those that go before others first."""
    rows = Layer.objects.filter(schedule__in=[s.pk for s in schedules], until=None).order_by("duty", "-priority", "number")
    taking: dict[int, list[User]] = {}
    for member in LayerMember.objects.filter(layer__in=rows).select_related("user").order_by("position"):
        taking.setdefault(member.layer_id, []).append(member.user)
    found: dict[int, list[LaidLayer]] = {schedule.pk: [] for schedule in schedules}
    for row in rows:
        odd = edges(zone(row.time_zone), row.handover_at, today)
        found[row.schedule_id].append(LaidLayer(row, tuple(taking.get(row.pk, [])), tuple(odd)))
    return found


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days of a schedule, by its wall clock."""

    days: tuple[date, ...]
    start: datetime
    end: datetime
    spans: dict[OnCallDuty, list[Span]] = field(default_factory=dict)
    people: dict[int, User] = field(default_factory=dict)


def week(schedule: Schedule, monday: date) -> Week:
    """The week that begins on this date."""
    where = zone(schedule.time_zone)
    start, end = (when(where, datetime.combine(day, time())) for day in (monday, monday + timedelta(days=7)))
    found = rota(schedule, start, end)
    duties = [duty for duty in OnCallDuty if duty != OnCallDuty.SHADOW or _shadowed(found)]
    told = {duty: spans(found, start, end, duty) for duty in duties}
    known = people(span.person for each in told.values() for span in each if span.person is not None)
    return Week(tuple(monday + timedelta(days=n) for n in range(7)), start, end, told, known)


def _shadowed(found: Rota) -> bool:
    return OnCallDuty.SHADOW in {*(layer.duty for layer in found.layers), *(override.duty for override in found.overrides)}


def overrides(schedule: Schedule, at: datetime) -> QuerySet[Override]:
    """The overrides that hold or will, the next first."""
    rows = Override.objects.filter(schedule=schedule, cancelled_at=None, ends_at__gt=at)
    return rows.select_related("user", "replaced", "made_by").order_by("starts_at", "id")


def swaps(schedule: Schedule, at: datetime) -> QuerySet[Swap]:
    """The swaps that wait for an answer, the next first."""
    rows = Swap.objects.filter(schedule=schedule, state=Swap.State.OFFERED, ends_at__gt=at)
    return rows.select_related("offered_by", "offered_to").order_by("starts_at", "id")
