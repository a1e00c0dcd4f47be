"""News of schedules to those whom they concern: whose shifts changed hands, and who is asked to swap."""

from datetime import datetime

from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from oncall.models import Override, Schedule, Swap
from oncall.moments import said
from oncall.rota import OnCallDuty, Rota, held
from oncall.rotas import SOON, rota, zone
from tenants import addresses
from tenants.actors import Actor, Via
from tenants.models import Membership

SHOWN = 10  # shifts that a message names; the schedule's page has them all


def tell_people(event: Event, by: Actor) -> None:
    """Those whose shift it is or was (of an edit: within 14 days), or who are asked, hear of it; whoever did it does not.

    Of what a command sets up nobody does: a demonstration begins with its schedules, and with no mail about them.
    """
    if event.via == Via.COMMAND:
        return
    wanted = Membership.objects.filter(user__in=set(event.data["people"]) - {event.actor_id}, is_active=True)
    if found := list(wanted.values_list("user_id", flat=True)):
        notify(event, sorted(found), template="rota", subject_id=event.subject_id)


def render(delivery: Delivery) -> Message | None:
    """What changed, in the wall time of the schedule."""
    event = delivery.event
    schedule = _schedule(event)
    edited = event.kind.startswith("schedule.")
    subject, lines = _edited(event, schedule, delivery.recipient_id or 0) if edited else _told(event, schedule)
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=subject,
        text="\n".join([*lines, f"By {event.actor_name}."]),
        link=addresses.page(event.organisation_id, f"oncall/s/{schedule.slug}/"),
        link_label="Open the schedule",
    )


def _edited(event: Event, schedule: Schedule, person: int) -> tuple[str, list[str]]:
    """(subject, lines) of an edit: what somebody has from then on, as it stands now."""
    start, end = event.occurred_at, event.occurred_at + 3 * SOON  # a shift is told to its end, where that can be seen
    found = rota(schedule, start, end) if schedule.is_active else Rota()
    spans = sorted((*at, duty) for duty in OnCallDuty for at in held(found, start, end, duty).get(person, []))
    theirs, where = [span for span in spans if span[0] < start + SOON], zone(schedule.time_zone)
    lines = [
        f"{duty.label} from {said(begins, where)}" + (f" to {said(ends, where)}" if ends < end else " on")
        for begins, ends, duty in theirs[:SHOWN]
    ]
    lines += [f"and {len(theirs) - SHOWN} more"] if len(theirs) > SHOWN else []
    what = f"Shifts of {schedule.name} were imported" if event.kind == "schedule.imported" else f"{schedule.name} was changed"
    now_theirs = f"You now have ({schedule.time_zone}):" if lines else "You are on call in none of them now."
    return f"Your shifts change: {schedule.name}", [
        f"{what}: your shifts of the next {SOON.days} days have changed. {now_theirs}",
        *lines,
    ]


def _told(event: Event, schedule: Schedule) -> tuple[str, list[str]]:
    """(subject, lines) of an override or a swap."""
    told = {name: str(event.data.get(name, "")) for name in ("person", "replaced", "offered_by", "offered_to", "duty", "reason")}
    duty = OnCallDuty(told["duty"]).label.lower()
    when = _between(schedule, event.data["start"], event.data["end"])
    subject, line = _words(event, told, duty, schedule.name)
    lines = [f"{line} {when}."]
    if event.data.get("return_start"):
        returned = _between(schedule, event.data["return_start"], event.data["return_end"])
        lines.append(f"In return {told['offered_by']} takes it {returned}.")
    for side in event.data.get("also", []):
        until = _between(schedule, side["start"], side["end"])
        lines.append(f"Cancelled with it: {side['person']} as {duty} of {schedule.name}{_place(side['replaced'])} {until}.")
    lines += [f"Reason: {told['reason']}"] if told["reason"] else []
    return subject, lines


def _words(event: Event, told: dict[str, str], duty: str, schedule: str) -> tuple[str, str]:
    """(subject, the sentence without its times)."""
    place = _place(told["replaced"])
    to_whom = told["offered_to"] or "whoever accepts"
    return {
        "override.given": (f"On call changes: {schedule}", f"{told['person']} is {duty} of {schedule}{place}"),
        "override.cancelled": (
            f"On call changes back: {schedule}",
            f"Cancelled: {told['person']} as {duty} of {schedule}{place}",
        ),
        "swap.offered": (f"A swap is offered: {schedule}", f"{told['offered_by']} offers {to_whom} to be {duty} of {schedule}"),
        "swap.accepted": (f"Your swap is accepted: {schedule}", f"{event.actor_name} is {duty} of {schedule} in your place"),
        "swap.ended": (f"A swap is off: {schedule}", f"{told['offered_by']} stays {duty} of {schedule}"),
    }[event.kind]


def _place(replaced: str) -> str:
    return f" in {replaced}'s place" if replaced else ""


def _between(schedule: Schedule, start: str, end: str) -> str:
    where = zone(schedule.time_zone)
    begins, ends = (said(datetime.fromisoformat(at), where) for at in (start, end))
    return f"from {begins} to {ends} ({schedule.time_zone})"


def _schedule(event: Event) -> Schedule:
    if event.kind.startswith("schedule."):
        found: Schedule = Schedule.objects.get(pk=event.subject_id)
    elif event.kind.startswith("override."):
        found = Override.objects.select_related("schedule").get(pk=event.subject_id).schedule
    else:
        found = Swap.objects.select_related("schedule").get(pk=event.subject_id).schedule
    return found
