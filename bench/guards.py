"""P9. One audited change with its history row and event, guards on, against the same without guards, and the bare change."""

import time
from collections.abc import Callable

from bench.figures import Report, median, ratio
from bench.stage import in_process, stage

ROUND = 60
PAIRS = 7
TRIGGERS = (
    ("incidents_incident", "complete"),
    ("incidents_historicalincident", "sound"),
    ("incidents_historicalincident", "append_only"),
    ("ledger_event", "append_only"),
)


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection

        from bench.room import _incident
        from incidents.models import Incident
        from ledger.actions import record
        from tenants.actors import Via, system
        from tenants.scope import scope

        ref = _incident(on, 3, 1).rstrip("/").rpartition("/")[2]
        organisation = on.organisation_id()
        by = system(organisation, Via.COMMAND)
        written = 0

        def guards(state: str) -> None:
            for table, trigger in TRIGGERS:
                on.owner.execute(f"ALTER TABLE {table} {state} TRIGGER {trigger}")

        def rate(change: Callable[[Incident, int], None]) -> float:
            began = time.perf_counter()
            for number in range(ROUND):
                with scope(organisation, surface=Via.COMMAND, actor=by):
                    change(Incident.objects.get(ref=ref), number)
            return ROUND / (time.perf_counter() - began)

        def told(incident: Incident, number: int) -> None:
            nonlocal written
            written += 1
            incident.summary = f"summary {number}"
            incident.save()
            record("bench.changed", incident, by=by, incident_id=incident.pk, summary=incident.summary)

        def untold(incident: Incident, number: int) -> None:
            incident.summary = f"summary {number}"
            incident.skip_history_when_saving = True
            incident.save()

        rate(told)
        full, unguarded, bare = [], [], []
        for _ in range(PAIRS):
            full.append(rate(told))
            guards("DISABLE")
            unguarded.append(rate(told))
            bare.append(rate(untold))
            guards("ENABLE ALWAYS")
        report.figure("read and change an incident in its scope, nothing beside it (median)", median(bare), "1/s")
        report.figure("the same with history and event, guards off (median)", median(unguarded), "1/s")
        report.figure("the same with history and event, guards on (median)", median(full), "1/s")
        report.figure("P9 guards on against off (median of pairs)", ratio(full, unguarded), least=0.6)
        report.figure("P9 guards, history and event against the bare change", ratio(full, bare), least=0.6)
        report.rows("events", written, on.count("ledger_event WHERE kind = 'bench.changed'"))
        connection.close()
        connection.close_pool()
    return report.end()
