"""From what a door read to what an action is asked: people by their addresses, moments by the schedule's wall clock."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from oncall import gate
from oncall.actions.swaps import Offer
from oncall.models import Layer, Schedule
from oncall.moments import settle
from oncall.plans import ALWAYS, Plan, Stretch
from oncall.rota import OnCallDuty
from oncall.rotas import zone
from tenants.actors import Actor
from tenants.models import User
from tenants.refusals import invalid
from tenants.time import now

type Body = Mapping[str, Any]


def plan(schedule: Schedule, body: Body, by: Actor) -> Plan:
    """A layer as asked for."""
    where = body.get("time_zone") or schedule.time_zone
    return Plan(
        name=body.get("name", ""),
        duty=body.get("duty") or OnCallDuty.PRIMARY.value,
        people=tuple(gate.person_for(by, email, field="people") for email in body["people"]),
        every=body.get("every", 1),
        unit=body.get("unit") or Layer.Unit.WEEK.value,
        starts_on=body.get("starts_on") or now().astimezone(zone(schedule.time_zone)).date(),
        handover_at=body.get("handover_at") or time(9),
        opens_at=body.get("opens_at"),
        closes_at=body.get("closes_at"),
        weekdays=tuple(body.get("weekdays", ALWAYS)),
        time_zone=where,
        priority=body.get("priority", 0),
    )


def stretch(schedule: Schedule, body: Body, by: Actor) -> Stretch:
    """An override as asked for: for the actor, if nobody is named."""
    email, replaced = body.get("person") or by.email, body.get("replaced")
    return Stretch(
        duty=body.get("duty") or OnCallDuty.PRIMARY.value,
        start=_moment(schedule, body, "start"),
        end=_moment(schedule, body, "end"),
        person=gate.person_for(by, email),
        replaced=gate.person_for(by, replaced, field="replaced") if replaced else None,
    )


def offer(schedule: Schedule, body: Body, by: Actor) -> Offer:
    """A swap as asked for."""
    to: User | None = gate.person_for(by, body["to"], field="to") if body.get("to") else None
    return Offer(
        duty=body.get("duty") or OnCallDuty.PRIMARY.value,
        mine=(_moment(schedule, body, "start"), _moment(schedule, body, "end")),
        to=to,
        theirs=_in_return(schedule, body),
        reason=body.get("reason", ""),
    )


def _in_return(schedule: Schedule, body: Body) -> tuple[datetime, datetime] | None:
    names = ("return_start", "return_end")
    said = {name: _moment(schedule, body, name) for name in names if body.get(name) is not None}
    if len(said) == 1:
        missing = next(name for name in names if name not in said)
        raise invalid(missing, "Say both: when it begins and when it ends.", code="required")
    return (said["return_start"], said["return_end"]) if said else None


def _moment(schedule: Schedule, body: Body, name: str) -> datetime:
    value: datetime = body[name]
    return settle(zone(schedule.time_zone), name, value, body.get("twice") or "")
