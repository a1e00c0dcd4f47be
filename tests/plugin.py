"""Loaded before Django's settings: the servers that the tests run on, and a clock that tests can move.

Without DATABASE_URL in the environment, an embedded PostgreSQL and Valkey of the tests' own start here and end with pytest, so
that nothing needs to run and ports 5432, 6379 and 5672 do not matter. With it, those servers are used (`pytest -m servers`).
"""

import gc
import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import Generator
from contextlib import ExitStack, suppress
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from portal.embedded.servers import running_servers
from tests import folders, turns

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

FEWEST, MOST = 3, 4
"""Workers: a third one pays on two cores, since the first waits for processes and a browser; each has Django's and a database's memory."""

HEAVY = ("tests/system/", "tests/browser/", "tests/portal/test_embedded.py")
"""Tests with many processes, Chromium or both. One worker has all of these, one after the other, and begins with them."""

LONG = ("tests/portal/test_every_url.py", "tests/portal/test_bad_input.py", "tests/incidents/test_restricted_canary.py")
"""Files that take minutes, each as one piece: begun last, they would be waited for."""

LONG_RUN_SECONDS = 600
"""Of tests together: a run that long says which files took it."""

EMBEDDED = "MUSTER_TESTS_EMBEDDED"
"""In the environment of workers: the servers are pytest's own. The first worker uses those, each other one starts its own: where nobody
else writes, no transaction number taken means that nothing was written (`everything.content`), and nobody waits for another's clone."""

BEHIND = 10
"""By how much the other workers are nicer than the first, which has the tests with many processes."""

_stack = ExitStack()
_shared = False  # whether other workers use the same servers


def _start() -> None:
    global _shared
    os.environ["MUSTER_NOW"] = "tests.clock.now"
    os.environ["MUSTER_SECRET_KEY"] = "tests-only-" + "0123456789abcdef" * 4
    os.environ["MUSTER_CONTEXT_KEY"] = secrets.token_urlsafe(50)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop lives in the thread of a browser's tests; it never runs ours
    )
    os.environ["MUSTER_QUEUE"] = f"muster-tests-{os.getpid()}"  # the broker may be shared
    os.environ["MUSTER_LOG_LEVEL"] = "ERROR"
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    folder = folders.folder("muster-tests-")
    _stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["MUSTER_DATA"] = str(folder)
    os.environ.setdefault(turns.TOGETHER, str(folder))
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    embedded = bool(os.environ.pop(EMBEDDED, "")) or "DATABASE_URL" not in os.environ
    _shared = bool(worker) and not embedded
    if worker not in ("", "gw0"):
        os.nice(BEHIND)  # and so are its servers, which it starts
    if embedded and worker != "gw0":
        urls = _stack.enter_context(running_servers(folder / "servers", durable=False))
        if not worker:
            os.environ[EMBEDDED] = "1"
        os.environ.update(urls.environment())
        os.environ.update(urls.owner_environment())
    os.environ.setdefault("CACHE_URL", "redis://127.0.0.1:6379/15")
    if os.environ.get("BROKER_URL", "").startswith("amqp"):
        _stack.callback(_forget_queue)


def _forget_queue() -> None:
    """What a run asked of a broker that outlives it goes with it: on a machine of ours queues piled up, run after run."""
    import kombu

    broker = kombu.Connection(os.environ["BROKER_URL"], connect_timeout=5)
    with suppress(*broker.connection_errors, *broker.channel_errors), broker:  # it may have ended before us
        kombu.Queue(os.environ["MUSTER_QUEUE"], channel=broker.default_channel).delete()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that says how long something may take has the machine to itself; one that minds its neighbours on a server, the server."""
    marker = item.get_closest_marker("alone")
    with turns.turn(alone=marker is not None and (_shared or marker.kwargs.get("on") != "shared servers")):
        return (yield)


@pytest.hookimpl(optionalhook=True, tryfirst=True)  # xdist, which is loaded later, would be asked first
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one worker for each core that this process may use, within reason."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(cores, FEWEST), MOST)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The heavy ones first, then the long ones, after pytest-django's own order: begun in the middle, they would be waited for at the end."""
    items.sort(key=lambda item: (not item.nodeid.startswith(HEAVY), not item.nodeid.startswith(LONG)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now, ten thousand tests among it, stays until the end: looking through it for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)  # new objects between two looks; the default is for programs that hold little


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadFileScheduling | None":
    """`--dist loadfile`: a file's tests share a worker, and with it what its module makes once; so do all heavy files."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    # In the order of their names, not by the number of their tests, which says little of what they cost: so the heavy ones
    # (the browser's) come first, and the quick files of the lower rooms last, where one worker would wait for the other.
    config.option.loadscopereorder = False

    class HeavyTogether(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return HEAVY[0] if nodeid.startswith(HEAVY) else str(super()._split_scope(nodeid))

    return HeavyTogether(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say where the time went: whoever wants the tests faster begins with these files."""
    spent: dict[str, float] = defaultdict(float)
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            spent[report.nodeid.partition("::")[0]] += report.duration
    if sum(spent.values()) > LONG_RUN_SECONDS:
        most = (
            f"{seconds:.0f} {file.removeprefix('tests/').removesuffix('.py')}"
            for file, seconds in sorted(spent.items(), key=itemgetter(1), reverse=True)[:40]
        )
        terminalreporter.write_line("seconds by file: " + ", ".join(most))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    _stack.close()


_start()
