"""Many runs of tests off one: Django is loaded, the tests are collected and the template database is made once (tests/teeth.py).

Each run is a fork of this process with a copy of the template, and perhaps with something switched off. It runs the tests it was
given until one turns red, and says over a pipe what it does: {"start"}, {"done", "seconds", "reached"}, {"red", "why"}, {"end"}.
"""

import gc
import json
import os
import selectors
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Work:
    """What a run is asked: these tests, in this order, with that switched off. `record` has it say which switches a test reaches.

    A test that takes longer than `most` seconds hangs.
    """

    tests: list[str]
    switch: str = ""
    record: bool = False
    most: float = inf


@dataclass
class Run:
    """What a run has said so far. `red` is the test that turned red, "" while there is none; `trouble`, that it broke off."""

    work: Work
    pid: int
    pipe: int
    name: str
    data: Path
    at: str = ""
    since: float = field(default_factory=time.monotonic)
    red: str = ""
    why: str = ""
    ended: bool = False
    trouble: str = ""
    hangs: bool = False
    done: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
    unread: bytes = b""

    def hear(self, more: bytes) -> None:
        """Take in what came over the pipe."""
        *lines, self.unread = (self.unread + more).split(b"\n")
        for said in map(json.loads, lines):
            self.since = time.monotonic()
            self.at = said.get("start", self.at)
            self.ended |= "end" in said
            if "red" in said:
                self.red, self.why = said["red"], said["why"]
            if "done" in said:
                self.done[said["done"]] = said["seconds"], said["reached"]


class Forks:
    """The process that the runs are forks of, as a plugin of its pytest."""

    def __init__(self) -> None:
        self.session: pytest.Session
        self.items: dict[str, pytest.Function] = {}

    def begin(self, session: pytest.Session) -> None:
        """Make ready what every run shares."""
        from django.urls import resolve
        from pytest_django.plugin import blocking_manager_key

        from tests import conftest, switch

        self.session = session
        self.items = {item.nodeid: item for item in session.items if isinstance(item, pytest.Function)}
        conftest.found(session.config.stash[blocking_manager_key])
        switch.switches()  # has every module of rules loaded
        resolve("/healthz")  # and every address
        conftest._HANDLER.load_middleware()
        gc.collect()
        gc.freeze()

    def finish(self) -> None:
        """Leave nothing behind on servers that are not ours."""
        from tests import conftest

        conftest.drop(conftest.TEMPLATE)

    def carry_out(self, asking: Iterable[Generator[Work, Run, Any]], jobs: int) -> Iterator[Any]:
        """Let each of `asking` ask for one run after the other, `jobs` of them at a time. Yields what each returns."""
        waiting = iter(asking)
        at_work: dict[int, tuple[Run, Generator[Work, Run, Any]]] = {}
        with selectors.DefaultSelector() as pipes:

            def go_on(asker: Generator[Work, Run, Any], run: Run | None) -> Iterator[Any]:
                try:
                    begun = self._fork(asker.send(run) if run else next(asker))
                except StopIteration as returned:
                    yield returned.value
                else:
                    at_work[begun.pipe] = begun, asker
                    pipes.register(begun.pipe, selectors.EVENT_READ)

            while True:
                while len(at_work) < jobs and (asker := next(waiting, None)) is not None:
                    yield from go_on(asker, None)
                if not at_work:
                    return
                heard = {key.fd: os.read(key.fd, 1 << 16) for key, _ in pipes.select(timeout=5)}
                for pipe, (run, asker) in list(at_work.items()):
                    run.hear(heard.get(pipe, b""))
                    run.hangs = time.monotonic() - run.since > run.work.most
                    if heard.get(pipe) == b"" or run.hangs:
                        pipes.unregister(pipe)
                        del at_work[pipe]
                        self._end(run)
                        yield from go_on(asker, run)

    def _fork(self, work: Work) -> Run:
        reading, writing = os.pipe()
        data = Path(tempfile.mkdtemp(prefix="muster-teeth-"))
        name = f"muster_test_{data.name.rpartition('-')[2]}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the threads of the servers' supervisor hold nothing of ours
            pid = os.fork()
        if pid:
            os.close(writing)
            return Run(work, pid, reading, name, data)
        try:
            os.close(reading)
            self._in_child(work, writing, name, data)
        finally:
            os._exit(0)

    def _end(self, run: Run) -> None:
        if not run.ended:
            run.trouble = f"{run.at or 'setting up'} {'hung' if run.hangs else 'ended the process'}"
            os.kill(run.pid, signal.SIGKILL)
        os.waitpid(run.pid, 0)
        os.close(run.pipe)
        shutil.rmtree(run.data, ignore_errors=True)
        from tests import conftest

        for database in (run.name, f"{run.name}_own", f"{run.name}_shared"):
            conftest.drop(database)

    def _in_child(self, work: Work, pipe: int, name: str, data: Path) -> None:
        from django.conf import settings

        from tests import conftest, switch

        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        conftest.DATABASE = settings.CACHES["default"]["KEY_PREFIX"] = name
        settings.MUSTER_EVIDENCE_DIR = data / "evidence"
        plugins = self.session.config.pluginmanager
        plugins.unregister(name="terminalreporter")
        told = Teller(pipe)
        plugins.register(told)
        if work.record:
            switch.listen(told.reach)
        switch.off(work.switch)
        items = [self.items[test] for test in work.tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            began = time.monotonic()
            told.reached.clear()
            told.say(start=item.nodeid)
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if told.red:
                break
            told.say(done=item.nodeid, seconds=time.monotonic() - began, reached=sorted(told.reached | told.shared))
        told.say(end=True)


class Teller:
    """In a run: listens to pytest, and says what happens."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.red = False
        self.reached: set[str] = set()
        self.shared: set[str] = set()
        self._making_shared = 0

    def say(self, **what: object) -> None:
        """Over the pipe."""
        line = json.dumps(what).encode() + b"\n"
        while line:
            line = line[os.write(self.pipe, line) :]

    def reach(self, switch: str) -> None:
        """A switch that would make a difference here: to this test, or to all after it where it is in what they share."""
        (self.shared if self._making_shared else self.reached).add(switch)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """What several tests share is made during the first of them."""
        shared = fixturedef.scope != "function"
        self._making_shared += shared
        try:
            return (yield)
        finally:
            self._making_shared -= shared

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first that is red is what we are here for."""
        if report.failed and not self.red:
            self.red = True
            crash = getattr(report.longrepr, "reprcrash", None)
            self.say(red=report.nodeid, why=(crash.message if crash else str(report.longrepr))[:300])
