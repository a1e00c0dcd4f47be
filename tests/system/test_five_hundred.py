"""Five hundred pages while everything dies in its turn: all of them reach a real mail server, each under one key, none late (evidence of step 3).

Worker, beat, broker and database are killed one after the other while pages go out, each once it has something in its hands.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.portal.embedded import until
from tests.system.alerts import Volley, every_page_went_out_under_one_key
from tests.system.installation import Installation, Tenant
from tests.system.test_kills import queued, servers_of_our_own, talk_to_sink
from tests.turns import quiet

__all__ = ["servers_of_our_own"]

pytestmark = [pytest.mark.system, pytest.mark.clause("mobilize.page-out")]

PAGES = 500
WITHIN = timedelta(seconds=10)  # after it was accepted, or after service has returned
TURNS = ("worker", "beat", "valkey", "postgres")


def in_hand(muster: Installation, volley: Volley, name: str) -> int:
    """What a process has in its hands that its death would take away: mails under way, messages, requests that are not answered."""
    if name == "worker":
        return talk_to_sink(muster, "worker")
    if name == "beat":
        # It has no more than the next wake-up. What its death takes from pages is that somebody looks after those that are not out yet.
        return int(muster.runs("beat")) and len(set(volley.accepted) - volley.accepted_at_sink())
    return queued(muster) if name == "valkey" else int(volley.asking)


def late(volley: Volley, outages: list[tuple[datetime, datetime]]) -> dict[str, float]:
    """The pages that came later than they may, with how many seconds too late; each is judged by itself, in every turn.

    An outage counts for a page only where it began before the page had to be there.
    """
    taken, found = volley.taken_at(), dict[str, float]()
    for name, accepted in volley.accepted_at.items():
        latest = accepted + WITHIN
        for down, returned in outages:
            if down <= latest and returned > accepted:
                latest = max(latest, returned + WITHIN)
        if taken[name] > latest:
            found[name] = (taken[name] - latest).total_seconds()
    return found


def five_hundred(muster: Installation, globex: Tenant) -> tuple[Volley, list[tuple[datetime, datetime]]]:
    """Page, and kill each of the four. Returns what was fired, once all of it went out, and the outages."""
    volley = Volley(muster, globex, "five")
    refused = threading.Event()

    def alerts() -> None:
        while len(volley.accepted) < PAGES:
            before = volley.failed
            volley.fire()
            if volley.failed > before:
                refused.set()
                time.sleep(0.05)
            time.sleep(0.02)

    firing = threading.Thread(target=alerts)
    firing.start()
    hit: dict[str, int] = {}
    outages: list[tuple[datetime, datetime]] = []

    def caught(name: str) -> bool:
        """Whether it has something in its hands now; how much is noted."""
        hit[name] = in_hand(muster, volley, name)
        return hit[name] > 0

    try:
        for turn, name in enumerate(TURNS, start=1):
            until(lambda turn=turn: len(volley.accepted) >= turn * PAGES // (len(TURNS) + 1), 120)  # type: ignore[misc]
            refused.clear()
            until(lambda name=name: caught(name), 30)  # type: ignore[misc]
            down = datetime.now(UTC)
            muster.kill(name)
            time.sleep(1)
            if name == "postgres":  # a request may wait for it, and be answered: it stays away until one was not
                until(refused.is_set, 30)
            muster.start(name)
            outages.append((down, datetime.now(UTC)))
    finally:
        firing.join()
    muster.wait_ready()

    assert len(hit) == len(TURNS)
    assert all(hit.values()), f"a kill hit nothing in flight: {hit}"
    assert refused.is_set(), "nothing was refused while the database was away: its kill hit nothing"
    assert len(volley.accepted) == PAGES
    assert volley.lost() == set()
    until(volley.all_paged, 60)
    return volley, outages


def test_five_hundred_pages_while_worker_beat_broker_and_database_die(muster: Installation, globex: Tenant) -> None:
    with quiet():
        volley, outages = five_hundred(muster, globex)
    assert late(volley, outages) == {}, "a page came later than ten seconds after it was accepted, or after service had returned"
    every_page_went_out_under_one_key(volley)
