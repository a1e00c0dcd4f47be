"""P3. The sweep over 10,000 and over 1,000,000 open clocks, of which none and of which 1,000 are due."""

import time
from datetime import timedelta

from bench.figures import Report, median
from bench.latency import insert_clocks
from bench.stage import Stage, in_process, stage

FEW, MANY = 10_000, 1_000_000
INCIDENTS, DUE, ROUNDS = 100, 1_000, 3
CLAUSES = tuple(f"bench.due-{number}" for number in range(DUE // INCIDENTS))


def _incidents(on: Stage) -> None:
    from incidents.actions.declare import declare
    from incidents.states import Severity
    from tenants.actors import Actor, Role, Via
    from tenants.models import User
    from tenants.scope import scope

    organisation = on.organisation_id()
    with scope(organisation, surface=Via.WEB):
        user = User.objects.get(email=on.person("amira")["email"])
    by = Actor(organisation, user.name, Via.WEB, user_id=user.pk, email=user.email, roles=frozenset({Role.PRACTITIONER}))
    with scope(organisation, surface=Via.WEB, user_id=user.pk, actor=by):
        for number in range(INCIDENTS):
            declare(by=by, title=f"Small thing {number}", severity=Severity(4))


def _make_due(on: Stage) -> None:
    """Clocks of which each wants to prompt somebody now."""
    from incidents.models import Incident
    from standard import clocks
    from tenants.actors import Via
    from tenants.scope import scope

    with scope(on.organisation_id(), surface=Via.COMMAND):
        for incident in Incident.objects.order_by("id"):
            for clause in CLAUSES:
                clocks.start(
                    clause, incident, prompt=timedelta(), due=timedelta(days=3), owner_role="cl", incident_id=incident.pk
                )


def _empty() -> float:
    """Milliseconds of a sweep of the clocks that finds nothing due."""
    from standard import clocks

    began = time.perf_counter()
    found = clocks.sweep()
    assert found == 0
    return (time.perf_counter() - began) * 1000


def _full(on: Stage, report: Report) -> float:
    """Seconds in which DUE clocks are struck, each with its event; all of them are counted in the record."""
    from standard import clocks

    _make_due(on)
    before = on.count("ledger_event WHERE kind = 'clock.prompted'")
    began = time.perf_counter()
    clocks.sweep(limit=DUE)
    took = time.perf_counter() - began
    report.rows("clocks struck, by their events", DUE, on.count("ledger_event WHERE kind = 'clock.prompted'") - before)
    return took


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection

        _incidents(on)
        empty: dict[int, float] = {}
        full: dict[int, float] = {}
        for size in (FEW, MANY):
            insert_clocks(on, size - on.count("standard_clock WHERE clause = 'bench'"))
            on.owner.execute("VACUUM ANALYZE standard_clock")
            report.say(f"{on.count('standard_clock WHERE next_at IS NOT NULL'):,} clocks wait for their moment")
            empty[size] = median([_empty() for _ in range(50)])
            full[size] = median([_full(on, report) for _ in range(ROUNDS)])
            plan = "\n".join(row[0] for row in on.owner.execute(
                "EXPLAIN SELECT id FROM standard_clock WHERE next_at <= now() ORDER BY next_at LIMIT 1000"
            ))  # fmt: skip
            report.holds(f"{size:,}: what is due is found by its index", "clock_due" in plan and "Seq Scan" not in plan)
        report.figure("sweep of 1,000,000 open clocks, none due (median)", empty[MANY], "ms")
        report.figure("the same against 10,000 open clocks", empty[MANY] / empty[FEW], "times", most=1.3)
        report.figure("sweep of 1,000,000 open clocks, 1,000 due (median)", full[MANY], "s", most=10)
        report.figure("the same against 10,000 open clocks", full[MANY] / full[FEW], "times", most=1.3)
        connection.close()
        connection.close_pool()
    return report.end()
