"""Taking alerts in: durable before the answer, deduplicated, grouped, however many come at once.

`accept()` is the action: one transaction for everything that one organisation's integrations said at about the same time
(the edge gathers concurrent requests). It works on sets, not rows: two trips to the database where every group is open
already, however many alerts there are. Clauses detection.automated, triage.is-it-an-incident.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from django.db import connection
from psycopg import Cursor

from incidents import routing
from incidents.models import Signal
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
    inbound: list[tuple[int, Delivery]] = field(default_factory=list)
    firing: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)
    resolved: dict[tuple[int, str, datetime], tuple[AlertIn, int]] = field(default_factory=dict)


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
        _open_missing(batch, signals, by)
        _sort(batch, signals)
        _fire(batch, by)
        _resolve(batch, by)
    return answers


type Signals = dict[tuple[int, str], int]  # (integration, group) -> the open signal

_HOLD = """
SELECT k.digest, k.integration_id, pg_backend_pid(),
  pg_advisory_xact_lock(%(organisation)s::int, (k.integration_id %% 2147483648)::int),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('plan_cache_mode', 'force_generic_plan', true)
FROM (SELECT s.digest, s.integration_id FROM incidents_integrationsecret s JOIN incidents_integration i ON i.id = s.integration_id
      WHERE s.digest = ANY(%(digests)s::text[]) AND i.is_active ORDER BY s.integration_id OFFSET 0) k
"""
_OPEN_SIGNALS = """
SELECT s.integration_id, s.group_key, s.id FROM incidents_signal s WHERE s.is_open AND s.id = ANY(ARRAY(
  SELECT o.id FROM unnest(%(digests)s::text[]) AS d CROSS JOIN unnest(%(groups)s::text[]) AS g
  CROSS JOIN LATERAL (SELECT k.integration_id FROM incidents_integrationsecret k WHERE k.digest = d OFFSET 0) k
  CROSS JOIN LATERAL (SELECT o.id FROM incidents_signal o
    WHERE o.integration_id = k.integration_id AND o.group_key = g AND o.kind = 'alerts' AND o.is_open OFFSET 0) o))
ORDER BY s.id FOR KEY SHARE
"""


def _look(deliveries: Sequence[Delivery], organisation_id: int) -> tuple[dict[str, int], Signals]:
    """Key hash -> integration, of those that are switched on; and the open signals of the groups that are spoken of.

    Each integration is held until the commit: its groups open once and its rows are locked in one order, however many processes
    take alerts in. The signals are read after that, by a statement (and so a snapshot) of its own, and kept from being answered
    meanwhile.
    """
    digests = list({delivery.digest for delivery in deliveries})
    groups = list({delivery.group_key for delivery in deliveries})
    with _cursors() as raw, raw.pipeline(), Cursor(raw) as plans, Cursor(raw) as hold, Cursor(raw) as read:
        if _plans_are_old(raw):
            plans.execute("DISCARD PLANS", prepare=False)
        hold.execute(_HOLD, {"organisation": organisation_id % 2**31, "digests": digests})
        read.execute(_OPEN_SIGNALS, {"digests": digests, "groups": groups})
        held = hold.fetchall()
        signals = {(integration, group): signal for integration, group, signal in read.fetchall()}
        if held and held[0][2] == raw.info.backend_pid:
            # Ours alone, not PgBouncer's: it may keep statements prepared. Planning them anew costs as much as running them.
            raw.prepare_threshold = 0
    return {row[0]: row[1] for row in held}, signals


PLANS_SECONDS = 1.0
_planned: "WeakKeyDictionary[Any, float]" = WeakKeyDictionary()


def _plans_are_old(raw: Any) -> bool:
    """Whether the prepared statements of a connection are to be planned anew.

    The plans of a table that was empty a moment ago are the wrong ones in its first storm, long before anything gathers
    statistics of it.
    """
    moment = time.monotonic()
    old = raw.prepare_threshold is not None and moment - _planned.get(raw, 0.0) > PLANS_SECONDS
    if old:
        _planned[raw] = moment
    return old


@contextmanager
def _cursors() -> Iterator[Any]:
    """The open scope's connection as psycopg's own: it binds values several times cheaper, and sends statements together."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        yield connection.connection


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


