"""What a superuser of the database did to the sealed log is named: by its pack, and where none can be made, by the sealer and by `manage.py compare`.

Really committed, really sealed, in the real database: triggers are switched off, rows changed, and triggers switched on again. Whoever does that has
everything but the key, and the checkpoint that an auditor holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command

from compliance.models import EvidencePack
from compliance.packs import making
from ledger.models import Checkpoint, Entry, Event, Leaf
from ledger.sealing import notes, queries
from tests.compliance.test_packs_making import ask, packs, saved
from tests.compliance.test_packs_restored import administrator
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.ledger.sealed import PUBLIC, as_owner, seal_all
from tests.ledger.test_comparing import compared
from tests.ledger.test_sealing import halted, write

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

FORGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
LOG = ("ledger_entry", "ledger_leaf", "ledger_tile", "ledger_checkpoint")
SAID, FORGED = "As it was", "Otherwise"


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


@dataclass(frozen=True)
class Sealed:
    """An incident that is sealed, with a pack that is asked for and not made. `held` is the checkpoint that an auditor has."""

    scene: Scene
    house: Installation
    folder: Path
    ref: str
    pack: int
    seq: int  # of the entry of what Jon wrote
    index: int  # of its leaf
    held: Checkpoint

    def superuser(self, *statements: str, **values: object) -> None:
        """What only who may switch triggers off can do."""
        known = {"seq": self.seq, "index": self.index, "acme": self.scene.acme.id, "size": self.held.size} | values
        with psycopg.connect(urlsplit(administrator())._replace(path=f"/{self.house.name}").geturl()) as db:
            was = (
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgrelid = ANY (%s::regclass[]) AND tgenabled = 'A'"
            )
            always = db.execute(was, [list(LOG)]).fetchall()
            for table in LOG:
                db.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for statement in statements:
                done = db.execute(statement.encode(), known)
                assert statement.startswith("TRUNCATE") or done.rowcount > 0, f"this changes nothing: {statement}"
            for table in LOG:
                db.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            for table, name in always:
                db.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"')

    def given_up(self) -> str:
        """Have it tried as often as it is. Returns why it is given up."""
        tries = [self.make() for _ in range(making.MAX_ATTEMPTS)]
        assert [one["state"] for one in tries] == ["asked"] * (making.MAX_ATTEMPTS - 1) + ["failed"]
        return str(tries[-1]["why"])

    def make(self) -> dict[str, object]:
        """Have the pack made. Returns how it is then."""
        making.make(self.scene.acme.id, self.pack)
        return next(pack for pack in packs(self.scene) if pack["id"] == self.pack)

    def verified(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
        """Make the pack, and what `manage.py verify` ends with and says, with the key and the checkpoint of an auditor."""
        made = self.make()
        assert made["state"] == "ready", made
        key, held = self.folder / "key", self.folder / "held"
        key.write_text(notes.key_line(notes.origin_of(self.held.note), PUBLIC), encoding="utf-8")
        held.write_text(self.held.note, encoding="utf-8")
        file = saved(self.scene, made, self.folder)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            call_command("verify", str(file), key=str(key), checkpoint=str(held))
        return int(end.value.code or 0), [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAULT")]


@pytest.fixture
def sealed(scene: Scene, own_database: Installation, tmp_path: Path) -> Sealed:
    write(scene.acme, 160)  # more than one tile
    ref = scene.commanded()
    scene.do("jon", ref, "note", text=SAID)
    scene.follow()
    seal_all(tmp_path / "log")
    assert ask(scene, ref).status_code == 201
    scene.follow()
    seal_all(tmp_path / "log")
    with scene.acme.scope():
        event = Event.objects.get(kind="incident.noted", data__text=SAID)
        entry = Entry.objects.get(table="ledger_event", pk_text=str(event.pk))
        leaf, held = Leaf.objects.get(pk=entry.pk), queries.latest_checkpoint(scene.acme.id)
        pack = EvidencePack.objects.latest("id").pk
    assert held is not None
    assert held.size > 256
    return Sealed(scene, own_database, tmp_path, ref, pack, entry.pk, leaf.index, held)


BODY = f"UPDATE ledger_entry SET body = replace(body, '{SAID}', '{FORGED}') WHERE id = %(seq)s"
ENVELOPE = (
    'UPDATE ledger_entry SET envelope = regexp_replace(envelope, \'"body_sha256":"[0-9a-f]+"\', '
    "'\"body_sha256\":\"' || encode(sha256(salt || convert_to(body, 'UTF8')), 'hex') || '\"') WHERE id = %(seq)s"
)
LEAF = (
    "UPDATE ledger_leaf SET hash = (SELECT sha256('\\x00'::bytea || convert_to(envelope, 'UTF8')) FROM ledger_entry WHERE id = %(seq)s) "
    "WHERE id = %(seq)s"
)
ROOT = (
    "UPDATE ledger_checkpoint SET root = sha256('x'), note = replace(note, encode(root, 'base64'), encode(sha256('x'), 'base64')) "
    "WHERE organisation_id = %(acme)s AND size = %(size)s"
)
EARLIER = (
    "UPDATE ledger_checkpoint SET note = regexp_replace(note, '— (\\S+) (.)', CASE WHEN note ~ '— \\S+ B' THEN '— \\1 C' ELSE '— \\1 B' END) "
    "WHERE organisation_id = %(acme)s "
    "AND size = (SELECT min(size) FROM ledger_checkpoint WHERE organisation_id = %(acme)s)"
)
EVENTS = "data/records/ledger_event.jsonl, line "
# What is done, the file that the verifier names, and what it says of it.
IN_THE_PACK = {
    "the words of an entry": ((BODY,), EVENTS, "salt and body hash to"),
    "who did it": (
        ("UPDATE ledger_entry SET envelope = regexp_replace(envelope, '\"actor\":\\d+', '\"actor\":1') WHERE id = %(seq)s",),
        *(EVENTS, "the envelope's leaf hash is"),
    ),
    "its words, and the hash of them": ((BODY, ENVELOPE), EVENTS, "the envelope's leaf hash is"),
    "its words, the hash, and the leaf": (
        (BODY, ENVELOPE, LEAF),
        "data/log/checkpoint, line 3",
        "(a tile or this file is wrong)",
    ),
    "its words are taken away": (
        ("UPDATE ledger_entry SET body = NULL, salt = NULL WHERE id = %(seq)s",),
        *(EVENTS, "expected the entry of ledger_redaction that says they were erased"),
    ),
    "an entry is taken away": (
        ("DELETE FROM ledger_entry WHERE id = %(seq)s",),
        *("data/records/ledger_event.jsonl", "1 events of the incident are missing"),
    ),
    "a leaf": (("UPDATE ledger_leaf SET hash = sha256('x') WHERE id = %(seq)s",), EVENTS, "the envelope's leaf hash is"),
    "a tile": (
        ("UPDATE ledger_tile SET hash = sha256('x') WHERE organisation_id = %(acme)s AND level = 0 AND index = 0",),
        *("data/log/checkpoint, line 3", "(a tile or this file is wrong)"),
    ),
    "the root of a checkpoint": (
        (ROOT,),
        *("data/log/checkpoint", "the signature does not hold"),
    ),
    "an earlier checkpoint": (
        (EARLIER,),
        *("data/log/consistency.jsonl, line 1", "not signed by the key"),
    ),
}


def test_a_pack_of_what_nobody_touched_holds(sealed: Sealed, capsys: pytest.CaptureFixture[str]) -> None:
    """So that the others say something."""
    assert sealed.verified(capsys) == (0, [])


@pytest.mark.parametrize("attack", IN_THE_PACK)
def test_what_a_superuser_did_to_the_log_is_named_by_the_pack(
    sealed: Sealed, capsys: pytest.CaptureFixture[str], attack: str
) -> None:
    statements, file, why = IN_THE_PACK[attack]
    sealed.superuser(*statements)
    code, faults = sealed.verified(capsys)
    assert code == 1
    assert any(fault.startswith(f"FAULT  {file}") and why in fault for fault in faults), faults


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger_checkpoint WHERE organisation_id = %(acme)s AND size = %(size)s",
        "DELETE FROM ledger_leaf WHERE organisation_id = %(acme)s AND index = %(size)s - 1",
    ],
    ids=["checkpoint", "leaf"],
)
def test_a_log_whose_end_was_taken_away_has_no_pack(sealed: Sealed, statement: str) -> None:
    """One that was proven against an earlier checkpoint would tell a shorter story than was on record when it was asked for."""
    sealed.superuser(statement)
    assert "some were taken away" in sealed.given_up()


def test_a_checkpoint_that_is_signed_anew_is_not_by_the_key_that_an_auditor_has(
    sealed: Sealed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A superuser has another key and the table that says with which one is checked, so the pack holds by itself; not by the auditor's line."""
    note = notes.sign(notes.origin_of(sealed.held.note), sealed.held.size, bytes(sealed.held.root), FORGER)
    forged = "UPDATE ledger_checkpoint SET note = %(note)s, key = %(key)s WHERE organisation_id = %(acme)s AND size = %(size)s"
    sealed.superuser(forged, note=note, key=FORGER.public_key().public_bytes_raw())
    code, faults = sealed.verified(capsys)
    assert code == 1
    assert any(fault.startswith("FAULT  data/log/checkpoint: not signed by the key muster.example/") for fault in faults), faults


