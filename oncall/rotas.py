"""Schedules as plain values (`oncall.rota`), read from their rows; and who belongs to them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from oncall.models import Layer, LayerMember, Override, Schedule, TeamMember
from oncall.rota import WOKEN, Hours, Rota, layers
from oncall.rota import Layer as PlainLayer
from oncall.rota import Override as PlainOverride
from oncall.rota import at as rota_at
from tenants import prepared
from tenants.actors import Role
from tenants.models import Membership, User

TURNS = {Layer.Unit.HOUR: timedelta(hours=1), Layer.Unit.DAY: timedelta(days=1), Layer.Unit.WEEK: timedelta(weeks=1)}
INSTANT = timedelta(microseconds=1)
SOON = timedelta(days=14)  # whose shifts an edit changes within this time hears of it

# Asked by every page to a team with a schedule: worded here, since the ORM takes longer to word them than PostgreSQL to answer.
_LAYERS = """
SELECT l.*, ARRAY(SELECT m.user_id FROM oncall_layermember m WHERE m.layer_id = l.id ORDER BY m.position) AS turn_takers
FROM oncall_layer l WHERE l.schedule_id = ANY(%s::bigint[]) AND l.since < %s AND (l.until IS NULL OR l.until > %s)
ORDER BY l.schedule_id, l.number, l.id
"""
_STANDING = """
SELECT o.* FROM oncall_override o WHERE o.schedule_id = ANY(%s::bigint[]) AND o.starts_at < %s AND o.ends_at > %s
AND (o.cancelled_at IS NULL OR (o.cancelled_at > o.starts_at AND o.cancelled_at > %s)) ORDER BY o.id
"""
# Those of these people who can answer a page (`answering`).
MEMBERS = """
SELECT u.* FROM tenants_user u JOIN tenants_membership s ON s.user_id = u.id AND s.is_active AND NOT 'auditor' = ANY(s.roles)
WHERE u.is_active AND u.id = ANY(%s::bigint[])
"""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """A zone by its IANA name, which was judged when it was stored."""
    return ZoneInfo(name)


def rotas(schedules: Sequence[Schedule], start: datetime, end: datetime) -> dict[int, Rota]:
    """Schedule id -> all that decides who is on call between two instants. Two queries, however many schedules."""
    return _rotas([schedule.pk for schedule in schedules], start, end)


def _rotas(ids: Sequence[int], start: datetime, end: datetime) -> dict[int, Rota]:
    laid: dict[int, list[PlainLayer]] = defaultdict(list)
    found: Iterable[Any] = prepared.rows(Layer, _LAYERS, [list(ids), end, start])
    for layer in found:
        if layer.turn_takers:
            laid[layer.schedule_id].append(plain_layer(layer, layer.turn_takers))
    over: dict[int, list[PlainOverride]] = defaultdict(list)
    for override in standing(ids, start, end):
        over[override.schedule_id].append(plain_override(override))
    return {pk: Rota(tuple(laid[pk]), tuple(over[pk])) for pk in ids}


def rota(schedule: Schedule, start: datetime, end: datetime) -> Rota:
    """The same, of one schedule."""
    return rotas([schedule], start, end)[schedule.pk]


def on_call(schedule_id: int, at: datetime) -> dict[str, User]:
    """Duty -> who has it in a schedule at an instant: primary and secondary, as far as there are, and can answer still."""
    held = rota_at(_rotas([schedule_id], at, at + INSTANT)[schedule_id], at)
    wanted = {duty: held[duty].person for duty in WOKEN if duty in held}
    found = {person.pk: person for person in prepared.rows(User, MEMBERS, [list(wanted.values())])} if wanted else {}
    return {duty: found[pk] for duty, pk in wanted.items() if pk in found}


def answering() -> QuerySet[Membership]:
    """The memberships of those who can acknowledge a page: who are there still, and are no auditors, who may only read."""
    return Membership.objects.filter(is_active=True, user__is_active=True).exclude(roles__contains=[Role.AUDITOR.value])


def gone(user_ids: Iterable[int]) -> dict[int, str]:
    """User id -> why somebody cannot be on call any more, in words, of those who cannot (oncall.gate.person_for). One query."""
    wanted = set(user_ids)
    there = (
        Membership.objects.filter(user__in=wanted, is_active=True, user__is_active=True) if wanted else Membership.objects.none()
    )
    roles = dict(there.values_list("user_id", "roles"))
    said = {pk: "is no practitioner" if pk in roles else "has left" for pk in wanted}
    return {pk: why for pk, why in said.items() if Role.PRACTITIONER.value not in roles.get(pk, ())}


def standing(schedules: Iterable[int], start: datetime, end: datetime) -> list[Override]:
    """The overrides that hold at some time between two instants, the oldest first."""
    return prepared.rows(Override, _STANDING, [list(schedules), end, start, start])


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
