"""Taking alerts in: durable before the answer, deduplicated, grouped, however many come at once.

`accept()` is the action: one transaction for everything that one organisation's integrations said at about the same time
(the edge gathers concurrent requests). It works on sets, not rows, so that a storm of 10,000 alerts is a handful of
statements. Clauses detection.automated, triage.is-it-an-incident.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from incidents import routing
from incidents.models import IntegrationSecret, Signal
from ledger.actions import record
from ledger.verbs import verb
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
class Delivery:
    """One request of a provider: what it said, and the request itself."""

    digest: str
    group_key: str
    title: str
    alerts: Sequence[AlertIn]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class _Batch:
    """What the statements of one transaction are fed with."""

    moment: datetime
    integrations: dict[str, int]
    inbound: list[tuple[int, Delivery]] = field(default_factory=list)
    firing: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)
    resolved: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)


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
    older one; a late "resolved" ends only its own. Each change of state is an event; the first firing alert of a group opens a
    signal in triage, which pages. Runs inside the organisation's scope; the caller answers 2xx after its commit.
    """
    batch = _Batch(moment=now(), integrations=_integrations({delivery.digest for delivery in deliveries}))
    answers: list[Refused | None] = []
    for delivery in deliveries:
        integration = batch.integrations.get(delivery.digest)
        answers.append(UNKNOWN_KEY if integration is None else None)
        if integration is not None:
            batch.inbound.append((integration, delivery))
    if not batch.inbound:
        return answers
    _one_at_a_time(by.organisation_id, sorted({integration for integration, _ in batch.inbound}))
    _keep_raw(batch)
    signals = _signals(batch, by)
    _sort(batch, signals)
    with connection.cursor() as cursor:
        changed = _fire(cursor, batch) + _resolve(cursor, batch)
        _tell(cursor, changed, batch, by)
    return answers


def _integrations(digests: set[str]) -> dict[str, int]:
    """Key hash -> integration id, of those that are switched on."""
    rows = IntegrationSecret.objects.filter(digest__in=digests, integration__is_active=True)
    return dict(rows.values_list("digest", "integration_id"))


def _one_at_a_time(organisation_id: int, integrations: Sequence[int]) -> None:
    """Hold each integration until the commit: its groups open once and its rows are locked in one order, however many
    processes take alerts in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, i) FROM unnest(%s::int[]) AS i ORDER BY i",
            [organisation_id % 2**31, list(integrations)],
        )


def _keep_raw(batch: _Batch) -> None:
    """Keep each request as it came, and count it on its integration's pulse."""
    rows = [(integration, orjson.dumps(d.headers).decode(), d.body, len(d.alerts)) for integration, d in batch.inbound]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH kept AS (INSERT INTO incidents_inbound (organisation_id, integration_id, headers, body, alerts, received_at, status, problem) "
            "SELECT muster.organisation(), i, h::jsonb, b, a, %s, 202, '' "
            "FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::int[]) AS t(i, h, b, a)) "
            "INSERT INTO incidents_integrationpulse (organisation_id, integration_id, last_heard_at, accepted, refused) "
            "SELECT muster.organisation(), i, %s, count(*), 0 FROM unnest(%s::bigint[]) AS i GROUP BY i "
            "ON CONFLICT (organisation_id, integration_id) DO UPDATE "
            "SET last_heard_at = excluded.last_heard_at, accepted = incidents_integrationpulse.accepted + excluded.accepted",
            [
                batch.moment,
                [r[0] for r in rows],
                [r[1] for r in rows],
                [r[2] for r in rows],
                [r[3] for r in rows],
                batch.moment,
                [r[0] for r in rows],
            ],
        )


