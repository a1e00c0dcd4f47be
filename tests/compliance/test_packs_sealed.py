"""A pack of what is really sealed: the five-hour SEV 1, committed, sealed by the sealer, verified by everybody (clause evidence.export)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from compliance.conformance import packed
from compliance.conformance.report import for_incident
from compliance.models import PackPart, PackWork
from compliance.packs import making
from compliance.verify import verify
from incidents.models import Incident
from ledger.sealing import notes, queries
from tests.compliance import independent, packmaking
from tests.compliance.test_packs_making import ask, inside, packs, saved
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.incidents.test_five_hours import Story, calmed, handed_over, mobilised, resolved, twelve, worked
from tests.ledger.sealed import PUBLIC, seal_all

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


def _asks_nothing(*asked: Any) -> Any:
    raise AssertionError(f"the database is asked: {asked[1]}")


def _each_flip_is_named(folder: Path, **brought: Any) -> None:
    """One bit of the byte in the middle of each file of a pack, one after the other: it holds no more, and the fault names the file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for kept in ("bagit.txt", "data/pack.json", "data/report.html", "data/log/checkpoint", "keys/log.pub", "verify/verify.py"):
        assert folder / kept in files
    assert any(path.parent.name == "records" for path in files)
    for path in files:
        name, whole = path.relative_to(folder).as_posix(), path.read_bytes()
        assert whole, f"{name} is empty: no byte of it can be flipped"
        with _flipped(path):
            lines: list[str] = []
            assert verify.verify(str(folder), out=lines.append, **brought) > 0, name
            assert any(name in line for line in lines if line.startswith("FAULT")), (name, lines)
        assert path.read_bytes() == whole
    with _flipped(folder / "data/report.html"), pytest.raises(independent.bagit().BagValidationError, match=r"data/report\.html"):
        independent.bagit().Bag(str(folder)).validate(processes=1)
    assert verify.verify(str(folder), out=lambda line: None, **brought) == 0, "as it was"


@contextmanager
def _flipped(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        yield
    finally:
        path.write_bytes(whole)


@pytest.mark.filterwarnings("ignore:'count' is passed:DeprecationWarning:bagit")
def test_the_pack_of_the_five_hours_verifies_and_is_the_same_bytes_twice(
    scene: Scene, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story = Story(scene, scene.clock.now)
    story.people = twelve(scene)
    for act in (mobilised, worked):
        act(story)
    seal_all(tmp_path / "log")  # an earlier checkpoint
    for act in (calmed, handed_over, resolved):
        act(story)
    scene.follow()
    assert ask(scene, story.ref).status_code == 201
    by_itself = packs(scene)[-1]["id"]
    assert not making.make(scene.acme.id, by_itself)  # it waits for the seal
    assert packs(scene)[-1]["step"] == "Waits for the seal"
    seal_all(tmp_path / "log")
    scene.clock.advance(seconds=5)
    with scene.acme.scope():
        waiting = list(PackWork.objects.order_by("id").values_list("pack_id", flat=True))
        checkpoint = queries.latest_checkpoint(scene.acme.id)
    assert checkpoint is not None
    made: list[dict[str, Any]] = []
    for pack_id in waiting:
        assert making.make(scene.acme.id, pack_id)
        made.append(next(pack for pack in packs(scene) if pack["id"] == pack_id))
    assert {pack["checkpoint_size"] for pack in made} == {checkpoint.size}
    first, second = (saved(scene, pack, tmp_path).read_bytes() for pack in made)
    assert first == second

    file = saved(scene, made[0], tmp_path)
    origin = notes.origin_of(checkpoint.note)
    line = notes.key_line(origin, PUBLIC)
    lines: list[str] = []
    held = checkpoint.note.encode()
    assert verify.verify(str(file), key=verify.read_key(line), origin=origin, held=held, out=lines.append) == 0, lines
    folder = packmaking.unpacked(inside(file), tmp_path)
    code, words = independent.by_go(folder, line, tmp_path_factory.mktemp("go"))
    assert code == 0, words
    # At least the one from the middle of the story; more where other tests' transactions held entries back.
    with scene.acme.scope():
        earlier = queries.checkpoints(scene.acme.id).filter(size__lt=checkpoint.size).count()
    assert earlier >= 1
    assert f", {earlier} earlier checkpoints," in words
    told = json.loads((folder / "data/conformance.json").read_text(encoding="utf-8"))
    with connection.execute_wrapper(_asks_nothing):
        assert packed.reports_of(folder) == told  # made again of the pack's files alone
    with scene.acme.scope():
        live = for_incident(Incident.objects.get(ref=story.ref), until=told[story.ref]["entries"])  # packs came after
    judged = told[story.ref]
    assert judged == json.loads(json.dumps(live))
    assert "severity.sev1-cadence" in {found["clause"] for found in judged["deviations"]}  # the story has two late updates
    reviewed = json.loads((folder / f"data/access-review/{story.ref}.json").read_text(encoding="utf-8"))
    assert [review["number"] for review in reviewed["reviews"]] == [1]
    independent.bagit().Bag(str(folder)).validate(processes=1)
    _each_flip_is_named(folder, key=verify.read_key(line), origin=origin, held=held)
    with scene.acme.scope():
        assert PackPart.objects.exists()
