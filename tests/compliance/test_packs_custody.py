"""What custodians of a legal hold answered, in the packs of those who read of holds (clauses breach.preserve-logs, evidence.export)."""

import json
from pathlib import Path
from typing import Any

import pytest

from compliance.models import CustodianFile
from compliance.packs.records import CUSTODIAN_FILES as FILES
from compliance.packs.records import TASKS
from tenants.models import DutyHolder
from tests.compliance import packmaking
from tests.compliance.audits import as_kept, audit, engage
from tests.compliance.test_custody import WHAT, answer, asked, file, link
from tests.compliance.test_packs_making import Make, holds, inside, make, saved
from tests.incidents.scene import Scene
from tests.incidents.test_files import attach

__all__ = ["make"]  # the fixture
pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export"), pytest.mark.clause("breach.preserve-logs")]

PROOF = b"GET / 200\n"
SHA = packmaking.h(PROOF).hex()
LOGGING = "controls/iso27001-a-8-15"


def kept(scene: Scene) -> str:
    """An incident that Legal holds, whose log's owner outside keeps a copy and says where."""
    ref = scene.commanded()
    assert attach(scene.api("jon"), ref, "web-1.log", b"10:02 error 500\n").status_code == 200
    placed = scene.api("exec").post("holds/", {"matter": "Case 7", "reason": "We may be sued", "incident": ref})
    assert placed.status_code == 201, placed.content
    asked(scene, int(placed.json()["id"]))
    path = link()
    assert answer(path).status_code == 302
    said = answer(path, location="Vault 7, shelf 3", sha256=SHA, said="Read only", file=file(PROOF, "proxy.txt"))
    assert said.status_code == 302, said.content
    scene.follow()
    return ref


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """The process owner, who is the Privacy Officer too in the cast, has no duty that the law speaks of."""
    with scene.acme.scope():
        for seat in DutyHolder.objects.filter(user_id=scene.acme.owner.user_id):
            seat.delete()
    return scene


def taken(scene: Scene, ref: str) -> str:
    """Legal downloads what they attached, of a hold of this incident. Returns by which name that is on record."""
    with scene.acme.scope(scene.acme.exec):
        number = CustodianFile.objects.get(task__hold__incident__ref=ref).pk
    got = scene.api("exec").get(f"custodian-files/{number}/")
    assert (got.status_code, got.content) == (200, PROOF)
    return f"custodian-file-{number}"


def ask(scene: Scene, ref: str) -> None:
    assert scene.api("admin").post(f"incidents/{ref}/evidence-packs/").status_code == 201


