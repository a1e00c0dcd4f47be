"""Schedules as plain values (`oncall.rota`), read from their rows; and who belongs to them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from oncall.models import Layer, LayerMember, Override, Schedule, TeamMember
from oncall.rota import WOKEN, Hours, Rota, layers
from oncall.rota import Layer as PlainLayer
from oncall.rota import Override as PlainOverride
from oncall.rota import at as rota_at
from tenants.models import Membership, User

TURNS = {Layer.Unit.HOUR: timedelta(hours=1), Layer.Unit.DAY: timedelta(days=1), Layer.Unit.WEEK: timedelta(weeks=1)}
INSTANT = timedelta(microseconds=1)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """A zone by its IANA name, which was judged when it was stored."""
    return ZoneInfo(name)


def rotas(schedules: Sequence[Schedule], start: datetime, end: datetime) -> dict[int, Rota]:
    """Schedule id -> all that decides who is on call between two instants. Three queries, however many schedules."""
    return _rotas([schedule.pk for schedule in schedules], start, end)


def _rotas(ids: Sequence[int], start: datetime, end: datetime) -> dict[int, Rota]:
    rows = Layer.objects.filter(schedule__in=ids, since__lt=end).filter(Q(until__isnull=True) | Q(until__gt=start))
    found = list(rows.order_by("schedule_id", "number", "id"))
    people: dict[int, list[int]] = defaultdict(list)
    members = LayerMember.objects.filter(layer__in=[layer.pk for layer in found]).order_by("layer_id", "position")
    for layer_id, user_id in members.values_list("layer_id", "user_id"):
        people[layer_id].append(user_id)
    laid: dict[int, list[PlainLayer]] = defaultdict(list)
    for layer in found:
        if people[layer.pk]:
            laid[layer.schedule_id].append(plain_layer(layer, people[layer.pk]))
    over: dict[int, list[PlainOverride]] = defaultdict(list)
    for override in standing(ids, start, end):
        over[override.schedule_id].append(plain_override(override))
    return {pk: Rota(tuple(laid[pk]), tuple(over[pk])) for pk in ids}


def rota(schedule: Schedule, start: datetime, end: datetime) -> Rota:
    """The same, of one schedule."""
    return rotas([schedule], start, end)[schedule.pk]


def on_call(schedule_id: int, at: datetime) -> dict[str, User]:
    """Duty -> who has it in a schedule at an instant: primary and secondary, as far as there are, and are members still."""
    held = rota_at(_rotas([schedule_id], at, at + INSTANT)[schedule_id], at)
    wanted = {duty: held[duty].person for duty in WOKEN if duty in held}
    members = Membership.objects.filter(is_active=True, user__is_active=True, user__in=wanted.values())
    found = User.objects.filter(memberships__in=members).in_bulk()
    return {duty: found[pk] for duty, pk in wanted.items() if pk in found}


def standing(schedules: Iterable[int], start: datetime, end: datetime) -> list[Override]:
    """The overrides that hold at some time between two instants, the oldest first."""
    rows = Override.objects.filter(schedule__in=list(schedules), starts_at__lt=end, ends_at__gt=start)
    held = Q(cancelled_at__isnull=True) | (Q(cancelled_at__gt=F("starts_at")) & Q(cancelled_at__gt=start))
    return list(rows.filter(held).order_by("id"))


def plain_layer(row: Layer, people: Sequence[int]) -> PlainLayer:
    """A layer's row as a plain value."""
    all_day = row.opens_at is None or row.closes_at is None
    restricted = not all_day or set(row.weekdays) != set(layers.EVERY_DAY)
    hours = Hours(weekdays=frozenset(row.weekdays)) if all_day else Hours(row.opens_at, row.closes_at, frozenset(row.weekdays))  # type: ignore[arg-type]
    return PlainLayer(
        number=row.number,
        duty=row.duty,
        zone=zone(row.time_zone),
        first=datetime.combine(row.starts_on, row.handover_at),
        turn=row.every * TURNS[Layer.Unit(row.unit)],
        people=tuple(people),
        priority=row.priority,
        hours=hours if restricted else None,
        since=row.since,
        until=row.until,
    )


def plain_override(row: Override) -> PlainOverride:
    """An override's row as a plain value: a cancelled one ends where it was cancelled."""
    end = min(row.ends_at, row.cancelled_at) if row.cancelled_at else row.ends_at
    return PlainOverride(row.pk, row.duty, row.starts_at, end, row.user_id, row.replaced_id)


def crew(schedule: Schedule) -> frozenset[int]:
    """The user ids of the schedule's people: the team's members and manager, and whoever takes turns now."""
    turns = LayerMember.objects.filter(layer__schedule=schedule, layer__until__isnull=True).values_list("user_id", flat=True)
    team = TeamMember.objects.filter(team=schedule.team_id).values_list("user_id", flat=True) if schedule.team_id else []
    manager = [schedule.team.manager_id] if schedule.team and schedule.team.manager_id else []
    return frozenset([*turns, *team, *manager])


def people(user_ids: Iterable[int]) -> dict[int, User]:
    """Members by their ids."""
    return User.objects.in_bulk(set(user_ids))
