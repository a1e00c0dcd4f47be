"""Correcting a key time: who does it, and what can be so."""

from datetime import datetime, timedelta

from incidents.facts import Facts
from incidents.fields import IMPACT_WITHIN
from incidents.models import Incident
from incidents.rules.common import command, practitioner, reader
from incidents.states import KeyTime, RoomRole
from incidents.times import Times, told
from tenants.actors import Actor, Role
from tenants.refusals import Reason

SLACK = timedelta(days=30)  # what else happened longer before the incident began is a slip of the keyboard

# What cannot come before what. (Detection may come before the harm: a good alert warns.)
ORDER: tuple[tuple[KeyTime, KeyTime], ...] = (
    (KeyTime.IMPACT_START, KeyTime.IMPACT_END),
    (KeyTime.IMPACT_START, KeyTime.MITIGATED),
    (KeyTime.IMPACT_START, KeyTime.RESOLVED),
    (KeyTime.DETECTED, KeyTime.ACKNOWLEDGED),
    (KeyTime.DETECTED, KeyTime.MITIGATED),
    (KeyTime.DETECTED, KeyTime.RESOLVED),
    (KeyTime.MITIGATED, KeyTime.RESOLVED),
)


def why_not_correct_time(
    incident: Incident, facts: Facts, by: Actor, which: KeyTime | None = None, at: datetime | None = None
) -> list[Reason]:
    """The IC and the Scribe say when it really was; after the end the OL too, who writes the post-mortem; and the process owner.

    With a time: whether it can be so.
    """
    reasons = _who(incident, facts, by)
    if reasons or which is None or at is None:
        return reasons
    one = told(incident, facts)[which]
    if one.original is None and (incident.is_open or which == KeyTime.RESOLVED):
        sentence = f"The record has no such time yet ({one.label.lower()}): there is nothing to correct."
        return [Reason("not_yet", sentence, field="which", status=422)]
    if one.at == at:
        sentence = f"The record says {_said(at)} already."
        return [Reason("unchanged", sentence, field="occurred_at", status=422)]
    least = incident.detected_at - IMPACT_WITHIN if which == KeyTime.IMPACT_START else incident.began - SLACK
    if at < least:
        return [
            Reason(
                "too_early", f"This is long before the incident: look at the year. ({_said(at)})", field="occurred_at", status=422
            )
        ]
    return _in_order(which, at, {key: other.at for key, other in told(incident, facts).items()})


def _who(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    if (reasons := reader(by)) or by.has(Role.PROCESS_OWNER):
        return reasons
    if (reasons := practitioner(by)) or facts.holds(by, RoomRole.SCRIBE):
        return reasons
    if not incident.is_open and facts.holds(by, RoomRole.OL):
        return []
    return command(incident, facts, by, "correcting a time")


def _in_order(which: KeyTime, at: datetime, times: Times) -> list[Reason]:
    """What this time would put before what it cannot come before."""
    reasons = []
    for first, then in ORDER:
        other = times[then if which == first else first]
        if which not in (first, then) or other is None:
            continue
        if (which == first and at > other) or (which == then and at < other):
            sentence = f"“{then.label}” cannot come before “{first.label}”: "
            sentence += (
                f"that is {_said(at)}, and this {_said(other)}."
                if which == then
                else f"that is {_said(other)}, and this {_said(at)}."
            )
            reasons.append(Reason("out_of_order", sentence, field="occurred_at", status=422))
    return reasons


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
