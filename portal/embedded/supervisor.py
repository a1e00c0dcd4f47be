"""Several children under one parent: started in order, restarted when they die or hang, stopped in reverse order.

One thread, no callbacks: whoever waits for something calls `wait_until` or `run`, and both look after the children meanwhile.
"""

import contextlib
import json
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from portal.embedded import signs
from portal.embedded.account import Say
from portal.embedded.errors import EmbeddedError, Stopped
from portal.embedded.logs import Log
from portal.embedded.process import Child, Program

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
STEADY = 5.0
"""Seconds after which a child counts as having started well, so that its next death is met with the first delay again."""
TICK = 0.5
PAUSED = 5.0
"""Seconds between two looks from which on we stood still ourselves, and everything else perhaps with us."""
REMIND = 5.0
REPLACED = "replaced.json"
"""File beside the process ids: how often each child has hung and was replaced since this supervisor began."""


def silent(_: str) -> None:
    """Say nothing."""


@dataclass
class Kept:
    """A child that is to run until we stop, and when to start it again if it is dead."""

    program: Program
    log: Log
    child: Child
    pulse: signs.Pulse | None
    killed: bool = False
    """Whether it hung and was told to die: in an uninterruptible sleep it does not hear that for a while."""
    delay: float = FIRST_DELAY
    restart_at: float | None = None


