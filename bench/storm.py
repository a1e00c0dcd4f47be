"""P2. A storm: 100 alerts a request, 95 % of them repeats of five hot keys; everything of the portal runs meanwhile."""

from bench.alerts import Load, many
from bench.figures import Report, interleaved, median, ratio
from bench.plain import Plain
from bench.stage import stage, until

ALERTS = 100
GROUPS = 5
PAIRS = 5
SECONDS = 6


def main() -> int:
    report = Report()
    with stage("web", "worker", "beat", "watch") as on:
        load, plain = Load(on), Plain(on)
        requests = keys = 0

        def send(seconds: float, **order: object) -> float:
            nonlocal requests, keys
            found = load.send(many(ALERTS), seconds=seconds, groups=GROUPS, repeats=0.95, hot=5, **order)
            requests += found["accepted"]
            keys += found["keys"]
            if set(found["statuses"]) != {"202"}:
                report.holds(f"every request was accepted: {found['statuses']}", False)
            rate = float(found["accepted"] * ALERTS / found["seconds"])
            report.say(f"storm   {rate:8.0f} alerts/s   p99 {found['p99']:6.1f} ms a request")
            return rate

        def limit() -> float:
            rate = plain.rate(SECONDS)
            report.say(f"pgbench {rate:8.0f} tps")
            return rate

        send(2)
        plain.rate(2)
        ours, limits = interleaved(lambda: send(SECONDS), limit, PAIRS)
        report.figure("pgbench, single-row CTE, 16 clients (median)", median(limits), "tps")
        report.figure("storm, 100 alerts a request, 16 clients (median)", median(ours), "alerts/s")
        report.figure("P2 storm against pgbench (median of pairs)", ratio(ours, limits), least=2)
        paged = until(lambda: on.count("oncall_page") >= GROUPS and on.count("ledger_outbox") == 0, 30)
        report.rows("requests kept", requests, on.count("incidents_inbound WHERE status = 202"))
        report.rows(
            "alerts said in them", requests * ALERTS, int(on.one("SELECT coalesce(sum(alerts), 0) FROM incidents_inbound"))
        )
        report.rows("alerts kept, one a fingerprint and start", keys, on.count("incidents_alert"))
        report.rows("events of them firing", keys, on.count("ledger_event WHERE kind = 'alert.fired'"))
        report.rows("open signals, one a group", GROUPS, on.count("incidents_signal WHERE is_open"))
        report.rows("signals at all", GROUPS, on.count("incidents_signal"))
        report.rows("pages, one a group", GROUPS, on.count("oncall_page"))
        report.holds("every reaction ran", paged)
    return report.end()
