"""What packs have beside the records: raw requests of an incident's own alerts and of no restricted one, and the log of pages."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compliance.verify import verify
from notifications.models import Attempt
from tests.compliance import packmaking
from tests.compliance.audits import engage
from tests.compliance.test_packs_making import Make, holds, inside, make, saved
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


@pytest.mark.parametrize("template", ["page", "notice"])
def test_the_log_of_pages_quotes_no_address(scene: Scene, make: Make, tmp_path: Path, template: str) -> None:
    """It is made from rows that an erasure leaves, after it too: what a mail server quoted leads to nobody."""
    ref = scene.commanded()
    scene.follow()
    with scene.acme.scope():
        one = Attempt.objects.filter(delivery__template=template, incident_id__isnull=False).latest("id")
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


class TestProven:
    """A raw request is the one that the log knows of: by the entry that was sealed when it came."""

    def altered(self, file: Path, name: str, change: Callable[[dict[str, Any]], None]) -> list[str]:
        """What the verifier says of a pack one of whose raw requests was changed, and its manifests with it."""
        files = inside(file)
        told = json.loads(files[name])
        change(told)
        files[name] = json.dumps(told).encode()
        kept = {name: data for name, data in files.items() if name.startswith(("data/", "keys/", "verify/"))}
        file.write_bytes(packmaking.zipped(packmaking.bagged(kept), file.stem))
        lines: list[str] = []
        verify.verify(str(file), out=lines.append)
        return [line for line in lines if line.startswith("FAULT")]

    @pytest.mark.parametrize("what", ["body", "headers", "another's"])
    def test_one_that_was_changed_is_found(self, scene: Scene, make: Make, tmp_path: Path, what: str) -> None:
        ordinary, _ = two(scene, restricted_first=False)
        file = saved(scene, of(make(), ordinary), tmp_path)
        holds(file)
        first, second, *_ = sorted(name for name in inside(file) if name.startswith("data/inbound/"))
        other = json.loads(inside(file)[second])
        changes: dict[str, Callable[[dict[str, Any]], None]] = {
            "body": lambda told: told.update(body=base64.b64encode(b'{"alerts": []}').decode()),
            "headers": lambda told: told["headers"].update({"user-agent": "somebody"}),
            "another's": lambda told: told.update(other),
        }
        (fault,) = self.altered(file, first, changes[what])
        assert fault.startswith(f"FAULT  {first}: no record of incidents_inbound has its number"), fault

    def test_one_that_no_record_tells_of_is_found(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        ordinary, _ = two(scene, restricted_first=False)
        file = saved(scene, of(make(), ordinary), tmp_path)
        files = inside(file)
        first = min(name for name in files if name.startswith("data/inbound/"))
        kept = {name: data for name, data in files.items() if name.startswith(("data/", "keys/", "verify/"))}
        kept["data/inbound/999999.json"] = kept[first]
        file.write_bytes(packmaking.zipped(packmaking.bagged(kept), file.stem))
        lines: list[str] = []
        assert verify.verify(str(file), out=lines.append) == 1
        assert any(line.startswith("FAULT  data/inbound/999999.json: no record") for line in lines), lines


class TestOfAPeriod:
    """Packs of a period and of an engagement have what those of their incidents have."""

    def test_it_has_each_request_that_the_packs_of_its_incidents_have(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        two(scene, restricted_first=False)
        scene.api("admin").post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
        found = make()
        period = saved(scene, next(pack for pack in found if pack["kind"] == "period"), tmp_path)
        holds(period)
        single = [saved(scene, pack, tmp_path) for pack in found if pack["kind"] == "incident"]
        assert len(single) == 1, "the other one is not over"
        assert set(requests(single[0])) <= set(requests(period))
        assert len(requests(period)) == 4, "and those of the other one"

    def test_it_has_none_that_may_speak_of_what_is_restricted(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        two(scene, restricted_first=True)
        scene.api("admin").post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
        period = saved(scene, next(pack for pack in make() if pack["kind"] == "period"), tmp_path)
        holds(period)
        assert ["Ordinary" in body for body in requests(period)] == [True]
        assert WORD.encode() not in b"".join(inside(period).values())

    def test_an_engagements_has_those_from_outside_of_its_period(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """The wall of raw requests goes by when they came; what belongs to an engagement's incident is whole."""
        began = scene.clock.now
        scene.fire(alert("f1", started=began, name="Ordinary"), group="g1")
        declared(scene, "Ordinary", "SEV3")
        made = engage(scene, -5, 2, expires=300)
        scene.clock.advance(days=10)
        scene.fire(alert("f1", started=began, ended=scene.clock.now, name="Ordinary"), group="g1")
        assert scene.api("admin").post(f"audit/engagements/{made}/evidence-packs/").status_code == 201
        pack = next(pack for pack in make() if pack["engagement"] == made)
        file = saved(scene, pack, tmp_path, "auditor")
        holds(file)
        assert len(requests(file)) == 2

    def test_but_none_from_outside_that_speaks_of_an_incident_of_another_period(
        self, scene: Scene, make: Make, tmp_path: Path
    ) -> None:
        began = scene.clock.now
        scene.fire(alert("f1", started=began, name="Ordinary"), group="g1")
        declared(scene, "Ordinary", "SEV3")
        made = engage(scene, -5, 2, expires=300)
        scene.clock.advance(days=10)
        scene.fire(alert("f2", started=scene.clock.now, name=WORD), group="g2")
        declared(scene, WORD, "SEV2")
        scene.fire(alert("f1", started=began), alert("f2", started=scene.clock.now, name=WORD), group="g1")
        assert scene.api("admin").post(f"audit/engagements/{made}/evidence-packs/").status_code == 201
        pack = next(pack for pack in make() if pack["engagement"] == made)
        file = saved(scene, pack, tmp_path, "auditor")
        holds(file)
        assert len(requests(file)) == 1
        assert WORD.encode() not in b"".join(inside(file).values())
