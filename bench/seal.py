"""Sealing: 10,000 entries of one organisation in batches; the lag with 16 writers at 200 writes a second; the ledger's share of a write."""

import random
import tempfile
import threading
import time
from pathlib import Path

from bench.figures import Report, median
from bench.stage import in_process, stage

ENTRIES, BAR_RATE = 10_000, 10_000
WRITERS, RATE, SECONDS, BAR_LAG = 16, 200, 30, 5.0
ROUND, PAIRS, BAR_MS = 60, 7, 1.0


def main() -> int:
    report = Report()
    with stage(env={"MUSTER_DATABASE_POOL": str(WRITERS + 4)}) as on, tempfile.TemporaryDirectory() as folder:
        in_process(on)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from django.conf import settings
        from django.db import connection, transaction

        from ledger.actions import record
        from ledger.sealing.sealer import Sealer, connect
        from portal import environment
        from tenants.actors import Via, system
        from tenants.models import Membership
        from tenants.scope import scope

        settings.DATABASE_SEALER = environment.database(on.urls.sealer_url)
        organisation = on.organisation_id()
        by = system(organisation, Via.COMMAND)

        one = Sealer(connect(), Ed25519PrivateKey.generate(), Path(folder), "bench.example")
        one.run()

        # 1. The rate: entries that wait, in batches of what the sealer takes at once.
        rates = []
        for _ in range(3):
            with scope(organisation, surface=Via.COMMAND, actor=by), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, actor_kind, actor_name, via, "
                    "request_id, occurred_at, data) "
                    "SELECT %s, 'bench.sealed', 'x', 1, 'system', 'bench', 'command', '', now(), '{}' FROM generate_series(1, %s)",
                    [organisation, ENTRIES],
                )
            began = time.perf_counter()
            given = one.run()
            rates.append(given / (time.perf_counter() - began))
            report.rows("sealed at once", ENTRIES, given)
        report.figure("entries sealed (median of 3 batches)", median(rates), "1/s", least=BAR_RATE)

        # 2. The lag, with a sealer that pauses a second between two runs, as `manage.py seal` does.
        stop = time.monotonic() + SECONDS
        first = on.one("SELECT max(id) FROM ledger_entry")

        def writer(number: int) -> None:
            chance = random.Random(number)
            turn = time.monotonic() + number / RATE
            try:
                while turn < stop:
                    time.sleep(max(turn - time.monotonic(), 0))
                    # By the clock, so that slow writes make no lower rate; a tenth is rolled back, and is none of those that are wanted.
                    turn += WRITERS / RATE * 0.9 * chance.uniform(0.5, 1.5)
                    with scope(organisation, surface=Via.COMMAND, actor=by):
                        record("bench.changed", Membership.objects.earliest("pk"), by=by, turn=0)
                        if chance.random() < 0.1:
                            transaction.set_rollback(True)
            finally:
                connection.close()

        threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            one.run()
            time.sleep(1.0)
        one.run()
        written = on.one("SELECT count(*) FROM ledger_entry WHERE id > %s", first)
        sealed = on.one("SELECT count(*) FROM ledger_leaf WHERE id > %s", first)
        lag = on.one(
            "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM c.at - e.at)) FROM ledger_entry e "
            "JOIN ledger_leaf l ON l.id = e.id "
            "JOIN LATERAL (SELECT at FROM ledger_checkpoint c WHERE c.organisation_id = l.organisation_id AND c.size > l.index "
            "ORDER BY c.size LIMIT 1) c "
            "ON true WHERE e.id > %s",
            first,
        )
        report.figure("writes while the lag was measured", written / SECONDS, "1/s")
        report.figure("seal lag, p99", float(lag), "s", most=BAR_LAG)
        report.rows("entries sealed of those written", written, sealed)

        # 3. What guards and ledger cost a write: one audited change with its history, everything on, and everything off.
        triggers = [
            ("tenants_membership", "complete"),
            ("tenants_historicalmembership", "sound"),
            ("tenants_historicalmembership", "append_only"),
            ("tenants_historicalmembership", "entered"),
        ]

        def cost() -> float:
            began = time.perf_counter()
            for _ in range(ROUND):
                with scope(organisation, surface=Via.COMMAND, actor=by):
                    row = Membership.objects.earliest("pk")
                    row.is_active = True
                    row.save()
            return (time.perf_counter() - began) * 1000 / ROUND

        cost()
        extra = []
        for _ in range(PAIRS):
            full = cost()
            for table, trigger in triggers:
                on.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            extra.append(full - cost())
            for table, trigger in triggers:
                on.owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        report.figure("guards and ledger, of one write (median of pairs)", median(extra), "ms", most=BAR_MS)
        connection.close()
        connection.close_pool()
    return report.end()
