"""Anything that posts JSON: read by the mapping that an administrator wrote and tried (integrations/generic/mapping.py)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from incidents.dating import Keyed, Says
from incidents.intake import Delivery
from incidents.states import Severity
from integrations import reading
from integrations.generic import mapping as mappings
from integrations.generic.mapping import Map
from tenants.refusals import invalid

ALERTS_MOST = 10_000


def parse(body: bytes, *, digest: str, headers: dict[str, str], mapping: Mapping[str, Any]) -> list[Delivery]:
    """Read one request: a delivery for each group that its alerts belong to; the first carries the body. Raises Refused (422)."""
    if not mapping:
        raise invalid(
            "mapping", "This integration has no mapping yet: an administrator writes one on its page.", code="no_mapping"
        )
    read = mappings.read(mapping)
    groups: dict[str, list[tuple[Keyed, Severity | None]]] = {}
    for where, one in _items(reading.document(body, "A generic webhook"), read):
        keyed = _keyed(one, read, where)
        group = reading.identity(read.at(one, "group")) or keyed.key
        groups.setdefault(group, []).append((keyed, _severity(one, read)))
    return [
        Delivery(
            digest=digest,
            group_key=hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest(),
            title=found[0][0].name,
            alerts=(),
            headers=headers,
            body=b"" if number else body,
            keyed=[keyed for keyed, _ in found],
            severity=min((level for _, level in found if level is not None), default=None),
        )
        for number, (group, found) in enumerate(groups.items())
    ]


def _items(data: dict[str, Any], read: Map) -> list[tuple[str, Any]]:
    if "alerts" not in read.places:
        return [("", data)]
    items = read.at(data, "alerts")
    if not isinstance(items, list) or not items:
        raise mappings.missing("alerts", f"{read.places['alerts'].path} (a list)")
    if len(items) > ALERTS_MOST:
        raise invalid("alerts", f"There are {len(items)} alerts; at most {ALERTS_MOST} come in one request.", code="too_many")
    return [(f"{read.places['alerts'].path}/{number}", item) for number, item in enumerate(items)]


def _keyed(one: Any, read: Map, where: str) -> Keyed:
    key, title = reading.identity(read.at(one, "key")), reading.line(read.at(one, "title"), 200)
    for name, value in (("key", key), ("title", title)):
        if not value:
            raise mappings.missing(name, f"{where}{read.places[name].path}")
    status = reading.text(read.at(one, "status"), reading.LABEL_MOST).lower()
    says = Says.ENDS if status in read.ended else Says.ACKNOWLEDGED if status in read.acknowledged else Says.FIRES
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    for name, pointer in read.extra.items():
        if value := reading.text(mappings.found(pointer, one), reading.LABEL_MOST):
            labels[name] = value
    if isinstance(given := read.at(one, "labels"), dict):
        reading.details(given, labels, annotations)
    if severity := reading.text(read.at(one, "severity"), reading.LABEL_MOST):
        labels.setdefault("severity", severity)
    return Keyed(
        key=key,
        says=says,
        name=title,
        summary=reading.text(read.at(one, "summary"), 500),
        labels=labels,
        annotations=annotations,
        source_url=reading.text(read.at(one, "url"), 2000),
    )


def _severity(one: Any, read: Map) -> Severity | None:
    return read.levels.get(reading.text(read.at(one, "severity"), reading.LABEL_MOST).lower())
