"""An erasure in a ledger that is really sealed: the bodies are gone, every proof holds, and the pack tells of it (breach.preserve-logs)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compliance.packs import making
from compliance.verify import verify
from ledger.sealing import notes, queries
from tests.compliance.test_holds_erasure import ask, decide, left
from tests.compliance.test_packs_making import inside, packs, saved
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.ledger.sealed import PUBLIC, as_owner, envelopes, naive_root, seal_all

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs"), pytest.mark.clause("evidence.export")]

WORDS = ("mei@acme.example", "@home.example", "Mei at home", "Mei Martin (Practitioner)")


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


def told(house: Installation) -> set[str]:
    """Which of the words that lead to her stand in the bytes of the ledger."""
    rows = as_owner(house, "SELECT to_jsonb(e)::text FROM ledger_entry e WHERE organisation_id = %s", house.acme.id)
    return {word for word in WORDS for (row,) in rows if word in row}


def test_what_is_erased_is_gone_from_the_ledger_and_the_pack_holds(
    scene: Scene, own_database: Installation, tmp_path: Path
) -> None:
    """Body and salt of her entries are gone from the database; older checkpoints still agree; the pack says which entries lost theirs, and why."""
    ref = scene.commanded()
    left(scene)
    assert {"@home.example", "Mei at home", "Mei Martin (Practitioner)"} <= told(own_database)
    before = envelopes_of(own_database, tmp_path)
    with scene.acme.scope():
        older = queries.latest_checkpoint(scene.acme.id)
    assert older is not None
    wish = ask(scene).json()["id"]
    done = decide(scene, wish).json()
    assert (done["state"], done["outcome"]["account"]) == ("done", "erased")
    assert told(own_database) == set()
    entries = as_owner(
        own_database, "SELECT count(*), count(salt), count(body) FROM ledger_entry e JOIN ledger_redaction r ON r.entry = e.id"
    )
    assert entries == [(done["outcome"]["entries"], 0, 0)]

    after = envelopes_of(own_database, tmp_path)
    assert after[: len(before)] == before  # not a byte of what was sealed is another
    with scene.acme.scope():
        newest = queries.latest_checkpoint(scene.acme.id)
    assert newest is not None
    assert naive_root(after) == bytes(newest.root)

    scene.clock.advance(seconds=1)  # a pack that was begun in the moment of an erasure is made anew
    today = after_today(after)
    assert scene.api("admin").post("evidence-packs/", today).status_code == 201
    seal_all(tmp_path / "log")
    (pack,) = (pack for pack in packs(scene) if pack["kind"] == "period")
    assert making.make(scene.acme.id, pack["id"])
    (pack,) = (pack for pack in packs(scene) if pack["kind"] == "period")
    file, lines = saved(scene, pack, tmp_path), list[str]()
    key = verify.read_key(notes.key_line(notes.origin_of(older.note), PUBLIC))
    assert verify.verify(str(file), key=key, held=older.note.encode(), out=lines.append) == 0, lines
    held = inside(file)
    erased = {seq for name, data in held.items() if name.startswith("data/records/") for seq in without_body(name, data)}
    said = [json.loads(json.loads(line)["body"]) for line in held["data/records/ledger_redaction.jsonl"].splitlines()]
    assert erased  # the seat that she had: it is shown without its words
    assert erased <= {row["entry"] for row in said}
    assert {row["reason"] for row in said} == {f"Erasure {wish} of personal data"}
    assert len(said) == done["outcome"]["entries"]
    assert not any(word.encode() in data for word in WORDS for data in held.values())
    assert ref in held["data/population.csv"].decode()


def envelopes_of(house: Installation, where: Path) -> list[bytes]:
    """Seal, and give the organisation's envelopes in the order of their leaves."""
    seal_all(where / "log")
    return envelopes(house, house.acme.id)


def after_today(sealed: list[bytes]) -> dict[str, str]:
    """A period that has all of the log in it: its entries have the database's time, which no test moves."""
    days: list[str] = sorted(json.loads(one)["at"][:10] for one in sealed)
    return {"starts_on": days[0], "ends_before": f"{int(days[-1][:4]) + 1}-01-01"}


def without_body(name: str, data: bytes) -> list[int]:
    """The numbers of a table's entries that have no body."""
    if name.endswith("stubs.jsonl"):
        return []
    found: list[dict[str, Any]] = [json.loads(line) for line in data.splitlines()]
    return [json.loads(one["envelope"])["seq"] for one in found if one["body"] is None and one["salt"] is None]
