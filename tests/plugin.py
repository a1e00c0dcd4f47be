"""Loaded before Django's settings: the servers that the tests run on, and a clock that tests can move.

Without DATABASE_URL in the environment, an embedded PostgreSQL and Valkey of the tests' own start here and end with pytest, so
that nothing needs to run and ports 5432, 6379 and 5672 do not matter. With it, those servers are used (`pytest -m servers`).
"""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from portal.embedded.servers import running_servers

_stack = ExitStack()


def _start() -> None:
    os.environ["MUSTER_NOW"] = "tests.clock.now"
    os.environ["MUSTER_SECRET_KEY"] = "tests-only-" + "0123456789abcdef" * 4
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop lives in the thread of all later tests; it never runs ours
    os.environ["MUSTER_QUEUE"] = f"muster-tests-{os.getpid()}"  # the broker may be shared
    os.environ["MUSTER_LOG_LEVEL"] = "ERROR"
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    folder = Path(tempfile.mkdtemp(prefix="muster-tests-"))
    _stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["MUSTER_DATA"] = str(folder)
    if "DATABASE_URL" not in os.environ:
        urls = _stack.enter_context(running_servers(folder / "servers", durable=False))
        os.environ.update(urls.environment())
        os.environ.update(urls.owner_environment())
    os.environ.setdefault("CACHE_URL", "redis://127.0.0.1:6379/15")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    _stack.close()


_start()
