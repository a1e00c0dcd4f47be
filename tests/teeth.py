"""`make teeth`: switches each rule and each reaction off in turn, and expects a test to notice.

    python -m tests.teeth [--each-reason] [--jobs N] [--keep FILE] [NAME ...]

A rule that refuses nothing, a reaction that does nothing, or (with --each-reason) a reason that is never given must turn a test of
the rooms red; one that turns none is printed and the exit code is 1. NAME limits it to the switches whose name has it.

At first all tests run once, and it is written down which of them a switch could make a difference to: those where the rule refuses
something, where the reason is given, where the reaction runs. Only these are run with it switched off, the likeliest first, until
one turns red; so no test being red has the weight of all of them. A test that turns red is tried with nothing switched off too.
"""

import argparse
import hashlib
import inspect
import json
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.forking import Forks, Run, Work

ROOT = Path(__file__).parents[1]
ROOMS = sorted({file.parent.name for file in ROOT.glob("*/apps.py")} - {"portal"})  # whose tests are about every room at once
WITHOUT = "not system and not browser and not alone"  # no processes, and nothing that a busy machine turns red


@dataclass(frozen=True)
class Bite:
    """What one switch did: the first test that turned red ("" for none) and why, of how many that it could have been noticed by."""

    switch: str
    red: str
    why: str
    of: int
    seconds: float
    trouble: str = ""


class Teeth(Forks):
    """What is asked of the runs, and what is known from them."""

    def __init__(self, names: list[str], *, each_reason: bool, jobs: int, keep: Path | None) -> None:
        super().__init__()
        self.names, self.each_reason, self.jobs, self.keep = names, each_reason, jobs, keep
        self.texts: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.reaching: dict[str, set[str]] = defaultdict(set)
        self.green: dict[str, bool] = {}
        self.bitten: dict[str, str] = {}
        self.code = 2

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once."""
        if session.testsfailed:
            return True
        self.begin(session)
        self.texts = {test: inspect.getsource(inspect.unwrap(item.function)) for test, item in self.items.items()}
        try:
            self._remember()
            self._record()
            self.code = self._bite()
        finally:
            self.finish()
        return True

    def _record(self) -> None:
        began = time.monotonic()
        files = dict.fromkeys(file for test in self.items if (file := _file(test)))
        left = [file for file in files if any(test not in self.seconds for test in self._tests_of(file))]
        for file, run in self.carry_out(map(self._recording, left), self.jobs):
            for test, (seconds, reached) in run.done.items():
                self._know(test, seconds, reached)
            self._write(file=file, digest=_digest(file), done=run.done)
        took = time.monotonic() - began
        print(f"{len(self.items)} tests in {len(files)} files, {len(left)} of them recorded in {took:.0f} s", flush=True)

    def _recording(self, file: str) -> Generator[Work, Run, tuple[str, Run]]:
        """A file's tests with nothing switched off. What is red then notices nothing, and is done without."""
        tests = self._tests_of(file)
        told = yield Work(tests, record=True)
        done = dict(told.done)
        while stopped := told.red or (told.trouble and told.at):
            self.green[stopped] = False
            print(f"red with nothing switched off: {stopped} {told.why}{told.trouble}", flush=True)
            tests = tests[tests.index(stopped) + 1 :]
            if not tests:
                break
            told = yield Work(tests, record=True)
            done |= told.done
        if told.trouble and not told.at:
            raise RuntimeError(f"{file}: {told.trouble}")
        told.done = done
        return file, told

    def _bite(self) -> int:
        from tests import switch

        found = switch.reasons() if self.each_reason else switch.switches()
        switches = [name for name in found if not self.names or any(part in name for part in self.names)]
        left = [name for name in switches if name not in self.bitten]
        width = max(map(len, left), default=0)
        unnoticed = []
        began = time.monotonic()
        for bite in self.carry_out(map(self._biting, left), self.jobs):
            said = f"{bite.red}: {bite.why.splitlines()[0][:100] if bite.why else ''}" if bite.red else bite.trouble
            if not bite.red:
                unnoticed.append(bite.switch)
                said = said or f"NOTHING TURNED RED, of {bite.of} tests that it makes a difference to"
            print(f"{bite.switch:{width}}  {bite.seconds:4.0f} s  {said}", flush=True)
            self._write(switch=bite.switch, red=bite.red)
        print(f"{len(switches)} switched off in {time.monotonic() - began:.0f} s, {len(unnoticed)} unnoticed")
        print(*unnoticed, sep="\n")
        return 1 if unnoticed or not switches or not all(self.green.values()) else 0

    def _biting(self, switch: str) -> Generator[Work, Run, Bite]:
        """One thing switched off, until a test turns red that is green without that."""
        began = time.monotonic()
        tests = self._order(switch)
        of = len(tests)
        while tests:
            run = yield Work(tests, switch, most=120 + 20 * max(self.seconds[test] for test in tests))
            if run.trouble:
                return Bite(switch, "", "", of, time.monotonic() - began, f"TROUBLE: {run.trouble}")
            if not run.red:
                break
            if run.red not in self.green:
                alone = yield Work([run.red])
                self.green[run.red] = not (alone.red or alone.trouble)
            if self.green[run.red]:
                return Bite(switch, run.red, run.why, of, time.monotonic() - began)
            print(f"red with nothing switched off: {run.red}", flush=True)
            tests = tests[tests.index(run.red) + 1 :]
        return Bite(switch, "", "", of, time.monotonic() - began)

    def _order(self, switch: str) -> list[str]:
        """The tests that a switch makes a difference to: first those that speak of it, then its own room's; of these the quick ones."""
        words, own = _words(switch, self.reaching), f"tests/{_room(switch)}/"
        known = [test for test in self.reaching[switch] if test in self.items and self.green.get(test, True)]

        def rank(test: str) -> tuple[bool, bool, float, str]:
            spoken = any(word in self.texts[test] for word in words)
            return not spoken, not test.startswith(own), self.seconds[test], test

        return sorted(known, key=rank)

    def _tests_of(self, file: str) -> list[str]:
        return [test for test in self.items if _file(test) == file]

    def _know(self, test: str, seconds: float, reached: list[str]) -> None:
        self.seconds[test] = seconds
        for switch in reached:
            self.reaching[switch].add(test)

    def _remember(self) -> None:
        """What a run that was broken off found out: of files that are as they were, and of what was noticed."""
        if self.keep is None or not self.keep.exists():
            return
        for line in map(json.loads, self.keep.read_text(encoding="utf-8").splitlines()):
            if line.get("red"):
                self.bitten[line["switch"]] = line["red"]
            elif "file" in line and (ROOT / line["file"]).exists() and line["digest"] == _digest(line["file"]):
                for test, (seconds, reached) in line["done"].items():
                    self._know(test, seconds, reached)

    def _write(self, **line: Any) -> None:
        if self.keep is not None:
            with self.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _file(test: str) -> str:
    return test.partition("::")[0]


