"""Alerts that a source names by a key alone, without saying when they began (PagerDuty, Datadog, the generic door).

Each gets a start: that of the alert with this key which fires, or the moment where none does. So the key of one that has ended
opens a new alert, as PagerDuty has it, and everything after that is intake's, which knows alerts by their start.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from incidents import intake_sql as sql
from ledger.verbs import verb
from tenants import prepared
from tenants.actors import Actor

if TYPE_CHECKING:
    from incidents.intake import AlertIn, Delivery

LEAST = timedelta(microseconds=1)  # between the starts of two alerts with one key


class Says(StrEnum):
    """What a source says of an alert."""

    FIRES = "fires"
    ACKNOWLEDGED = "acknowledged"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Keyed:
    """One alert as its source names it: by a key, of at most 255 characters, that stays the same until it has ended."""

    key: str
    says: Says
    name: str = ""
    summary: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    source_url: str = ""

    @property
    def fingerprint(self) -> str:
        """What the alert is known by here."""
        return hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()


type Rows = Sequence[tuple[int, Delivery]]  # (integration, what it sent), in the order of arrival
type Known = tuple[int, str, datetime]  # integration, fingerprint, start


def date(inbound: Rows, moment: datetime) -> tuple[list[tuple[int, "Delivery"]], list[Known]]:
    """Give each keyed alert its start. Returns the deliveries with their alerts, and which alerts are acknowledged.

    One statement, and none where nothing is keyed. What ends or is acknowledged and does not fire is not there: nothing is made
    of it, but the request is kept.
    """
    if not any(delivery.keyed for _, delivery in inbound):
        return list(inbound), []
    starts = _starts({(i, one.fingerprint) for i, delivery in inbound for one in delivery.keyed})
    dated: list[tuple[int, Delivery]] = []
    acknowledged: list[Known] = []
    for integration, delivery in inbound:
        alerts: list[AlertIn] = []
        for one in delivery.keyed:
            key = (integration, one.fingerprint)
            last, fires = starts.get(key, (None, False))
            if one.says == Says.FIRES:
                start = last if last and fires else max(moment, last + LEAST) if last else moment
                starts[key] = (start, True)
                alerts.append(_alert(one, start, None))
            elif last is not None and fires and one.says == Says.ENDS:
                starts[key] = (last, False)
                alerts.append(_alert(one, last, max(moment, last)))
            elif last is not None and fires:
                acknowledged.append((*key, last))
        dated.append((integration, replace(delivery, alerts=[*delivery.alerts, *alerts]) if delivery.keyed else delivery))
    return dated, acknowledged


def _alert(one: Keyed, start: datetime, end: datetime | None) -> "AlertIn":
    from incidents.intake import AlertIn

    return AlertIn(
        fingerprint=one.fingerprint,
        name=one.name[:200],
        summary=one.summary[:500],
        labels=dict(one.labels),
        annotations=dict(one.annotations),
        started_at=start,
        ended_at=end,
        source_url=one.source_url[:2000],
    )


def _starts(keys: set[tuple[int, str]]) -> dict[tuple[int, str], tuple[datetime | None, bool]]:
    """Of each key the latest start, and whether that alert fires."""
    said = orjson.dumps([{"i": i, "f": fingerprint} for i, fingerprint in sorted(keys)]).decode()
    found = prepared.run(sql.STARTS, {"keys": said})
    return {(i, fingerprint): (start, state == "firing") for i, fingerprint, start, state in found}


@verb(
    "acknowledged-outside",
    kind="alert.acknowledged",
    who="an integration with its key",
    subject="alert",
    clauses=("detection.automated",),
)
def acknowledge(known: Sequence[Known], values: Mapping[str, Any], *, by: Actor) -> None:
    """Record that an alert's source says somebody there has seen it. No page stops: whom we woke has answered nothing yet.

    Once an alert; docs/decisions/0015 says why. `values` are intake's, for the event.
    """
    said = orjson.dumps([{"i": i, "f": fingerprint, "s": start} for i, fingerprint, start in sorted(set(known))]).decode()
    prepared.run(sql.ACKNOWLEDGE, {**values, "keys": said, "name": by.name})
