"""The situation report, drafted from the record (handover.sitrep): what the next commander has to know, ready to be corrected.

It is Markdown that reads as plain text, for it is pasted into chats and mails.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from incidents.facts import Facts, gather
from incidents.items import HypothesisItem, OrderItem, UpdateItem
from incidents.models import Incident
from incidents.queries import clock_label
from incidents.sentences.kind import at_time, span
from incidents.states import Audience, ChangeState, RoomRole, Verdict
from standard.running import Shown
from tenants.time import now

NOTHING = "none"


def sitrep_draft(incident: Incident, facts: Facts, moment: datetime) -> str:
    """The draft as of `moment`. Pure: it reads what it is given, and writes nothing.

    Sections that have nothing say so: their absence is news too.
    """
    today = moment.date()
    sections = (
        ("Roles", _roles(facts, today)),
        ("Latest update", _update(facts, today)),
        ("Hypotheses", [_hypothesis(item) for item in facts.hypotheses]),
        ("Changes", _changes(facts)),
        ("Open orders", [_order(item, today) for item in facts.orders if item.is_open]),
        ("Still firing", list(facts.firing)),
        ("Clocks", [_clock(clock, moment) for clock in facts.clocks if not clock.at_least]),
    )
    head = [f"SITREP {incident.ref}: {incident.title}", f"As of {moment:%Y-%m-%d %H:%M:%S} UTC", "", *_head(incident, moment)]
    return "\n".join([*head, *(line for name, lines in sections for line in _section(name, lines))]) + "\n"


def _head(incident: Incident, moment: datetime) -> list[str]:
    running = span((moment - incident.detected_at).total_seconds())
    lines = [
        f"- Severity: {incident.level}",
        f"- State: {incident.get_state_display().lower()}, {running} since it was detected",
        f"- Impact: {_impact(incident, moment.date())}",
    ]
    if incident.relapses or incident.reopened:
        lines.append(f"- It came back: {incident.relapses} × after monitoring, {incident.reopened} × after it was resolved")
    if incident.bridge_url:
        lines.append(f"- Bridge: {incident.bridge_url}")
    if incident.check_in_minutes:
        lines.append(f"- The Operations Lead checks in every {incident.check_in_minutes} minutes")
    return lines


def _impact(incident: Incident, today: date) -> str:
    began = f"since {_at(incident.impact_start, today)}" if incident.impact_start else "when it began is not known yet"
    return f"{began}, ended {_at(incident.impact_end, today)}" if incident.impact_end else f"{began}, goes on"


def _section(name: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{name}:", *(f"- {line}" for line in lines or (NOTHING,))]


def _roles(facts: Facts, today: date) -> list[str]:
    offered = {offer.role: offer.name for offer in facts.offers}
    return [f"{role.label}: {_holder(facts, role, today)}{_asked(offered.get(role, ''))}" for role in RoomRole]


def _holder(facts: Facts, role: RoomRole, today: date) -> str:
    seat = facts.roles.get(role)
    if seat is None:
        return "OPEN"
    return f"{seat.name}, since {_at(seat.since, today)}" if seat.stays else f"OPEN ({seat.name}, who held it, has left)"


def _asked(name: str) -> str:
    return f" ({name} is asked and has not answered)" if name else ""


def _update(facts: Facts, today: date) -> list[str]:
    lines = [line for update in _told(facts.latest_updates) for line in _said(update, today)]
    waiting = [f"Waits for approval: {_line(update.known)}" for update in facts.waiting_updates]
    return lines + waiting


def _told(updates: Iterable[UpdateItem]) -> list[UpdateItem]:
    """The latest to our own people, and the latest to customers."""
    return [update for update in updates if update.audience in (Audience.INTERNAL, Audience.PUBLIC)]


def _said(update: UpdateItem, today: date) -> list[str]:
    status = f" ({update.status})" if update.status else ""
    lines = [f"{Audience(update.audience).label}{status}, {_at(update.posted_at, today)}, {update.author}: {_line(update.known)}"]
    lines += [f"{name}: {_line(text)}" for name, text in (("Impact", update.impact), ("Being done", update.doing)) if text]
    return lines + ([f"Next one promised at {_at(update.next_update_at, today)}"] if update.next_update_at else [])


def _hypothesis(item: HypothesisItem) -> str:
    seen = f": {_line(item.seen)}" if item.seen else ""
    return f"H{item.number} {_line(item.text)} ({Verdict(item.verdict).label.lower()}{seen})"


def _changes(facts: Facts) -> list[str]:
    """Those that wait for something: a decision, an execution, a check; and what was done already."""
    labels = {state.value: state.label.lower() for state in ChangeState}
    return [
        f"{'WAITS FOR YOU: ' if item.waits else ''}C{item.number} {_line(item.text)} ({labels[item.state]}, by {item.proposed_by})"
        for item in facts.changes
        if item.state != ChangeState.REJECTED
    ]


def _order(item: OrderItem, today: date) -> str:
    how = "not acknowledged" if item.waits else f"expected {_at(item.expected_at, today)}" if item.expected_at else "acknowledged"
    return f"O{item.number} to {item.recipient}: {_line(item.text)} ({how})"


def _clock(clock: Shown, moment: datetime) -> str:
    late = moment - clock.due_at
    how = f"LATE by {span(late.total_seconds())}" if late.total_seconds() > 0 else f"due {_at(clock.due_at, moment.date())}"
    return f"{clock_label(clock)}: {how}"


def _at(when: datetime | None, today: date) -> str:
    return at_time(when, today) if when else "?"


def _line(text: str) -> str:
    """A text in one line of a list."""
    return " ".join(text.split())


def draft_for(incident: Incident) -> str:
    """The draft as of now, read from the database."""
    return sitrep_draft(incident, gather(incident), now())
