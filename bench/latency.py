"""P4. From the answer 2xx to the first attempt at a real SMTP sink: alerts, each a new group, then a verb, then without broker."""

import json
import signal
import subprocess
import sys
import time
from typing import Any

from bench.alerts import CHECKOUT, SINGLE, Load
from bench.figures import Report, percentile
from bench.stage import Stage, free_port, stage, until

RATE = 50
SECONDS = 20
VERBS = 20
CLOCKS = 100_000
NAMED = SINGLE.replace("More than 5 % of requests fail", "bench-@F").replace("@G", "@F")

OPEN_CLOCKS = """
INSERT INTO standard_clock (organisation_id, clause, subject_type, subject_id, owner_role, started_at, due_at, next_at)
SELECT %s, 'bench', 'bench.thing', n, '', now(), now() + interval '30 days' + n * interval '1 second',
  now() + interval '30 days' + n * interval '1 second' FROM generate_series(%s::bigint, %s::bigint) AS n;
"""


class Sink:
    """The SMTP sink's process."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "bench.sink", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)

    def stop(self) -> dict[str, Any]:
        """End it. Returns what came since its start."""
        if self.process is None:
            return {"first": {}, "keys": {}}
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=20)
        self.process = None
        found: dict[str, Any] = json.loads(out)
        return found


def insert_clocks(on: Stage, count: int) -> None:
    """Open clocks with their history, as the guards want it."""
    first = on.count("standard_clock WHERE clause = 'bench'")
    columns = on.one(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns WHERE table_name = 'standard_clock'"
    )
    with on.owner.transaction():
        on.owner.execute(OPEN_CLOCKS, (on.organisation_id(), first + 1, first + count))
        on.owner.execute(
            f"INSERT INTO standard_historicalclock ({columns}, history_type, history_xid, history_date) "
            f"SELECT {columns}, '+', 0, now() FROM standard_clock WHERE clause = 'bench' AND subject_id > %s",
            (first,),
        )
    on.owner.execute("ANALYZE standard_clock")


def alerts(
    on: Stage,
    load: Load,
    sink: Sink,
    report: Report,
    what: str,
    *,
    p50: float | None,
    p99: float,
    wait: float,
    rate: int = RATE,
    seconds: float = SECONDS,
) -> None:
    """Send alerts at the rate, and compare the answers' times with the first attempts'."""
    sink.start()
    time.sleep(1)
    found = load.send(NAMED, seconds=seconds, clients=1 if rate <= 50 else 16, rate=rate, trace=True)
    first = load.runs * 10_000_000
    names = [f"{first + n:016x}" for n in range(len(found["answered"]))]
    until(lambda: on.count("notifications_queueddelivery") + on.count("ledger_outbox") == 0, wait)
    time.sleep(0.5)
    came = sink.stop()
    waits = [
        (came["first"][name] - at) * 1000 for name, at in zip(names, found["answered"], strict=True) if name in came["first"]
    ]
    report.rows(f"{what}: alerts that paged somebody by e-mail", found["accepted"], len(waits))
    report.holds(f"{what}: nobody was mailed the same thing twice", max(came["keys"].values(), default=1) == 1)
    report.figure(f"{what}: accepted to first attempt, p50", percentile(waits, 0.5), "ms", most=p50)
    report.figure(f"{what}: accepted to first attempt, p99", percentile(waits, 0.99), "ms", most=p99)


def verbs(on: Stage, sink: Sink, report: Report) -> None:
    """Declare incidents by the API, and see when the first page of each arrives."""
    token = on.person("amira")["token"]
    sink.start()
    time.sleep(1)
    answered: dict[str, float] = {}
    for number in range(VERBS):
        name = f"{0xBE0000 + number:016x}"
        on.post("/api/v1/incidents/", {"title": f"bench-{name}", "severity": "SEV2", "services": ["checkout"]}, token)
        answered[name] = time.time()
        time.sleep(0.3)
    until(lambda: on.count("notifications_queueddelivery") + on.count("ledger_outbox") == 0, 20)
    time.sleep(0.5)
    came = sink.stop()
    waits = [(came["first"][name] - at) * 1000 for name, at in answered.items() if name in came["first"]]
    report.rows("declared: incidents that paged somebody by e-mail", VERBS, len(waits))
    report.figure("P4 declared: committed to first attempt, p50", percentile(waits, 0.5), "ms", most=20)
    report.figure("P4 declared: committed to first attempt, p99", percentile(waits, 0.99), "ms", most=150)


def main() -> int:
    report = Report()
    sink = Sink()
    env = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(sink.port)}
    with stage("web", "worker", "beat", "watch", env=env) as on:
        try:
            insert_clocks(on, CLOCKS)
            load = Load(on)
            until(lambda: on.count("ledger_heartbeat") > 0, 20)
            load.send(NAMED, seconds=3, clients=1, rate=20)  # warms up; mail that nobody takes is tried again
            sink.start()
            until(lambda: on.count("notifications_queueddelivery") + on.count("ledger_outbox") == 0, 60)
            sink.stop()
            report.say(f"{on.count('standard_clock WHERE next_at IS NOT NULL')} open clocks; {RATE} new groups/s for {SECONDS} s")
            alerts(on, load, sink, report, "P4 alert", p50=20, p99=150, wait=30)
            verbs(on, sink, report)
            alerts(on, load, sink, report, "200 pages at once", p50=None, p99=5000, wait=60, rate=2000, seconds=0.1)
            on.supervisor._kept["valkey"].child.signal(signal.SIGKILL)
            time.sleep(1)
            alerts(on, load, sink, report, "P4 broker killed", p50=None, p99=3000, wait=60)
        finally:
            sink.stop()
    return report.end()