def rows(held: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    return [json.loads(json.loads(line)["body"]) for line in held[f"data/records/{table}.jsonl"].splitlines()]


def test_an_incidents_pack_has_what_they_answered_and_the_log_proves_it(scene: Scene, make: Make, tmp_path: Path) -> None:
    ref = kept(scene)
    name = taken(scene, ref)
    ask(scene, ref)
    path = saved(scene, make()[0], tmp_path)
    holds(path)
    held = inside(path)
    (one,) = json.loads(held[f"data/custodians/{ref}.json"])["custodians"]
    assert (one["custodian"], one["is_member"], one["what"]) == ("Lou Logs", False, WHAT)
    assert (one["location"], one["sha256"], one["said"]) == ("Vault 7, shelf 3", SHA, "Read only")
    assert one["acknowledged_by"] == one["proven_by"] == "Lou Logs, by their link"
    assert [given["sha256"] for given in one["files"]] == [SHA]
    assert held[f"data/custodians/files/{SHA}"] == PROOF, "their file, by the hash of its bytes"
    assert rows(held, TASKS)[-1]["location"] == "Vault 7, shelf 3"
    assert rows(held, FILES)[0]["sha256"] == SHA
    told = {row["kind"] for row in rows(held, "ledger_event")}
    assert {"custodian.asked", "custodian.acknowledged", "custodian.proven"} <= told
    given = [row["data"] for row in rows(held, "ledger_event") if row["kind"] == "export.given"]
    assert [(one["name"], one["sha256"]) for one in given] == [(name, SHA)], "who took it with them is known too"


def test_it_is_handed_to_nobody_who_reads_of_no_hold(scene: Scene, make: Make) -> None:
    """The process owner has packs, and reads of no custodian; of an incident without them they have the pack as ever."""
    plain = scene.ended("resolve", "SEV4")
    scene.follow()
    ref = kept(scene)
    ask(scene, ref)
    found = {pack["incident"]: pack["id"] for pack in make()}
    refused = scene.api("owner").get(f"evidence-packs/{found[ref]}/file/")
    assert (refused.status_code, refused.json()["code"]) == (403, "tells_of_custodians")
    for who, of in (("owner", plain), ("admin", ref), ("exec", ref), ("auditor", ref)):  # the executive sits on Legal's seat
        assert scene.api(who).get(f"evidence-packs/{found[of]}/file/").status_code == 200, who


@pytest.mark.parametrize(("who", "reads"), [("admin", True), ("owner", False)])
def test_a_periods_pack_has_them_for_who_reads_of_holds(scene: Scene, make: Make, tmp_path: Path, who: str, reads: bool) -> None:
    ref = kept(scene)
    scene.api(who).post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
    make()
    found = scene.api(who).get("evidence-packs/").json()["results"]
    path = saved(scene, next(pack for pack in found if pack["kind"] == "period"), tmp_path, who)
    holds(path)
    held = inside(path)
    assert (f"data/custodians/{ref}.json" in held) is reads
    assert (f"data/custodians/files/{SHA}" in held) is reads
    assert (f"data/records/{TASKS}.jsonl" in held) is reads
    assert (b"Vault 7" in b"".join(held.values())) is reads


@pytest.mark.clause("people.auditor")
def test_an_auditor_finds_them_below_the_control_of_holds_and_in_the_pack(scene: Scene, make: Make, tmp_path: Path) -> None:
    ref = kept(scene)
    name = taken(scene, ref)
    made = engage(scene)
    given = [entry for entry in audit(scene, made, LOGGING)["evidence"] if entry["kind"] == "export.given"]
    assert [(entry["text"], entry["sha256"]) for entry in given] == [(f"{name} is downloaded.", SHA)]
    kinds = {entry["kind"] for entry in audit(scene, made, "controls/iso27001-a-5-28")["evidence"]}
    assert {"hold.placed", "custodian.asked", "custodian.proven"} <= kinds
    assert scene.api("admin").post(f"audit/engagements/{made}/evidence-packs/").status_code == 201
    pack = next(pack for pack in make() if pack["engagement"] == made)
    path = saved(scene, pack, tmp_path, "auditor")
    holds(path)
    assert {f"data/custodians/{ref}.json", f"data/custodians/files/{SHA}"} <= set(inside(path))
    assert any(name.startswith("data/attachments/") for name in inside(path)), (
        "what the records tell of is here, for an auditor too"
    )
    assert rows(inside(path), TASKS)[-1]["location"] == "Vault 7, shelf 3"
    assert name in {row["data"].get("name") for row in rows(inside(path), "ledger_event")}


@pytest.mark.clause("breach.need-to-know")
def test_of_a_restricted_incidents_hold_an_auditor_reads_of_no_custodian(scene: Scene, make: Make, tmp_path: Path) -> None:
    """Neither on the control's page nor in the pack, though what custodians answer tells of no incident by itself."""
    ref = kept(scene)
    name = taken(scene, ref)
    scene.do("amira", ref, "flag", flag="personal_data", reason="Rows seen")
    made = engage(scene)
    logged = audit(scene, made, LOGGING)["evidence"]
    assert "export.given" not in {entry["kind"] for entry in logged}
    shown = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/{LOGGING}/").content.decode()
    assert name not in shown
    assert SHA not in shown
    kinds = {entry["kind"] for entry in audit(scene, made, "controls/iso27001-a-5-28")["evidence"]}
    assert not any(kind.startswith("custodian.") for kind in kinds)
    assert scene.api("admin").post(f"audit/engagements/{made}/evidence-packs/").status_code == 201
    make()
    path = as_kept(scene, made, tmp_path)
    holds(path)
    everything = b"".join(inside(path).values())
    for word in (b"Vault 7", b"Lou Logs", b"Case 7", name.encode(), SHA.encode()):
        assert word not in everything, word
