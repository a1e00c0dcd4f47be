"""The database killed with -9 while the sealer, which lives on, is in the middle of a batch, and while it publishes one that is committed."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.sealing import notes
from tests.ledger.sealed import KEY, PUBLIC, naive_root
from tests.ledger.sealers import SECONDS, Process, pipe_for_key, published, reading, running, stopped_at
from tests.portal.embedded import until
from tests.system.installation import Installation, Tenant

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def servers_of_our_own(muster: Installation) -> None:
    """Nobody's servers are killed but ours."""
    if muster.given is not None:
        pytest.skip("the environment's servers are not ours to kill; without DATABASE_ADMIN_URL these tests run on their own")


class Log:
    """The log of one organisation: what the database has of it, and what was published."""

    def __init__(self, muster: Installation, tenant: Tenant, folder: Path) -> None:
        self.muster = muster
        rows = muster.rows("SELECT id, public_id FROM tenants_organisation WHERE slug = %s", tenant.slug)
        self.id, public_id = rows[0]
        self.shelf = folder / str(public_id)

    def leaves(self) -> list[tuple[int, int, str]]:
        """(index, seq, envelope) of every leaf."""
        return self.muster.rows(
            "SELECT l.index, e.id, e.envelope FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id "
            "WHERE l.organisation_id = %s ORDER BY l.index",
            self.id,
        )

    def signed(self) -> dict[int, str]:
        """The signed notes in the database, by their size."""
        return dict(self.muster.rows("SELECT size, note FROM ledger_checkpoint WHERE organisation_id = %s", self.id))

    def entries(self) -> set[int]:
        """The seq of every entry."""
        return {seq for (seq,) in self.muster.rows("SELECT id FROM ledger_entry WHERE organisation_id = %s", self.id)}

    def done(self) -> bool:
        """Whether everything has its leaf, and the newest checkpoint is out."""
        out = published(self.shelf)
        return bool(out) and max(out) == len(self.entries())

    def holds(self) -> None:
        """Everything is sealed once, without a gap; every checkpoint is right, and is out, and nothing else is; nobody halts."""
        leaves = self.leaves()
        assert [index for index, _, _ in leaves] == list(range(len(leaves)))
        assert {seq for _, seq, _ in leaves} == self.entries()
        signed = self.signed()
        assert published(self.shelf) == signed
        said = [envelope.encode() for _, _, envelope in leaves]
        for size, text in signed.items():
            note = notes.read(text, PUBLIC)
            assert (note.size, note.root) == (size, naive_root(said[:size]))
        assert self.muster.rows("SELECT why FROM ledger_sealstate WHERE halted_at IS NOT NULL") == []


@contextmanager
def locked(muster: Installation, table: str) -> Iterator[None]:
    """Nobody writes this table while the block runs, or until the database dies."""
    with suppress(psycopg.OperationalError), psycopg.connect(muster.urls.owner_url) as db:
        db.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield


def noted(acme: Tenant, ref: str, *texts: str) -> None:
    """Notes that were accepted."""
    for text in texts:
        acme.api("amira").post(f"incidents/{ref}/note/", {"text": text})


def in_the_log(log: Log) -> set[Any]:
    """The texts of notes whose entries have a leaf."""
    rows = log.muster.rows(
        "SELECT e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id "
        "WHERE l.organisation_id = %s AND e.table = 'ledger_event' AND e.body LIKE '%%incident.noted%%'",
        log.id,
    )
    return {json.loads(body)["data"]["text"] for (body,) in rows}


def killed(muster: Installation, sealer: Process) -> None:
    """Kill the database, and start it again; the sealer lives on."""
    muster.kill("postgres")
    assert sealer.runs
    muster.start("postgres")


def test_the_database_dies_while_it_is_sealed(muster: Installation, acme: Tenant, tmp_path: Path) -> None:
    """Nothing is left of the batch that was not committed; the one that was is durable, and is published; nothing is sealed twice."""
    ref = acme.api("amira").post("incidents/", {"title": "While it dies", "severity": "SEV3"}, expect=201)["ref"]
    log = Log(muster, acme, tmp_path)
    env = muster.sealing(tmp_path, b64encode(KEY.private_bytes_raw()).decode())
    with running(env) as sealer:
        until(log.done, SECONDS)
        for table in ("ledger_checkpoint", "ledger_sealstate"):
            until(log.done, SECONDS)
            there = len(log.leaves())
            with locked(muster, table):
                noted(acme, ref, f"before {table}", f"before {table}, again")
                until(lambda table=table: stopped_at(muster.rows, table) is not None, SECONDS)  # type: ignore[misc]
                assert "ledger_leaf" in (stopped_at(muster.rows, table) or ()), "the kill would hit nothing in flight"
                killed(muster, sealer)
            assert len(log.leaves()) >= there
            until(log.done, SECONDS)
            log.holds()

        with pipe_for_key(log.shelf) as pipe:
            noted(acme, ref, "before publishing")
            with reading(pipe):
                out, signed = published(log.shelf), log.signed()
                assert len(signed) > len(out), "the kill would hit nothing that was signed"
                muster.kill("postgres")
        assert sealer.runs
        muster.start("postgres")
        assert signed.items() <= log.signed().items(), "what was committed is durable"
        noted_after(muster, acme, ref)
        until(lambda: log.done() and published(log.shelf) == log.signed(), SECONDS)
        assert sealer.runs
    log.holds()
    wanted = {f"before {table}{again}" for table in ("ledger_checkpoint", "ledger_sealstate") for again in ("", ", again")}
    assert wanted | {"before publishing", "after"} <= in_the_log(log)


def noted_after(muster: Installation, acme: Tenant, ref: str) -> None:
    """One more, as soon as the portal takes it again."""
    muster.wait_ready()
    noted(acme, ref, "after")
