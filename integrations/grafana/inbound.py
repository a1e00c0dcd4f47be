"""Grafana's webhook, version 1: Alertmanager's shape, with links and values of its own beside each alert."""

from typing import Any

from incidents.intake import Delivery
from integrations import reading
from integrations.alertmanager import inbound as alertmanager

LINKS = ("dashboardURL", "panelURL", "silenceURL", "imageURL", "valueString")


def parse(body: bytes, *, digest: str, headers: dict[str, str]) -> Delivery:
    """Read one delivery. Raises Refused (422) that names what is wrong and where."""
    data = reading.document(body, "Grafana")
    alerts = data.get("alerts")
    for alert in alerts if isinstance(alerts, list) else ():
        if isinstance(alert, dict) and isinstance(alert.get("annotations") or {}, dict):
            alert["annotations"] = _explained(alert)
    return alertmanager.read(data, digest=digest, headers=headers, body=body)


def _explained(alert: dict[str, Any]) -> dict[str, Any]:
    """The annotations, with Grafana's links and values: they explain the alert, and no rule asks for them."""
    found: dict[str, Any] = dict(alert.get("annotations") or {})
    for name in LINKS:
        if isinstance(alert.get(name), str) and alert[name]:
            found.setdefault(name, alert[name])
    values = alert.get("values")
    if isinstance(values, dict) and values:
        found.setdefault("values", ", ".join(f"{name}={value}" for name, value in values.items()))
    return found
