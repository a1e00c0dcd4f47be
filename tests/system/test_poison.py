"""A reaction that hangs in the database delays no page beside it by more than two seconds, is set aside, and shown (evidence of step 3).

With the processes and the limits of production: somebody else's session holds the row that the reaction needs, as a maintenance
session does that was left open.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from ledger.relay import MAX_ATTEMPTS
from tests.portal.embedded import until
from tests.system.alerts import Volley, every_page_went_out_under_one_key
from tests.system.installation import Installation, Tenant

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.clause("mobilize.page-out")]

DELAY = 2.0  # seconds by which a poison row may delay another page
PAGES = 40
TRIES = 3  # that it is given as ever; then it is put to its last, since eight take minutes, each later than the one before
POISON = (
    "INSERT INTO ledger_outbox (organisation_id, event_id, reaction, next_try_at, attempts, last_error)"
    " SELECT e.organisation_id, e.id, 'mobilise', now(), 0, '' FROM ledger_event e JOIN incidents_incident i"
    " ON i.organisation_id = e.organisation_id AND i.id = e.subject_id AND e.subject_type = 'incidents.incident'"
    " WHERE e.kind = 'incident.declared' AND i.title = %s RETURNING id"
)


def slowest(muster: Installation, globex: Tenant, name: str, poisoned: threading.Event | None = None) -> float:
    """Fire alerts for as long as the poison works, and wait for the page of each. Returns the longest that one took, in seconds."""
    volley = Volley(muster, globex, name)
    while len(volley.accepted) < PAGES or (poisoned is not None and not poisoned.is_set()):
        volley.fire()
        time.sleep(0.1)
    until(volley.all_paged)
    every_page_went_out_under_one_key(volley)
    taken = volley.taken_at()
    return max((taken[alert] - accepted).total_seconds() for alert, accepted in volley.accepted_at.items())


@contextmanager
def held(muster: Installation, title: str) -> Iterator[None]:
    """Another session has an incident's row in its hands."""
    with psycopg.connect(muster.urls.owner_url) as other:
        assert other.execute("SELECT id FROM incidents_incident WHERE title = %s FOR UPDATE", [title]).fetchall()
        yield
        other.rollback()


def test_a_reaction_that_hangs_delays_no_other_page_and_is_set_aside_and_shown(muster: Installation, globex: Tenant) -> None:
    title = f"Poison {time.monotonic_ns()}"
    globex.api("amira").post("incidents/", {"title": title, "severity": "SEV2"}, expect=201)
    usual = slowest(muster, globex, "usual")
    aside = threading.Event()

    def look() -> None:
        try:
            until(lambda: muster.value("SELECT attempts FROM ledger_outbox WHERE id = %s", row) >= TRIES)
            last = "UPDATE ledger_outbox SET attempts = %s, next_try_at = now() WHERE id = %s RETURNING id"
            muster.rows(last, MAX_ATTEMPTS - 1, row)
            until(lambda: muster.value("SELECT next_try_at IS NULL FROM ledger_outbox WHERE id = %s", row))
        finally:
            aside.set()

    with held(muster, title):
        row = muster.value(POISON, title)
        looking = threading.Thread(target=look)
        looking.start()
        poisoned = slowest(muster, globex, "beside", aside)
        looking.join()
    ((error, when),) = muster.rows("SELECT last_error, next_try_at FROM ledger_outbox WHERE id = %s", row)
    assert when is None, "it was not set aside"
    assert re.search(r"timeout\s.*incidents_incident", error), "it did not hang where it was meant to"
    assert poisoned <= usual + DELAY, "a poison row held up a page beside it"
    shown = globex.api("amira").get("readiness/")["results"]
    assert "set_aside" in {fault["code"] for fault in shown}
    muster.rows("DELETE FROM ledger_outbox WHERE id = %s RETURNING id", row)
