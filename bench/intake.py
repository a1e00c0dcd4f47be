"""P1. One new alert a request, in one of 200 groups that are open already, durable before its 2xx; beside it pgbench."""

from bench.alerts import Load
from bench.figures import Report, interleaved, median, ratio
from bench.plain import Plain
from bench.stage import stage

GROUPS = 200
CLIENTS = 16
PAIRS = 5
SECONDS = 6


def main() -> int:
    report = Report()
    with stage("web") as on:
        load, plain = Load(on), Plain(on)
        accepted = load.send(groups=GROUPS, most=GROUPS, clients=1)["accepted"]  # opens the groups
        accepted += load.send(groups=GROUPS, seconds=3)["accepted"]  # warms up
        plain.rate(2)

        def ours() -> float:
            nonlocal accepted
            found = load.send(groups=GROUPS, seconds=SECONDS, clients=CLIENTS)
            accepted += found["accepted"]
            report.say(
                f"intake  {found['accepted'] / found['seconds']:8.0f} alerts/s   p99 {found['p99']:6.1f} ms   {found['statuses']}"
            )
            return float(found["accepted"] / found["seconds"])

        def limit() -> float:
            rate = plain.rate(SECONDS, CLIENTS)
            report.say(f"pgbench {rate:8.0f} tps")
            return rate

        ours_rates, limits = interleaved(ours, limit, PAIRS)
        half = load.send(groups=GROUPS, seconds=8, clients=64, rate=median(ours_rates) / 2)
        accepted += half["accepted"]

        report.figure("pgbench, one CTE, 16 clients (median)", median(limits), "tps")
        report.figure("intake, one alert a request, 16 clients (median)", median(ours_rates), "alerts/s")
        report.figure("P1 intake against pgbench (median of pairs)", ratio(ours_rates, limits), least=0.25)
        report.figure("P1 p99 at half load", half["p99"], "ms", most=50)
        report.figure("   p50 at half load", half["p50"], "ms")
        for table, where in (
            ("incidents_alert", ""),
            ("ledger_event", " WHERE kind = 'alert.fired'"),
            ("incidents_inbound", " WHERE status = 202"),
        ):
            report.rows(f"answered 2xx, and kept: {table}", accepted, on.count(table + where))
        report.rows("open signals, one a group", GROUPS, on.count("incidents_signal WHERE is_open"))
        report.rows("pgbench's rows", plain.transactions, on.count("bench.outbox"))
        report.holds("fsync is on", on.one("SHOW fsync") == "on" and on.one("SHOW synchronous_commit") == "on")
    return report.end()