_KNOWN = """
SELECT t.i, t.f, t.s FROM json_to_recordset(%(keys)s::json) AS t(i bigint, f text, s timestamptz) CROSS JOIN LATERAL (
  SELECT o.state, o.last_seen_at FROM incidents_alert o
  WHERE o.integration_id = t.i AND o.fingerprint = t.f AND o.started_at = t.s OFFSET 0) o
WHERE o.state = 'firing' OR o.last_seen_at > %(late)s OR EXISTS (SELECT 1 FROM incidents_alert n
  WHERE n.integration_id = t.i AND n.fingerprint = t.f AND n.started_at > t.s OFFSET 0)
"""


def _known(keys: set[tuple[int, str, datetime]], moment: datetime) -> set[tuple[int, str, datetime]]:
    """Those of the alerts, by integration, fingerprint and start, that have a row and do not fire again by being named."""
    said = _json([{"i": i, "f": fingerprint, "s": start} for i, fingerprint, start in keys])
    with _cursors() as raw, Cursor(raw) as cursor:
        cursor.execute(_KNOWN, {"keys": said, "late": moment - LATE})
        return set(cursor.fetchall())


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


_SAID = """said AS MATERIALIZED (SELECT * FROM json_to_recordset(%(alerts)s::json) AS t(integration_id bigint, fingerprint text,
  started_at timestamptz, signal_id bigint, name text, summary text, labels jsonb, annotations jsonb, url text, ended_at timestamptz))"""

# Each request as it came; and it is counted on its integration's pulse.
_KEEP = """
kept AS (INSERT INTO incidents_inbound (organisation_id, integration_id, headers, body, group_key, alerts, received_at, status, problem)
  SELECT (SELECT muster.organisation()), i, h, b, g, a, %(moment)s, 202, ''
  FROM ROWS FROM (json_to_recordset(%(requests)s::json) AS (i bigint, h jsonb, a int, g text), unnest(%(bodies)b::bytea[])) AS t(i, h, a, g, b)),
pulse AS (INSERT INTO incidents_integrationpulse (organisation_id, integration_id, last_heard_at, accepted, refused)
  SELECT (SELECT muster.organisation()), i, %(moment)s, count(*), 0 FROM json_to_recordset(%(requests)s::json) AS t(i bigint) GROUP BY i
  ON CONFLICT (organisation_id, integration_id) DO UPDATE
  SET last_heard_at = excluded.last_heard_at, accepted = incidents_integrationpulse.accepted + excluded.accepted)"""

# An event for each change of state, on the incident's timeline where the alert belongs to one.
_TELL = """
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, incident_id, actor_kind, actor_name, via, request_id,
  occurred_at, data)
SELECT (SELECT muster.organisation()), 'alert.' || c.what, 'incidents.alert', c.id, c.incident_id, 'integration',
  coalesce(i.name, %(name)s), %(via)s, %(request_id)s, %(moment)s,
  jsonb_build_object('name', c.name, 'summary', c.summary, 'service', c.labels ->> 'service', 'fingerprint', c.fingerprint)
FROM changed c LEFT JOIN LATERAL (SELECT i.name FROM incidents_integration i WHERE i.id = c.integration_id OFFSET 0) i ON true
ORDER BY c.what DESC, c.id"""

_CHANGED = "a.id, a.incident_id, a.integration_id, a.name, a.summary, a.labels, a.fingerprint"

_KEY = "organisation_id, integration_id, fingerprint, started_at"
_COLUMNS = f"{_KEY}, signal_id, incident_id, name, summary, labels, annotations, source_url, state, ended_at, received_at, last_seen_at, seen"
_VALUES = "said.name, said.summary, said.labels, said.annotations, said.url"

# A row that has ended fires again where this is said later than a late repeat could be; not where a later start is known.
_AGAIN = "(a.state = 'resolved' AND excluded.state = 'firing' AND a.last_seen_at <= %(late)s)"

