"""The page in the public shape of Statuspage's API v2, for the clients that read that. Ids are ours: they tell nothing and never change."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from incidents.states import Condition, PublicStatus
from status import addresses
from status.models import StatusPage
from status.reading import ANY, Board, Part, Said, Told, board

NEWEST = 50  # incidents in a list

type Body = dict[str, Any]

# How bad a page is, and an incident, with the words that readers of the format know.
INDICATORS = {
    Condition.OPERATIONAL: ("none", "All Systems Operational"),
    Condition.MAINTENANCE: ("maintenance", "Service Under Maintenance"),
    Condition.DEGRADED: ("minor", "Partially Degraded Service"),
    Condition.PARTIAL: ("major", "Partial System Outage"),
    Condition.MAJOR: ("critical", "Major Service Outage"),
}
LOOKED_INTO = ("minor", "An incident is being looked into")  # although every component is said to be well


def indicator(shown: Board) -> tuple[str, str]:
    """How the page is at a glance: the format's word, and a sentence."""
    if shown.condition == Condition.OPERATIONAL and shown.going_on:
        return LOOKED_INTO
    return INDICATORS[shown.condition]


def summary(page: StatusPage) -> Body:
    """All that matters now: summary.json."""
    shown = board(page)
    return {
        **_frame(shown),
        "components": [_component(part, page) for part in shown.parts],
        "incidents": [_incident(one, shown) for one in shown.going_on],
        "scheduled_maintenances": [],
        "status": _status(shown),
    }


def status(page: StatusPage) -> Body:
    """How it is at a glance: status.json."""
    shown = board(page)
    return {**_frame(shown), "status": _status(shown)}


def components(page: StatusPage) -> Body:
    """The components: components.json."""
    shown = board(page)
    return {**_frame(shown), "components": [_component(part, page) for part in shown.parts]}


def incidents(page: StatusPage) -> Body:
    """The newest incidents, over or not: incidents.json."""
    shown = board(page, ANY, NEWEST)
    return {**_frame(shown), "incidents": [_incident(one, shown) for one in shown.told]}


def unresolved(page: StatusPage) -> Body:
    """What goes on: incidents/unresolved.json."""
    shown = board(page)
    return {**_frame(shown), "incidents": [_incident(one, shown) for one in shown.going_on]}


def maintenances(page: StatusPage) -> Body:
    """Work that was announced: none, for Muster announces none; readers of the format ask for the list all the same."""
    return {**_frame(board(page)), "scheduled_maintenances": []}


DOCUMENTS: dict[str, Callable[[StatusPage], Body]] = {
    "summary": summary,
    "status": status,
    "components": components,
    "incidents": incidents,
    "incidents/unresolved": unresolved,
    "scheduled-maintenances": maintenances,
    "scheduled-maintenances/upcoming": maintenances,
    "scheduled-maintenances/active": maintenances,
}


def _frame(shown: Board) -> Body:
    organisation = shown.page.organisation
    return {
        "page": {
            "id": organisation.public_id,
            "name": organisation.name,
            "url": addresses.absolute(addresses.home(organisation.slug)),
            "time_zone": "Etc/UTC",
            "updated_at": _moment(shown.updated_at),
        }
    }


def _status(shown: Board) -> Body:
    word, sentence = indicator(shown)
    return {"indicator": word, "description": sentence}


def _component(part: Part, page: StatusPage) -> Body:
    began = page.organisation.created_at
    return {
        "id": part.slug,
        "name": part.name,
        "status": part.condition.value,
        "created_at": _moment(began),
        "updated_at": _moment(part.changed_at or began),
        "position": part.position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page.organisation.public_id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _incident(one: Told, shown: Board) -> Body:
    monitoring = next((said.at for said in one.said if said.status == PublicStatus.MONITORING), None)
    about = [part for part in shown.parts if part.slug in one.slugs]
    return {
        "id": one.public_id,
        "name": one.name,
        "status": one.status.value,
        "impact": INDICATORS[one.condition][0],
        "created_at": _moment(one.began_at),
        "started_at": _moment(one.began_at),
        "updated_at": _moment(one.updated_at),
        "monitoring_at": _moment(monitoring),
        "resolved_at": _moment(one.ended_at),
        "shortlink": addresses.absolute(addresses.incident(shown.page.organisation.slug, one.public_id)),
        "page_id": shown.page.organisation.public_id,
        "incident_updates": [_update(said, one) for said in one.said],
        "components": [_component(part, shown.page) for part in about],
    }


def _update(said: Said, of: Told) -> Body:
    return {
        "id": said.public_id,
        "incident_id": of.public_id,
        "status": said.status.value,
        "body": "\n\n".join(said.texts),
        "created_at": _moment(said.at),
        "updated_at": _moment(said.at),
        "display_at": _moment(said.at),
        "affected_components": _affected(said),
        "deliver_notifications": False,
    }


def _affected(said: Said) -> Sequence[Body]:
    return [
        {"code": one.slug, "name": one.name, "old_status": one.before.value, "new_status": one.after.value}
        for one in said.changes
    ]


def _moment(at: datetime | None) -> str | None:
    """A time as the format writes it: "2026-11-25T02:41:07.000Z"."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z" if at else None
