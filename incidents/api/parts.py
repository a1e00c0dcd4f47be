"""The parts of an incident as the API shows them, one reader each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.urls import reverse

from incidents import checklists, notices, queries
from incidents.api import serializers as s
from incidents.facts import Facts, gather
from incidents.items import ChangeItem, OrderItem
from incidents.models import Incident
from incidents.times import told
from tenants.actors import Actor

type Rows = list[dict[str, Any]]


def role_rows(incident: Incident, facts: Facts) -> Rows:
    """The four roles with their holders."""
    return [
        {"role": r["key"], "person": {"name": r["holder"], "email": r["email"]} if r["holder"] else None, "since": r["since"]}
        for r in queries.roles(incident, facts)
    ]


def _files(incident: Incident) -> Rows:
    return [
        {**asdict(item), "url": reverse("api-incident-file", args=[incident.ref, item.number])} for item in gather(incident).files
    ]


def _expected(items: Iterable[OrderItem | ChangeItem]) -> Rows:
    return [{**_plain(item), "expected_at": item.expected_at} for item in items]


def _plain(item: Any) -> dict[str, Any]:
    """A part without the ids that mean nothing outside."""
    return {name: value for name, value in asdict(item).items() if not name.endswith("_id")}


def _times(incident: Incident) -> Rows:
    return [
        {
            "which": one.key.value,
            "at": one.at,
            "original": one.original,
            "corrections": [_plain(item) for item in one.corrections],
        }
        for one in told(incident, gather(incident)).values()
    ]


PARTS: Mapping[str, Callable[[Incident, Actor], Any]] = {
    "roles": lambda incident, by: role_rows(incident, gather(incident)),
    "clocks": lambda incident, by: s.ClockOut(queries.all_clocks(incident), many=True).data,
    "pages": lambda incident, by: queries.pages(incident),
    "notices": lambda incident, by: notices.told(incident, gather(incident)),
    "updates": queries.updates,
    "orders": lambda incident, by: _expected(gather(incident).orders),
    "changes": lambda incident, by: _expected(gather(incident).changes),
    "hypotheses": lambda incident, by: [_plain(item) for item in gather(incident).hypotheses],
    "times": lambda incident, by: _times(incident),
    "files": lambda incident, by: _files(incident),
    "need-to-know": lambda incident, by: s.AdmittedOut(gather(incident).admitted, many=True).data,
    "snapshots": lambda incident, by: s.SnapshotOut(gather(incident).snapshots, many=True).data,
    "checklists": lambda incident, by: checklists.steps(incident, gather(incident)),
}