def _signals(batch: _Batch, by: Actor) -> dict[tuple[int, str], tuple[int, int | None]]:
    """(integration, group) -> (signal, incident) for every group with a firing alert; opens the signals that are missing.

    A group that only says "resolved" needs none: its alerts' own signals are found by the alerts.
    """
    groups: dict[tuple[int, str], Delivery] = {}
    for integration, delivery in batch.inbound:
        if any(alert.firing for alert in delivery.alerts):
            groups.setdefault((integration, delivery.group_key), delivery)
    keys = list({key for _, key in groups})
    rows = Signal.objects.filter(
        kind=Signal.Kind.ALERTS, is_open=True, group_key__in=keys, integration_id__in={i for i, _ in groups}
    )
    found: dict[tuple[int, str], tuple[int, int | None]] = {
        (i, key): (pk, incident) for i, key, pk, incident in rows.values_list("integration_id", "group_key", "id", "incident_id")
    }
    missing = {pair: delivery for pair, delivery in groups.items() if pair not in found}
    if missing:
        missing = {pair: d for pair, d in missing.items() if _says_something_new(pair[0], d)}
    for pair, signal in _open(missing, by).items():
        found[pair] = (signal.pk, None)
    return found


def _says_something_new(integration: int, delivery: Delivery) -> bool:
    """Whether a group without an open signal has a firing alert that we do not know yet.

    After a dismissal, monitoring goes on repeating the same alerts: they were answered and open no new question.
    """
    firing = [alert for alert in delivery.alerts if alert.firing]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM incidents_alert a JOIN unnest(%s::text[], %s::timestamptz[]) AS t(f, s) "
            "ON a.fingerprint = t.f AND a.started_at = t.s WHERE a.integration_id = %s",
            [[a.fingerprint for a in firing], [a.started_at for a in firing], integration],
        )
        known: int = cursor.fetchone()[0]
    return known < len({(a.fingerprint, a.started_at) for a in firing})


def _open(missing: dict[tuple[int, str], Delivery], by: Actor) -> dict[tuple[int, str], Signal]:
    """Open a signal for each new group, routed to the service that its labels name, and say so: that pages."""
    if not missing:
        return {}
    router = routing.Router.load()
    opened: dict[tuple[int, str], Signal] = {}
    for (integration, key), delivery in missing.items():
        first = next(alert for alert in delivery.alerts if alert.firing)
        route = router.route(first.labels)
        signal = Signal.objects.create(
            kind=Signal.Kind.ALERTS,
            title=delivery.title[:200],
            integration_id=integration,
            group_key=key,
            service_id=route.service_id,
            suggested_severity=route.severity,
            opened_at=now(),
        )
        record("signal.opened", signal, by=by, title=signal.title, source=signal.kind)
        opened[integration, key] = signal
    return opened


def _sort(batch: _Batch, signals: dict[tuple[int, str], tuple[int, int | None]]) -> None:
    """Per alert what it says last, in the order of arrival, so that each row is touched once."""
    for integration, delivery in batch.inbound:
        signal = signals.get((integration, delivery.group_key), (0, None))[0]
        for alert in delivery.alerts:
            key = (integration, alert.fingerprint, alert.started_at)
            if alert.firing:
                batch.firing[key] = (alert, signal)
            else:
                batch.resolved[key] = (alert, signal)


def _columns(rows: dict[tuple[int, str, datetime], tuple[AlertIn, int]]) -> list[list[Any]]:
    """The alerts as arrays, a column each, in one order for every process (so that locks are taken in one order)."""
    ordered = sorted(rows.items(), key=lambda item: item[0])
    alerts = [alert for _, (alert, _) in ordered]
    return [
        [key[0] for key, _ in ordered],
        [key[1] for key, _ in ordered],
        [key[2] for key, _ in ordered],
        [signal for _, (_, signal) in ordered],
        [alert.name for alert in alerts],
        [alert.summary for alert in alerts],
        [orjson.dumps(alert.labels).decode() for alert in alerts],
        [orjson.dumps(alert.annotations).decode() for alert in alerts],
        [alert.source_url for alert in alerts],
        [alert.ended_at for alert in alerts],
    ]


