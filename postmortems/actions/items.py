"""Action items: filed, started, done, dropped, taken up again, changed (postmortem.action-items, actions.tags, actions.sla).

Each verb locks the incident first, then the item. The clock of actions.sla runs on the item, and outlives the incident's end
(portal/reactions.py, OUTLASTING): what follows from an incident is mostly done after it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from incidents import fields
from incidents.actions.base import lock as lock_incident
from incidents.actions.parts import next_number
from incidents.facts import gather
from incidents.items import Member
from incidents.models import Incident
from incidents.rules.common import fits
from ledger.actions import record
from ledger.verbs import verb
from postmortems import item_people, sla
from postmortems.item_meanwhile import meanwhile
from postmortems.models import ActionItem, PostMortem
from postmortems.rules import items as rules
from postmortems.states import ItemKind, ItemState
from standard import clocks
from standard.away import Away
from standard.models import Clock
from standard.queries import calendar
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

SUBJECT = "action item"
URL_MAX = 500
DETAILS_MAX = 10_000
OWNER = "owner"  # whom the clock's reminder goes to


@verb(
    "file",
    kind="action.filed",
    who="the incident's people, the author of its post-mortem, the process owner",
    subject=SUBJECT,
    sometimes=("incident.joined",),
    starts=(sla.SLA,),
    clauses=(rules.ITEMS, "actions.tags", sla.SLA),
)
def file_item(
    incident: Incident,
    *,
    by: Actor,
    title: str,
    kind: str,
    owner: Member,
    details: str = "",
    ticket_url: str = "",
    due_on: date | None = None,
) -> ActionItem:
    """File what is to be done so that it cannot recur (prevention), or is noticed sooner (detection), and by whom.

    Due at the end of the sprint that the worst severity allows which the incident has had by now: changing it later moves nothing. Where
    it sets no limit (SEV 3/4), nothing is due but what `due_on` promises; elsewhere that may only be earlier, and the limit judges it
    still. The owner hears of it, and is reminded of the date that was promised.
    """
    incident, facts = lock_incident(incident)
    check(rules.why_not_file(incident, facts, by, item_people.of(incident, operations=True), owner))
    filed_at = now()
    limit = sla.limit(incident, filed_at)
    most = limit.due_at if limit else None
    due_at = _promised(due_on, limit, filed_at) or most
    item = ActionItem(
        incident=incident,
        number=next_number(ActionItem.objects.filter(incident=incident).only("number")),
        title=fields.line("title", title),
        details=fields.text("details", details, most=DETAILS_MAX, required=False),
        kind=_kind(kind),
        owner_id=owner.user_id,
        ticket_url=ticket_address(ticket_url),
        filed_at=filed_at,
        filed_by_id=by.person_id,
        due_at=due_at,
        judged_at=most or due_at,
        told_next_at=sla.told_next(filed_at, due_at, most, calendar().hours),
    )
    item.save()
    for overtaken in PostMortem.objects.filter(incident=incident).exclude(no_items_reason=""):
        overtaken.no_items_reason = (
            ""  # there is something to be done now: the reason holds no more, whatever becomes of this item
        )
        overtaken.save()
    if limit is not None:
        _start_clock(item, limit.due_at)
    record("action.filed", item, by=by, incident_id=incident.pk, **_facts(item, owner.name))
    return item


@verb("start", kind="action.started", who="its owner", subject=SUBJECT, clauses=(rules.ITEMS,))
def start_item(item: ActionItem, *, by: Actor) -> ActionItem:
    """Say that an action item is being done."""
    item, leads = lock(item)
    check(rules.why_not_start(item, by, leads))
    item.state, item.started_at = ItemState.STARTED, now()
    item.save()
    record("action.started", item, by=by, incident_id=item.incident_id, **_brief(item))
    return item


@verb("finish", kind="action.done", who="its owner", subject=SUBJECT, stops=(sla.SLA,), clauses=(rules.ITEMS, sla.SLA))
def finish_item(item: ActionItem, *, by: Actor, outcome: str = "") -> ActionItem:
    """Say that an action item is done, and what came of it. Its clock stops."""
    item, leads = lock(item)
    check(rules.why_not_finish(item, by, leads))
    clean = fields.text("outcome", outcome, most=fields.BRIEF_MAX, required=False)
    _end(item, ItemState.DONE, clean, by)
    record("action.done", item, by=by, incident_id=item.incident_id, **_brief(item), outcome=clean, late=_late(item))
    return item


@verb(
    "drop",
    kind="action.dropped",
    who="its owner, the IC, the author of the post-mortem, the process owner",
    subject=SUBJECT,
    stops=(sla.SLA,),
    clauses=(rules.ITEMS, sla.SLA),
)
def drop_item(item: ActionItem, *, by: Actor, reason: str) -> ActionItem:
    """Say, with a reason, that an action item will not be done. Its clock stops."""
    item, leads = lock(item)
    check(rules.why_not_drop(item, by, leads))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    _end(item, ItemState.DROPPED, clean, by)
    record("action.dropped", item, by=by, incident_id=item.incident_id, **_brief(item), reason=clean, late=_late(item))
    return item


@verb(
    "take-up",
    kind="action.taken_up",
    who="its owner, the IC, the author of the post-mortem, the process owner",
    subject=SUBJECT,
    clauses=(rules.ITEMS, sla.SLA),
)
def take_up_item(item: ActionItem, *, by: Actor, reason: str) -> ActionItem:
    """Take up again what was done or dropped: it is open, due when it was before, and its clock runs on.

    One date is kept or missed once, however often the item is taken up: the clock that was stopped takes back that it was kept. Whose
    date in force is past by now, its owner hears so at once.
    """
    item, leads = lock(item)
    check(rules.why_not_take_up(item, by, leads))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    before, item.state = item.state, ItemState.OPEN
    item.started_at = item.ended_at = item.ended_by = None
    item.outcome = ""
    clock = _clock(item)
    tells = clock.due_at if clock is not None and clock.broken_at is None else None
    item.told_next_at = sla.told_next(now(), item.due_at, tells, calendar().hours)
    item.save()
    if clock is not None:
        clocks.resume(clock)
    record("action.taken_up", item, by=by, incident_id=item.incident_id, **_brief(item), before=before, reason=clean)
    return item


@verb(
    "change",
    kind="action.changed",
    who="its owner, who filed it, the IC, the author of the post-mortem, the process owner (alone, for what is due)",
    subject=SUBJECT,
    clauses=(rules.ITEMS, "actions.tags", sla.SLA),
)
def change_item(
    item: ActionItem, *, by: Actor, changes: Mapping[str, Any], reason: str = "", shown: Mapping[str, Any] | None = None
) -> ActionItem:
    """Say better what an action item is, or give it to another, who hears of it.

    `changes` by name: title, details, kind, ticket_url (texts), owner (a Member), due_on (a day). Only the process owner moves what is
    due, with a reason: its owner is reminded of the new day from then on, and the clock of the standard's limit judges it as before.
    `shown` is what was seen of it, by the same names, where that is known (an owner by address): what somebody else changed since is
    not written over unseen.
    """
    item, leads = lock(item)
    check(rules.why_not_change(item, by, leads))
    owner: Member | None = changes.get("owner")
    wanted = {**changes, "owner": owner.email} if owner else changes
    check(rules.why_not_over(meanwhile(item, shown or {}), wanted))
    due_on = changes.get("due_on")
    moves = due_on is not None and (item.due_at is None or due_on != sla.last_day(item.due_at, calendar()))
    if moves:
        check(rules.why_not_move(item, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=moves)
    names = {"owner": item.owner.name}
    before = _shown(item, names["owner"])
    if owner is not None and owner.user_id != item.owner_id:
        check(fits(item.incident, gather(item.incident), owner, "owner"))
        item.owner_id, names["owner"] = owner.user_id, owner.name
        item.reminded_at = None  # whoever has it now was reminded of nothing
    _reword(item, changes)
    if moves and due_on is not None:
        _move(item, due_on)
    after = _shown(item, names["owner"])
    diff = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if not diff:
        raise invalid("title", "Nothing of it would be another than it is.", code="unchanged")
    item.save()
    told = _brief(item) | {"owner": names["owner"], "owner_id": item.owner_id, "given": "owner" in diff}
    record("action.changed", item, by=by, incident_id=item.incident_id, **told, changes=diff, reason=clean)
    return item


def lock(item: ActionItem) -> tuple[ActionItem, frozenset[int]]:
    """Lock an item's incident, then the item; and who leads the incident. Two people at once act one after the other."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=item.incident_id)
    people = ("owner", "filed_by", "ended_by")
    row = ActionItem.objects.select_for_update(of=("self",)).select_related(*people).get(pk=item.pk)
    row.incident = incident
    return row, item_people.of(incident)


