"""Correcting a key time of an incident, by a fact beside what was recorded."""

from datetime import datetime

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.models import Incident, TimeCorrection
from incidents.rules import times as rules
from incidents.states import KeyTime
from incidents.times import told
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
    one = told(incident, facts)[which]
    TimeCorrection.objects.create(
        incident=incident, which=which, original=one.original, occurred_at=at, reason=why, corrected_by_id=by.user_id
    )
    if by.has(Role.PRACTITIONER):
        enter(incident, facts, by)
    before = one.at.isoformat() if one.at else None
    return tell(incident, "incident.time_corrected", by=by, which=which.value, before=before, after=at.isoformat(), reason=why)
