"""The war room: queries and server time with 500 entries, 50 of them open orders, and 20 people; with 200; and the queries with 20."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.figures import Report, median
from bench.stage import Stage, in_process, stage

SHOWN = 30
PEOPLE = 20


class Counter:
    """Counts the statements that Django sends; what opens and closes the transaction is not counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += "set_config" not in sql
        return execute(sql, params, many, context)


def _incident(on: Stage, entries: int, orders: int, guests: Sequence[str] = ()) -> str:
    """An incident with as many entries, some of them orders, by its verbs. Returns its address below the organisation's."""
    from incidents.actions.command import claim, join
    from incidents.actions.declare import declare
    from incidents.actions.orders import order
    from incidents.actions.record import note
    from incidents.states import Severity
    from oncall.models import Service
    from tenants.actors import Actor, Role, Via
    from tenants.models import User
    from tenants.scope import scope

    organisation = on.organisation_id()
    with scope(organisation, surface=Via.WEB):
        user = User.objects.get(email=on.person("amira")["email"])
    by = Actor(organisation, user.name, Via.WEB, user_id=user.pk, email=user.email, roles=frozenset({Role.PRACTITIONER}))
    with scope(organisation, surface=Via.WEB, user_id=user.pk, actor=by):
        services = list(Service.objects.filter(slug="checkout"))
        incident = declare(by=by, title="Checkout fails", severity=Severity(2), services=services)
        claim(incident, by=by)
        for name in guests:
            guest = User.objects.get(email=name)
            join(incident, by=replace(by, name=guest.name, user_id=guest.pk, email=guest.email))
        for number in range(orders):
            order(incident, by=by, to=on.person("jon")["email"], text=f"Look at dashboard {number}", eta_minutes=30)
        for number in range(entries - 2 - orders - len(guests)):
            note(incident, by=by, text=f"Entry {number}: looked at **{number}** dashboards, `node-{number}` looks slow.")
        return f"/o/acme/incidents/{incident.ref}/"


def _guests(on: Stage) -> list[str]:
    """As many practitioners that there are `PEOPLE` in the room with its commander. Returns their addresses."""
    from tenants.actors import Role, Via
    from tenants.models import Membership, User
    from tenants.scope import scope

    made = [User.objects.create_user(f"guest-{n}@acme.example", name=f"Guest {n}") for n in range(PEOPLE - 1)]
    with scope(on.organisation_id(), surface=Via.WEB):
        for user in made:
            Membership.objects.create(user_id=user.pk, roles=[Role.PRACTITIONER.value])
    return [user.email for user in made]


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection
        from django.test import Client

        from portal import sweeping
        from tenants.models import User

        guests = _guests(on)
        small, middle, large = _incident(on, 20, 5), _incident(on, 200, 20, guests), _incident(on, 500, 50, guests)
        while sweeping.catch_up(timedelta()):  # pages and mails them
            pass
        client = Client(SERVER_NAME="127.0.0.1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        client.force_login(
            User.objects.get(email=on.person("amira")["email"]), "allauth.account.auth_backends.AuthenticationBackend"
        )
        queries: dict[str, int] = {}
        for address in (small, middle, large):
            client.get(address)
            counter = Counter()
            with connection.execute_wrapper(counter):
                answer = client.get(address)
            queries[address] = counter.count
            report.holds(f"{address} answers 200", answer.status_code == 200)
        content = answer.content.decode()
        report.holds("the page shows the last entry", f"Entry {500 - 2 - 50 - (PEOPLE - 1) - 1}:" in content)
        times, of_python = {}, {}
        for address in (middle, large):
            each = []
            for _ in range(SHOWN):
                began, worked = time.perf_counter(), time.process_time()
                client.get(address)
                each.append(((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000))
            times[address], of_python[address] = (median(list(taken)) for taken in zip(*each, strict=True))
        report.figure("room, 500 entries: queries", queries[large], most=20)
        report.figure("room, 20 entries: queries", queries[small], most=queries[large])
        report.figure("room, 200 entries: queries", queries[middle], most=15)
        report.figure("room, 200 entries: server time, median", times[middle], "ms", most=100)
        report.figure("room, 200 entries: CPU of Python in it, median", of_python[middle], "ms")
        report.figure("room, 500 entries, 20 people: server time, median", times[large], "ms", most=150)
        report.figure("room, 500 entries, 20 people: CPU of Python in it, median", of_python[large], "ms")
        report.figure("room, 500 entries: size of the page", len(content) / 1024, "KiB")
        connection.close()
        connection.close_pool()
    return report.end()
