"""Alertmanager's webhook, version 4: from its JSON to alerts. (Grafana sends the same shape: integrations/grafana.)

A delivery that says "firing" may hold resolved alerts, and the last "resolved" names only the last one: each alert is read by
its own status.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from incidents import fields
from incidents.intake import AlertIn, Delivery
from integrations import reading
from integrations.reading import LABELS_MOST, VALUE_MOST
from tenants.refusals import invalid
from tenants.time import now

ZERO = "0001-01-01T00:00:00Z"  # Go's zero time: an alert that has not ended
FUTURE = timedelta(minutes=10)  # how far a sender's clock may be ahead of ours


def parse(body: bytes, *, digest: str, headers: dict[str, str]) -> Delivery:
    """Read one delivery. Raises Refused (422) that names what is wrong and where."""
    return read(reading.document(body, "Alertmanager"), digest=digest, headers=headers, body=body)


def read(data: dict[str, Any], *, digest: str, headers: dict[str, str], body: bytes) -> Delivery:
    """Read the object that one delivery is. Raises Refused (422) that names what is wrong and where."""
    alerts = data.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise invalid("alerts", "There are no alerts in this delivery.", code="no_alerts")
    read = [_alert(alert, f"alerts[{index}]") for index, alert in enumerate(alerts)]
    labels = data.get("groupLabels")
    group_key = data.get("groupKey")
    if not isinstance(group_key, str) or not group_key:
        group_key = repr(sorted(labels.items())) if isinstance(labels, dict) else read[0].name
    return Delivery(
        digest=digest,
        group_key=hashlib.sha256(group_key.encode("utf-8", "surrogatepass")).hexdigest(),
        title=_title(read),
        alerts=read,
        headers=headers,
        body=body,
    )


def _title(alerts: list[AlertIn]) -> str:
    """What a person reads in the queue: the first firing alert's summary, or its name and service, as one line.

    An incident that is declared from it takes it for its title, so it is one that `fields.line` takes.
    """
    first = next((alert for alert in alerts if alert.firing), alerts[0])
    service = first.labels.get("service", "")
    return _line(first.summary) or _line(f"{first.name}: {service}" if service else first.name)


def _line(text: str) -> str:
    return " ".join(text.split())[: fields.TITLE_MAX].rstrip()


def _alert(data: Any, where: str) -> AlertIn:
    if not isinstance(data, dict):
        raise invalid(where, f"{where} is not an object.", code="malformed")
    labels = _strings(data.get("labels"), f"{where}.labels")
    if not labels:
        raise invalid(f"{where}.labels", f"{where} has no labels: without them nobody knows what fires.", code="no_labels")
    annotations = _strings(data.get("annotations") or {}, f"{where}.annotations", cut=True)
    status = data.get("status")
    if status not in ("firing", "resolved"):
        raise invalid(f"{where}.status", f'{where}.status is neither "firing" nor "resolved".')
    started_at = _time(data.get("startsAt"), f"{where}.startsAt")
    ended_at = None
    if status == "resolved":
        ends = data.get("endsAt")
        ended_at = _time(ends, f"{where}.endsAt") if ends and ends != ZERO else now()
    return AlertIn(
        fingerprint=_fingerprint(data.get("fingerprint"), labels),
        name=_line(labels.get("alertname", "")) or "unnamed alert",
        summary=(annotations.get("summary") or annotations.get("description") or "")[:500],
        labels=labels,
        annotations=annotations,
        started_at=started_at,
        ended_at=max(ended_at, started_at) if ended_at else None,
        source_url=fields.disarmed(str(data.get("generatorURL") or "")[:2000]),
    )


def _fingerprint(value: Any, labels: dict[str, str]) -> str:
    """Alertmanager's own, or one of the labels where a sender has none."""
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isalnum():
        return value
    return hashlib.sha256(orjson.dumps(labels, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _strings(value: Any, where: str, *, cut: bool = False) -> dict[str, str]:
    """A flat object of strings. What cannot be stored (NUL) or would deceive a reader is dropped; the request itself is kept as it came."""
    if not isinstance(value, dict):
        raise invalid(where, f"{where} is not an object of strings.", code="malformed")
    if len(value) > LABELS_MOST:
        raise invalid(where, f"{where} has {len(value)} entries; at most {LABELS_MOST} are kept.", code="too_many")
    out: dict[str, str] = {}
    for name, text in value.items():
        if not isinstance(text, str):
            raise invalid(f"{where}.{name}", f"{where}.{name} is not a string.", code="malformed")
        if len(text) > VALUE_MOST and cut:  # what explains an alert is cut, so that the alert itself is never refused for it
            text = f"{text[: VALUE_MOST - 1]}…"
        if len(text) > VALUE_MOST:
            raise invalid(f"{where}.{name}", f"{where}.{name} is longer than {VALUE_MOST} characters.", code="too_long")
        out[fields.disarmed(name)] = fields.disarmed(text)
    return out


def _time(value: Any, where: str) -> datetime:
    """An RFC 3339 time, in UTC, not in the far future."""
    if not isinstance(value, str):
        raise invalid(where, f"{where} is missing, or no time.", code="no_time")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid(where, f"{where} is no RFC 3339 time: {value[:40]}.", code="no_time") from error
    if parsed.tzinfo is None:
        raise invalid(where, f"{where} has no offset from UTC.", code="no_time")
    try:
        utc = parsed.astimezone(UTC)
    except OverflowError as error:
        raise invalid(where, f"{where} lies outside of what a calendar holds.", code="no_time") from error
    if utc > now() + FUTURE:
        raise invalid(where, f"{where} lies in the future: {value[:40]}. Is the sender's clock right?", code="future")
    return utc