_UNNEST = (
    "unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], "
    "%s::timestamptz[]) AS t(integration_id, fingerprint, started_at, signal_id, name, summary, labels, annotations, url, ended_at)"
)

type Change = tuple[int, str, int | None]  # alert, "fired" or "resolved", incident


def _fire(cursor: Any, batch: _Batch) -> list[Change]:
    """Insert new firing alerts, count repeats, end what a later start supersedes. Returns what changed."""
    if not batch.firing:
        return []
    columns = _columns(batch.firing)
    cursor.execute(
        # A repeat of an alert whose signal was answered keeps that signal; a new alert needs the open one.
        "WITH said AS (SELECT * FROM " + _UNNEST + "), "
        "ended AS (UPDATE incidents_alert a SET state = 'resolved', ended_at = said.started_at, last_seen_at = %s FROM said "
        " WHERE a.integration_id = said.integration_id AND a.fingerprint = said.fingerprint AND a.state = 'firing' "
        " AND a.started_at < said.started_at RETURNING a.id, a.incident_id), "
        "fired AS (INSERT INTO incidents_alert (organisation_id, integration_id, fingerprint, started_at, signal_id, incident_id, name, summary, "
        " labels, annotations, source_url, state, received_at, last_seen_at, seen) "
        " SELECT muster.organisation(), said.integration_id, said.fingerprint, said.started_at, coalesce(nullif(said.signal_id, 0), old.signal_id), "
        " s.incident_id, said.name, said.summary, said.labels::jsonb, said.annotations::jsonb, said.url, 'firing', %s, %s, 1 "
        " FROM said LEFT JOIN incidents_signal s ON s.id = said.signal_id "
        " LEFT JOIN incidents_alert old ON old.integration_id = said.integration_id AND old.fingerprint = said.fingerprint "
        " AND old.started_at = said.started_at "
        " ON CONFLICT (organisation_id, integration_id, fingerprint, started_at) "
        " DO UPDATE SET last_seen_at = excluded.last_seen_at, seen = incidents_alert.seen + 1 "
        " RETURNING id, incident_id, (xmax = 0) AS is_new) "
        "SELECT id, 'resolved', incident_id FROM ended UNION ALL SELECT id, 'fired', incident_id FROM fired WHERE is_new",
        [*columns, batch.moment, batch.moment, batch.moment],
    )
    return list(cursor.fetchall())


def _resolve(cursor: Any, batch: _Batch) -> list[Change]:
    """End the alerts that are said to have ended, and only those: a resolve of an older start touches no newer one."""
    if not batch.resolved:
        return []
    columns = _columns(batch.resolved)
    cursor.execute(
        "UPDATE incidents_alert a SET state = 'resolved', ended_at = t.ended_at, last_seen_at = %s FROM " + _UNNEST + " "
        "WHERE a.integration_id = t.integration_id AND a.fingerprint = t.fingerprint AND a.started_at = t.started_at "
        "AND a.state = 'firing' RETURNING a.id, 'resolved', a.incident_id",
        [batch.moment, *columns],
    )
    return list(cursor.fetchall())


def _tell(cursor: Any, changed: list[Change], batch: _Batch, by: Actor) -> None:
    """An event for each change of state, on the incident's timeline where the alert belongs to one."""
    if not changed:
        return
    cursor.execute(
        "INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, incident_id, actor_kind, actor_name, via, request_id, "
        "occurred_at, data) "
        "SELECT muster.organisation(), 'alert.' || what, 'incidents.alert', a.id, a.incident_id, %s, coalesce(i.name, %s), %s, %s, %s, "
        "jsonb_build_object('name', a.name, 'summary', a.summary, 'service', a.labels ->> 'service', 'fingerprint', a.fingerprint) "
        "FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS t(id, what, n) JOIN incidents_alert a ON a.id = t.id "
        "LEFT JOIN incidents_integration i ON i.id = a.integration_id ORDER BY n",
        ["integration", by.name, by.via, by.request_id, batch.moment, [c[0] for c in changed], [c[1] for c in changed]],
    )
