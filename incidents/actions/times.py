"""Correcting a key time of an incident, by a fact beside what was recorded."""

from collections.abc import Mapping
from datetime import datetime

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.facts import Facts
from incidents.gravity import worst
from incidents.models import Incident, TimeCorrection
from incidents.rules import times as rules
from incidents.states import KeyTime
from incidents.times import Told, told
from ledger.models import Event
from ledger.verbs import verb
from tenants.actors import Actor, Role
from tenants.refusals import check


@verb(
    "correct-time",
    kind="incident.time_corrected",
    who="IC, Scribe; after the end the OL too; the process owner",
    clauses=("metrics.mttd", "metrics.mttr"),
)
def correct_time(incident: Incident, *, by: Actor, which: KeyTime, occurred_at: datetime, reason: str) -> Event:
    """Say when something really happened that the record has another time for, and why. What was recorded stays as it is.

    Refuses (422) a time in the future or long before the incident, one that puts things into an order which cannot be (mitigated
    before detected, the impact's end before its start), what is in force already, and what the record has no time for yet.
    """
    incident, facts = lock(incident)
    check(rules.why_not_correct_time(incident, facts, by))
    why = fields.text("reason", reason, most=fields.REASON_MAX)
    at = fields.past("occurred_at", occurred_at)
    check(rules.why_not_correct_time(incident, facts, by, which, at))
    if by.has(Role.PRACTITIONER):
        enter(incident, facts, by)
    return correct(incident, told(incident, facts)[which], at, by=by, why=why)


def correct(incident: Incident, one: Told, at: datetime, *, by: Actor, why: str) -> Event:
    """Put another time beside a key time of a locked incident, after the rules."""
    TimeCorrection.objects.create(
        incident=incident, which=one.key, original=one.original, occurred_at=at, reason=why, corrected_by_id=by.user_id
    )
    before = one.at.isoformat() if one.at else None
    return tell(incident, "incident.time_corrected", by=by, which=one.key.value, before=before, after=at.isoformat(), reason=why)


def take_impact_along(incident: Incident, facts: Facts, into: Incident, there: Facts, *, by: Actor) -> None:
    """The harm of two incidents that are one lasted from the earlier start to the later end: said of the one that goes on.

    What had ended before that one began is left out: between them customers were served, and its own record says when it was.
    """
    gone, here = told(incident, facts), told(into, there)
    began = here[KeyTime.IMPACT_START].at or here[KeyTime.DETECTED].at or into.detected_at
    ended = gone[KeyTime.IMPACT_END].at
    if ended is not None and ended < began:
        return
    _take_start(incident, gone, into, here, by=by)
    _take_end(incident, ended, into, here[KeyTime.IMPACT_END], by=by)


def _take_start(
    incident: Incident, gone: Mapping[KeyTime, Told], into: Incident, here: Mapping[KeyTime, Told], *, by: Actor
) -> None:
    """Where nobody recorded a start there, this records it; where somebody did, it is corrected beside the record, and each says why.

    Where nobody recorded the start of the one that ends, it is its detection, if that was an outage: it was a SEV 1 or 2 at its worst,
    and nobody recorded better of the one that goes on. A ticket that waited in the backlog was found long ago, and says nothing of when
    harm began.
    """
    recorded, now_says = gone[KeyTime.IMPACT_START].at, here[KeyTime.IMPACT_START]
    began, why = recorded, f"{incident.ref}, which was merged into it, had its impact from then."
    if recorded is None and now_says.at is None and incident.law.severity(worst(incident)).mobilises:
        began = gone[KeyTime.DETECTED].at or incident.detected_at
        why = f"{incident.ref}, which was merged into it, was detected then, and nobody recorded when its impact began."
    if began is None or began >= (now_says.at or here[KeyTime.DETECTED].at or into.detected_at):
        return
    if now_says.at is not None:
        correct(into, now_says, began, by=by, why=why)
    else:
        _set_impact(into, began, into.impact_end, by=by, why=why)


def _take_end(incident: Incident, ended: datetime | None, into: Incident, now_says: Told, *, by: Actor) -> None:
    """An end that was said before this came along holds only for what it was said of. Resolving asks for one anew where harm goes on."""
    if now_says.at is None:
        return
    if ended is None:
        why = f"{incident.ref}, which was merged into it, has no end of its impact: say when the impact of both has ended."
        _set_impact(into, into.impact_start, None, by=by, why=why)
    elif ended > now_says.at:
        correct(into, now_says, ended, by=by, why=f"{incident.ref}, which was merged into it, had its impact until then.")


def _set_impact(into: Incident, start: datetime | None, end: datetime | None, *, by: Actor, why: str) -> None:
    before, after = (
        [at.isoformat() if at else None for at in pair] for pair in ((into.impact_start, into.impact_end), (start, end))
    )
    into.impact_start, into.impact_end = start, end
    into.save()
    tell(into, "incident.impact_set", by=by, before=before, after=after, reason=why)
