"""Schedules as plain values (`oncall.rota`), read from their rows; and who belongs to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
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

# What stands between two instants. Worded here: the ORM takes longer to word it than PostgreSQL to answer.
_STANDS = """o.starts_at < %(end)s AND o.ends_at > %(start)s
AND (o.cancelled_at IS NULL OR (o.cancelled_at > o.starts_at AND o.cancelled_at > %(start)s))"""
_STANDING = f"SELECT o.* FROM oncall_override o WHERE o.schedule_id = ANY(%(schedules)s::bigint[]) AND {_STANDS} ORDER BY o.id"
# Asked by every page to a team with a schedule: layers and overrides in one statement, as the values that they are read as.
_ROTAS = f"""
SELECT s.id, (
  SELECT coalesce(json_agg(x), '[]') FROM (
    SELECT l.number, l.duty, l.priority, l.time_zone, l.starts_on + l.handover_at AS first, l.every, l.unit, l.opens_at, l.closes_at,
      l.weekdays, l.since, l.until, ARRAY(SELECT m.user_id FROM oncall_layermember m WHERE m.layer_id = l.id ORDER BY m.position) AS people
    FROM oncall_layer l WHERE l.schedule_id = s.id AND l.since < %(end)s AND (l.until IS NULL OR l.until > %(start)s)
    ORDER BY l.number, l.id) x), (
  SELECT coalesce(json_agg(x), '[]') FROM (
    SELECT o.id, o.duty, o.starts_at, least(o.ends_at, o.cancelled_at) AS ends_at, o.user_id, o.replaced_id
    FROM oncall_override o WHERE o.schedule_id = s.id AND {_STANDS} ORDER BY o.id) x)
FROM unnest(%(schedules)s::bigint[]) s (id)
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
    """Schedule id -> all that decides who is on call between two instants. One query, however many schedules."""
    return _rotas([schedule.pk for schedule in schedules], start, end)


def _rotas(ids: Sequence[int], start: datetime, end: datetime) -> dict[int, Rota]:
    found = prepared.run(_ROTAS, {"schedules": list(ids), "start": start, "end": end})
    return {
        pk: Rota(tuple(_layer(row) for row in laid if row["people"]), tuple(map(_override, over))) for pk, laid, over in found
    }


def rota(schedule: Schedule, start: datetime, end: datetime) -> Rota:
    """The same, of one schedule."""
    return rotas([schedule], start, end)[schedule.pk]


def held(schedules: Iterable[int], at: datetime) -> dict[int, dict[str, int]]:
    """Schedule id -> who is on call by it at an instant: duty -> user id, primary and secondary, as far as there are."""
    found = _rotas(list(schedules), at, at + INSTANT)
    spans = {pk: rota_at(rota, at) for pk, rota in found.items()}
    return {pk: {duty: span[duty].person for duty in WOKEN if duty in span} for pk, span in spans.items()}


def on_call(schedule_id: int, at: datetime) -> dict[str, User]:
    """Duty -> who has it in a schedule at an instant: primary and secondary, as far as there are, and can answer still."""
    wanted = held([schedule_id], at)[schedule_id]
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
    return prepared.rows(Override, _STANDING, {"schedules": list(schedules), "start": start, "end": end})


def _layer(row: dict[str, Any]) -> PlainLayer:
    """A layer of `_ROTAS` as a plain value."""
    all_day = row["opens_at"] is None or row["closes_at"] is None
    weekdays = frozenset(row["weekdays"])
    restricted = not all_day or weekdays != layers.EVERY_DAY
    hours = Hours(weekdays=weekdays) if all_day else Hours(_time(row["opens_at"]), _time(row["closes_at"]), weekdays)
    return PlainLayer(
        number=row["number"],
        duty=row["duty"],
        zone=zone(row["time_zone"]),
        first=_instant(row["first"]),
        turn=row["every"] * TURNS[Layer.Unit(row["unit"])],
        people=tuple(row["people"]),
        priority=row["priority"],
        hours=hours if restricted else None,
        since=_instant(row["since"]),
        until=_instant(row["until"]) if row["until"] else None,
    )


def _override(row: dict[str, Any]) -> PlainOverride:
    """An override of `_ROTAS` as a plain value: a cancelled one ends where it was cancelled."""
    start, end = _instant(row["starts_at"]), _instant(row["ends_at"])
    return PlainOverride(row["id"], row["duty"], start, end, row["user_id"], row["replaced_id"])


_instant, _time = datetime.fromisoformat, time.fromisoformat


def plain_override(row: Override) -> PlainOverride:
    """An override's row as a plain value, as `_override` reads it."""
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
