"""Reading action items: across incidents for the board and the list, and as a page shows one."""

from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import OrderBy
from django.urls import reverse

from incidents.rules.outside import outside
from incidents.states import Severity
from postmortems.models import ActionItem
from postmortems.rules import items as rules
from postmortems.sla import DueDays
from postmortems.states import OPEN_ITEMS, ItemState
from tenants.actors import Actor
from tenants.time import now

type Row = dict[str, Any]

COLUMN_MOST = 50  # cards of a column of the board; the list has them all
_FIRST_DUE = F("due_at").asc(nulls_last=True)
_OPEN_FIRST = Case(When(state__in=OPEN_ITEMS, then=Value(0)), default=Value(1), output_field=IntegerField())

# What the list can be sorted by, with the words on its heading. A minus in front turns it round.
SORTS: dict[str, tuple[str, Any]] = {
    "due": ("Due", F("due_at")),
    "ref": ("Item", F("incident__number")),
    "severity": ("Severity", F("incident__severity")),
    "owner": ("Owner", F("owner__name")),
    "filed": ("Filed", F("filed_at")),
    "state": ("State", F("state")),
}


def items(by: Actor) -> QuerySet[ActionItem]:
    """The action items that the actor may read: of every incident whose room they may see (the walls hide the rest).

    Executives and Support read summaries, not rooms; what they are named on, they read as the room does.
    """
    rows = ActionItem.objects.select_related("incident", "owner", "filed_by", "ended_by")
    return rows.filter(incident__restricted=True) if outside(by) else rows


def in_order(rows: QuerySet[ActionItem], sort: str = "") -> QuerySet[ActionItem]:
    """Sorted by one of SORTS; else what is to be done first, the most pressing on top, then what ended last."""
    name = sort.removeprefix("-")
    if name not in SORTS:
        return rows.order_by(_OPEN_FIRST, _FIRST_DUE, F("ended_at").desc(nulls_last=True), "id")
    expression = SORTS[name][1]
    first = expression.desc(nulls_last=True) if sort.startswith("-") else expression.asc(nulls_last=True)
    return rows.order_by(first, "-id")


def counts(rows: QuerySet[ActionItem]) -> dict[str, int]:
    """How many there are of each state, and how many are late: one query."""
    told = rows.order_by().aggregate(
        late=Count("pk", filter=Q(due_at__lt=now(), state__in=OPEN_ITEMS)),
        **{state.value: Count("pk", filter=Q(state=state)) for state in ItemState},
    )
    return {name: int(number) for name, number in told.items()}


def columns(rows: QuerySet[ActionItem], by: Actor) -> list[Row]:
    """The board: a column a state, the late ones on top, what ended last first; at most COLUMN_MOST cards each."""
    number = counts(rows)
    found, days = [], DueDays()
    for state in ItemState:
        order: list[OrderBy | str] = [_FIRST_DUE, "id"] if state in OPEN_ITEMS else [F("ended_at").desc(), "-id"]
        cards = [row(item, by, days) for item in rows.filter(state=state).order_by(*order)[:COLUMN_MOST]]
        found.append(
            {
                "state": state.value,
                "label": state.label,
                "count": number[state.value],
                "cards": cards,
                "more": max(number[state.value] - len(cards), 0),
            }
        )
    return found


def row(item: ActionItem, by: Actor, days: DueDays) -> Row:
    """An item as the board and the list show it, with what can be pressed there and then. `days` are the same for all of a page.

    What is due at the end of a day is shown as due on it: the instant is the first of the next, and elsewhere one of another day.
    """
    judged_at = item.judged_at or item.due_at
    incident = item.incident
    quick = (("start", "Start", rules.why_not_start), ("finish", "Done", rules.why_not_finish))
    return {
        "ref": item.ref,
        "title": item.title,
        "details": item.details,
        "url": reverse("action-item", args=[item.ref]),
        "kind": item.kind,
        "kind_label": item.get_kind_display(),
        "state": item.state,
        "state_label": item.get_state_display(),
        "is_open": item.is_open,
        "owner": item.owner.name,
        "mine": item.owner_id == by.user_id,
        "due_at": item.due_at,
        "due_on": days.of(item.due_at),
        "judged_at": judged_at,
        "judged_on": days.of(judged_at),
        "late": is_late(item),
        "late_for": _days(item.due_at) if item.due_at and is_late(item) else "",
        "filed_at": item.filed_at,
        "filed_by": item.filed_by.name if item.filed_by else "",
        "age": _days(item.filed_at),
        "started_at": item.started_at,
        "ended_at": item.ended_at,
        "ended_by": item.ended_by.name if item.ended_by else "",
        "outcome": item.outcome,
        "reminded_at": item.reminded_at,
        "ticket_url": item.ticket_url,
        "severity": incident.severity,
        "severity_label": Severity(incident.severity).label,
        "incident_ref": incident.ref,
        "incident_title": incident.title,
        "incident_url": reverse("incident", args=[incident.ref]),
        "restricted": incident.restricted,
        "press": [
            {"label": label, "url": reverse("action-item-verb", args=[item.ref, name])}
            for name, label, why_not in quick
            if not why_not(item, by, frozenset())
        ],
        "may_remind": not rules.why_not_remind(item, by, frozenset()),
    }


def is_late(item: ActionItem) -> bool:
    """Whether an item is past its time and still to be done."""
    return item.is_open and item.due_at is not None and item.due_at < now()


def _days(since: datetime) -> str:
    """How long ago, in words: "today", "1 day", "12 days"."""
    days = (now() - since).days
    return "today" if days == 0 else "1 day" if days == 1 else f"{days} days"


def of_incident(incident_id: int) -> list[ActionItem]:
    """The items of one incident, in their order."""
    found = ActionItem.objects.filter(incident=incident_id).select_related("incident", "owner", "filed_by", "ended_by")
    return list(found.order_by("number"))
