"""The panels of a room: what its facts look like beside the verbs that can be done to each of them. One's own comes first."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from incidents.facts import Facts
from incidents.items import ChangeItem, EntryItem, HandoverItem, HypothesisItem, Named, OrderItem, StepItem
from incidents.models import Incident
from incidents.room.verbs import Offered, Row, possible
from incidents.sentences.kind import span
from incidents.states import Audience, ChangeState, RoomRole, Verdict
from incidents.timeline import Entry
from tenants.actors import Actor
from tenants.time import now

WORDED = 10  # of the others' orders have a field for a word that may be said with a verb; below them, the verbs alone
ASKED = 2  # of those on call are one press away from an open role; the others are in its list
RECENT = 5  # of what is over stand below what is not
LISTS = (RoomRole.IC, RoomRole.OL, RoomRole.CL)
# Where on the page a step of a checklist is done, by the event that ticks it.
_DONE_AT = {
    "incident.bridge_opened": "do-bridge",
    "incident.assessed": "do-assess",
    "incident.check_in_set": "do-rhythm",
    "incident.updated": "do-update",
    "incident.hypothesis_stated": "do-hypothesis",
    "incident.hypothesis_verified": "hypotheses",
    "incident.change_proposed": "do-propose",
    "incident.change_executed": "changes",
    "incident.change_verified": "changes",
}
_CHANGE_TONES = {
    ChangeState.PROPOSED: "soon",
    ChangeState.APPROVED: "told",
    ChangeState.REJECTED: "quiet",
    ChangeState.EXECUTED: "told",
    ChangeState.VERIFIED: "kept",
    ChangeState.FAILED: "late",
}
_VERDICT_TONES = {Verdict.OPEN: "soon", Verdict.CONFIRMED: "kept", Verdict.REFUTED: "quiet"}


def since(moment: datetime, until: datetime | None = None) -> str:
    """How long, in words: "2 min 40 s"."""
    return span(max(((until or now()) - moment).total_seconds(), 0))


def roles(incident: Incident, facts: Facts, by: Actor, offered: Offered, on_call: Iterable[Named] = ()) -> list[Row]:
    """The four roles: who holds each since when, to whom it is offered, and what can be done about it (clauses roles.*).

    An open one says who of those `on_call` could take it, each one press away for whoever may ask (mobilize.roles-assigned). While
    the incident runs, a role whose holder has left the organisation is open.
    """
    free = _free(incident, facts, offered, on_call)
    offers = {offer.role: offer for offer in facts.offers}
    rows = []
    for role in RoomRole:
        seat, offer = facts.seated(role) if incident.is_open else facts.roles.get(role), offers.get(role)
        before = facts.roles.get(role) if seat is None else None
        row: Row = {
            "key": role.value,
            "label": role.label,
            "short": role.value.upper() if role != RoomRole.SCRIBE else role.label,
            "holder": seat.name if seat else "",
            "email": seat.email if seat else "",
            "since": seat.since if seat else None,
            "held": since(seat.since) if seat else "",
            "left": before.name if before else "",
            "mine": seat is not None and seat.user_id == by.user_id,
            "offered_to": offer.name if offer else "",
            "offered_at": offer.offered_at if offer else None,
            "on_call": [person.name for person in free] if incident.is_open and not seat else [],
        }
        if incident.is_open:
            asked = free[:ASKED] if not seat and role != RoomRole.IC else []
            assign = [offered.preset("assign", role=role.value)] if role != RoomRole.IC else []
            leave = [offered.preset("step-down", role=role.value)] if row["mine"] else []
            label = "Ask somebody else" if seat or offer else "Assign"
            row["verbs"] = [verb | {"label": label} for verb in possible(assign)]
            row["verbs"] = _ask(role, asked, offered) + row["verbs"]
            row["verbs"] += [verb | {"label": "Step down"} for verb in possible(leave)]
        rows.append(row)
    return rows


def _free(incident: Incident, facts: Facts, offered: Offered, on_call: Iterable[Named]) -> list[Named]:
    """Those on call who hold no role and were not asked for one, and whom the rules let hold one: they are what an open seat names.

    Of a restricted incident only who is named on it (breach.need-to-know).
    """
    busy = {seat.user_id for seat in facts.roles.values()} | {offer.user_id for offer in facts.offers}
    return [
        person
        for person in on_call
        if person.user_id not in busy
        and offered.choices.practises(person.email)
        and (not incident.restricted or facts.knows(person.user_id))
    ]


def _ask(role: RoomRole, people: Iterable[Named], offered: Offered) -> list[Row]:
    """Offering a role to each of these people, as one press: what may be said with it stands with "Assign"."""
    rows = []
    for person in people:
        for verb in possible([offered.preset("assign", role=role.value, person=person.email)]):
            rows.append(
                verb | {"label": f"Ask {person.name}", "needs_form": verb["needs_form"] and (verb["asks"] or verb["open"])}
            )
    return rows


def offers_to_me(facts: Facts, by: Actor, offered: Offered) -> list[Row]:
    """Roles that wait for my answer."""
    return [
        {
            "role": offer.role,
            "label": RoomRole(offer.role).label,
            "at": offer.offered_at,
            "reason": offer.reason,
            "verbs": offered.beside("offer", offer),
        }
        for offer in facts.offers
        if offer.user_id == by.user_id
    ]


def _steps(handover: HandoverItem) -> list[tuple[str, str, str, datetime | None, str]]:
    """(verb, label, whose turn, when it was done, their name) of the steps of a handover, in their order (clauses handover.*)."""
    taking, giving = handover.incoming, handover.outgoing
    return [
        ("handover", "Offered", "outgoing", handover.offered_at, giving),
        ("shadow", "Shadowing", "incoming", handover.shadowing_since, taking),
        ("sitrep", "Situation report", "outgoing", handover.reported_at, giving),
        ("announce", "Announced", "outgoing", handover.announced_at, giving),
        ("take-command", "“I have command”", "incoming", None, taking),
    ]


def handover(incident: Incident, facts: Facts, by: Actor, offered: Offered) -> Row | None:
    """The handover that is under way: its five steps, whose turn it is, and how long shadowing still lasts."""
    running = facts.handover
    if running is None:
        return None
    steps = _steps(running)
    turn = next((step for step in steps if step[3] is None), steps[-1])
    ends = None
    if running.shadowing_since is not None:
        ends = running.shadowing_since + timedelta(minutes=incident.law.minutes("shadow"))
    mine = by.user_id == (running.incoming_id if turn[2] == "incoming" else running.outgoing_id)
    return {
        "outgoing": running.outgoing,
        "incoming": running.incoming,
        "steps": [{"label": step[1], "done_at": step[3], "who": step[4], "now": step is turn} for step in steps],
        "turn": "You" if mine else turn[4],
        "mine": mine,
        "next_label": turn[1],
        "shadow_ends": ends,
        "shadowing": ends is not None and ends > now(),
        "sitrep": running.sitrep,
        "verbs": possible(offered.of(name) for name in ("shadow", "sitrep", "announce", "take-command", "call-off")),
    }


def order_row(order: OrderItem, by: Actor, offered: Offered) -> Row:
    """An order with the ages of its answers (clauses warroom.clear-concise, warroom.ack-everything)."""
    return {
        "number": order.number,
        "text": order.text,
        "from": order.issued_by,
        "to": order.recipient,
        "mine": order.recipient_id == by.user_id,
        "issued_at": order.issued_at,
        "waits": order.waits,
        "is_open": order.is_open,
        "age": since(order.issued_at),
        "acknowledged": since(order.issued_at, order.acknowledged_at) if order.acknowledged_at else "",
        "done": since(order.issued_at, order.done_at) if order.done_at else "",
        "outcome": order.outcome,
        "withdrawn": order.withdrawn_at is not None,
        "chased": order.chased_at is not None,
        "expected_at": order.expected_at if order.is_open else None,
        "late": order.is_open and order.expected_at is not None and order.expected_at < now(),
        "verbs": offered.beside("order", order) if order.is_open else [],
    }


def orders(facts: Facts, by: Actor, offered: Offered) -> Row:
    """Mine that wait for my word (`now`), mine that I am at; the others', those that wait first; the last ones that are over."""
    rows = [order_row(order, by, offered) for order in facts.orders if order.is_open]
    others = sorted((row for row in rows if not row["mine"]), key=lambda row: (not row["waits"], row["number"]))
    for verb in (verb for row in others[WORDED:] for verb in row["verbs"]):
        verb["needs_form"] = verb["needs_form"] and (verb["asks"] or verb["open"])
    over = [order for order in facts.orders if not order.is_open]
    return {
        "now": [row for row in rows if row["mine"] and row["waits"]],
        "mine": [row for row in rows if row["mine"] and not row["waits"]],
        "others": others,
        "over": [order_row(order, by, offered) for order in reversed(over[-RECENT:])],
        "more": max(len(over) - RECENT, 0),
        "waiting": sum(row["waits"] for row in rows),
    }


