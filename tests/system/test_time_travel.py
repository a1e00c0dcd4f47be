"""The whole escalation tree over hours, everything killed and started again between each two steps: nothing twice, nothing skipped.

Time is passed in: all processes read one clock, which the test moves. What is due comes with the first sweep after it, not before.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest

from tests.portal.embedded import until
from tests.system.alerts import Volley
from tests.system.installation import PORTAL, SERVERS, Installation, Tenant, installation
from tests.turns import quiet

pytestmark = [pytest.mark.system, pytest.mark.clause("oncall.escalate-15-30")]

SWEPT = timedelta(seconds=3)  # by when whoever is due was called: the sweep's second, and what a call itself takes
SWEEPS = 2.5  # seconds in which two sweeps have come by: beat asks for one each second
ARRIVED = timedelta(seconds=5)  # by when their e-mail is at the sink
BEFORE = timedelta(seconds=6)  # a moment before something is due, so long that two sweeps fit in


def last_due(coming: dict[int, tuple[datetime, list[str]]]) -> datetime:
    """When the last of several pages is due."""
    return max(due for due, _ in coming.values())


class Traveller:
    """An installation whose clock is moved, and what it has called whom for."""

    def __init__(self, muster: Installation, tenant: Tenant) -> None:
        self.muster = muster
        self.tenant = tenant
        assert muster.clock_file is not None
        there = muster.clock_file.read_text() if muster.clock_file.exists() else "0"  # who travelled before
        self.ahead = timedelta(seconds=float(there))
        self.moved: list[tuple[datetime, timedelta]] = [(datetime.min.replace(tzinfo=UTC), self.ahead)]

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
        self.moved.append((datetime.now(UTC), self.ahead))

    def arrived(self, page: int) -> list[tuple[str, datetime]]:
        """Who got an e-mail of a page at the sink, and at which second of the moved clock, in order: each time that one came."""
        rows = self.muster.rows(
            "SELECT organisation_id || '-' || id FROM notifications_delivery WHERE template = 'page' AND channel = 'email'"
            " AND subject_id = %s",
            page,
        )
        keys = {key for (key,) in rows}
        mails = sorted((mail for mail in list(self.muster.sink.mails) if mail.key in keys), key=lambda mail: mail.at)
        return [(mail.recipients[0].partition("@")[0], mail.at + self._ahead_at(mail.at)) for mail in mails]

    def _ahead_at(self, moment: datetime) -> timedelta:
        return [ahead for since, ahead in self.moved if since <= moment][-1]

    def everybody_got_one_message_a_call(self, pages: Iterable[int]) -> None:
        """Each call of a page came to the sink as one e-mail, to whom it called; no other came."""
        for page in pages:
            until(lambda page=page: len(self.arrived(page)) >= len(self.called(page)), 60)  # type: ignore[misc]
            assert sorted(name for name, _ in self.arrived(page)) == sorted(self.names(page))

    def and_within_seconds(self, pages: Iterable[int]) -> None:
        """The same, and each came within seconds of its call."""
        self.everybody_got_one_message_a_call(pages)
        for page in pages:
            pairs = zip(sorted(self.called(page)), sorted(self.arrived(page)), strict=True)
            assert [(name, at, came) for (name, at, _), (_, came) in pairs if not timedelta() <= came - at < ARRIVED] == []

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
        self.come_with_the_sweep({page: (due, expected)})

    def come_with_the_sweep(self, coming: dict[int, tuple[datetime, list[str]]]) -> None:
        """The same of several pages that are due within seconds: each has called these people by the sweep of its own second."""
        before = {page: self.names(page) for page in coming}
        self.restart()
        with quiet():
            self._come(coming, before)

    def _come(self, coming: dict[int, tuple[datetime, list[str]]], before: dict[int, list[str]]) -> None:
        first = min(due for due, _ in coming.values())
        self.travel(first - BEFORE)
        time.sleep(SWEEPS)
        assert self.now() < first, "this machine is too slow to look at the moment before"
        assert {page: self.names(page) for page in coming} == before, "somebody was called too early"
        self.travel(first)
        expected = {page: names for page, (_, names) in coming.items()}
        until(lambda: {page: self.names(page) for page in coming} == expected and self.now() > last_due(coming), 40)
        time.sleep(SWEEPS)
        assert {page: self.names(page) for page in coming} == expected, "somebody was called twice"
        for page, (due, _) in coming.items():
            assert all(due <= at < due + SWEPT for _, at, _ in self.called(page)[len(before[page]) :]), (
                "not by the first sweep from then on"
            )

    def events(self, page: int, kind: str) -> int:
        """How many events of a kind a page has left."""
        count: int = self.muster.value(
            "SELECT count(*) FROM ledger_event WHERE kind = %s AND subject_type = 'oncall.page' AND subject_id = %s", kind, page
        )
        return count


@pytest.fixture(scope="module")
def travelling() -> Iterator[Installation]:
    """An installation of these tests' own, for its clock is moved."""
    with installation(time_travels=True) as muster:
        if muster.given is not None:
            pytest.skip("the environment's servers are not ours to kill")
        yield muster


def fire(traveller: Traveller, name: str, service: str = "checkout") -> int:
    """One alert, and the page that it leads to, whose first person has been called."""
    volley = Volley(traveller.muster, traveller.tenant, name, service)
    with quiet():
        volley.fire()
        (accepted,) = volley.accepted
        until(lambda: volley.all_paged(), 30)
    return traveller.page_of(accepted)


def answer(traveller: Traveller, who: str, page: int, verb: str) -> None:
    """Somebody answers a page by API."""
    traveller.tenant.api(who).post(f"pages/{page}/{verb}/", {"reason": "On a plane"} if verb == "decline" else {})


