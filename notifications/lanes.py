"""Lanes: a far side that takes its time holds up no process, and no other far side.

What hands a message over does so in a thread, and its process waits for as long as far sides usually take. If that is not enough, the
process goes on to its next work, and what comes of the message is written down by the thread. A mail server that hangs, or a messenger
that a member has chosen, then costs a few threads for a few seconds (bar R7: no other page is delayed by more than two).

Each far side has a lane, a few messages wide. Where it is full a message takes the person's next way, and waits as a row where there is
none: a moment behind a far side that is slow, longer behind one of which nothing was heard. What members chose themselves shares a
second, wider lane with the rest of their organisation's, so that no organisation takes all the threads; and what whoever runs Muster
has set up (the mail server, a provider of SMS and calls) has threads that nobody else's far side can take.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.db import connections

from notifications import kinds

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = (
    0.5  # that a process waits: more than a far side takes that works, on a busy machine too; much less than R7 allows
)
ACROSS, OF_AN_ORGANISATION, CHOSEN = 4, 8, 20  # messages at a time: to one far side, of one organisation's choice, of anybody's
OURS = ("email", "sms", "voice")
SLOW, SILENT = timedelta(seconds=1), timedelta(seconds=5)  # that a message waits, more or less, before it asks again for room
SILENT_AFTER_SECONDS = 2.0

type Sent = str | Exception
"""What came of handing over: who has taken it, or why nobody has."""


class Full(Exception):
    """The lane has no room."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one far side. `chosen_by` is the organisation whose member named it; None where whoever runs Muster did."""

    far_side: str
    chosen_by: int | None = None

    def widths(self) -> dict[str, int]:
        """How many messages at a time there may be, by what they have in common."""
        if self.chosen_by is None:
            return {self.far_side: ACROSS}
        return {f"{self.chosen_by} {self.far_side}": ACROSS, f"{self.chosen_by}": OF_AN_ORGANISATION, "chosen": CHOSEN}


def lane(channel: str, address: str, organisation_id: int) -> Lane:
    """The lane of a message that goes by this channel to this address of one of the organisation's members."""
    if channel in OURS:
        return Lane(channel)
    if channel == "webpush":
        try:
            address = kinds.subscription(address)["endpoint"]
        except ValueError:  # its attempt says so
            return Lane(channel, organisation_id)
    scheme, _, rest = address.partition("://")
    return Lane(f"{channel} {scheme.lower()}://{rest.partition('/')[0]}", organisation_id)


@dataclass(slots=True)
class _Traffic:
    """What this process has handed over and not heard of yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: Counter[str] = field(default_factory=Counter)
    slow_since: dict[Lane, float] = field(
        default_factory=dict
    )  # far sides that were not waited for, and have taken nothing since
    recording: threading.Lock = field(default_factory=threading.Lock)  # one connection to the database more, and not one a thread
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(CHOSEN + ACROSS * len(OURS), thread_name_prefix="hand-over")
    )

    def enter(self, lane: Lane) -> None:
        with self.lock:
            if not self.has_room(lane):
                raise Full
            self.under_way.update(lane.widths().keys())

    def leave(self, lane: Lane) -> None:
        with self.lock:
            self.under_way.subtract(lane.widths().keys())
            self.under_way += Counter()  # forgets what is at none

    def has_room(self, lane: Lane) -> bool:
        return all(self.under_way[name] < most for name, most in lane.widths().items())


_traffic = _Traffic()


def _begin_anew() -> _Traffic:
    """Nothing is under way: a forked process has none of its parent's threads. Returns what was."""
    global _traffic
    before, _traffic = _traffic, _Traffic()
    return before


os.register_at_fork(after_in_child=_begin_anew)


def all_free() -> bool:
    """Whether nothing is under way, so that every lane has room."""
    return not _traffic.under_way


def pause(lane: Lane) -> timedelta | None:
    """How long a message waits before it asks again for room in a lane; None where there is some."""
    with _traffic.lock:
        if _traffic.has_room(lane):
            return None
        moment = time.monotonic()
        silent = moment - _traffic.slow_since.get(lane, moment) > SILENT_AFTER_SECONDS
    return (SILENT if silent else SLOW) * random.uniform(0.5, 1.5)  # noqa: S311  so that not all of them ask at once


def hand_over(lane: Lane, send: Callable[[], str], record: Callable[[Sent], bool]) -> bool:
    """Call `send` in a thread, and `record` with what came of it: here if that is soon, else in the thread, once it is known.

    Returns what `record` returned here, else False. Raises Full where the lane has no room, and has done nothing then.
    """
    traffic = _traffic
    traffic.enter(lane)
    one = _HandOver(traffic, lane, send, record)
    as_here = copy_context()
    traffic.threads.submit(one.run, as_here.run)
    return one.wait(0.0 if lane in traffic.slow_since else PATIENCE_SECONDS)


class _HandOver:
    """One message on its way, and which of two threads writes down what comes of it."""

    def __init__(self, traffic: _Traffic, lane: Lane, send: Callable[[], str], record: Callable[[Sent], bool]) -> None:
        self.traffic, self.lane, self.send, self.record = traffic, lane, send, record
        self.lock = threading.Lock()
        self.known = threading.Event()
        self.sent: str | BaseException | None = None
        self.waited_for = True

    def wait(self, seconds: float) -> bool:
        """Wait for it so long, and record what came of it if that is known by then."""
        self.known.wait(seconds)
        with self.lock:
            if self.sent is None:
                self.waited_for = False
                self.traffic.slow_since.setdefault(self.lane, time.monotonic())
                return False
        return self._record(self.sent)

    def run(self, as_asked: Callable[[Callable[[], str | BaseException]], str | BaseException]) -> None:
        """Hand it over, `as_asked`: with whatever holds where it was asked for."""
        sent = as_asked(self._sent)
        self.traffic.leave(self.lane)
        with self.lock:
            self.sent = sent
            self.known.set()
            if self.waited_for or isinstance(sent, str):
                self.traffic.slow_since.pop(self.lane, None)
        if not self.waited_for:
            with self.traffic.recording:
                self._record_late(sent)

    def _sent(self) -> str | BaseException:
        try:
            return self.send()
        except BaseException as error:  # raised, or recorded, where the message is waited for
            return error

    def _record(self, sent: str | BaseException) -> bool:
        if isinstance(sent, str | Exception):  # a transport that breaks is a failed attempt like any other
            return self.record(sent)
        raise sent

    def _record_late(self, sent: str | BaseException) -> None:
        try:
            self._record(sent)
        except Exception:  # as if the process had died just now: the lease ends, and it is tried again
            log.exception("delivery.not_recorded")
        finally:
            connections.close_all()  # those of this thread


def drain() -> None:
    """Wait until what was handed over is written down: for a process that ends. No transport takes longer than a lease."""
    _begin_anew().threads.shutdown(wait=True)
