"""The whole escalation tree over hours, everything killed and started again between each two steps: nothing twice, nothing skipped.

Time is passed in: all processes read one clock, which the test moves. What is due comes with the first sweep after it, not before.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.portal.embedded import until
from tests.system.alerts import Volley
from tests.system.installation import PORTAL, SERVERS, Installation, Tenant, installation

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.clause("oncall.escalate-15-30")]

SWEPT = timedelta(seconds=3)  # by when whoever is due was called: the sweep's second, and what a call itself takes
SWEEPS = 2.5  # seconds in which two sweeps have come by: beat asks for one each second
BEFORE = timedelta(seconds=6)  # a moment before something is due, so long that two sweeps fit in


class Traveller:
    """An installation whose clock is moved, and what it has called whom for."""

    def __init__(self, muster: Installation, globex: Tenant) -> None:
        self.muster = muster
        self.globex = globex
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The present, as all its processes see it."""
        return datetime.now().astimezone() + self.ahead

    def travel(self, to: datetime) -> None:
        """Move every process's clock."""
        assert self.muster.clock_file is not None
        self.ahead += to - self.now()
        moved = self.muster.clock_file.with_suffix(".new")
        moved.write_text(str(self.ahead.total_seconds()))
        moved.replace(self.muster.clock_file)  # nobody reads half of it

    def restart(self) -> None:
        """Kill everything, servers too, and start it on the same data."""
        self.muster.kill(*PORTAL, *self.muster.servers)
        assert not any(self.muster.runs(name) for name in (*PORTAL, *SERVERS))
        self.muster.start(*self.muster.servers, *PORTAL)
        self.muster.wait_ready()

    def called(self, page: int) -> list[tuple[str, datetime, str]]:
        """Whom a page has called, when, and why, in order."""
        rows = self.muster.rows(
            "SELECT u.email, s.paged_at, s.reason FROM oncall_pagestep s JOIN tenants_user u ON u.id = s.user_id"
            " WHERE s.page_id = %s ORDER BY s.id",
            page,
        )
        return [(email.partition("@")[0], at, reason) for email, at, reason in rows]

    def names(self, page: int) -> list[str]:
        """Whom a page has called, in order."""
        return [name for name, _, _ in self.called(page)]

    def page_of(self, alert: str) -> int:
        """The page of an alert."""
        found = self.muster.rows(
            "SELECT p.id FROM oncall_page p JOIN incidents_alert a ON p.subject_type = 'incidents.signal' AND"
            " p.subject_id = a.signal_id WHERE a.name = %s",
            alert,
        )
        assert len(found) == 1
        page: int = found[0][0]
        return page

    def comes_with_the_sweep(self, page: int, due: datetime, expected: list[str]) -> None:
        """After a restart: nobody is called before `due`, whoever is due then is called by the first sweep from then on, and once."""
        before = self.names(page)
        self.restart()
        self.travel(due - BEFORE)
        time.sleep(SWEEPS)
        assert self.now() < due, "this machine is too slow to look at the moment before"
        assert self.names(page) == before, "somebody was called too early"
        self.travel(due)
        until(lambda: self.names(page) == expected, 30)
        time.sleep(SWEEPS)
        assert self.names(page) == expected, "somebody was called twice"
        assert all(due <= at < due + SWEPT for _, at, _ in self.called(page)[len(before) :]), (
            "not by the first sweep from then on"
        )

    def events(self, page: int, kind: str) -> int:
        """How many events of a kind a page has left."""
        count: int = self.muster.value(
            "SELECT count(*) FROM ledger_event WHERE kind = %s AND subject_type = 'oncall.page' AND subject_id = %s", kind, page
        )
        return count


@pytest.fixture
def traveller() -> Iterator[Traveller]:
    """An installation of the test's own, for its clock is moved."""
    with installation(time_travels=True) as muster:
        if muster.given is not None:
            pytest.skip("the environment's servers are not ours to kill")
        yield Traveller(muster, muster.tenant("globex"))


def fire(traveller: Traveller, name: str) -> int:
    """One alert, and the page that it leads to, whose first person has been called."""
    volley = Volley(traveller.muster, traveller.globex, name)
    volley.fire()
    (accepted,) = volley.accepted
    until(lambda: volley.all_paged(), 30)
    return traveller.page_of(accepted)


def answer(traveller: Traveller, who: str, page: int, verb: str) -> None:
    """Somebody answers a page by API."""
    traveller.globex.api(who).post(f"pages/{page}/{verb}/", {"reason": "On a plane"} if verb == "decline" else {})


def test_every_step_is_called_once_and_in_its_time_though_everything_restarts_in_between(traveller: Traveller) -> None:
    unanswered = fire(traveller, "unanswered")
    began = traveller.called(unanswered)[0][1]
    quarter = timedelta(minutes=15)
    assert traveller.names(unanswered) == ["amira"]
    traveller.comes_with_the_sweep(unanswered, began + quarter, ["amira", "jon"])
    traveller.comes_with_the_sweep(unanswered, began + 2 * quarter, ["amira", "jon", "admin"])
    last = traveller.called(unanswered)[-1][1]
    traveller.comes_with_the_sweep(unanswered, last + quarter, ["amira", "jon", "admin"])
    until(lambda: traveller.events(unanswered, "page.exhausted") == 1, 30)

    forgotten = fire(traveller, "forgotten")
    answer(traveller, "amira", forgotten, "decline")
    until(lambda: traveller.names(forgotten) == ["amira", "jon"], 30)  # who declines is not waited for
    traveller.restart()
    answer(traveller, "jon", forgotten, "acknowledge")
    taken = traveller.muster.value("SELECT acknowledged_at FROM oncall_page WHERE id = %s", forgotten)
    traveller.comes_with_the_sweep(forgotten, taken + 2 * quarter, ["amira", "jon", "jon"])
    assert traveller.called(forgotten)[-1][2] == "forgotten"

    sent = traveller.muster.rows(
        "SELECT organisation_id || '-' || id FROM notifications_delivery WHERE template = 'page' AND channel = 'email'"
    )
    until(lambda: all(key in traveller.muster.sink.attempts() for (key,) in sent), 30)
    attempts = traveller.muster.sink.attempts()
    assert {key: attempts[key] for (key,) in sent if attempts[key] != 1} == {}, "a message went out twice"
    assert len(sent) == 6
