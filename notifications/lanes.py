"""Lanes: a far side that takes its time holds up no process, and no other far side.

What hands a message over does so in a thread, and its process waits for as long as far sides usually take. If that is not enough, the
process goes on to its next work, and what comes of the message is written down by the thread. A mail server that hangs, or a messenger
that a member has chosen, then costs a few threads for a few seconds (bar R7: no other page is delayed by more than two).

Each far side has a lane, a few messages wide. Where it is full a message takes the person's next way, and waits as a row where there is
none. What can wait has half of a lane, so that it stands in no page's way. What members chose themselves shares a second, wider lane
with the rest of their organisation's; and what whoever runs Muster has set up (the mail server, a provider of SMS and calls) has lanes
that nobody else's far side can fill.
"""

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.db import connections

from notifications import kinds, reaching

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = (
    0.5  # that a process waits: more than a far side takes that works, on a busy machine too; much less than R7 allows
)
ACROSS, OF_AN_ORGANISATION, CHOSEN = 4, 8, 20  # messages at a time: to one far side, of one organisation's choice, of anybody's
OURS = ("email", "sms", "voice")
SLOW, SILENT = timedelta(seconds=1), timedelta(seconds=5)  # that a message waits, more or less, before it is looked at again
SILENT_AFTER_SECONDS = 2.0
RECORDING_MOST = 3  # connections to the database besides the process's own
RECORDED_AGAIN_SECONDS = (0.3, 0.7)  # within the margin that a lease has for it (notifications/actions.py, MARGIN)
LEFT_BEHIND_SECONDS = 60.0  # that a thread which was given up has its place; then how many there are is bounded by reaching alone
DRAINED_SECONDS = 6.0

type Sent = str | Exception
"""What came of handing over: who has taken it, or why nobody has."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one far side. `chosen_by` is the organisation whose member named it; None where whoever runs Muster did."""

    far_side: str
    chosen_by: int | None = None

    @property
    def name(self) -> str:
        """What tells it from every other."""
        return self.far_side if self.chosen_by is None else f"{self.chosen_by} {self.far_side}"

    def widths(self) -> dict[str, int]:
        """How many messages at a time there may be, by what they have in common."""
        shared = {} if self.chosen_by is None else {f"{self.chosen_by}": OF_AN_ORGANISATION, "chosen": CHOSEN}
        return {self.name: ACROSS, **shared}


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
    host = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return Lane(f"{channel} {scheme}://{host}".lower(), organisation_id)


@dataclass(slots=True)
class _Traffic:
    """What this process has handed over and not heard of yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: Counter[str] = field(default_factory=Counter)
    left_behind: Counter[str] = field(default_factory=Counter)  # given up, and their threads have not ended
    slow_since: dict[Lane, float] = field(default_factory=dict)  # far sides with messages that nobody waits for any more
    unrecorded: "set[_HandOver]" = field(default_factory=set)
    recording: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(RECORDING_MOST))

    def has_room(self, lane: Lane, *, urgent: bool) -> bool:
        share = 1 if urgent else 2
        return all(self.under_way[name] + self.left_behind[name] < most // share for name, most in lane.widths().items())

    def enter(self, one: "_HandOver") -> bool:
        """Count it. Returns whether nothing else is under way."""
        with self.lock:
            alone = not self.under_way
            self.under_way.update(one.lane.widths().keys())
            self.unrecorded.add(one)
            return alone

    def leave(self, lane: Lane, *, behind: bool) -> None:
        """It is not under way any more; whether a thread of it is left `behind`, which has its place until `ended`."""
        with self.lock:
            self.under_way.subtract(lane.widths().keys())
            self.under_way += Counter()  # forgets what is at none
            if behind:
                self.left_behind.update(lane.widths().keys())
            if not self.under_way[lane.name]:
                self.slow_since.pop(lane, None)

    def ended(self, lane: Lane) -> None:
        with self.lock:
            self.left_behind.subtract(lane.widths().keys())
            self.left_behind += Counter()

    def not_waited_for(self, lane: Lane) -> None:
        with self.lock:
            if self.under_way[lane.name]:
                self.slow_since.setdefault(lane, time.monotonic())


_traffic = _Traffic()


def _begin_anew() -> None:
    """A forked process has none of its parent's threads."""
    global _traffic
    _traffic = _Traffic()


os.register_at_fork(after_in_child=_begin_anew)


def all_free() -> bool:
    """Whether nothing is under way or left behind, so that every lane has room."""
    return not _traffic.under_way and not _traffic.left_behind


