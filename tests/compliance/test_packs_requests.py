"""What packs have beside the records: raw requests of an incident's own alerts and of no restricted one, and the log of pages."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from notifications.models import Attempt
from tests.compliance.test_packs_making import Make, inside, make, saved
from tests.incidents.scene import Scene, alert

__all__ = ["make"]  # the fixture
pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export"), pytest.mark.clause("breach.need-to-know")]

WORD = "Zarzuela"


def declared(scene: Scene, name: str, severity: str) -> str:
    """The incident of the signal with this name, which Amira commands."""
    signal = next(row["id"] for row in scene.signals() if name in row["title"])
    ref = scene.declare(who="amira", severity=severity, alerts=[signal])
    scene.do("amira", ref, "claim")
    return ref


def two(scene: Scene, *, restricted_first: bool) -> tuple[str, str]:
    """An ordinary incident, whose group repeats another incident's alert once. Returns both; the other is flagged if it says so."""
    began = scene.clock.now
    scene.fire(alert("f1", started=began, name="Ordinary"), group="g1")
    ordinary = declared(scene, "Ordinary", "SEV3")
    scene.clock.advance(minutes=10)
    scene.fire(alert("f2", started=scene.clock.now, name=WORD), group="g2")
    other = declared(scene, WORD, "SEV2")
    if restricted_first:
        other = flag(scene, other)
    scene.clock.advance(minutes=10)
    scene.fire(alert("f1", started=began, name="Ordinary"), alert("f2", started=scene.ago(minutes=10), name=WORD), group="g1")
    scene.clock.advance(minutes=10)
    scene.fire(alert("f1", started=began, ended=scene.clock.now, name="Ordinary"), group="g1")
    scene.do("amira", ordinary, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ordinary, "resolve", summary="Done")
    scene.follow()
    return ordinary, other


def flag(scene: Scene, ref: str) -> str:
    return str(scene.do("amira", ref, "flag", flag="personal_data", reason="Rows seen")["ref"])


def requests(file: Path) -> list[str]:
    """The bodies of the raw requests in a pack."""
    held = [json.loads(text) for name, text in inside(file).items() if name.startswith("data/inbound/")]
    return [base64.b64decode(one["body"]).decode() for one in held]


def of(found: list[dict[str, Any]], ref: str) -> dict[str, Any]:
    return next(pack for pack in found if pack["incident"] == ref)


def test_what_speaks_of_a_restricted_incident_is_in_no_pack_of_another(scene: Scene, make: Make, tmp_path: Path) -> None:
    ordinary, _ = two(scene, restricted_first=True)
    file = saved(scene, of(make(), ordinary), tmp_path)
    assert ["Ordinary" in body for body in requests(file)] == [True], "its own, from before the other one"
    assert WORD not in "".join(requests(file))
    assert WORD.encode() not in b"".join(inside(file).values())


def test_a_pack_from_before_is_handed_out_no_more_to_whoever_may_not_see_the_other(
    scene: Scene, make: Make, tmp_path: Path
) -> None:
    ordinary, other = two(scene, restricted_first=False)
    pack = of(make(), ordinary)
    assert WORD in "".join(requests(saved(scene, pack, tmp_path))), "nothing is hidden yet"
    flag(scene, other)
    refused = scene.api("admin").get(f"evidence-packs/{pack['id']}/file/")
    assert (refused.status_code, refused.json()["code"]) == (403, "restricted_since")
    assert scene.api("admin").post(f"incidents/{ordinary}/evidence-packs/").status_code == 201
    newest = of(make(), ordinary)
    assert WORD not in "".join(requests(saved(scene, newest, tmp_path)))


def test_the_log_of_pages_quotes_no_address(scene: Scene, make: Make, tmp_path: Path) -> None:
    """It is made from rows that an erasure leaves, after it too: what a mail server quoted leads to nobody."""
    ref = scene.commanded()
    scene.follow()
    with scene.acme.scope():
        one = Attempt.objects.filter(delivery__template="page", incident_id__isnull=False).latest("id")
        Attempt.objects.create(
            delivery=one.delivery,
            incident_id=one.incident_id,
            number=9,
            outcome=Attempt.Outcome.FAILED,
            detail="550 5.1.1 <mei@acme.example>: no such user; call +49 170 123 4567",
        )
    assert scene.api("admin").post(f"incidents/{ref}/evidence-packs/").status_code == 201
    told = inside(saved(scene, of(make(), ref), tmp_path))["data/paging-log.csv"].decode()
    assert "550 5.1.1 <(address)>: no such user; call (address)" in told
    assert "@acme.example" not in told
    assert "4567" not in told
