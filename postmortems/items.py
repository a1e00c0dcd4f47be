"""Action items as other parts of the portal ask for them: how many there are, what I have in hand, and an incident's panel."""

from typing import Any

from django.urls import reverse

from incidents.facts import Facts
from incidents.models import Incident
from postmortems import item_people, item_queries, similar
from postmortems.models import kept
from postmortems.rules import items as rules
from postmortems.sla import DueDays
from postmortems.states import OPEN_ITEMS
from tenants.actors import Actor

MOST = 50
ALIKE_MOST = 3


def filed(incident_id: int) -> int:
    """How many action items follow from an incident: all but the dropped ones (asked before it is closed)."""
    return kept().filter(incident=incident_id).count()


def in_hand(by: Actor) -> list[dict[str, Any]]:
    """The actor's own items that are still to be done, for "my work", the most pressing first: as incidents.mine.roles says it."""
    mine = item_queries.items(by).filter(owner_id=by.person_id, state__in=OPEN_ITEMS)
    rows = []
    for item in item_queries.in_order(mine)[:MOST]:
        late = item_queries.is_late(item)
        clocks = [{"label": "Action item", "due_at": item.due_at, "late": late}] if item.due_at else []
        rows.append(
            {
                "title": f"{item.ref}: {item.title}",
                "role": f"{item.get_kind_display()}, {item.get_state_display().lower()}",
                "url": reverse("action-item", args=[item.ref]),
                "clocks": clocks,
                "steps": 0,
                "done": 0,
            }
        )
    return rows


def panel(incident: Incident, facts: Facts, by: Actor) -> dict[str, Any]:
    """What postmortems/_items.html shows on a page of an incident: its items, and where to file one.

    Once it has ended, past incidents like it too; while it runs, they are one press away.
    """
    found, days = item_queries.of_incident(incident.pk), DueDays()
    reasons = rules.why_not_file(incident, facts, by, ())
    if any(reason.code == "not_of_the_incident" for reason in reasons):  # asked only where the room does not say it already
        reasons = rules.why_not_file(incident, facts, by, item_people.of(incident, operations=True))
    return {
        "template": "postmortems/_items.html",
        "rows": [item_queries.row(item, by, days) for item in found],
        "open": sum(item.is_open for item in found),
        "may_file": not reasons,
        "why_not": reasons,
        "url": reverse("action-items-of", args=[incident.ref]),
        "similar_url": reverse("similar", args=[incident.ref]),
        "similar": [] if incident.is_open else shown(incident)[:ALIKE_MOST],
    }


def shown(incident: Incident) -> list[dict[str, Any]]:
    """Past incidents like one, as postmortems/_similar.html shows them."""
    return [
        {
            "ref": one.incident.ref,
            "title": one.incident.title,
            "severity": one.incident.severity,
            "severity_label": one.incident.level,
            "when": one.when,
            "percent": one.percent,
            "shared": one.shared[:6],
            "url": reverse("incident", args=[one.incident.ref]),
            "items": len(one.items),
            "open": [
                {
                    "ref": item.ref,
                    "title": item.title,
                    "owner": item.owner.name,
                    "late": item_queries.is_late(item),
                    "due_at": item.due_at,
                    "url": reverse("action-item", args=[item.ref]),
                }
                for item in one.open_items
            ],
        }
        for one in similar.similar_to(incident)
    ]