class Supervisor:
    """Keeps children alive; leaves none behind."""

    def __init__(self, data: Path, *, say: Say = silent, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep logs in `<data>/log` and process ids in `<data>/run`. `clock` is what silence is measured by."""
        self._logs, self._pids = data / "log", data / "run"
        for folder in (self._logs, self._pids):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._say = say
        self._clock = clock
        self._looked = clock()
        self._kept: dict[str, Kept] = {}
        self._replaced: dict[str, int] = {}
        (self._pids / REPLACED).unlink(missing_ok=True)
        self._stop_requests = 0
        self._wakeups: socket.socket | None = None

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop everything, however the block was left."""
        self.stop()

    def start(self, program: Program) -> Child:
        """Start `program` and keep it running from now on."""
        log = self._log(program)
        pulse = self._pulse(program)
        child = self._spawn(program, log)
        self._kept[program.name] = Kept(program, log, child, pulse)
        return child

    def run_once(self, program: Program) -> None:
        """Run `program` to its end, raising with the last lines of its log if it fails."""
        log = self._log(program)
        child = self._spawn(program, log)
        try:
            while (status := child.ended()) is None:
                self._pause(0.05)
        finally:
            child.stop()
        if status != 0:
            raise EmbeddedError(f"{program.name} {_how(status)}.{_quoted(log)}")

    def wait_until(self, probe: Callable[[], str | None], *, what: str, seconds: float, needs: str | None = None) -> None:
        """Wait until `probe` returns None; what it returns before that is why not yet, and is shown now and then.

        With `needs`, the death of the child of that name ends the wait: a server that dies while starting will not get better.
        """
        begun = reminded = time.monotonic()
        while (reason := probe()) is not None:
            now = time.monotonic()
            if needs is not None and (status := self._kept[needs].child.ended()) is not None:
                raise EmbeddedError(f"{what} did not start: it {_how(status)}.{_quoted(self._kept[needs].log)}")
            if now - begun > seconds:
                raise EmbeddedError(f"{what} is not ready after {seconds:.0f} s: {reason} (see {self._logs})")
            if now - reminded > REMIND:
                self._say(f"{what}: {reason} ({now - begun:.0f} s)")
                reminded = now
            if needs is None:
                self.look_after_children()
            self._pause(0.05)

    def run(self) -> None:
        """Look after the children until a signal asks us to stop."""
        try:
            while True:
                self.look_after_children()
                self._pause(TICK)
        except Stopped:
            return

    def look_after_children(self) -> None:
        """Show their warnings, end those that hang, and start those again that died and have waited long enough."""
        now = self._clock()
        gap, self._looked = now - self._looked, now
        for kept in self._kept.values():
            if gap > PAUSED and kept.pulse is not None:
                kept.pulse.paused(gap, now)
            for line in kept.log.warnings():
                self._say(f"{kept.program.name:8} | {line}")
            if kept.restart_at is not None:
                if now >= kept.restart_at:
                    self._restart(kept)
            elif (status := kept.child.ended()) is not None:
                self._schedule(kept, _how(status))
            elif not kept.killed and kept.pulse is not None and kept.pulse.hung(kept.program.hung_after or 0.0, now):
                self._end_hung(kept, kept.pulse.silence(now))

    def stop(self) -> None:
        """Stop the children, the last one started first; a second signal meanwhile makes it quick and rough."""
        while self._kept:
            name = next(reversed(self._kept))
            self._kept[name].child.stop(hurry=lambda: self._stop_requests > 1)
            signs.removed(self._pids, name)
            del self._kept[name]  # only now, so that a second call goes on where an exception ended the first

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Turn SIGINT, SIGTERM and SIGHUP into `Stopped`, raised where we wait; a child's death wakes us at once."""
        receiving, sending = socket.socketpair()
        for end in (receiving, sending):
            end.setblocking(False)
        previous = {number: signal.signal(number, self._asked) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        before = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
        self._wakeups = receiving
        try:
            yield
        finally:
            self._wakeups = None
            signal.set_wakeup_fd(before)
            for number, handler in previous.items():
                signal.signal(number, handler)
            receiving.close()
            sending.close()

    def _asked(self, number: int, _: FrameType | None) -> None:
        self._stop_requests += 1

    def _pause(self, seconds: float) -> None:
        """Sleep until something happens, at most `seconds`."""
        if self._wakeups is None:
            time.sleep(seconds)
        elif not self._stop_requests and select.select([self._wakeups], [], [], seconds)[0]:
            self._wakeups.recv(4096)
        if self._stop_requests:
            raise Stopped

    def _log(self, program: Program) -> Log:
        return Log(self._logs / f"{program.name}.log", program.shown)

    def _pulse(self, program: Program) -> signs.Pulse | None:
        """Begin to listen to a child that is about to start, if it is one that leaves signs of life."""
        if program.hung_after is None:
            return None
        signs.made(self._pids, program.name)
        return signs.Pulse(self._pids, program.name, program.asked_by, self._clock())

    def _end_hung(self, kept: Kept, silent: float) -> None:
        """Kill a child that runs and does nothing; it is found dead in a moment, and started again. Said, logged and counted."""
        name = kept.program.name
        kept.killed = True
        self._replaced[name] = self._replaced.get(name, 0) + 1
        line = f"it hangs: no sign of life for {silent:.0f} s; kill -9 (number {self._replaced[name]} since the start)"
        self._say(f"{name:8} | {line}")
        kept.log.note(f"supervisor: {line}")
        kept.child.kill()
        with contextlib.suppress(OSError):  # a full disk: it is in the log, or on the terminal
            (self._pids / REPLACED).write_text(json.dumps(self._replaced), encoding="ascii")

    def _spawn(self, program: Program, log: Log) -> Child:
        if program.hung_after is not None:
            told = {**program.env, signs.VARIABLE: str(signs.sign_file(self._pids, program.name))}
            program = replace(program, env=told)
        return Child(program, log, self._pids / f"{program.name}.pid")

    def _schedule(self, kept: Kept, how: str) -> None:
        now = self._clock()
        if now - kept.child.started > STEADY:
            kept.delay = FIRST_DELAY
        kept.restart_at = now + kept.delay
        self._say(f"{kept.program.name:8} | it {how}; starting it again in {kept.delay:g} s (see {kept.log.path})")
        kept.delay = min(kept.delay * 2, LONGEST_DELAY)

    def _restart(self, kept: Kept) -> None:
        kept.restart_at, kept.killed = None, False
        try:
            kept.pulse = self._pulse(kept.program)
            kept.child = self._spawn(kept.program, kept.log)
        except (OSError, EmbeddedError) as error:
            self._schedule(kept, f"could not be started ({error})")


def _how(status: int) -> str:
    """Say how a process ended."""
    if status < 0:
        return f"was ended by signal {-status} ({signal.strsignal(-status)})"
    return f"ended with status {status}"


def _quoted(log: Log) -> str:
    """Quote the end of a log below a sentence."""
    return "".join(f"\n    {line}" for line in [*log.last_lines(15), f"(all of it: {log.path})"])