def _digest(file: str) -> str:
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def _words(switch: str, reaching: dict[str, set[str]]) -> list[str]:
    """What a test says that is about this switch: the code of a reason, the name of a reaction, what a rule refuses with."""
    if switch.startswith(("reason:", "reaction:", "clock:")):
        return [f'"{switch.rpartition(":")[2]}"']
    module = switch.rpartition(".")[0]
    return [f'"{reason.rpartition(":")[2]}"' for reason in reaching if reason.startswith(f"reason:{module}:")]


def _room(switch: str) -> str:
    """The room whose rule or reaction it is: a reaction to everybody's events is noticed there first."""
    from tests.switch import followers

    follower = followers().get(switch)
    return (follower.__module__ if follower else switch.removeprefix("reason:")).partition(".")[0]


def main() -> int:
    """Try each switch, print what turned red, and say whether any turned nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.teeth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--each-reason", action="store_true", help="switch single reasons of the rules off, instead of rules and reactions"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="go on where a run with this file was broken off; same code only"
    )
    options = parser.parse_args()
    teeth = Teeth(options.names, each_reason=options.each_reason, jobs=options.jobs, keep=options.keep)
    folders = [str(ROOT / "tests" / room) for room in ROOMS]
    asked = pytest.main(["-qq", "-s", "--no-header", "--no-summary", "-m", WITHOUT, *folders], plugins=[teeth])
    return teeth.code or asked


if __name__ == "__main__":
    sys.exit(main())
