"""The one connection of a process that listens. It is looked after: no answer for a few seconds, and a new one is made."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import connections

from ledger.live import CHANNEL

log = structlog.get_logger(__name__)

BEAT_SECONDS = 4.0  # between two questions whether the connection lives, and the wait for each answer
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


def _address() -> dict[str, Any]:
    """Where to listen: never through a pooler, which gives the connection to somebody else between two transactions."""
    found: dict[str, Any] = settings.DATABASE_DIRECT or connections["default"].settings_dict
    options = {name: value for name, value in found.get("OPTIONS", {}).items() if name != "pool"}
    named = {
        "dbname": found["NAME"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "host": found["HOST"],
        "port": found["PORT"],
    }
    return {
        "application_name": "muster live",
        **options,
        **{name: value for name, value in named.items() if value},
    }


class Listener:
    """Calls `heard()` once it listens (whatever committed before may have been missed), `told(payload)`, and `deaf()`."""

    def __init__(self, heard: Callable[[], None], told: Callable[[str], None], deaf: Callable[[], None]) -> None:
        self.heard, self.told, self.deaf = heard, told, deaf
        self.last = 0.0  # when something was last heard, by the loop's clock
        self._buried: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen until cancelled, on one connection after the other."""
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("live.deaf", error=str(error))
            self.deaf()
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  (so that processes do not come back in step)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self) -> None:
        db = await psycopg.AsyncConnection.connect(**_address(), autocommit=True)
        try:
            await _answer(db, f"LISTEN {CHANNEL}")
            self.last = asyncio.get_running_loop().time()
            self.heard()
            while True:
                async for notice in db.notifies(timeout=BEAT_SECONDS):
                    self.told(notice.payload)
                await _answer(db, "SELECT 1")
                self.last = asyncio.get_running_loop().time()
        except _Hung as hung:
            last = asyncio.create_task(_bury(db, hung.asked))
            self._buried.add(last)
            last.add_done_callback(self._buried.discard)
            raise
        except BaseException:
            await db.close()
            raise


class _Hung(TimeoutError):
    """No answer on the connection that listens."""

    def __init__(self, asked: "asyncio.Future[Any]") -> None:
        super().__init__("PostgreSQL does not answer on the connection that listens.")
        self.asked = asked


async def _answer(db: "psycopg.AsyncConnection[Any]", sql: str) -> None:
    """Ask, and wait for the answer for a few seconds."""
    asked = asyncio.ensure_future(db.execute(sql))
    done, _ = await asyncio.wait({asked}, timeout=BEAT_SECONDS)
    if not done:
        raise _Hung(asked)
    asked.result()


async def _bury(db: "psycopg.AsyncConnection[Any]", asked: "asyncio.Future[Any]") -> None:
    """Close a connection once what waits on its socket has ended; closing it under a waiting loop would confuse the loop."""
    await asyncio.wait({asked})
    asked.exception()
    await db.close()
