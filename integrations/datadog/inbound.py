"""Datadog's webhook with our template (docs/guide-administrator.md): one monitor's transition a request.

A monitor's alert is known by its cycle key, from the trigger to the recovery. Datadog substitutes variables into strings, so
numbers come as strings; one that it does not know stays empty, or as it is written.
"""

import hashlib
import re
from typing import Any

from incidents.dating import Keyed, Says
from incidents.intake import Delivery
from incidents.states import Severity
from integrations import reading
from tenants.refusals import invalid

KNOWN_BY = ("alert_cycle_key", "alert_id", "alert_scope")  # what says which alert it is, and is cut nowhere
FIRES = ("triggered", "warn", "no data", "renotify", "alert")
ENDS = ("recovered", "ok")
PRIORITIES = {"P1": Severity.SEV1, "P2": Severity.SEV2, "P3": Severity.SEV3, "P4": Severity.SEV4, "P5": Severity.SEV4}
_VARIABLE = re.compile(r"^\$[A-Z_]+$")  # one that Datadog did not fill in
_AGAIN = re.compile(r"^re-?(?=triggered|warn|no data)")


def parse(body: bytes, *, digest: str, headers: dict[str, str]) -> Delivery:
    """Read one request. A test of the webhook, which has no transition, is accepted and says so. Raises Refused (422)."""
    data = reading.document(body, "The Datadog webhook")
    said = {name: _said(value, reading.WHOLE if name in KNOWN_BY else reading.VALUE_MOST) for name, value in data.items()}
    transition = _AGAIN.sub("", said.get("alert_transition", "").lower())
    if not transition and not said.get("alert_cycle_key"):
        return Delivery(digest=digest, group_key="", title="", alerts=(), headers=headers, body=body, note="a test")
    says = Says.FIRES if transition.startswith(FIRES) else Says.ENDS if transition.startswith(ENDS) else None
    if says is None:
        raise invalid(
            "alert_transition", f"alert_transition is no transition that opens or closes: {transition[:40] or 'empty'}."
        )
    monitor, scope = said.get("alert_id", ""), said.get("alert_scope", "")
    key = said.get("alert_cycle_key") or (f"{monitor}:{scope}" if monitor else "")
    if not key:
        raise invalid("alert_cycle_key", "Neither alert_cycle_key nor alert_id says which alert this is: use the whole template.")
    title = reading.line(said.get("title"), 200) or "Datadog monitor"
    labels = _labels(said)
    return Delivery(
        digest=digest,
        group_key=hashlib.sha256((monitor or key).encode("utf-8", "surrogatepass")).hexdigest(),
        title=title,
        alerts=(),
        headers=headers,
        body=body,
        keyed=(
            Keyed(
                key=reading.identity(key),
                says=says,
                name=title,
                summary=said.get("body", "")[:500],
                labels=labels,
                annotations={n: said[n] for n in ("alert_query", "alert_status", "snapshot") if said.get(n)},
                source_url=said.get("link", ""),
            ),
        ),
        severity=PRIORITIES.get(said.get("alert_priority", "").upper()),
        note="recovered" if says is Says.ENDS else "",
    )


def _said(value: Any, most: int) -> str:
    said = reading.text(value, most)
    return "" if _VARIABLE.match(said) else said


def _labels(said: dict[str, str]) -> dict[str, str]:
    """What rules may ask for: the tags (`service:checkout`), and what the template names."""
    labels: dict[str, str] = {}
    for tag in said.get("tags", "").split(","):
        name, _, value = tag.strip().partition(":")
        if name and len(labels) < reading.LABELS_MOST - 6:
            labels.setdefault(name[: reading.LABEL_MOST], value[: reading.LABEL_MOST] or "true")
    for name in ("alert_id", "alert_scope", "alert_type", "alert_priority", "hostname", "alert_metric"):
        if value := said.get(name, "")[: reading.LABEL_MOST]:
            labels.setdefault(name, value)
    return labels