def _change(change: ChangeItem, offered: Offered) -> Row:
    return {
        "number": change.number,
        "text": change.text,
        "by": change.proposed_by,
        "at": change.proposed_at,
        "age": since(change.proposed_at),
        "eta": change.eta_minutes,
        "hypothesis": change.hypothesis,
        "waits": change.waits,
        "state_label": ChangeState(change.state).label,
        "tone": _CHANGE_TONES[ChangeState(change.state)],
        "decided_by": change.decided_by,
        "decision_reason": change.decision_reason,
        "executed_by": change.executed_by,
        "executed_at": change.executed_at,
        "outcome": change.outcome,
        "deviation": change.deviation,
        "deviation_reason": change.deviation_reason,
        "verified_by": change.verified_by,
        "seen": change.seen,
        "verbs": offered.beside("change", change),
    }


def changes(facts: Facts, offered: Offered) -> Row:
    """Changes to the system: those that somebody must act on first (roles.ol-no-rogue)."""
    rows = [_change(change, offered) for change in facts.changes]
    live = [row for row in rows if row["waits"] or row["verbs"]]
    over = [row for row in rows if row not in live]
    return {
        "live": sorted(live, key=lambda row: (not row["waits"], row["number"])),
        "over": list(reversed(over[-RECENT:])),
        "more": max(len(over) - RECENT, 0),
        "waiting": sum(row["waits"] for row in rows),
    }


