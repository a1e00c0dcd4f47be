"""What hangs or raises delays no page beside it by more than two seconds, is set aside or tried again, and shown (evidence of step 3).

With the processes and the limits of production. What hangs needs a row that somebody else's session holds, as a maintenance session
does that was left open; what raises is about something that is not there, or cannot be read.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
import pytest

from ledger.relay import MAX_ATTEMPTS
from standard.clocks import MAX_FAILURES
from tests.portal.embedded import until
from tests.system import planting
from tests.system.alerts import Volley, every_page_went_out_under_one_key
from tests.system.installation import Installation, Tenant
from tests.turns import quiet

pytestmark = [pytest.mark.system, pytest.mark.clause("mobilize.page-out")]

DELAY = 2.0  # seconds by which a poison row may delay another page
LOOKS = 3  # what a poison row does it does each time; what only this machine did just then, it does not
PAGES = 40
TRIES = 3  # that it is given as ever; then it is put to its last, since eight take minutes, each later than the one before
NEXT = 20  # pages whose next step comes beside a poison row, half a second apart
RUNNING = "SELECT id FROM standard_clock WHERE subject_type = 'oncall.page' AND subject_id = %s AND next_at IS NOT NULL"
FAILURES = "SELECT coalesce(max(failures), 0) FROM standard_clockfailure WHERE clock_id = %s"
CALLS = "SELECT count(*) FROM oncall_pagestep WHERE page_id = %s"
HANGS = (
    "INSERT INTO ledger_outbox (organisation_id, event_id, reaction, next_try_at, attempts, last_error)"
    " SELECT e.organisation_id, e.id, 'mobilise', now(), 0, '' FROM ledger_event e JOIN incidents_incident i"
    " ON i.organisation_id = e.organisation_id AND i.id = e.subject_id AND e.subject_type = 'incidents.incident'"
    " WHERE e.kind = 'incident.declared' AND i.title = %s RETURNING id"
)
RAISES = (
    "INSERT INTO ledger_outbox (organisation_id, event_id, reaction, next_try_at, attempts, last_error)"
    " SELECT e.organisation_id, e.id, 'mobilise', now(), 0, '' FROM ledger_event e JOIN tenants_organisation o ON o.id ="
    " e.organisation_id WHERE o.slug = %s AND NOT EXISTS (SELECT FROM incidents_incident i WHERE i.id = e.subject_id) LIMIT 1"
    " RETURNING id"
)


def slowest(muster: Installation, globex: Tenant, name: str, poisoned: threading.Event | None = None) -> float:
    """Fire alerts for as long as the poison works, and wait for the page of each. Returns the longest that one took, in seconds."""
    volley = Volley(muster, globex, name)
    with quiet():
        while len(volley.accepted) < PAGES or (poisoned is not None and not poisoned.is_set()):
            volley.fire()
            time.sleep(0.1)
        until(volley.all_paged)
    every_page_went_out_under_one_key(volley)
    taken = volley.taken_at()
    return max((taken[alert] - accepted).total_seconds() for alert, accepted in volley.accepted_at.items())


def delays_none(measure: Callable[[], float], usual: float, why: str) -> None:
    """Fail where a page beside poison took more than two seconds longer than one usually does, in seconds, each time that one looks."""
    taken = list[float]()
    while not taken or (taken[-1] > usual + DELAY and len(taken) < LOOKS):
        taken.append(measure())
    assert taken[-1] <= usual + DELAY, f"{why}: {taken} s, usually {usual} s"


@contextmanager
def held(muster: Installation, row: LiteralString, value: object) -> Iterator[None]:
    """Another session has a row in its hands."""
    with psycopg.connect(muster.urls.owner_url) as other:
        assert other.execute(row + " FOR UPDATE", [value]).fetchall()
        yield
        other.rollback()


@pytest.fixture(scope="module")
def usual(muster: Installation) -> float:
    """The longest that a page takes where nothing is wrong, in seconds."""
    muster.restore()
    return slowest(muster, muster.tenant("globex"), "usual")


def shown(globex: Tenant) -> dict[str, str]:
    """What readiness says to somebody of the organisation: code -> sentence."""
    return {fault["code"]: fault["sentence"] for fault in globex.api("amira").get("readiness/")["results"]}


def logs(muster: Installation) -> str:
    """What the processes have said that sweep."""
    return muster.log("worker") + muster.log("watch")


def told(muster: Installation, code: str) -> bool:
    """Whether administrators were alarmed."""
    asked = "SELECT count(*) FROM ledger_event WHERE kind = 'readiness.alarmed' AND data ->> 'what' = %s"
    return bool(muster.value(asked, code))


class TestAReaction:
    def test_that_hangs_delays_no_other_page_and_is_set_aside_and_shown(
        self, muster: Installation, globex: Tenant, usual: float
    ) -> None:
        title = f"Poison {time.monotonic_ns()}"
        globex.api("amira").post("incidents/", {"title": title, "severity": "SEV2"}, expect=201)
        until(lambda: not muster.value("SELECT count(*) FROM ledger_outbox WHERE reaction = 'mobilise'"))
        with held(muster, "SELECT id FROM incidents_incident WHERE title = %s", title):
            error = self.beside(muster, globex, lambda: muster.value(HANGS, title), usual)
        assert re.search(r"timeout\s.*incidents_incident", error), "it did not hang where it was meant to"

    def test_that_raises_delays_no_other_page_and_is_set_aside_and_shown(
        self, muster: Installation, globex: Tenant, usual: float
    ) -> None:
        error = self.beside(muster, globex, lambda: muster.value(RAISES, globex.slug), usual)
        assert error.startswith("DoesNotExist"), "it did not raise what it was meant to"

    def beside(self, muster: Installation, globex: Tenant, poison: Callable[[], int], usual: float) -> str:
        """Page beside a poison row until it is set aside. Returns its error."""
        errors = list[str]()

        def measure() -> float:
            with quiet():
                row = poison()
                taken = self.until_aside(muster, globex, row)
            ((error, when),) = muster.rows("SELECT last_error, next_try_at FROM ledger_outbox WHERE id = %s", row)
            assert when is None, "it was not set aside"
            assert "set_aside" in shown(globex)
            muster.rows("DELETE FROM ledger_outbox WHERE id = %s RETURNING id", row)
            errors.append(error)
            return taken

        delays_none(measure, usual, "a poison row held up a page beside it")
        return errors[-1]

    def until_aside(self, muster: Installation, globex: Tenant, row: int) -> float:
        """Page until the row is set aside. Returns the longest that one took, in seconds."""
        aside = threading.Event()

        def look() -> None:
            try:
                until(lambda: muster.value("SELECT attempts FROM ledger_outbox WHERE id = %s", row) >= TRIES)
                last = "UPDATE ledger_outbox SET attempts = %s, next_try_at = now() WHERE id = %s RETURNING id"
                muster.rows(last, MAX_ATTEMPTS - 1, row)
                until(lambda: muster.value("SELECT next_try_at IS NULL FROM ledger_outbox WHERE id = %s", row))
            finally:
                aside.set()

        looking = threading.Thread(target=look)
        looking.start()
        taken = slowest(muster, globex, "beside", aside)
        looking.join()
        return taken


class Paged:
    """Pages that have called their first person; when their next step is due in a moment, how long its call takes."""

    def __init__(self, muster: Installation, globex: Tenant) -> None:
        self.muster = muster
        self.slug = globex.slug
        volley = Volley(muster, globex, "next")
        volley.fire(NEXT + 1)
        until(volley.all_paged)
        found = muster.rows(
            "SELECT p.id FROM oncall_page p JOIN incidents_alert a ON p.subject_type = 'incidents.signal'"
            " AND p.subject_id = a.signal_id WHERE a.name = ANY(%s) ORDER BY p.id",
            volley.accepted,
        )
        self.one, *self.pages = [page for (page,) in found]
        assert len(self.pages) == NEXT

    def slowest(self) -> float:
        """Let the next step of each come, one after the other. Returns the longest that one was late, in seconds."""
        asked: LiteralString = (
            "SELECT extract(epoch FROM s.paged_at - c.due_at)::float FROM standard_clock c JOIN oncall_pagestep s ON s.page_id"
            " = c.subject_id AND s.position = 2 WHERE c.subject_type = 'oncall.page' AND c.broken_at IS NOT NULL"
            " AND c.subject_id = ANY(%s)"
        )
        with quiet():
            self.muster.plant("haste", self.slug, self.pages)
            until(lambda: len(self.muster.rows(asked, self.pages)) == NEXT, 40)
        return float(max(late for (late,) in self.muster.rows(asked, self.pages)))


@pytest.fixture(scope="module")
def usually_late(muster: Installation) -> float:
    """The longest that a step of a page is late where nothing is wrong, in seconds."""
    muster.restore()
    return Paged(muster, muster.tenant("globex")).slowest()


class TestAClock:
    def test_whose_page_somebody_else_holds_delays_no_other_is_named_meanwhile_and_struck_once_it_is_free(
        self, muster: Installation, globex: Tenant, usually_late: float
    ) -> None:
        paged = Paged(muster, globex)
        with held(muster, "SELECT id FROM oncall_page WHERE id = %s", paged.one):
            muster.plant("late_clock", globex.slug, paged.one)
            clock = muster.value(RUNNING, paged.one)
            delays_none(
                lambda: Paged(muster, globex).slowest(), usually_late, "a clock that hangs held up the step of a page beside it"
            )
            assert f"clock.busy clock={clock}" in logs(muster).replace("'", ""), "it was not waited for"
            assert f"no. {clock}" in shown(globex)["clock_not_struck"]
            until(lambda: told(muster, "clock_not_struck"), 40)
            assert muster.value(CALLS, paged.one) == 1
        until(lambda: muster.value(CALLS, paged.one) == 2, 10)

    def test_whose_strike_raises_delays_no_other_and_is_set_aside_and_shown(
        self, muster: Installation, globex: Tenant, usually_late: float
    ) -> None:
        muster.plant("late_clock", globex.slug, planting.GONE)
        clock = muster.value(RUNNING, planting.GONE)
        try:
            delays_none(
                lambda: Paged(muster, globex).slowest(), usually_late, "a clock that raises held up the step of a page beside it"
            )
            until(lambda: muster.value(FAILURES, clock) >= TRIES)
            last = "UPDATE standard_clockfailure SET failures = %s, next_try_at = now() WHERE clock_id = %s RETURNING id"
            muster.rows(last, MAX_FAILURES - 1, clock)
            until(lambda: "clock_set_aside" in shown(globex))
            ((error, when),) = muster.rows("SELECT last_error, next_try_at FROM standard_clockfailure WHERE clock_id = %s", clock)
            assert when is None, "it was not set aside"
            assert error.startswith("DoesNotExist"), "it did not raise what it was meant to"
            until(lambda: told(muster, "clock_set_aside"), 40)
        finally:
            muster.plant("mend", globex.slug, planting.GONE)


def test_a_page_that_cannot_be_looked_at_delays_no_other_and_is_named_until_it_can(
    muster: Installation, globex: Tenant, usually_late: float
) -> None:
    paged = Paged(muster, globex)
    muster.plant("unreadable_page", globex.slug, paged.one)
    try:
        delays_none(
            lambda: Paged(muster, globex).slowest(), usually_late, "a page that raises held up the step of a page beside it"
        )
        assert len(re.findall(rf"turn\.failed.*\brow={paged.one}\b", logs(muster))) > 1, "it was not tried again"
        assert f"no. {paged.one}" in shown(globex)["page_not_looked_at"]
        until(lambda: told(muster, "page_not_looked_at"), 40)
    finally:
        muster.plant("mend", globex.slug, paged.one)
    assert "page_not_looked_at" not in shown(globex)
