"""What the signature of a context costs: a call, a scope, and a request, against the same with a function that believes everything."""

import time
from collections.abc import Callable
from typing import Any

from bench.figures import Report, interleaved, median, ratio
from bench.stage import in_process, stage

CALLS = 20_000
ROUND = 15
PAIRS = 9
TRUSTING = """
CREATE OR REPLACE FUNCTION muster.context() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
  SET search_path = public, pg_temp AS $$
DECLARE given text := current_setting('muster.context', true);
BEGIN
  IF given IS NULL OR given = '' THEN RETURN NULL; END IF;
  RETURN string_to_array(left(given, -65), ' ');
END $$
"""
LOOP = "DO $$ BEGIN FOR i IN 1..{calls} LOOP PERFORM {call}; END LOOP; END $$"


def main() -> int:
    report = Report()
    with stage() as on:
        in_process(on)
        from django.db import connection
        from django.test import Client

        from bench.room import _incident
        from tenants.actors import Via
        from tenants.models import User
        from tenants.scope import scope

        room = _incident(on, 500, 50)
        organisation = on.organisation_id()
        definition: Any = on.owner.execute("SELECT pg_get_functiondef('muster.context'::regproc)").fetchone()

        def believing(run: Callable[[], float], statement: Any) -> Callable[[], float]:
            def measured() -> float:
                on.owner.execute(statement)
                run()
                return run()

            return measured

        def calls(call: str) -> Callable[[], float]:
            def run() -> float:
                with scope(organisation, surface=Via.WEB, user_id=1), connection.cursor() as cursor:
                    began = time.perf_counter()
                    cursor.execute(LOOP.format(calls=CALLS, call=call))
                    return (time.perf_counter() - began) / CALLS * 1e6

            return run

        def scopes() -> float:
            began = time.perf_counter()
            for _ in range(500):
                with scope(organisation, surface=Via.WEB, user_id=1):
                    pass
            return (time.perf_counter() - began) / 500 * 1e6

        client = Client(SERVER_NAME="127.0.0.1")
        person = User.objects.get(email=on.person("amira")["email"])
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")

        def page(address: str) -> Callable[[], float]:
            def run() -> float:
                times = []
                for _ in range(ROUND):
                    began = time.perf_counter()
                    status = client.get(address).status_code
                    times.append((time.perf_counter() - began) * 1000)
                report.rows_match &= status == 200
                return median(times)

            return run

        for what, run, unit in (
            ("muster.organisation(), in a loop", calls("muster.organisation()"), "µs"),
            ("muster.hidden_incidents(), in a loop", calls("muster.hidden_incidents()"), "µs"),
            ("a scope opened and closed", scopes, "µs"),
            ("the list of incidents", page("/o/acme/incidents/"), "ms"),
            ("the room with 500 entries", page(room), "ms"),
        ):
            with_it, without = interleaved(believing(run, definition[0]), believing(run, TRUSTING), PAIRS)
            report.figure(f"{what}: signed", median(with_it), unit)
            report.figure(f"{what}: believed without looking", median(without), unit)
            report.figure(f"{what}: signed against believed", ratio(with_it, without))
        connection.close()
        connection.close_pool()
    return report.end()
