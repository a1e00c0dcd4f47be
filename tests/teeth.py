"""`make teeth`: switches each rule and each reaction off in turn, and expects a test to notice.

    python -m tests.teeth [--each-reason] [--jobs N] [NAME ...]

A rule that refuses nothing, a reaction that does nothing, or (with --each-reason) a reason that is never given must turn a test of
the rooms red; one that turns none is printed and the exit code is 1. NAME limits it to the switches whose name has it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("incidents", "postmortems", "oncall", "standard", "notifications", "compliance")
SECONDS = 900  # one switch's tests
_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Bite:
    """What one switch did: the first test that turned red ("" for none), and how long that took."""

    switch: str
    red: str
    seconds: float
    trouble: str = ""


def test_files(switch: str) -> list[str]:
    """The rooms' tests, those first that speak of what is switched off."""
    words = [word for word in re.split(r"[^a-z]+", re.sub(r"^.*(why_not|[.:])_?", "", switch)) if len(word) > 3]
    last = switch.rpartition(":")[2]
    files = [file for room in ROOMS for file in sorted((ROOT / "tests" / room).glob("test_*.py"))]

    def relevance(file: Path) -> int:
        text = file.read_text(encoding="utf-8")
        named = any(word in file.stem for word in words)
        return 100 * text.count(f'"{last}"') + 50 * named + sum(text.count(word) for word in words)

    return [str(file.relative_to(ROOT)) for file in sorted(files, key=relevance, reverse=True)]


def bite(switch: str) -> Bite:
    """Run the tests with one thing switched off, until the first that fails."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-m", "not system and not browser"]
    done = subprocess.run(
        [*command, *test_files(switch)],
        cwd=ROOT,
        env={**os.environ, "MUSTER_TEETH": switch},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    found = _RED.search(done.stdout)
    trouble = "" if done.returncode in (0, 1) else (done.stdout + done.stderr)[-2000:]
    return Bite(switch, found[1] if found and done.returncode == 1 else "", time.monotonic() - began, trouble)


def green() -> bool:
    """Whether everything passes with nothing switched off: a test that fails anyway would notice nothing."""
    start = bite("")
    said = start.red or start.trouble or "everything passes"
    print(f"nothing switched off: {said} ({start.seconds:.0f} s)", flush=True)
    return not (start.red or start.trouble)


def wanted(names: list[str], each_reason: bool) -> list[str]:
    """The switches to try. They are found by looking at the code, which wants Django: so in a process of its own."""
    what = "reasons" if each_reason else "switches"
    code = f"import django; django.setup(); from tests import switch; print('\\n'.join(switch.{what}()))"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=_settings(), capture_output=True, text=True, check=True
    ).stdout
    return [switch for switch in out.split() if not names or any(name in switch for name in names)]


def _settings() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "MUSTER_SECRET_KEY": "teeth-" + "0123456789abcdef" * 4}


def main() -> int:
    """Try each switch, print what turned red, and say whether any turned nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.teeth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--each-reason", action="store_true", help="switch single reasons of the rules off, instead of rules and reactions"
    )
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-teeth-") as folder:
        if "DATABASE_URL" in os.environ:
            return report(options.names, options.each_reason, options.jobs)
        from portal.embedded.servers import running_servers

        with running_servers(
            Path(folder) / "servers", durable=False
        ) as urls:  # shared by all runs; each has databases of its own
            os.environ.update(urls.owner_environment())
            return report(options.names, options.each_reason, options.jobs)


def report(names: list[str], each_reason: bool, jobs: int) -> int:
    """Run them, a few at a time, and print a line each as it is known."""
    if not green():
        return 1
    switches = wanted(names, each_reason)
    width = max(map(len, switches), default=0)
    toothless = 0
    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(bite, switches):
            said = result.red or ("NOTHING TURNED RED" if not result.trouble else f"TROUBLE\n{result.trouble}")
            toothless += not result.red
            print(f"{result.switch:{width}}  {result.seconds:4.0f} s  {said}", flush=True)
    print(f"{len(switches)} switched off, {toothless} unnoticed")
    return 1 if toothless or not switches else 0


if __name__ == "__main__":
    sys.exit(main())
