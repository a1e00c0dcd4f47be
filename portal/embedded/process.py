"""One program as a child of ours: how it is started, how it is asked to stop, and that it cannot outlive us."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern

from portal.embedded.account import Account
from portal.embedded.logs import WARNINGS, Log

PR_SET_PDEATHSIG = 1
# Loaded here, not between fork and exec, where loading a library could deadlock.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Program:
    """What to run and how to treat it."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path = Path("/")
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    """Sent one after the other, `grace` seconds apart; the last resort is always SIGKILL."""
    grace: float = 10.0
    account: Account | None = None
    """Another user to run as; only root can."""
    hung_after: float | None = None
    """Seconds without a sign of life (`signs`) after which it is killed and started again; None: it leaves none."""
    asked_by: str | None = None
    """The program at whose request it works: its silence counts only while that one asks."""
    shown: Pattern[str] = WARNINGS
    """Which of its log lines belong on the terminal."""
    prepare: Callable[[], None] = field(default=_nothing, compare=False)
    """Called before every start, so also after a crash."""


def die_with(parent: int, stop_signal: signal.Signals) -> Callable[[], None]:
    """Return what a process calls so that the kernel sends it `stop_signal` when its `parent` dies, even by -9.

    A child of ours calls it between fork and exec.

    Linux only; elsewhere `orphans` ends what is left at the next start. The kernel watches the thread that forked, so children
    must be started from a thread that lives as long as we do: the main one. It forgets the wish when the user changes;
    `subprocess` calls this after it has changed the user.
    """

    def wish() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before the wish was made
                os._exit(1)

    return wish


class Child:
    """A running (or dead) instance of a program."""

    def __init__(self, program: Program, log: Log, pid_file: Path) -> None:
        """Start `program`; its output goes to `log`, its process id to `pid_file`."""
        program.prepare()
        self.program = program
        self.started = time.monotonic()
        self._pid_file = pid_file
        self._group_ended = False
        output = log.open()
        account = program.account
        try:
            self._process = subprocess.Popen(
                program.argv,
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A group of its own: Ctrl-C at the terminal reaches the supervisor only, and what the child
                # leaves behind when it is killed can be found.
                process_group=0,
                preexec_fn=die_with(os.getpid(), program.stop_signals[0]),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        finally:
            os.close(output)
        # On a full disk it is not written down, but it runs: lost, another would be started beside it. `orphans` knows it by its mark too.
        with contextlib.suppress(OSError):
            new = pid_file.with_suffix(".new")  # whoever reads it meanwhile reads a whole number
            new.write_text(f"{self.pid}\n", encoding="ascii")
            new.replace(pid_file)

    @property
    def pid(self) -> int:
        """Its process id, and the id of its process group."""
        return self._process.pid

    def ended(self) -> int | None:
        """Return None while it runs, then its exit status (negative: the signal that ended it)."""
        status = self._process.poll()
        if status is not None:
            self._end_group()
        return status

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; a dead child ignores it."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it and what it started, at once: it hangs, and would not hear anything else. `ended()` says when it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask it to stop, more urgently as time passes, and return when it and its own children are gone."""
        for number in self.program.stop_signals:
            self.signal(number)
            if self._wait(self.program.grace, hurry):
                break
        self._end_group()
        self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def _wait(self, seconds: float, hurry: Callable[[], bool]) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not hurry():
            try:
                self._process.wait(0.05)
                return True
            except subprocess.TimeoutExpired:
                continue
        return False

    def _end_group(self) -> None:
        """End whatever is left of the process group: a pool's workers whose parent was killed would linger.

        Once only: afterwards the number may belong to somebody else.
        """
        if self._group_ended:
            return
        self._group_ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left (macOS: "not permitted" of a zombie)
            os.killpg(self.pid, signal.SIGKILL)