# Insert new firing alerts, count repeats, end what a later start supersedes. A repeat of an alert whose signal was answered
# keeps that signal; a new alert needs the open one, and has ended where a later start of it is known already.
# Rows are looked up by LATERAL and changed by ON CONFLICT, so that each is found by its key, however large the planner believes
# the table to be.
_FIRE = f"""
WITH {_SAID}, {_KEEP},
ended AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT DISTINCT ON (o.id) (SELECT muster.organisation()), said.integration_id, said.fingerprint, o.started_at, o.signal_id,
    o.incident_id, {_VALUES}, 'resolved', said.started_at, %(moment)s, %(moment)s, 1
  FROM said CROSS JOIN LATERAL (SELECT o.* FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.state = 'firing' AND o.started_at < said.started_at OFFSET 0) o
  ORDER BY o.id, said.started_at
  ON CONFLICT ({_KEY}) DO UPDATE SET state = 'resolved', ended_at = excluded.ended_at, last_seen_at = excluded.last_seen_at
  WHERE a.state = 'firing' RETURNING {_CHANGED}),
fired AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT (SELECT muster.organisation()), said.integration_id, said.fingerprint, said.started_at,
    coalesce(nullif(said.signal_id, 0), o.signal_id), s.incident_id, {_VALUES},
    CASE WHEN coalesce(said.ended_at, n.started_at) IS NULL THEN 'firing' ELSE 'resolved' END, coalesce(said.ended_at, n.started_at),
    %(moment)s, %(moment)s, 1
  FROM said LEFT JOIN LATERAL (SELECT s.incident_id FROM incidents_signal s WHERE s.id = said.signal_id OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT o.signal_id FROM incidents_alert o WHERE said.signal_id = 0 AND o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at = said.started_at OFFSET 0) o ON true
  LEFT JOIN LATERAL (SELECT o.started_at FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at > said.started_at ORDER BY o.started_at LIMIT 1) n ON true
  ON CONFLICT ({_KEY}) DO UPDATE SET seen = a.seen + 1,
    last_seen_at = CASE WHEN a.state = 'firing' OR {_AGAIN} THEN excluded.last_seen_at ELSE a.last_seen_at END,
    state = CASE WHEN {_AGAIN} THEN 'firing' ELSE a.state END, ended_at = CASE WHEN {_AGAIN} THEN NULL ELSE a.ended_at END,
    signal_id = CASE WHEN {_AGAIN} THEN excluded.signal_id ELSE a.signal_id END,
    incident_id = CASE WHEN {_AGAIN} THEN excluded.incident_id ELSE a.incident_id END
  RETURNING {_CHANGED}, a.state, CASE WHEN xmax = 0 THEN true WHEN a.state = 'resolved' THEN false
    ELSE (SELECT o.state = 'resolved' FROM incidents_alert o WHERE o.id = a.id) END AS is_new), -- as it was before this statement
changed AS (SELECT 'resolved' AS what, a.* FROM ended a
  UNION ALL SELECT 'fired', {_CHANGED} FROM fired a WHERE is_new
  UNION ALL SELECT 'resolved', {_CHANGED} FROM fired a WHERE is_new AND a.state = 'resolved')
{_TELL}"""

# End the alerts that are said to have ended, and only those: a resolve of an older start touches no newer one, and one that was
# said before (with the same end) does not end what fires again since.
_RESOLVE = f"""
WITH {_SAID},
changed AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT (SELECT muster.organisation()), said.integration_id, said.fingerprint, said.started_at, o.signal_id, o.incident_id, {_VALUES},
    'resolved', said.ended_at, %(moment)s, %(moment)s, 1
  FROM said CROSS JOIN LATERAL (SELECT o.* FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at = said.started_at AND o.state = 'firing'
    AND o.ended_before IS DISTINCT FROM said.ended_at OFFSET 0) o
  ON CONFLICT ({_KEY}) DO UPDATE SET state = 'resolved', ended_at = excluded.ended_at, ended_before = excluded.ended_at,
    last_seen_at = excluded.last_seen_at
  WHERE a.state = 'firing' RETURNING {_CHANGED}, 'resolved' AS what)
{_TELL}"""


def _fire(batch: _Batch, by: Actor) -> None:
    """Keep the requests, and write what fires, in one statement."""
    requests = [{"i": i, "h": d.headers, "a": len(d.alerts), "g": d.group_key} for i, d in batch.inbound]
    values = {**_said(batch, by, batch.firing), "requests": _json(requests), "bodies": [d.body for _, d in batch.inbound]}
    with _cursors() as raw, Cursor(raw) as cursor:
        cursor.execute(_FIRE, values)


def _resolve(batch: _Batch, by: Actor) -> None:
    """Write what has ended: after what fires, which the same delivery may hold."""
    if batch.resolved:
        with _cursors() as raw, Cursor(raw) as cursor:
            cursor.execute(_RESOLVE, _said(batch, by, batch.resolved))


def _said(batch: _Batch, by: Actor, alerts: dict[tuple[int, str, datetime], tuple[AlertIn, int]]) -> dict[str, Any]:
    return {
        "alerts": _rows(alerts),
        "moment": batch.moment,
        "late": batch.moment - LATE,
        "name": by.name,
        "via": str(by.via),
        "request_id": by.request_id,
    }
