"""A rush: 1,000 alerts a second for 10 s in one organisation, one a request, and another organisation's quiet trickle meanwhile.

Everything of the portal runs. Rows are counted against what was answered, by organisation; p95 is from the moment a request was due
(so a queue at the sender counts) to its 202.
"""

import threading
from typing import Any

from bench.alerts import Load
from bench.figures import Report
from bench.stage import Stage, stage

RATE, SECONDS = 1000, 10
GROUPS = 200
TRICKLE, ALONE = 20, 10  # alerts a second of the other organisation, and seconds of it alone
ACCEPT_MS, TWICE = 300, 2.0


def kept(on: Stage, slug: str, table: str, where: str = "") -> int:
    """Rows of one organisation."""
    return on.count(f"{table} WHERE organisation_id = {on.organisation_id(slug)}{where}")


def main() -> int:
    report = Report()
    with stage("web", "worker", "beat", "watch") as on:
        rush, other = Load(on), Load(on, "globex")
        sent = {"acme": 0, "globex": 0}

        def send(load: Load, **order: Any) -> dict[str, Any]:
            found = load.send(groups=GROUPS if load is rush else 5, **order)
            sent[load.slug] += found["accepted"]
            return found

        send(rush, most=GROUPS, clients=1)  # opens the groups
        send(rush, seconds=3)  # warms up
        send(other, seconds=2, clients=2, rate=TRICKLE)
        alone = send(other, seconds=ALONE, clients=8, rate=TRICKLE)

        meanwhile: dict[str, Any] = {}
        beside = threading.Thread(target=lambda: meanwhile.update(send(other, seconds=SECONDS, clients=8, rate=TRICKLE)))
        beside.start()
        rushed = send(rush, seconds=SECONDS, clients=128, rate=RATE)
        beside.join()

        report.say(f"rush     {rushed['statuses']} in {rushed['seconds']:.1f} s")
        report.say(f"trickle  alone {alone['statuses']}, meanwhile {meanwhile['statuses']}")
        report.figure("rush: alerts answered a second", rushed["accepted"] / rushed["seconds"], "alerts/s", least=RATE * 0.99)
        report.figure("rush: p95 accept", rushed["p95"], "ms", most=ACCEPT_MS)
        report.figure("rush: p99 accept", rushed["p99"], "ms")
        report.figure("other organisation alone: p95 accept", alone["p95"], "ms")
        report.figure("other organisation meanwhile: p95 accept", meanwhile["p95"], "ms")
        report.figure("other organisation: p95, times what it was alone", meanwhile["p95"] / alone["p95"], most=TWICE)
        for slug in sent:
            report.rows(f"{slug}: answered 2xx, and kept: alerts", sent[slug], kept(on, slug, "incidents_alert"))
            report.rows(f"{slug}: requests", sent[slug], kept(on, slug, "incidents_inbound", " AND status = 202"))
            fired = kept(on, slug, "ledger_event", " AND kind = 'alert.fired'")
            report.rows(f"{slug}: events", sent[slug], fired)
        report.holds("fsync is on", on.one("SHOW fsync") == "on" and on.one("SHOW synchronous_commit") == "on")
    return report.end()
