"""The pool of connections after an outage: it tries anew about once a second, however long the database was away."""

import time
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg_pool import ConnectionPool

from portal import environment
from tests.conftest import Installation
from tests.portal.embedded import until

pytestmark = pytest.mark.servers

AWAY_SECONDS = 12
BACKING_OFF = 4  # tries of a pool that waits twice as long each time, in as many seconds: at 0, 1, 3 and 7


def test_it_tries_anew_as_long_as_the_database_is_away(shared_database: Installation) -> None:
    """A pool that tried later and later would leave everybody without a connection for as long again as the outage took."""
    role = environment.database(settings.DATABASE_URL)
    there = {"dbname": shared_database.name, "user": role["USER"], "host": role["HOST"], "port": role["PORT"]}
    back, tries = list[bool](), list[float]()

    def where() -> dict[str, Any]:
        tries.append(time.monotonic())
        known = {name: value for name, value in there.items() if value} | {"password": role["PASSWORD"] or None}
        return known if back else known | {"host": "/nonexistent"}

    with ConnectionPool(kwargs=where, open=True, check=ConnectionPool.check_connection, **environment.pool(1, 2)) as pool:
        time.sleep(AWAY_SECONDS)
        assert len(tries) > BACKING_OFF + 1
        back.append(True)
        until(lambda: bool(pool.get_stats().get("pool_available")), 30)
        with pool.connection() as again:
            assert again.execute("SELECT 1").fetchone() == (1,)


def test_a_database_that_says_nothing_is_away_within_seconds() -> None:
    """Whoever names a time limit in the address keeps theirs; nobody waits for the operating system's quarter of an hour."""
    found = environment.database("postgresql://muster_app@db.example/muster?sslmode=require&connect_timeout=9")["OPTIONS"]
    assert found["sslmode"] == "require"
    assert found["connect_timeout"] == "9"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="/nonexistent", **{**found, "sslmode": "disable"})  # libpq knows every one of them
    assert int(found["tcp_user_timeout"]) <= 15_000
    assert int(found["keepalives_idle"]) + int(found["keepalives_interval"]) * int(found["keepalives_count"]) <= 30