def _move(item: ActionItem, day: date) -> None:
    """Put the date in force to the end of a day. What judges the item stays: the standard's limit, else the date before the first move."""
    clock, before = _clock(item), item.due_at
    item.due_at = _to_come(day, now())
    if item.judged_at is None:
        item.judged_at = clock.due_at if clock else before or item.due_at
    item.told_next_at = sla.told_next(now(), item.due_at, clock.due_at if clock else None, calendar().hours)


def _reword(item: ActionItem, changes: Mapping[str, Any]) -> None:
    """Set what was said better, clean. Refuses (422) what cannot be kept, naming the field."""
    if "title" in changes:
        item.title = fields.line("title", changes["title"])
    if "details" in changes:
        item.details = fields.text("details", changes["details"], most=DETAILS_MAX, required=False)
    if "ticket_url" in changes:
        item.ticket_url = ticket_address(changes["ticket_url"])
    if changes.get("kind"):
        item.kind = _kind(changes["kind"])


def ticket_address(value: str) -> str:
    """A ticket's address, clean; "" for none. Refuses (422) all but https to a host, without a name or password in it."""
    clean = fields.line("ticket_url", value, most=URL_MAX, required=False)
    if not clean:
        return ""
    try:
        parts = urlsplit(clean)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or " " in clean or not clean.isascii() or parts.scheme != "https":
        raise invalid("ticket_url", "This is no address of a ticket: it begins with https:// and names a host.")
    if "@" in parts.netloc:
        raise invalid("ticket_url", "This address carries a name or password, which everybody who reads it would see.")
    return clean


