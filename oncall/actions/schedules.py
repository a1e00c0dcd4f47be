"""Schedules and their layers. An edit of a layer ends its row and begins another: who was on call stays what it was."""

import re
from calendar import day_abbr
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from ledger.actions import record
from ledger.verbs import verb
from oncall.models import Layer, LayerMember, Schedule, Team
from oncall.moments import said
from oncall.plans import Plan
from oncall.rota import Rota, changed
from oncall.rota.wall import when
from oncall.rotas import SOON, people, rota, zone
from oncall.rules import schedules as rules
from tenants.actors import Actor
from tenants.models import User
from tenants.refusals import Conflict, check, invalid
from tenants.time import now
from tenants.words import line

NAME_MAX = 80
SHORT = r"[a-z0-9][a-z0-9-]{0,39}"
JUDGED = timedelta(days=90)  # how far ahead, of its start, a layer is tried for one person as primary and secondary at once


@verb(
    "make",
    kind="schedule.made",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(rules.PAIR,),
)
def make_schedule(*, by: Actor, name: str, slug: str, team: Team | None, time_zone: str) -> Schedule:
    """Make a schedule of a team (None: the organisation's own), in the wall time of a zone. It has no layers yet."""
    check(rules.why_not_edit(team, by))
    name = line("name", name, most=NAME_MAX)
    if not re.fullmatch(SHORT, slug):
        raise invalid("slug", "A short name has at most 40 lower-case letters, digits and hyphens.")
    check(
        [
            *rules.why_not_zone(time_zone),
            *rules.why_not_schedule(team, list(Schedule.objects.filter(organisation_id=by.organisation_id)), slug),
        ]
    )
    schedule = Schedule.objects.create(team=team, slug=slug, name=name, time_zone=time_zone)
    record("schedule.made", schedule, by=by, name=name, slug=slug, team=team.name if team else "", time_zone=time_zone)
    return schedule


@verb(
    "change",
    kind="schedule.changed",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(rules.PAIR,),
)
def change_schedule(
    schedule: Schedule, *, by: Actor, name: str | None = None, time_zone: str | None = None, is_active: bool | None = None
) -> Schedule:
    """Change a schedule's name or zone, or switch it off and on. Layers that went by its zone go by the new one from now on."""
    schedule = locked(schedule)
    check(rules.why_not_edit(schedule.team, by))
    at, was_active = now(), schedule.is_active
    asked: dict[str, Any] = {"name": name and line("name", name, most=NAME_MAX), "time_zone": time_zone, "is_active": is_active}
    if time_zone is not None:
        check(rules.why_not_zone(time_zone))
    if is_active and not schedule.is_active:
        others = list(Schedule.objects.filter(organisation_id=by.organisation_id).exclude(pk=schedule.pk))
        check(rules.why_not_schedule(schedule.team, others, schedule.slug))
    changes = {
        field: [getattr(schedule, field), value]
        for field, value in asked.items()
        if value not in (None, getattr(schedule, field))
    }
    before = rota(schedule, at, at + JUDGED)
    if "time_zone" in changes:
        for layer in _layers(schedule):
            if layer.time_zone == schedule.time_zone:
                _begin(schedule, replace(_plan(layer), time_zone=str(time_zone)), _ended(layer, at).number, at)
    after = rota(schedule, at, at + JUDGED)
    no_clash(schedule, before, after, at, at + JUDGED, field="time_zone")
    for field, (_, value) in changes.items():
        setattr(schedule, field, value)
    if changes:
        schedule.save()
    told = concerned(before if was_active else Rota(), after if schedule.is_active else Rota(), at)
    record("schedule.changed", schedule, by=by, name=schedule.name, changes=changes, people=told)
    return schedule


