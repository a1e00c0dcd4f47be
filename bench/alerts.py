"""What the load generator is told to send, and asking it to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.stage import Stage

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS_AHEAD = 10_000_000  # fingerprints of one run never meet those of another


def _alert(fingerprint: str, group: str) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {
            "alertname": "HighErrorRate",
            "service": "checkout",
            "severity": "critical",
            "instance": f"node-{fingerprint}.prod.example:9100",
            "group": group,
        },
        "annotations": {"summary": "More than 5 % of requests fail", "description": "Error budget burns 14 times too fast."},
        "startsAt": "@S",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=errors&g0.tab=1",
        "fingerprint": fingerprint,
    }


def _delivery(alerts: list[dict[str, Any]], group: str) -> str:
    document = {
        "version": "4",
        "groupKey": '{}:{alertname=\\"HighErrorRate\\", group=\\"' + group + '\\"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "muster",
        "groupLabels": {"alertname": "HighErrorRate", "group": group},
        "commonLabels": {"alertname": "HighErrorRate", "service": "checkout", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": alerts,
    }
    return json.dumps(document)


SINGLE = _delivery([_alert("@F", "@G")], "@G")


def many(count: int) -> str:
    """A delivery of many alerts, of hot keys most of them."""
    return _delivery([_alert("@H", "@G") for _ in range(count)], "@G")


class Load:
    """The load generator, pointed at one stage's hook."""

    def __init__(self, on: Stage, slug: str = "acme") -> None:
        self.stage = on
        self.slug = slug
        self.runs = 0

    def send(self, body: str = SINGLE, *, seconds: float = 600.0, clients: int = 16, **order: Any) -> dict[str, Any]:
        """Send, and return what the generator found."""
        self.runs += 1
        order |= {
            "body": body,
            "path": self.stage.hook(self.slug),
            "port": self.stage.port,
            "clients": clients,
            "seconds": seconds,
        }
        order |= {"first": self.runs * RUNS_AHEAD, "seed": self.runs}
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=True,
            cwd=CHECKOUT,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found
