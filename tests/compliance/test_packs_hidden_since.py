"""A pack of an engagement is not handed out once something in it has become part of what its auditor may not know of (breach.need-to-know)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from compliance.models import PackWork
from compliance.packs import making
from ledger.actions import record
from ledger.models import Event
from tests.compliance import packmaking
from tests.compliance.audits import audit, engage
from tests.compliance.test_audit_misses import TITLE, unanswered
from tests.compliance.test_holds import LEAK, LOSS
from tests.compliance.test_holds import ask as ask_custodian
from tests.compliance.test_packs_engagement import ask, engage_too, listed, other_auditor, saved
from tests.compliance.test_packs_making import inside
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene, alert
from tests.ledger.sealed import seal_all

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know"), pytest.mark.clause("evidence.export")]

ERROR = "zanderword7c1e"


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed: what is asked here is what stood in the log below a pack's checkpoint."""
    return at_work(own_database.acme, own_database.globex)


def made(scene: Scene, engagement: int, tmp_path: Path) -> None:
    """A pack of it, of all that is sealed by now."""
    assert ask(scene, engagement).status_code == 201
    seal_all(tmp_path / "log")
    scene.clock.advance(seconds=5)
    with scene.acme.scope():
        (pack_id,) = PackWork.objects.filter(pack__engagement__isnull=False).values_list("pack_id", flat=True)
    assert making.make(scene.acme.id, pack_id)


def everything(scene: Scene, engagement: int, tmp_path: Path, folder: str) -> bytes:
    """All that the newest pack says, as its auditor downloads and unpacks it."""
    at = packmaking.unpacked(inside(saved(scene.api("auditor"), engagement, tmp_path)), tmp_path / folder)
    return b"".join(path.read_bytes() for path in (at / "data").rglob("*") if path.is_file())


def answered(scene: Scene, engagement: int) -> tuple[int, str]:
    """What its auditor is answered who asks for the newest pack's file: the status, and a refusal's code."""
    answer = scene.api("auditor").get(f"evidence-packs/{listed(scene.api('auditor'), engagement)[0]['id']}/file/")
    return answer.status_code, "" if answer.status_code == 200 else str(answer.json()["code"])


def leak(scene: Scene) -> str:
    """The newest signal is an incident, of which somebody sees that data were lost: from then on it is restricted."""
    declared = scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"title": "Down", "severity": "SEV2"})
    assert declared.status_code == 201, declared.content
    return str(scene.do("amira", declared.json()["ref"], "flag", **LEAK)["ref"])


def test_a_signal_that_became_a_restricted_incident_takes_the_pack_back(scene: Scene, tmp_path: Path) -> None:
    """It was declared after the period, so that the pack shows no incident at all; another signal's pack would be handed out."""
    unanswered(scene)
    period = engage(scene, -5, 2, expires=300)
    made(scene, period, tmp_path)
    assert TITLE.encode() in everything(scene, period, tmp_path, "before")
    scene.clock.advance(days=10)
    other = scene.declare(title="Another one", who="amira")
    scene.do("amira", other, "flag", **LEAK)
    assert answered(scene, period) == (200, ""), "that one has nothing to do with what is in the pack"
    leak(scene)
    assert answered(scene, period) == (403, "restricted_since")
    made(scene, period, tmp_path)
    assert TITLE.encode() not in everything(scene, period, tmp_path, "after")


def test_what_was_kept_from_the_pack_takes_nothing_back_until_more_belongs_to_it(scene: Scene, tmp_path: Path) -> None:
    unanswered(scene)
    ref = leak(scene)
    scene.fire(alert("f2", started=scene.clock.now, name="DiskIsFull"), group="another")
    scene.follow()
    period = engage(scene, -5, 2, expires=300)
    made(scene, period, tmp_path)
    said = everything(scene, period, tmp_path, "before")
    assert (TITLE.encode() in said, b"DiskIsFull" in said) == (False, True)
    assert answered(scene, period) == (200, "")
    attached = scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    assert attached.status_code in (200, 201), attached.content
    assert answered(scene, period) == (403, "restricted_since")


def test_what_was_asked_of_custodians_takes_it_back_too(scene: Scene, tmp_path: Path) -> None:
    """Of an incident of another period, which is restricted later than its hold was placed."""
    ref = scene.commanded()
    scene.clock.advance(days=10)
    period = engage(scene, -5, 5, expires=300)
    scene.do("amira", ref, "flag", **LOSS)
    (hold,) = scene.api("exec").get("holds/").json()["results"]
    ask_custodian(scene, hold["id"], person=scene.email("jon"))
    made(scene, period, tmp_path)
    assert answered(scene, period) == (200, "")
    scene.do("amira", ref, "flag", **LEAK)
    assert answered(scene, period) == (403, "restricted_since")


def test_what_another_auditor_read_of_it_takes_it_back_too(scene: Scene, tmp_path: Path) -> None:
    """A pack has what every auditor read in its period, with the addresses: of an incident of another period that is restricted since."""
    second = other_auditor(scene)
    scene.clock.advance(days=10)
    ref = scene.commanded()
    scene.clock.advance(days=-10)  # an entry's place in the log is by the database's own clock, which no test moves
    period = engage(scene, -2, 2, expires=300)
    engage_too(scene, second, -2, 15)
    assert scene.door(second).get(f"incidents/{ref}/").status_code == 200
    made(scene, period, tmp_path)
    assert ref.encode() in everything(scene, period, tmp_path, "before")
    scene.do("amira", ref, "flag", **LEAK)
    assert answered(scene, period) == (403, "restricted_since")


@pytest.mark.clause("people.auditor")
def test_that_a_reaction_was_tried_again_is_hidden_with_what_it_was_to(scene: Scene, tmp_path: Path) -> None:
    """The try names what the reaction failed of: an auditor reads it while the alert is anybody's, and neither page nor pack has it after that."""
    unanswered(scene)
    with scene.acme.scope(scene.acme.admin):
        first = Event.objects.filter(subject_type="incidents.signal", incident_id=None).earliest("id")
        by = scene.acme.admin.actor()
        record("reaction.tried_again", first, by=by, incident_id=None, reaction="page", error=ERROR)
    period = engage(scene, -5, 2, expires=300)
    key = "iso27001-a-8-15"
    assert "reaction.tried_again" in json.dumps(audit(scene, period, f"controls/{key}"))
    leak(scene)
    assert "reaction.tried_again" not in json.dumps(audit(scene, period, f"controls/{key}"))
    made(scene, period, tmp_path)
    assert ERROR.encode() not in everything(scene, period, tmp_path, "after")
