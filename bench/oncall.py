"""Who is on call: a schedule of 10 layers and 1,000 overrides, at an instant and for two weeks."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from bench.figures import Report, percentile
from bench.stage import in_process, stage
from oncall.rota import Hours, Layer, OnCallDuty, Override, Rota, at, spans

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
START = datetime(2026, 6, 1, tzinfo=UTC)
ASKED, LOOKED = 1000, 50
DUTIES = list(OnCallDuty)


def main() -> int:
    report = Report()
    rota = schedule()
    chance = random.Random(7)
    instants = [START + timedelta(minutes=chance.randint(-20_000, 20_000)) for _ in range(ASKED)]
    asked = [took(lambda t=t: at(rota, t)) for t in instants]
    report.figure("who is on call at an instant, every duty (median)", percentile(asked, 0.5), "ms", most=5.0)
    report.figure("who is on call at an instant, every duty (p99)", percentile(asked, 0.99), "ms", most=5.0)
    weeks = [START + timedelta(days=chance.randint(-10, 10)) for _ in range(LOOKED)]
    fortnight = timedelta(days=14)
    calendars = [took(lambda t=t: [spans(rota, t, t + fortnight, duty) for duty in DUTIES]) for t in weeks]
    report.figure("who is on call in 14 days, every duty (p99)", percentile(calendars, 0.99), "ms")
    with stage() as on:
        in_process(on)
        rows(on.organisation_id(), rota, report)
    return report.end()


def rows(organisation_id: int, rota: Rota, report: Report) -> None:
    """The same, read from its rows, as a page reads it: whom to call."""
    from django.db import connection

    from oncall.actions import ladder
    from oncall.models import Layer as LayerRow
    from oncall.models import LayerMember, Schedule
    from oncall.models import Override as OverrideRow
    from oncall.rotas import on_call
    from tenants.actors import Via
    from tenants.models import User
    from tenants.scope import scope
    from tenants.time import now

    with scope(organisation_id, surface=Via.COMMAND):
        made = Schedule.objects.get()
        people, ahead = list(User.objects.order_by("id")[:8]), now() - START
        for layer in rota.layers:
            row = LayerRow.objects.create(
                schedule=made,
                number=layer.number + 10,
                duty=layer.duty,
                time_zone=layer.zone.key,
                starts_on=layer.first.date(),
                priority=layer.priority + 1,
                unit="hour",
                every=int(layer.turn / timedelta(hours=1)),
                since=now() - timedelta(days=1),
            )
            for position, person in enumerate(people):
                LayerMember.objects.create(layer=row, user=person, position=position)
        for override in rota.overrides:
            begins, ends = override.start + ahead, override.end + ahead
            person = people[override.person]
            OverrideRow.objects.create(schedule=made, duty=override.duty, starts_at=begins, ends_at=ends, user=person)
    with scope(organisation_id, surface=Via.COMMAND):
        asked = [took(lambda: on_call(made.pk, now())) for _ in range(LOOKED * 4)]
        report.figure("primary and secondary of such a schedule, from its rows (median)", percentile(asked, 0.5), "ms", most=5.0)
        report.figure("primary and secondary of such a schedule, from its rows (p99)", percentile(asked, 0.99), "ms", most=5.0)
        team = made.team
        called = [took(lambda: ladder(team)) for _ in range(LOOKED * 4)]
        report.figure("whom a page of its team calls, in order (median)", percentile(called, 0.5), "ms")
        report.figure("whom a page of its team calls, in order (p99)", percentile(called, 0.99), "ms")
        report.rows("overrides", len(rota.overrides), OverrideRow.objects.count())
        report.rows("layers", len(rota.layers) + 2, LayerRow.objects.count())
    connection.close()
    connection.close_pool()


def schedule() -> Rota:
    """Ten layers in three zones, daily and weekly, two of them by day only; overrides every hour for 40 days."""
    layers = tuple(
        Layer(
            number=n,
            duty=DUTIES[n % 3],
            zone=ZONES[n % 3],
            first=datetime(2026, 1, 1, 9),
            turn=timedelta(hours=12) if n % 2 else timedelta(weeks=1),
            people=tuple(range(8)),
            priority=n % 2,
            hours=Hours(clock(9), clock(17)) if n % 4 == 0 else None,
        )
        for n in range(10)
    )
    overrides = tuple(
        Override(n, DUTIES[n % 2], START + timedelta(hours=n - 500), START + timedelta(hours=n - 498), n % 8) for n in range(1000)
    )
    return Rota(layers, overrides)


def took(act: Callable[[], object]) -> float:
    """How long it took, in milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
