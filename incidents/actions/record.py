"""The record: notes and corrections, decisions, and when the harm began and ended. Nothing in it is ever edited or deleted."""

from collections.abc import Sequence
from datetime import datetime

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.conditions import take_back
from incidents.actions.parts import missing
from incidents.items import EntryItem
from incidents.models import Incident, StatusUpdate
from incidents.rules import record as rules
from incidents.states import Audience
from ledger.models import Event
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check, invalid


@verb("note", kind="incident.noted", who="anyone in the room", clauses=("roles.scribe", "warroom.no-crosstalk"))
def note(incident: Incident, *, by: Actor, text: str, occurred_at: datetime | None = None, thread: int | None = None) -> Event:
    """Write an entry in the timeline, with its own time where it happened earlier. Written once, by nobody ever edited.

    `thread` is the seq of an entry of this incident that it answers: it stands below that one, and an answer to an answer joins it.
    """
    incident, facts = lock(incident)
    check(rules.why_not_note(incident, facts, by))
    clean = fields.text("text", text)
    when = fields.happened("occurred_at", occurred_at, of=incident.began) if occurred_at else None
    root = _root(incident, thread) if thread is not None else None
    entered = enter(incident, facts, by)
    data = {"thread": root} if root is not None else {}
    return tell(incident, "incident.noted", by=by, occurred_at=when, text=clean, entered=entered, **data)


def _root(incident: Incident, seq: int) -> int:
    """The entry that a thread hangs on: the named one, or the one that it hangs on itself. Refuses (422) what is not there."""
    named = Event.objects.filter(incident_id=incident.pk, seq=seq).values_list("data", flat=True).first()
    if named is None:
        raise missing(incident, "thread", seq)
    return int(named.get("thread") or seq)


@verb("correct", kind="incident.corrected", who="its author, IC", clauses=("warroom.bot-hygiene", "roles.scribe"))
def correct(incident: Incident, *, by: Actor, entry: int, text: str) -> Event:
    """Strike an entry and say what is right. A new entry does it; the old one stays, readable and marked.

    Where it is a public update, what it said of components holds no more: what the updates that stand say holds again.
    """
    incident, facts = lock(incident)
    struck = Event.objects.filter(incident_id=incident.pk, seq=entry).first()
    if struck is None:
        check(rules.why_not_correct(incident, facts, by))
        raise missing(incident, "entry", entry)
    earlier = Event.objects.filter(incident_id=incident.pk, kind=rules.CORRECTED, data__entry=entry).first()
    item = EntryItem(
        seq=entry,
        kind=struck.kind,
        author_id=struck.actor_id,
        author=struck.actor_name,
        corrected_by=earlier.actor_name if earlier else "",
    )
    check(rules.why_not_correct(incident, facts, by, item))
    clean = fields.text("text", text)
    data = {"thread": struck.data["thread"]} if struck.data.get("thread") else {}
    enter(incident, facts, by)
    told = tell(incident, "incident.corrected", by=by, entry=entry, text=clean, author=struck.actor_name, **data)
    if (
        struck.kind == "incident.updated" and struck.data.get("audience") == Audience.PUBLIC
    ):  # or customers would go on seeing it as down
        take_back(incident, StatusUpdate.objects.get(pk=struck.data["update_id"]))
    return told


@verb("decide", kind="incident.decided", who="IC", clauses=("roles.ic-hard-calls", "principle.chain-of-command"))
def decide(incident: Incident, *, by: Actor, text: str, reason: str, options: Sequence[str] = ()) -> Event:
    """Make a hard call: what was decided, what there was to choose from, and why."""
    incident, facts = lock(incident)
    check(rules.why_not_decide(incident, facts, by))
    clean, why = fields.text("text", text), fields.text("reason", reason, most=fields.REASON_MAX)
    choices = fields.options("options", options)
    enter(incident, facts, by)
    return tell(incident, "incident.decided", by=by, text=clean, options=choices, reason=why)


@verb("impact", kind="incident.impact_set", who="IC, Scribe", clauses=("resolve.impact-ceased", "metrics.mttd"))
def set_impact(incident: Incident, *, by: Actor, start: datetime | None = None, end: datetime | None = None) -> Incident:
    """Say when the harm began, and when it ended. The first may be earlier than detection; the end is not before the start."""
    incident, facts = lock(incident)
    check(rules.why_not_set_impact(incident, facts, by))
    if start is None and end is None:
        raise invalid("start", "Say when the impact started, or when it ended.", code="required")
    before = [_iso(incident.impact_start), _iso(incident.impact_end)]
    began = fields.began("start", start) if start else incident.impact_start or incident.detected_at
    incident.impact_start = began
    if end is not None:
        incident.impact_end = fields.past("end", end, not_before=began)
    if incident.impact_end is not None and incident.impact_end < began:
        raise invalid("start", f"The impact ended at {incident.impact_end:%Y-%m-%d %H:%M:%S} UTC, before this.", code="too_late")
    incident.save()
    enter(incident, facts, by)
    after = [_iso(incident.impact_start), _iso(incident.impact_end)]
    tell(incident, "incident.impact_set", by=by, before=before, after=after)
    return incident


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
