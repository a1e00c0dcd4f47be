"""What the pages and the API show of schedules: who is on now, the calendar, gaps, load. Reads only; plain values."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Prefetch, QuerySet

from oncall.models import Layer, LayerMember, Override, Schedule, Service, Swap, Team, TeamMember
from oncall.rota import WOKEN, Edge, Load, OnCallDuty, Rota, Span, edges, gaps, load, spans
from oncall.rota.wall import when
from oncall.rotas import answering, gone, people, rota, rotas, zone
from tenants.models import Membership, User

GAPS, LOAD, LOOKED = timedelta(days=14), timedelta(days=30), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Now:
    """Who holds a duty now, and until when, as far as is looked ahead (None: longer, and in a fixed order).

    `schedule` None: by the fixed order of `team`. `gone` says why the person cannot be on call any more ("has left"); "" where they can.
    `instead` is whom pages go to while nobody of the schedule can answer: who has this place in the team's fixed order.
    """

    schedule: Schedule | None
    team: Team | None
    duty: OnCallDuty
    person: User | None
    until: datetime | None
    override: int | None = None
    gone: str = ""
    instead: User | None = None


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
    ended = gone(known)
    answer = set(answering().filter(user__in=known).values_list("user_id", flat=True))
    called = {schedule.pk for schedule, duty, span in first if duty in WOKEN and span.person in answer}
    order = _orders({s.team_id for s in schedules if s.team_id and s.is_active and s.pk not in called})
    return [
        Now(
            schedule,
            schedule.team,
            duty,
            known.get(span.person) if span.person is not None else None,
            span.end if span.end < at + LOOKED else None,
            span.held.override if span.held else None,
            ended.get(span.person, "") if span.person is not None else "",
            None if schedule.pk in called else _placed(order, schedule.team_id, duty),
        )
        for schedule, duty, span in first
        if duty != OnCallDuty.SHADOW or span.held
    ]


def in_fixed_order(teams: Sequence[Team]) -> list[Now]:
    """Primary and secondary of teams without a running schedule: the first two of the order who can answer, as pages call them."""
    order = _orders({team.pk for team in teams})
    ended = gone(person.pk for found in order.values() for person in found[:2])
    found = []
    for team in teams:
        for duty in WOKEN:
            person = _placed(order, team.pk, duty)
            found.append(Now(None, team, duty, person, None, gone=ended.get(person.pk, "") if person else ""))
    return found


def _orders(teams: Collection[int]) -> dict[int, list[User]]:
    """Team id -> its people who can answer, in their fixed order."""
    order: dict[int, list[User]] = defaultdict(list)
    rows = TeamMember.objects.filter(team__in=teams, user__in=answering().values("user_id")).select_related("user")
    for row in rows.order_by("position") if teams else []:
        order[row.team_id].append(row.user)
    return order


def _placed(order: Mapping[int, list[User]], team: int | None, duty: OnCallDuty) -> User | None:
    """Who is primary or secondary by a team's fixed order."""
    found = order.get(team, []) if team is not None and duty in WOKEN else []
    place = WOKEN.index(duty) if found else 0
    return found[place] if place < len(found) else None


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Who is on call in all of the organisation. `leads_gone`: a manager's user id -> why they are not called."""

    schedules: list[Schedule]
    teams: list[Team]
    held: list[Now]
    leads_gone: dict[int, str]

    def lead_gone(self, team: Team) -> str:
        """Why a team's manager is not called; "" where they are, and where there is none."""
        return self.leads_gone.get(team.manager_id, "") if team.manager_id else ""


def everywhere(at: datetime) -> Everywhere:
    """Each running schedule's duties at an instant, and those of each team without one. As many queries for one team as for many."""
    schedules = list(Schedule.objects.filter(is_active=True).order_by("name"))
    teams = list(Team.objects.select_related("manager").prefetch_related(Prefetch("services", Service.objects.order_by("name"))))
    by_id = {team.pk: team for team in teams}
    for schedule in schedules:
        schedule.team = by_id[schedule.team_id] if schedule.team_id else None
    planned = {schedule.team_id for schedule in schedules}
    fixed = sorted((team for team in teams if team.pk not in planned), key=lambda team: team.name)
    answer = set(answering().filter(user__in=[team.manager_id for team in teams]).values_list("user_id", flat=True))
    leads = {team.manager_id for team in teams if team.manager_id and team.manager_id not in answer}
    there = set(Membership.objects.filter(user__in=leads, is_active=True, user__is_active=True).values_list("user_id", flat=True))
    gone_leads = {pk: "is an auditor" if pk in there else "has left" for pk in leads}
    return Everywhere(schedules, fixed, [*on_now(schedules, at), *in_fixed_order(fixed)], gone_leads)


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