@verb(
    "add-layer",
    kind="schedule.layer_added",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(rules.PAIR,),
)
def add_layer(schedule: Schedule, plan: Plan, *, by: Actor) -> Layer:
    """Add people who take turns of a duty. Holds from now on."""
    schedule = locked(schedule)
    at = now()
    plan, first = _judged(schedule, plan, by, at)
    before = rota(schedule, at, first + JUDGED)
    number = (Layer.objects.filter(schedule=schedule).aggregate(most=Max("number"))["most"] or 0) + 1
    layer = _begin(schedule, plan, number, at)
    told = _settled(schedule, before, at, first, first + JUDGED, field="people")  # until it begins all is as before
    record("schedule.layer_added", schedule, by=by, name=schedule.name, layer=number, what=_described(plan), people=told)
    return layer


@verb(
    "change-layer",
    kind="schedule.layer_changed",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(rules.PAIR,),
)
def change_layer(layer: Layer, plan: Plan, *, by: Actor, row: int | None = None) -> Layer:
    """Change a layer from now on. Returns the row that holds now; the one before says who was on call until now.

    Raises Conflict where another row holds than the one (by id) from which it was asked; None asks whatever holds.
    """
    schedule = locked(layer.schedule)
    at = now()
    plan, first = _judged(schedule, plan, by, at)
    _check_row(layer, row)
    before = rota(schedule, at, first + JUDGED)
    ended = _ended(layer, at)
    begun = _begin(schedule, plan, ended.number, at)
    told = _settled(schedule, before, at, at, first + JUDGED, field="people")
    what, was = _described(plan), _described(_plan(ended))
    record("schedule.layer_changed", schedule, by=by, name=schedule.name, layer=ended.number, what=what, before=was, people=told)
    return begun


@verb(
    "end-layer",
    kind="schedule.layer_ended",
    who="administrator; the team's lead",
    subject="schedule",
    clauses=(rules.PAIR,),
)
def end_layer(layer: Layer, *, by: Actor) -> Layer:
    """End a layer: nobody takes turns in it from now on, unless what stood behind it makes somebody primary and secondary at once."""
    schedule = locked(layer.schedule)
    check(rules.why_not_edit(schedule.team, by))
    at = now()
    before = rota(schedule, at, at + JUDGED)
    _ended(layer, at)
    told = _settled(schedule, before, at, at, at + JUDGED, field="")
    what = _described(_plan(layer))
    record("schedule.layer_ended", schedule, by=by, name=schedule.name, layer=layer.number, what=what, people=told)
    return layer


def locked(schedule: Schedule) -> Schedule:
    """The schedule, with its row locked: one at a time changes who is on call."""
    found = Schedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    found.team = schedule.team
    return found


def no_clash(schedule: Schedule, before: Rota, after: Rota, start: datetime, end: datetime, *, field: str) -> None:
    """Refuse where `after` makes somebody primary and secondary at once between two instants, and `before` did not."""

    def say(person: int, begins: datetime, ends: datetime) -> str:
        name, where = people([person])[person].name, zone(schedule.time_zone)
        return (
            f"{name} would be primary and secondary at once from {said(begins, where)} to {said(ends, where)}: "
            "nobody would be left to call."
        )

    check(rules.why_not_both(before, after, start, end, say, field))


def concerned(before: Rota, after: Rota, at: datetime) -> list[int]:
    """The user ids of those whose shifts of the next 14 days an edit changes: they hear of it."""
    return sorted(changed(before, after, at, at + SOON))


def _judged(schedule: Schedule, plan: Plan, by: Actor, at: datetime) -> tuple[Plan, datetime]:
    """The plan, if it can be, and when its turns begin, or now."""
    check(rules.why_not_edit(schedule.team, by))
    plan = replace(plan, name=line("name", plan.name, most=NAME_MAX, required=False))
    check(rules.why_not_plan(plan, at.date()))
    return plan, max(at, when(zone(plan.time_zone), datetime.combine(plan.starts_on, plan.handover_at)))


def _settled(schedule: Schedule, before: Rota, at: datetime, start: datetime, end: datetime, *, field: str) -> list[int]:
    """Refuse an edit of layers that makes somebody both between `start` and `end`, who were not; else whose shifts it changes soon."""
    after = rota(schedule, at, end)
    no_clash(schedule, before, after, start, end, field=field)
    return concerned(before, after, at) if schedule.is_active else []