def pause(lane: Lane, *, urgent: bool) -> timedelta | None:
    """How long a message waits before it asks again for room in a lane; None where there is some."""
    with _traffic.lock:
        if _traffic.has_room(lane, urgent=urgent):
            return None
        moment = time.monotonic()
        silent = moment - _traffic.slow_since.get(lane, moment) > SILENT_AFTER_SECONDS
    return (SILENT if silent or not urgent else SLOW) * random.uniform(0.5, 1.5)  # noqa: S311  so that not all of them ask at once


def hand_over(lane: Lane, send: Callable[[], str], record: Callable[[Sent], bool]) -> bool:
    """Call `send` in a thread, and `record` with what came of it: here if that is soon, else in the thread, once it is known.

    Whoever asks has seen that the lane has room (`pause`). Only one message at a time is waited for: many far sides that hang at once
    take no longer than one. Returns what `record` returned here, else False.
    """
    one = _HandOver(_traffic, lane, send, record)
    alone = one.traffic.enter(one)
    try:
        threading.Thread(target=one.run, args=[copy_context().run], name="hand-over", daemon=True).start()
    except RuntimeError:  # no thread is to be had: as if the process had died here, it is tried again
        one.traffic.unrecorded.discard(one)
        one.traffic.leave(lane, behind=False)
        raise
    return one.wait(PATIENCE_SECONDS if alone else 0.0)


class _HandOver:
    """One message on its way, and which of two threads writes down what comes of it."""

    def __init__(self, traffic: _Traffic, lane: Lane, send: Callable[[], str], record: Callable[[Sent], bool]) -> None:
        self.traffic, self.lane, self.send, self.record = traffic, lane, send, record
        self.lock = threading.Lock()
        self.known = threading.Event()
        self.recorded = threading.Event()
        self.sent: str | BaseException = ""
        self.waited_for = True
        self.left_behind: list[threading.Thread] = []

    def wait(self, seconds: float) -> bool:
        """Wait for it so long, and record what came of it if that is known by then."""
        self.known.wait(seconds)
        with self.lock:
            if not self.known.is_set():
                self.waited_for = False
                self.traffic.not_waited_for(self.lane)
                return False
        try:
            return self._record(self.sent)
        finally:
            self._is_recorded()

    def run(self, as_asked: Callable[[Callable[[], str | BaseException]], str | BaseException]) -> None:
        """Hand it over, `as_asked`: with whatever holds where it was asked for. Its place in the lane is free once all of it has ended."""
        sent = as_asked(self._sent)
        if isinstance(sent, str):
            self.traffic.slow_since.pop(self.lane, None)
        behind = list(self.left_behind)
        self.traffic.leave(self.lane, behind=bool(behind))  # before it is known: whoever waits may hand over the next right away
        try:
            with self.lock:
                self.sent = sent
                self.known.set()
            if not self.waited_for:
                with self.traffic.recording:
                    self._record_late(sent)
        finally:
            if not self.waited_for:
                self._is_recorded()
            if behind:
                for thread in behind:
                    thread.join(LEFT_BEHIND_SECONDS)
                self.traffic.ended(self.lane)

    def _sent(self) -> str | BaseException:
        reaching.tell_of_left_behind(self.left_behind)
        try:
            return self.send()
        except BaseException as error:  # raised, or recorded, where the message is waited for
            return error

    def _record(self, sent: str | BaseException) -> bool:
        if isinstance(sent, str | Exception):  # a transport that breaks is a failed attempt like any other
            return self.record(sent)
        raise sent

    def _record_late(self, sent: str | BaseException) -> None:
        """Once more where that fails, for what was taken would be sent again; then as if the process had died: the lease ends."""
        for pause in (*RECORDED_AGAIN_SECONDS, None):
            try:
                self._record(sent)
                return
            except Exception:
                log.exception("delivery.not_recorded", again_in=pause)
            finally:
                connections.close_all()  # those of this thread
            if pause is not None:
                time.sleep(pause)

    def _is_recorded(self) -> None:
        self.recorded.set()
        self.traffic.unrecorded.discard(self)


def drain(seconds: float = DRAINED_SECONDS) -> None:
    """Wait, for as long as a transport has at most, until what was handed over is written down: for a process that ends."""
    end = time.monotonic() + seconds
    for one in list(_traffic.unrecorded):
        one.recorded.wait(max(0.0, end - time.monotonic()))