def test_every_step_is_called_once_and_in_its_time_though_everything_restarts_in_between(travelling: Installation) -> None:
    traveller = Traveller(travelling, travelling.tenant("globex"))
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
    traveller.everybody_got_one_message_a_call([forgotten])  # what died with it in hand is sent anew; once Jon has it, it is not
    answer(traveller, "jon", forgotten, "acknowledge")
    taken = traveller.muster.value("SELECT acknowledged_at FROM oncall_page WHERE id = %s", forgotten)
    traveller.comes_with_the_sweep(forgotten, taken + 2 * quarter, ["amira", "jon", "jon"])
    assert traveller.called(forgotten)[-1][2] == "forgotten"

    assert (len(traveller.called(unanswered)), len(traveller.called(forgotten))) == (3, 3)
    traveller.everybody_got_one_message_a_call([unanswered, forgotten])


def evening(moment: datetime) -> datetime:
    """The next evening, eight o'clock, on the morning after which people work."""
    found = moment.astimezone(UTC).replace(hour=20, minute=0, second=0, microsecond=0)
    while found < moment or (found + timedelta(days=1)).isoweekday() > 5:
        found += timedelta(days=1)
    return found


STEPS = timedelta(minutes=5)
POLICIES: dict[str, tuple[dict[str, int], list[tuple[int, str, str]]]] = {
    # twice through: the schedule's secondary, then whoever holds a duty
    "checkout": ({"patience_minutes": 5, "repeat": 1}, [(0, "secondary", ""), (5, "duty", "cfo")]),
    # who is primary in a schedule, the team's lead, everyone
    "search": ({"patience_minutes": 5}, [(0, "schedule", "shop"), (5, "lead", ""), (20, "everyone", "")]),
    # who takes it and forgets it is asked again, and then it begins anew
    "payments": ({"patience_minutes": 5, "forgotten_minutes": 10}, [(0, "person", "mei@acme.example")]),
}


def test_every_kind_of_step_and_of_wait_is_kept_though_everything_restarts_in_between(travelling: Installation) -> None:
    traveller = Traveller(travelling, travelling.tenant("acme"))
    travelling.plant("policies", "acme", POLICIES)
    night = evening(traveller.now())
    traveller.travel(night)
    stand_in(traveller, "mei", night)

    again, wide, asked = (fire(traveller, service, service) for service in POLICIES)
    answer(traveller, "mei", asked, "acknowledge")
    taken = travelling.value("SELECT acknowledged_at FROM oncall_page WHERE id = %s", asked)
    low = sleeps(traveller)
    morning = (night + timedelta(days=1)).replace(hour=9)
    first = {page: traveller.called(page)[0][1] for page in (again, wide)}
    assert [traveller.names(page) for page in (again, wide, asked, low)] == [["mei"], ["amira"], ["mei"], []]

    traveller.come_with_the_sweep(
        {again: (first[again] + STEPS, ["mei", "exec"]), wide: (first[wide] + STEPS, ["amira", "admin"])}
    )

    everyone = ["amira", "admin", "amira", "jon", "mei"]
    with quiet():
        declined = traveller.now()
        answer(traveller, "admin", wide, "decline")  # the last step is planned for much later
        until(lambda: traveller.names(wide) == everyone, 30)
        assert all(declined <= at < declined + SWEPT for _, at, _ in traveller.called(wide)[2:]), "it did not go on at once"
        traveller.and_within_seconds([wide])

    round_again = traveller.called(again)[-1][1] + STEPS
    traveller.come_with_the_sweep(
        {
            again: (round_again, ["mei", "exec", "mei"]),
            asked: (taken + 2 * STEPS, ["mei", "mei"]),
        }
    )
    anew = traveller.called(asked)[-1][1] + STEPS
    second = traveller.called(again)[-1][1]
    traveller.come_with_the_sweep({again: (second + STEPS, ["mei", "exec", "mei", "exec"]), asked: (anew, ["mei"] * 3)})
    assert [reason for _, _, reason in traveller.called(asked)] == ["first", "forgotten", "first"]
    assert traveller.names(low) == [], "it woke somebody"
    assert traveller.names(wide) == everyone
    assert [traveller.events(page, "page.exhausted") for page in (again, wide, asked)] == [0, 1, 0]

    traveller.come_with_the_sweep({low: (morning, ["mei"])})
    assert [traveller.events(page, "page.exhausted") for page in (again, wide, asked)] == [1, 1, 1]
    assert [len(traveller.called(page)) for page in (again, wide, asked, low)] == [4, 5, 3, 1]
    traveller.and_within_seconds([again, wide, asked, low])


def stand_in(traveller: Traveller, who: str, since: datetime) -> None:
    """Somebody is the schedule's secondary for a day, which by the team's own order they are not."""
    span = {"start": since.replace(tzinfo=None).isoformat(), "end": (since + timedelta(days=1)).replace(tzinfo=None).isoformat()}
    body = {"duty": "secondary", "person": traveller.tenant.email(who), **span}
    traveller.tenant.api("admin").post("schedules/shop/overrides/", body, expect=201)


def sleeps(traveller: Traveller) -> int:
    """A SEV 3 is declared: its page waits."""
    body = {"title": "Slow at night", "severity": "SEV3", "services": ["checkout"]}
    traveller.tenant.api("jon").post("incidents/", body, expect=201)
    asked: LiteralString = (
        "SELECT p.id FROM oncall_page p JOIN incidents_incident i ON i.id = p.incident_id"
        " WHERE i.title = %s AND p.urgency = 'low'"
    )
    until(lambda: len(traveller.muster.rows(asked, body["title"])) == 1, 30)
    page: int = traveller.muster.value(asked, body["title"])
    return page