# Which table, why no pack is made of what is left, and why the sealer seals nothing on top of it.
EMPTIED = {
    "ledger_leaf": (
        "the database holds 0 leaves, and its newest checkpoint is of",
        "The database holds 0 leaves, and its newest checkpoint is of",
    ),
    "ledger_tile": ("of 1 hashes of level 1 from 0 on, 0 are there", "of 1 hashes of level 1 from 0 on, 0 are there"),
    "ledger_checkpoint": (
        "leaves, and its newest checkpoint is of 0: some were taken away",
        "leaves, and its newest checkpoint is of 0.",
    ),
}
EMPTYING = pytest.mark.parametrize(
    "statement", ["DELETE FROM {} WHERE organisation_id = %(acme)s", "TRUNCATE {} CASCADE"], ids=["delete", "truncate"]
)


@EMPTYING
@pytest.mark.parametrize("table", EMPTIED)
def test_a_log_that_was_emptied_has_no_pack_and_halts_the_sealer(sealed: Sealed, table: str, statement: str) -> None:
    """No pack tells a shorter story. The sealer finds out by what it published, and says so until somebody restores it."""
    no_pack, no_seal = EMPTIED[table]
    sealed.superuser(statement.format(table))
    assert no_pack in sealed.given_up()
    assert no_seal in halted(sealed.house, sealed.scene.acme, sealed.folder / "log")


@EMPTYING
def test_entries_that_were_emptied_have_no_pack_and_each_row_is_named(
    sealed: Sealed, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    """Their leaves are the log still, which goes on. What they told is gone, and every row that is there is one too many."""
    sealed.superuser(statement.format("ledger_entry"))
    assert "the ledger has no entry of this pack's being asked for" in sealed.given_up()
    code, lines = compared(capsys, "acme")
    assert code == 1
    named = {line.split(" ")[1] for line in lines if line.endswith("the ledger has no entry of it")}
    assert {"ledger_event", "incidents_historicalincident", "compliance_historicalevidencepack"} <= named


def test_what_was_emptied_by_a_superuser_is_refused_to_everybody_else(sealed: Sealed) -> None:
    """The owner of the tables too, as long as triggers are on."""
    for table in LOG:
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_owner(sealed.house, statement)
