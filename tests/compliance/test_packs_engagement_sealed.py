"""The pack of an engagement of what is really sealed and committed, by the auditor's own connection (evidence.export, people.auditor)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from compliance.conformance import packed
from compliance.models import PackPart, PackWork
from compliance.packs import controls, making
from compliance.verify import verify
from ledger.sealing import notes, queries
from tenants.scope import scope
from tests.compliance import independent, packmaking
from tests.compliance.audits import engage
from tests.compliance.test_packs_engagement import TOKEN, ask, engage_too, saved
from tests.compliance.test_packs_making import inside, rows
from tests.compliance.test_packs_sealed import _asks_nothing
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.incidents.test_flag import flagged
from tests.ledger.sealed import PUBLIC, seal_all

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor"), pytest.mark.clause("evidence.export")]


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


@pytest.mark.filterwarnings("ignore:'count' is passed:DeprecationWarning:bagit")
def test_two_engagements_of_one_auditor_have_each_its_own(
    scene: Scene, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One whose period is that of the log, and one in whose period the log's own clock has written nothing: each holds, by everybody's code."""
    early = scene.commanded()
    hidden = scene.declare(title=f"Leak {TOKEN}", who="amira")
    scene.do("amira", hidden, "claim")
    flagged(scene, hidden)
    scene.declare(severity="SEV4")
    scene.follow()
    seal_all(tmp_path / "log")  # an earlier checkpoint
    one = engage(scene, -5, 2, expires=300)
    scene.clock.advance(days=10)
    later = scene.declare(title="The later one")
    other = engage_too(scene, scene.acme.auditor, -2, 5)
    scene.follow()
    for engagement in (one, other, one):
        assert ask(scene, engagement).status_code == 201
    seal_all(tmp_path / "log")
    scene.clock.advance(seconds=5)
    with scene.acme.scope():
        waiting = list(PackWork.objects.filter(pack__engagement__isnull=False).order_by("id").values_list("pack_id", flat=True))
        checkpoint = queries.latest_checkpoint(scene.acme.id)
    assert checkpoint is not None
    for pack_id in waiting:
        assert making.make(scene.acme.id, pack_id)
    origin = notes.origin_of(checkpoint.note)
    line = notes.key_line(origin, PUBLIC)
    door = scene.api("auditor")
    for engagement, listed, ranged in ((one, [early], True), (other, [later], False)):
        file = saved(door, engagement, tmp_path)
        lines: list[str] = []
        assert verify.verify(str(file), key=verify.read_key(line), origin=origin, out=lines.append) == 0, lines
        assert any(said.startswith(f"For engagement {engagement}, ") for said in lines)
        assert TOKEN.encode() not in file.read_bytes()
        folder = packmaking.unpacked(inside(file), tmp_path / str(engagement))
        population = rows((folder / "data/population.csv").read_bytes())
        assert [row["restricted"] for row in population] == (["no", "yes", "no"] if ranged else ["no"])
        assert population[0]["ref"] == listed[0]
        about = json.loads((folder / "data/pack.json").read_text(encoding="utf-8"))
        assert (about["range"] is not None, about["counts"]["stubs"] > 0) == (ranged, ranged)
        with connection.execute_wrapper(_asks_nothing):
            assert packed.reports_of(folder) == json.loads((folder / "data/conformance.json").read_text(encoding="utf-8"))
            assert controls.of(folder) == json.loads((folder / "data/controls.json").read_text(encoding="utf-8"))
        independent.bagit().Bag(str(folder)).validate(processes=1)
        code, words = independent.by_go(folder, line, tmp_path_factory.mktemp(f"go{engagement}"))
        assert code == 0, words
    self_same(scene, door, one)


def self_same(scene: Scene, door: Any, engagement: int) -> None:
    """Two of one state are the same bytes, and the database shows them to the auditor's role alone."""
    found = door.get(f"audit/engagements/{engagement}/evidence-packs/").json()["results"]
    own = [pack for pack in found if pack["engagement"] == engagement]
    assert len({pack["sha256"] for pack in own}) == 1 < len(own)
    with scene.acme.scope(scene.acme.admin):
        assert not PackPart.objects.filter(engagement__isnull=False).exists()
    with scope(scene.acme.id, surface="web", user_id=scene.acme.auditor.user_id, auditing=True):
        assert PackPart.objects.filter(engagement=engagement).exists()
