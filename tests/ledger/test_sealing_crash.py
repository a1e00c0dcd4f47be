"""The database crashes under the sealer: what was committed is sealed once, what was published stays true (clause evidence.export)."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.roles import make_roles
from portal.embedded.servers import socket_folder
from portal.embedded.supervisor import Supervisor
from tests.compliance.test_packs_restored import ROLES, administrator, moved_to, run
from tests.conftest import Installation, _connect_as
from tests.ledger import sealers
from tests.ledger.sealed import as_owner
from tests.ledger.sealers import SECONDS, all_sealed, counts, environment, published, running, shelf_of
from tests.ledger.test_sealing import write
from tests.ledger.test_sealing_killed import A_TILE, sealed_once
from tests.portal.embedded import fresh_folder, until

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

AT = ("ledger_leaf", "ledger_sealstate")


@contextmanager
def cluster_with(house: Installation, dump: Path) -> Iterator[tuple[EmbeddedPostgres, Callable[[], None]]]:
    """A PostgreSQL of its own, as durable as in production, with what the house holds; and what lets it crash and starts it again."""
    source = urlsplit(administrator())._replace(path=f"/{house.name}").geturl()
    run("pg_dump", "--format=custom", f"--file={dump}", source)
    with fresh_folder() as folder, socket_folder(folder.resolve()) as sockets, Supervisor(folder) as supervisor:
        made = EmbeddedPostgres(folder / "postgres", sockets)
        running = [made.start(supervisor)]
        owner = made.url(urlsplit(os.environ["DATABASE_OWNER_URL"]).username or "", "muster")
        urls = (made.url(getattr(settings, role), "muster") for role in ROLES.values())
        make_roles(made.url("postgres", "postgres"), owner, *urls)
        run("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={made.url('postgres', 'muster')}", str(dump))

        def crash() -> None:
            """All of its processes go at once, without a word written: then it is started again, and recovers from its log."""
            child = running.pop()
            os.kill(child.pid, signal.SIGQUIT)
            until(lambda: child.ended() is not None, SECONDS)
            running.append(made.start(supervisor))

        yield made, crash


def test_a_database_that_crashes_loses_nothing_and_seals_nothing_twice(
    own_database: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first and the last thing that a batch writes: it is undone, its entries are there, and are sealed by whoever comes next."""
    acme = own_database.acme
    out = tmp_path / "evidence"
    with cluster_with(own_database, tmp_path / "muster.dump") as (cluster, crash), monkeypatch.context() as patch:
        try:
            for table in AT:
                with moved_to(cluster, own_database, patch) as house:
                    env, ask = environment("muster", out), partial(as_owner, house)
                    with running(env) as process:
                        until(lambda: all_sealed(house, acme, out), SECONDS)
                        there, shown = counts(house, acme), published(shelf_of(house, acme, out))
                        with suppress(psycopg.OperationalError), sealers.locked(house, table):
                            write(acme, A_TILE)
                            until(lambda: sealers.stopped_at(ask, table) is not None, SECONDS)  # noqa: B023
                            assert sealers.stopped_at(ask, table) == sealers.WRITES[table], "the crash would hit another step"
                            process.stop()
                            crash()
                with moved_to(cluster, own_database, patch) as house:
                    assert counts(house, acme) == there, "of the batch nothing is left"
                    assert published(shelf_of(house, acme, out)) == shown
            with moved_to(cluster, own_database, patch) as house:
                with running(env):
                    until(lambda: all_sealed(house, acme, out), SECONDS)
                assert counts(house, acme)[0] >= len(AT) * A_TILE
                sealed_once(house, acme, out)
        finally:
            patch.undo()
            _connect_as(settings.DATABASE_URL, own_database.name)
