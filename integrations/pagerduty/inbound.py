"""PagerDuty's Events API v2: from its events to alerts, so that what can call PagerDuty can call Muster.

An alert is known by its `dedup_key`; each is a question of its own, as each is an incident there.
"""

import hashlib
import uuid
from typing import Any

import orjson

from incidents.dating import Keyed, Says
from incidents.intake import Change, Delivery
from incidents.states import Severity
from integrations import reading
from tenants import credentials
from tenants.refusals import Reason, Refused, invalid

PATHS = {"/v2/enqueue": "pagerduty", "/v2/change/enqueue": "pagerduty-change"}
ACTIONS = {"trigger": Says.FIRES, "acknowledge": Says.ACKNOWLEDGED, "resolve": Says.ENDS}
SEVERITIES = {
    "critical": Severity.SEV1,
    "error": Severity.SEV2,
    "warning": Severity.SEV3,
    "info": Severity.SEV4,
}
SUMMARY_MOST, KEY_MOST = 1024, 255  # PagerDuty's own limits
KEY_LENGTH, PUBLIC = 32, 12


def opened(body: bytes, header_key: str = "") -> tuple[str, str, dict[str, Any]]:
    """Read an event as far as its key, which says whose it is: (organisation's public id, routing key, event).

    `header_key` is what older clients send as X-Routing-Key. An event that triggers and has no `dedup_key` gets one. Raises
    Refused for what is no JSON object or has no key.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(Reason("unrecognized", "JSON parse error", status=422)) from error
    if not isinstance(data, dict):
        raise Refused(Reason("unrecognized", "The event is no JSON object", status=422))
    key = data.get("routing_key", header_key)
    if not isinstance(key, str) or len(key) != KEY_LENGTH:
        sentence = f"Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)"
        raise invalid("routing_key", sentence, code="no_key")
    public_id = credentials.public_id_in_routing_key(key)
    if public_id is None:
        raise Refused(Reason("unknown_key", "Invalid routing key", status=401))
    if data.get("event_action") == "trigger" and not data.get("dedup_key"):
        data["dedup_key"] = uuid.uuid4().hex
    return public_id, key, data


def masked(body: bytes, key: str, data: dict[str, Any]) -> bytes:
    """A body as it is kept: to the byte, but for the secret part of its key, which lies in no table but as a hash.

    Raises Refused (422) for what is nested too deep to be written anew.
    """
    hidden = key[:PUBLIC] + "*" * (KEY_LENGTH - PUBLIC)
    kept = body.replace(key.encode(), hidden.encode())
    if kept == body and data.get("routing_key") == key:  # it is written with escapes: then the object is kept, not its bytes
        kept = reading.written({**data, "routing_key": hidden})
    return kept


def parse(data: dict[str, Any], *, digest: str, headers: dict[str, str], body: bytes) -> Delivery:
    """Read an alert event. Raises Refused (422) that says what is wrong with it, in PagerDuty's words where it has some."""
    says = ACTIONS.get(_plain(data.get("event_action")))
    if says is None:
        raise invalid("event_action", "'event_action' is missing or none of trigger, acknowledge, resolve")
    key = data.get("dedup_key")
    if not isinstance(key, str) or not key:
        raise invalid("dedup_key", "'dedup_key' is missing or blank")
    if len(key) > KEY_MOST:
        raise invalid("dedup_key", f"Length of 'dedup_key' is incorrect (should be at most {KEY_MOST} characters)")
    payload = data.get("payload")
    if says is Says.FIRES:
        severity, keyed = _triggered(key, payload, data)
    else:
        severity, keyed = None, Keyed(key=key, says=says, name=_name(payload if isinstance(payload, dict) else {}))
    return Delivery(
        digest=digest,
        group_key=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest(),
        title=reading.line(keyed.summary, 200),
        alerts=(),
        headers=headers,
        body=body,
        keyed=(keyed,),
        severity=severity,
        note="" if says is Says.FIRES else str(says),
    )


def _triggered(key: str, payload: Any, data: dict[str, Any]) -> tuple[Severity, Keyed]:
    if not isinstance(payload, dict):
        raise invalid("payload", "'payload' is missing or invalid")
    for name in ("summary", "source"):
        if not isinstance(payload.get(name), str) or not reading.text(payload[name]):
            raise invalid(f"payload.{name}", f"'payload.{name}' is missing or blank")
    if len(payload["summary"]) > SUMMARY_MOST:
        raise invalid(
            "payload.summary", f"Length of 'payload.summary' is incorrect (should be at most {SUMMARY_MOST} characters)"
        )
    severity = SEVERITIES.get(_plain(payload.get("severity")))
    if severity is None:
        raise invalid("payload.severity", "'payload.severity' is invalid (must be one of critical, error, warning, info)")
    labels: dict[str, str] = {}
    for name in ("source", "severity", "component", "group", "class"):
        if said := reading.text(payload.get(name), reading.LABEL_MOST):
            labels[name] = said
    annotations: dict[str, str] = {"summary": reading.text(payload["summary"])}
    if began := reading.text(payload.get("timestamp"), 64):
        annotations["timestamp"] = began
    if client := reading.text(data.get("client"), reading.LABEL_MOST):
        labels["client"] = client
    reading.details(payload.get("custom_details"), labels, annotations)
    return severity, Keyed(
        key=key,
        says=Says.FIRES,
        name=_name(payload),
        summary=reading.text(payload["summary"], 500),
        labels=labels,
        annotations=annotations,
        source_url=reading.text(data.get("client_url"), 2000) or next(iter(_links(data)), ""),
    )


def parse_change(data: dict[str, Any], *, digest: str, headers: dict[str, str], body: bytes) -> Delivery:
    """Read a change event: something was deployed or configured. Raises Refused (422)."""
    payload = data.get("payload")
    if not isinstance(payload, dict):
        raise invalid("payload", "'payload' is missing or invalid")
    summary = reading.text(payload.get("summary"), SUMMARY_MOST) if isinstance(payload.get("summary"), str) else ""
    if not summary:
        raise invalid("payload.summary", "'payload.summary' is missing or blank")
    change = Change(
        summary=summary,
        source=reading.text(payload.get("source"), reading.LABEL_MOST),
        said_at=reading.text(payload.get("timestamp"), 64),
        links=_links(data),
    )
    return Delivery(
        digest=digest, group_key="", title="", alerts=(), headers=headers, body=body, change=change, note=f"a change: {summary}"
    )


def _name(payload: dict[str, Any]) -> str:
    """What kind of thing it is about: the class where there is one, or else where it comes from."""
    return next((said for name in ("class", "component", "source") if (said := reading.line(payload.get(name), 200))), "Event")


def _links(data: dict[str, Any]) -> list[str]:
    links = data.get("links")
    found = [link.get("href") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return [reading.text(href, 2000) for href in found[:20] if isinstance(href, str) and href]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""