def _kind(value: str) -> str:
    if value not in ItemKind:
        raise invalid("kind", "An action item is one of both, always: prevention or detection.", code="no_such_kind")
    return str(value)


def _promised(day: date | None, limit: sla.Limit | None, filed_at: datetime) -> datetime | None:
    """The end of the day that was promised. Refuses (422) one that is past, too far, or later than the standard allows."""
    if day is None:
        return None
    work = calendar()
    due_at = _to_come(day, filed_at)
    if limit is not None and due_at > limit.due_at:
        most = sla.last_day(limit.due_at, work)
        raise invalid(
            "due_on", f"The standard allows until {most:%Y-%m-%d}: leave this empty, or name an earlier day.", code="too_late"
        )
    return due_at


def _to_come(day: date, moment: datetime) -> datetime:
    """The end of a day to come, on the organisation's calendar."""
    if day < moment.date() - timedelta(days=1):  # the organisation's clocks may be a day behind ours
        raise invalid("due_on", "This day has passed.", code="past")
    if day > moment.date() + sla.LONGEST:
        raise invalid("due_on", "This day is more than two years away.", code="too_far")
    due_at = sla.end_of(day, calendar())
    if due_at <= moment:
        raise invalid("due_on", "This day has passed.", code="past")
    return due_at


def _clock(item: ActionItem) -> Clock | None:
    """The last clock of the standard's limit on an item, running or not; None where it has none."""
    return Clock.objects.filter(subject_type=item._meta.label_lower, subject_id=item.pk, clause=sla.SLA).order_by("id").last()


def _start_clock(item: ActionItem, due_at: datetime) -> None:
    """Have the standard's limit run on an item, from its filing, until `due_at`; its owner is reminded before."""
    remind = max(sla.remind_at(item.filed_at, due_at, calendar().hours), item.filed_at)
    clocks.start(
        sla.SLA,
        item,
        due=due_at - item.filed_at,
        prompt=remind - item.filed_at if remind > now() else None,
        owner_role=OWNER,
        incident_id=item.incident_id,
        at=item.filed_at,
    )


def _end(item: ActionItem, state: ItemState, outcome: str, by: Actor) -> None:
    item.state, item.ended_at, item.outcome, item.ended_by_id = state, now(), outcome, by.user_id
    item.told_next_at = None
    item.save()
    if state == ItemState.DONE:
        clocks.stop(item, sla.SLA)
    else:
        clocks.fall_away(item, sla.SLA, why=Away.DROPPED)


def _late(item: ActionItem) -> bool:
    """Whether an item that has just ended was late, by the date that judges it."""
    judge = item.judged_at or item.due_at
    return judge is not None and item.ended_at is not None and item.ended_at > judge


def _brief(item: ActionItem) -> dict[str, Any]:
    """Which one it is, for an event."""
    return {"number": item.number, "title": item.title, "tag": item.kind}


def _facts(item: ActionItem, owner: str) -> dict[str, Any]:
    due = item.due_at.isoformat() if item.due_at else None
    return _brief(item) | {"owner": owner, "owner_id": item.owner_id, "due_at": due, "ticket_url": item.ticket_url}


def _shown(item: ActionItem, owner: str) -> dict[str, Any]:
    """What of an item can be another, as an event tells it."""
    plain = {name: getattr(item, name) for name in ("title", "details", "kind", "ticket_url")}
    return {**plain, "owner": owner, "due_at": item.due_at.isoformat() if item.due_at else None}
