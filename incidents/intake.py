"""Taking alerts in: durable before the answer, deduplicated, grouped, however many come at once.

`accept()` is the action: one transaction for everything that one organisation's integrations said at about the same time
(the edge gathers concurrent requests). It works on sets, not rows: two trips to the database where every group is open
already, however many alerts there are. Clauses detection.automated, triage.is-it-an-incident.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from incidents import dating, quieting, routing
from incidents import intake_sql as sql
from incidents.models import Integration, Signal
from incidents.states import SignalState
from ledger.actions import record
from ledger.verbs import verb
from tenants import prepared
from tenants.actors import Actor
from tenants.refusals import Reason, Refused
from tenants.time import now


@dataclass(frozen=True, slots=True)
class AlertIn:
    """One alert as a provider's parser understood it. Times are aware; `ended_at` is None while it fires."""

    fingerprint: str
    name: str
    summary: str
    labels: dict[str, str]
    annotations: dict[str, str]
    started_at: datetime
    ended_at: datetime | None
    source_url: str = ""

    @property
    def firing(self) -> bool:
        """Whether it fires."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody made to what runs, as its pipeline tells of it. `said_at` is the teller's own time, as it wrote it."""

    summary: str
    source: str = ""
    said_at: str = ""
    links: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a provider: what it said, and the request itself.

    `keyed` are alerts without a start of their own (incidents/dating.py); `severity` is what the source believes it to be;
    `change` is a change that it tells of, and no alert; `note` is what the integration's page says of it where it brings no alert.
    """

    digest: str
    group_key: str
    title: str
    alerts: Sequence[AlertIn]
    headers: dict[str, str]
    body: bytes
    keyed: Sequence[dating.Keyed] = ()
    severity: int | None = None
    change: Change | None = None
    note: str = ""


@dataclass(slots=True)
class _Batch:
    """What the statements of one transaction are fed with."""

    moment: datetime
    inbound: list[tuple[int, Delivery]] = field(default_factory=list)
    firing: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)
    resolved: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)


NOTE_MOST = 120  # characters
PLANS_SECONDS = 1.0  # after which they are made anew: a table grows by thousands of rows in its first storm
LATE = timedelta(seconds=10)  # after a "resolved" a "firing" with the same start may be one that was sent before it

UNKNOWN_KEY = Refused(
    Reason("unknown_key", "This key opens no integration: it is wrong, or the integration is switched off.", status=401)
)


@verb(
    "receive",
    kind="alert.fired, alert.resolved, signal.opened",
    who="an integration with its key",
    subject="alert",
    clauses=("detection.automated", "triage.is-it-an-incident"),
)
def accept(deliveries: Sequence[Delivery], *, by: Actor) -> list[Refused | None]:
    """Take in what integrations sent. Returns, for each delivery, None (accepted) or why it was refused.

    Alerts are one row a (integration, fingerprint, start). A repeat only counts; a later start is a new alert and ends the
    older one; a late "resolved" ends only its own. One that is said to fire again, with the start it had, fires again
    (docs/decisions/0006). Each change of state is an event; the first firing alert of a group opens a
    signal in triage, which pages. Runs inside the organisation's scope; the caller answers 2xx after its commit.
    """
    integrations, signals = _look(deliveries, by.organisation_id)
    batch = _Batch(moment=now())
    answers: list[Refused | None] = []
    for delivery in deliveries:
        integration = integrations.get(delivery.digest)
        answers.append(UNKNOWN_KEY if integration is None else None)
        if integration is not None:
            batch.inbound.append((integration, delivery))
    if batch.inbound:
        batch.inbound, acknowledged = dating.date(batch.inbound, batch.moment)
        _open_missing(batch, signals, by)
        if signals.quiet:
            _ask_again(batch, signals, by)
        _sort(batch, signals)
        _fire(batch, by)
        if acknowledged:
            dating.acknowledge(acknowledged, _said(batch, by, {}), by=by)
        _resolve(batch, by)
        for integration, delivery in batch.inbound:
            if delivery.change is not None:
                tell_change(integration, delivery.change, by=by)
    return answers


@verb(
    "tell-change",
    kind="change.told",
    who="an integration with its key",
    subject="integration",
    clauses=("detection.automated",),
)
def tell_change(integration_id: int, change: Change, *, by: Actor) -> None:
    """Record a change that a pipeline tells of (PagerDuty's change events): it pages nobody and asks nothing."""
    integration = Integration.objects.get(pk=integration_id)
    record(
        "change.told",
        integration,
        by=replace(by, name=integration.name),
        summary=change.summary,
        source=change.source,
        said_at=change.said_at,
        links=list(change.links),
    )


class Signals(dict[tuple[int, str], int]):
    """(integration, group) -> the open signal; and which of them are suppressed."""

    quiet: set[tuple[int, str]] = set()


def _look(deliveries: Sequence[Delivery], organisation_id: int) -> tuple[dict[str, int], Signals]:
    """Key hash -> integration, of those that are switched on; and the open signals of the groups that are spoken of.

    Each integration is held until the commit: its groups open once and its rows are locked in one order, however many processes
    take alerts in. The signals are read after that, by a statement (and so a snapshot) of its own, and kept from being answered
    meanwhile.
    """
    digests = list({delivery.digest for delivery in deliveries})
    groups = list({delivery.group_key for delivery in deliveries})
    prepared.plan_anew(PLANS_SECONDS)
    held = prepared.run(sql.HOLD, {"organisation": organisation_id % 2**31, "digests": digests})
    found = prepared.run(sql.OPEN_SIGNALS, {"digests": digests, "groups": groups})
    signals = Signals({(integration, group): signal for integration, group, signal, _ in found})
    signals.quiet = {(integration, group) for integration, group, _, state in found if state == SignalState.SUPPRESSED}
    return {row[0]: row[1] for row in held}, signals


def _open_missing(batch: _Batch, signals: Signals, by: Actor) -> None:
    """Open a signal for each group that has none and in which something fires that we do not know yet; add it to `signals`.

    After a dismissal, monitoring goes on repeating the same alerts: they were answered and open no new question. A group that
    only says "resolved" needs none either: its alerts' own signals are found by the alerts.
    """
    asking = [(i, d) for i, d in batch.inbound if (i, d.group_key) not in signals and any(a.firing for a in d.alerts)]
    if not asking:
        return
    known = _known(
        {(i, alert.fingerprint, alert.started_at) for i, delivery in asking for alert in delivery.alerts if alert.firing},
        batch.moment,
    )
    missing: dict[tuple[int, str], Delivery] = {}
    for integration, delivery in asking:
        keys = ((integration, alert.fingerprint, alert.started_at) for alert in delivery.alerts if alert.firing)
        if any(key not in known for key in keys):
            missing.setdefault((integration, delivery.group_key), delivery)
    for pair, signal in _open(missing, by).items():
        signals[pair] = signal.pk


def _known(keys: set[tuple[int, str, datetime]], moment: datetime) -> set[tuple[int, str, datetime]]:
    """Those of the alerts, by integration, fingerprint and start, that have a row and do not fire again by being named."""
    said = _json([{"i": i, "f": fingerprint, "s": start} for i, fingerprint, start in keys])
    found: set[Any] = set(prepared.run(sql.KNOWN, {"keys": said, "late": moment - LATE}))
    return found


def _open(missing: dict[tuple[int, str], Delivery], by: Actor) -> dict[tuple[int, str], Signal]:
    """Open a signal for each new group, routed to the service that its labels name, and say so: that pages."""
    if not missing:
        return {}
    router = routing.Router.load()
    opened: dict[tuple[int, str], Signal] = {}
    for (integration, key), delivery in missing.items():
        route = router.first(integration, [alert.labels for alert in delivery.alerts if alert.firing])
        signal = Signal(
            kind=Signal.Kind.ALERTS,
            title=delivery.title[:200],
            integration_id=integration,
            group_key=key,
            service_id=route.service_id,
            suggested_severity=delivery.severity if route.severity is None else route.severity,
            opened_at=now(),
        )
        if route.quiet is None:
            signal.save()
            acts = route.rule.pk if route.rule is not None and route.rule.acts else None
            record("signal.opened", signal, by=by, title=signal.title, source=signal.kind, rule=acts)
        else:
            quieting.suppress(signal, route.quiet, by=by)
        opened[integration, key] = signal
    return opened


def _ask_again(batch: _Batch, signals: Signals, by: Actor) -> None:
    """Of a group that is suppressed something fires that is not: its question is asked after all."""
    said: dict[tuple[int, str], list[Mapping[str, str]]] = {}
    for integration, delivery in batch.inbound:
        if (integration, delivery.group_key) in signals.quiet:
            firing = [alert.labels for alert in delivery.alerts if alert.firing]
            said.setdefault((integration, delivery.group_key), []).extend(firing)
    if not any(said.values()):
        return
    router = routing.Router.load()
    for pair, labels in said.items():
        if labels and (route := router.first(pair[0], labels)).quiet is None:
            quieting.ask(Signal.objects.get(pk=signals[pair]), by=by, route=route)


def _sort(batch: _Batch, signals: Signals) -> None:
    """Per alert what it says last, in the order of arrival, so that each row is touched once."""
    for integration, delivery in batch.inbound:
        signal = signals.get((integration, delivery.group_key), 0)
        for alert in delivery.alerts:
            rows = batch.firing if alert.ended_at is None else batch.resolved
            rows[integration, alert.fingerprint, alert.started_at] = (alert, signal)
    later: dict[tuple[int, str], datetime] = {}
    for integration, fingerprint, start in sorted(batch.firing, reverse=True):
        if (integration, fingerprint) in later:  # a later start of the same alert came with it: this one has ended
            alert, signal = batch.firing[integration, fingerprint, start]
            ended = replace(alert, ended_at=later[integration, fingerprint])
            batch.firing[integration, fingerprint, start] = (ended, signal)
        later[integration, fingerprint] = start


def _rows(alerts: dict[tuple[int, str, datetime], tuple[AlertIn, int]]) -> str:
    """The alerts as JSON, in one order for every process (so that locks are taken in one order)."""
    return _json(
        [
            {
                "integration_id": key[0],
                "fingerprint": key[1],
                "started_at": key[2],
                "signal_id": signal,
                "name": alert.name,
                "summary": alert.summary,
                "labels": alert.labels,
                "annotations": alert.annotations,
                "url": alert.source_url,
                "ended_at": alert.ended_at,
            }
            for key, (alert, signal) in sorted(alerts.items(), key=_key)
        ]
    )


def _key(item: tuple[tuple[int, str, datetime], object]) -> tuple[int, str, datetime]:
    return item[0]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _fire(batch: _Batch, by: Actor) -> None:
    """Keep the requests, and write what fires, in one statement."""
    requests = [{"i": i, "h": d.headers, "a": len(d.alerts), "g": d.group_key, "n": d.note[:NOTE_MOST]} for i, d in batch.inbound]
    values = {**_said(batch, by, batch.firing), "requests": _json(requests), "bodies": [d.body for _, d in batch.inbound]}
    prepared.run(sql.FIRE, values)


def _resolve(batch: _Batch, by: Actor) -> None:
    """Write what has ended: after what fires, which the same delivery may hold."""
    if batch.resolved:
        prepared.run(sql.RESOLVE, _said(batch, by, batch.resolved))


def _said(batch: _Batch, by: Actor, alerts: dict[tuple[int, str, datetime], tuple[AlertIn, int]]) -> dict[str, Any]:
    return {
        "alerts": _rows(alerts),
        "moment": batch.moment,
        "late": batch.moment - LATE,
        "name": by.name,
        "via": str(by.via),
        "request_id": by.request_id,
    }
