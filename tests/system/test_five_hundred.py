"""Five hundred pages while everything dies in its turn: all of them reach a real mail server, each under one key, none late (evidence of step 3).

Worker, beat, broker and database are killed one after the other while pages go out, each once it has something in its hands.
"""

import threading
import time

import pytest

from tests.portal.embedded import until
from tests.system.alerts import Volley
from tests.system.installation import Installation, Tenant
from tests.system.test_kills import every_page_went_out_under_one_key, queued, servers_of_our_own, talk_to_sink

__all__ = ["servers_of_our_own"]

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.clause("mobilize.page-out")]

PAGES = 500
WITHIN = 10.0  # seconds after service has returned
TURNS = ("worker", "beat", "valkey", "postgres")


def in_hand(muster: Installation, volley: Volley, name: str) -> int:
    """What a process has in its hands that its death would take away: mails under way, messages, requests that are not answered."""
    if name == "worker":
        return talk_to_sink(muster, "worker")
    if name == "beat":
        return int(muster.runs("beat")) and volley.asked  # it has no more than the next wake-up: that it ran while pages went out
    return queued(muster) if name == "valkey" else int(volley.asking)


def test_five_hundred_pages_while_worker_beat_broker_and_database_die(muster: Installation, globex: Tenant) -> None:
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
    try:
        for turn, name in enumerate(TURNS, start=1):
            until(lambda turn=turn: len(volley.accepted) >= turn * PAGES // (len(TURNS) + 1), 120)  # type: ignore[misc]
            until(lambda name=name: in_hand(muster, volley, name) > 0, 30)  # type: ignore[misc]
            hit[name] = in_hand(muster, volley, name)
            muster.kill(name)
            time.sleep(1)
            if name == "postgres":  # a request may wait for it, and be answered: it stays away until one was not
                until(refused.is_set, 30)
            muster.start(name)
    finally:
        firing.join()
    returned = time.monotonic()
    muster.wait_ready()

    assert len(hit) == len(TURNS)
    assert all(hit.values()), f"a kill hit nothing in flight: {hit}"
    assert refused.is_set(), "nothing was refused while the database was away: its kill hit nothing"
    assert len(volley.accepted) == PAGES
    assert volley.lost() == set()
    until(volley.all_paged, 60)
    assert time.monotonic() - returned < WITHIN, "a page came later than ten seconds after service had returned"
    every_page_went_out_under_one_key(muster, volley)