def _hypothesis(item: HypothesisItem, offered: Offered) -> Row:
    return {
        "number": item.number,
        "text": item.text,
        "by": item.author,
        "at": item.stated_at,
        "is_open": item.is_open,
        "verdict_label": Verdict(item.verdict).label,
        "tone": _VERDICT_TONES[Verdict(item.verdict)],
        "seen": item.seen,
        "verified_by": item.verified_by,
        "verbs": offered.beside("hypothesis", item),
    }


def hypotheses(facts: Facts, offered: Offered) -> list[Row]:
    """What may be the cause: untested ones first, then the newest."""
    rows = [_hypothesis(item, offered) for item in facts.hypotheses]
    return sorted(rows, key=lambda row: (not row["is_open"], -row["number"]))


def checklists(incident: Incident, facts: Facts, by: Actor, offered: Offered) -> list[Row]:
    """The three checklists with who did what when; the one of my role stands open (clauses checklist.*)."""
    if not incident.mobilises:
        return []
    ticks = {(tick.role, tick.key): tick for tick in facts.ticks}
    rows = []
    for role in LISTS:
        steps = []
        for item in getattr(incident.law.checklists, role.value):
            tick = ticks.get((role.value, item.key))
            button = None
            if tick is None and incident.is_open:
                step = StepItem(role.value, item.key, item.text)
                button = next(iter(possible([offered.preset("tick", step, role=role.value, key=item.key)])), None)
            steps.append(
                {
                    "text": item.text,
                    "done_at": tick.ticked_at if tick else None,
                    "by": tick.ticked_by_name if tick else "",
                    "seq": tick.seq if tick else None,
                    "go": _DONE_AT.get(item.ticks_on or "", "") if tick is None and facts.holds(by, role) else "",
                    "verb": button,
                }
            )
        done = sum(step["done_at"] is not None for step in steps)
        rows.append(
            {
                "role": role.value,
                "label": role.label,
                "mine": facts.holds(by, role),
                "steps": steps,
                "done": done,
                "count": len(steps),
            }
        )
    return sorted(rows, key=lambda row: not row["mine"])


def audiences(incident: Incident, facts: Facts, offered: Offered) -> list[Row]:
    """For each audience: what it was last told, when the next word is due while the incident runs, and the draft that waits for a yes."""
    latest = {update.audience: update for update in facts.latest_updates}
    rows = []
    for audience in Audience:
        update = latest.get(audience)
        next_at = update.next_update_at if update and incident.is_open else None  # what has ended owes nobody another word
        waiting = [draft for draft in facts.waiting_updates if draft.audience == audience]
        rows.append(
            {
                "audience": audience.value,
                "label": audience.label,
                "update": update,
                "at": (update.published_at or update.posted_at) if update else None,
                "age": since(update.published_at or update.posted_at) if update else "",
                "next_at": next_at,
                "next_today": next_at is not None and next_at.date() == now().date(),
                "next_late": next_at is not None and next_at < now(),
                "drafts": [{"update": draft, "verbs": offered.beside("update", draft)} for draft in waiting],
            }
        )
    return rows


def copies(facts: Facts, offered: Offered) -> list[Row]:
    """The copies of databases that were asked for, with where to say that one was made (finance.audit-trail)."""
    return [{"copy": item, "verbs": offered.beside("snapshot", item)} for item in facts.snapshots]


def chosen(entries: Iterable[Entry], asked: str, offered: Offered) -> Row | None:
    """One entry of the timeline with what can be done about it: answer it below it, or correct it (roles.scribe)."""
    entry = next((entry for entry in entries if str(entry.seq) == asked), None)
    if entry is None:
        return None
    corrected_by = f"Entry {entry.corrected_by}" if entry.corrected_by else ""
    item = EntryItem(entry.seq, entry.kind, entry.author_id, entry.actor, corrected_by)
    verbs = [("Reply", offered.preset("note", thread=asked)), ("Correct", offered.preset("correct", item, entry=asked))]
    return {"entry": entry, "verbs": [verb | {"title": title} for title, verb in verbs if verb]}


def people(facts: Facts) -> list[dict[str, Any]]:
    """Who is in the room, with the roles they hold."""
    held: dict[int, list[str]] = {}
    for role in RoomRole:
        if seat := facts.roles.get(role):
            held.setdefault(seat.user_id, []).append(role.value.upper() if role != RoomRole.SCRIBE else role.label)
    rows = [{"name": person.name, "email": person.email, "roles": held.get(person.user_id, [])} for person in facts.people]
    return sorted(rows, key=lambda row: (not row["roles"], row["name"]))
