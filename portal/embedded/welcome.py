"""What `up` prints once everything is ready: the address, who may sign in, and one line that fires an alert."""

import json
import shlex
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict


class Person(TypedDict):
    """One who may sign in."""

    email: str
    password: str
    roles: list[str]
    token: str


class Organisation(TypedDict):
    """One demo organisation."""

    slug: str
    people: list[Person]
    keys: dict[str, str]


class Demo(TypedDict):
    """The content of `<data>/demo.json`, which `manage.py seed` writes."""

    base_url: str
    organisations: list[Organisation]


def read_demo(data: Path) -> Demo | None:
    """Return the demo organisations, or None where none were made."""
    try:
        demo: Demo = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return demo


def welcome(address: str, demo: Demo | None) -> str:
    """Return the whole text."""
    parts = [f"Muster is ready: {address}  (Ctrl-C stops it)"]
    if demo is not None:
        parts.append("Who may sign in:\n" + _table(_people(demo)))
        parts += [f"Fire an alert:\n  {line}" for line in _alert_lines(address, demo)[:1]]
    return "\n\n".join(["", *parts, ""])


def alert_command(address: str, key: str) -> str:
    """Return one `curl` line that delivers one firing alert as Alertmanager would (its webhook format, version 4)."""
    labels = {"alertname": "CheckoutErrorRate", "service": "checkout", "severity": "critical"}
    annotations = {"summary": "More than 5 % of checkouts fail", "description": "Error budget burns 14 times too fast."}
    delivery = {
        "version": "4",
        "groupKey": '{}:{alertname="CheckoutErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "muster",
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example",
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "endsAt": "0001-01-01T00:00:00Z",  # Alertmanager's way to say "not over"
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": "c0ffee0ddba11a1e",
            }
        ],
    }
    url = f"{address}/hooks/{key}/alertmanager/"
    return f"curl -X POST {url} -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(delivery))}"


def _alert_lines(address: str, demo: Demo) -> list[str]:
    keys = (organisation["keys"].get("alertmanager") for organisation in demo["organisations"])
    return [alert_command(address, key) for key in keys if key]


def _people(demo: Demo) -> Iterable[Sequence[str]]:
    yield "organisation", "e-mail", "password", "roles"
    for organisation in demo["organisations"]:
        for person in organisation["people"]:
            yield organisation["slug"], person["email"], person["password"], ", ".join(person["roles"])


def _table(rows: Iterable[Sequence[str]]) -> str:
    lines = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
