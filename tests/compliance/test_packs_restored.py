"""A dump of the database in a new cluster: sealing goes on there, and its packs agree with the checkpoints published before (evidence.export)."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from compliance.models import PackWork
from compliance.packs import making
from compliance.verify import verify
from ledger.sealing import notes, queries
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.roles import make_roles
from portal.embedded.servers import socket_folder
from portal.embedded.supervisor import Supervisor
from portal.embedded.wheels import postgres_programs
from tests.compliance.test_packs_making import ask, packs, saved
from tests.conftest import Cast, Installation, _connect_as
from tests.incidents.scene import Scene
from tests.ledger import sealers
from tests.ledger.sealed import PUBLIC, as_owner, seal_all
from tests.ledger.test_sealing import checked, entered
from tests.portal.embedded import fresh_folder

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

ROLES = {
    "DATABASE_URL": "SERVING_ROLE",
    "DATABASE_AUDITOR_URL": "AUDITOR_ROLE",
    "DATABASE_SEALER_URL": "SEALER_ROLE",
}


def administrator() -> str:
    """The superuser's address on the tests' servers."""
    here = urlsplit(os.environ["DATABASE_URL"])
    own = here._replace(netloc=f"postgres@{here.netloc.rpartition('@')[2]}").geturl()
    return os.environ.get("DATABASE_ADMIN_URL") or own


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's, whose release is the new cluster's."""
    done = subprocess.run([str(postgres_programs() / program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def another_cluster() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that has never held anything."""
    with fresh_folder() as folder, socket_folder(folder.resolve()) as sockets, Supervisor(folder) as supervisor:
        made = EmbeddedPostgres(folder / "postgres", sockets, durable=False)
        made.start(supervisor)
        yield made


@contextmanager
def moved_to(cluster: EmbeddedPostgres, house: Installation, patch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """This process, and what it starts, is at home in the new cluster while the block runs."""
    urls = {name: cluster.url(getattr(settings, role), "muster") for name, role in ROLES.items()}
    urls["DATABASE_OWNER_URL"] = cluster.url(urlsplit(os.environ["DATABASE_OWNER_URL"]).username or "", "muster")
    for name, url in urls.items():
        patch.setenv(name, url)
    for name in ("DATABASE_AUDITOR_URL", "DATABASE_OWNER_URL"):
        patch.setattr(settings, name, urls[name])
    _connect_as(urls["DATABASE_URL"], "muster")
    yield replace(house, name="muster")


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


def test_a_dump_restored_into_a_new_cluster_goes_on(
    scene: Scene, own_database: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/operations.md has it: dump, roles, restore. Entries that waited for their leaf then are sealed there, once, and new ones."""
    acme, out, dump = own_database.acme, tmp_path / "evidence", tmp_path / "muster.dump"
    ref = scene.commanded()
    seal_all(out, batch=64)
    held = max(sealers.published(sealers.shelf_of(own_database, acme, out)).items())
    scene.do("amira", ref, "note", text="Not sealed when it was dumped")
    scene.follow()
    before, leaves = entered(own_database, acme), sealers.counts(own_database, acme)[0]
    assert len(before) > leaves
    source = urlsplit(administrator())._replace(path=f"/{own_database.name}").geturl()
    run("pg_dump", "--format=custom", f"--file={dump}", source)

    with another_cluster() as cluster, monkeypatch.context() as patch:
        admin = cluster.url("postgres", "postgres")
        owner = cluster.url(urlsplit(os.environ["DATABASE_OWNER_URL"]).username or "", "muster")
        make_roles(admin, owner, *(cluster.url(getattr(settings, role), "muster") for role in ROLES.values()))
        run("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={cluster.url('postgres', 'muster')}", str(dump))
        with psycopg.connect(administrator()) as old, psycopg.connect(admin) as new:
            systems = [db.execute("SELECT system_identifier FROM pg_control_system()").fetchall() for db in (old, new)]
        assert systems[0] != systems[1], "it is the same cluster"
        try:
            with moved_to(cluster, own_database, patch) as house:
                assert entered(house, acme) == before
                scene.do("amira", ref, "note", text="Written in the new cluster")
                scene.follow()
                with sealers.running(sealers.environment("muster", out), "--once") as process:
                    assert process.ended() == 0
                assert sealers.halted(house) == []
                seqs = checked(house, acme, out)
                assert before < set(seqs) == entered(house, acme)
                assert sealers.published(sealers.shelf_of(house, acme, out)) == sealers.signed(house, acme)
                assert as_owner(house, "SELECT DISTINCT size FROM ledger_checkpoint WHERE size = %s", held[0]) == [(held[0],)]
                verified(scene, ref, held[1], tmp_path)
        finally:
            patch.undo()
            _connect_as(settings.DATABASE_URL, own_database.name)


def verified(scene: Scene, ref: str, held: str, to: Path) -> None:
    """A pack that is made there holds, against the checkpoint that an auditor was given before the dump."""
    assert ask(scene, ref).status_code == 201
    with scene.acme.scope():
        waiting = list(PackWork.objects.order_by("-id").values_list("pack_id", flat=True))
        newest = queries.latest_checkpoint(scene.acme.id)
    assert newest is not None
    with sealers.running(sealers.environment("muster", to / "evidence"), "--once") as process:
        assert process.ended() == 0
    assert making.make(scene.acme.id, waiting[0])
    file = saved(scene, next(pack for pack in packs(scene) if pack["id"] == waiting[0]), to)
    origin = notes.origin_of(newest.note)
    key = verify.read_key(notes.key_line(origin, PUBLIC))
    lines: list[str] = []
    assert verify.verify(str(file), key=key, origin=origin, held=held.encode(), out=lines.append) == 0, lines