def _begin(schedule: Schedule, plan: Plan, number: int, at: datetime) -> Layer:
    layer = Layer.objects.create(
        schedule=schedule,
        number=number,
        name=plan.name,
        duty=plan.duty,
        priority=plan.priority,
        time_zone=plan.time_zone,
        every=plan.every,
        unit=plan.unit,
        starts_on=plan.starts_on,
        handover_at=plan.handover_at,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        weekdays=sorted(set(plan.weekdays)),
        since=at,
    )
    for position, person in enumerate(plan.people, start=1):
        LayerMember.objects.create(layer=layer, user=person, position=position)
    return layer


def _ended(layer: Layer, at: datetime) -> Layer:
    """End the row of this number that holds: somebody may have changed the layer a moment ago. What follows it begins `at` too."""
    row = Layer.objects.filter(schedule=layer.schedule_id, number=layer.number, until=None).first()
    if row is None:
        raise invalid("layer", "This layer has ended already.", code="ended")
    row.until = max(at, row.since)
    row.save()
    return row


def _check_row(layer: Layer, row: int | None) -> None:
    """Raise Conflict where the layer's row that holds is another than `row`: a plan is all of a layer, and would undo what was changed."""
    holds = Layer.objects.filter(schedule=layer.schedule_id, number=layer.number, until=None).first()
    if row is None or holds is None or holds.pk == row:
        return
    who = holds.history.filter(history_type="+").values_list("history_user_id", flat=True).first()
    person = people([who]).get(who) if who else None
    current = {"row": holds.pk, **_described(_plan(holds))}
    read = Layer.objects.filter(schedule=layer.schedule_id, number=layer.number, pk=row).first()
    before = _described(_plan(read)) if read else {}
    others = [f"{key.replace('_', ' ')}: {_worded(value)}" for key, value in current.items() if before.get(key, value) != value]
    now_so = f" What is another since you opened it: {'; '.join(others)}." if others else ""
    raise Conflict(
        f"{person.name if person else 'Muster'} changed this layer at {holds.since:%Y-%m-%d %H:%M:%S} UTC, and yours would undo that.{now_so} "
        "Nothing of yours was saved yet: look at both, then send it again.",
        current,
        clause=rules.PAIR,
    )


def _worded(value: Any) -> str:
    """A part of a layer as a sentence has it; numbers in a list are weekdays."""
    if not isinstance(value, list):
        return str(value) or "none"
    return ", ".join(day_abbr[one - 1] if isinstance(one, int) else str(one) for one in value)


def _layers(schedule: Schedule) -> list[Layer]:
    return list(Layer.objects.filter(schedule=schedule, until=None).order_by("number"))


def _plan(layer: Layer) -> Plan:
    """A layer's row as it would be asked for."""
    return Plan(
        name=layer.name,
        duty=layer.duty,
        people=takers(layer),
        every=layer.every,
        unit=layer.unit,
        starts_on=layer.starts_on,
        handover_at=layer.handover_at,
        time_zone=layer.time_zone,
        opens_at=layer.opens_at,
        closes_at=layer.closes_at,
        weekdays=tuple(layer.weekdays),
        priority=layer.priority,
    )


def takers(layer: Layer) -> tuple[User, ...]:
    """Who takes turns in a layer, in their order."""
    return tuple(member.user for member in layer.members.select_related("user").order_by("position"))


def _described(plan: Plan) -> dict[str, Any]:
    """A layer as events tell it."""
    hours = f"{plan.opens_at:%H:%M} to {plan.closes_at:%H:%M}" if plan.opens_at and plan.closes_at else ""
    return {
        "name": plan.name,
        "duty": plan.duty,
        "people": [person.name for person in plan.people],
        "turn": f"{plan.every} {plan.unit}",
        "starts": f"{plan.starts_on:%Y-%m-%d} {plan.handover_at:%H:%M}",
        "time_zone": plan.time_zone,
        "hours": hours,
        "weekdays": sorted(set(plan.weekdays)),
        "priority": plan.priority,
    }
