"""Evidence packs: by themselves at an incident's end and at its closing, by request, and handed out on record (clause evidence.export)."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compliance.models import EvidencePack, PackPart, PackWork
from compliance.packs import bag, disclosing, making
from compliance.packs.lease import LEASE, claim
from compliance.packs.log import NotSealed
from compliance.verify import verify
from incidents.models import Incident
from notifications import contacts
from tenants.actors import Duty
from tenants.models import DutyHolder
from tenants.time import now
from tests.compliance import independent, packmaking
from tests.compliance.packlog import TestLog, recorded
from tests.everything import query
from tests.incidents.scene import Scene, alert
from tests.incidents.test_files import attach
from tests.incidents.test_five_hours import Story, calmed, handed_over, mobilised, resolved, twelve, worked
from tests.incidents.test_flag import flagged
from tests.incidents.test_need_to_know import restricted

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]

type Make = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def make(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Let every pack that waits be made, against everything that is on record when it begins. Returns all packs by API, newest first."""

    def made() -> list[dict[str, Any]]:
        log = TestLog(recorded(scene.acme))
        monkeypatch.setattr(making, "log_for", lambda pack: log)
        with scene.acme.scope():
            waiting = list(PackWork.objects.order_by("id").values_list("pack_id", flat=True))
        for pack_id in waiting:
            assert making.make(scene.acme.id, pack_id), pack_id
        return packs(scene)

    return made


def packs(scene: Scene, who: str = "admin") -> list[dict[str, Any]]:
    answer = scene.api(who).get("evidence-packs/")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def ask(scene: Scene, ref: str, who: str = "admin") -> Any:
    return scene.api(who).post(f"incidents/{ref}/evidence-packs/")


def fetch(scene: Scene, pack: dict[str, Any], who: str = "admin") -> bytes:
    """Download by API."""
    answer = scene.api(who).get(f"evidence-packs/{pack['id']}/file/")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def saved(scene: Scene, pack: dict[str, Any], to: Path, who: str = "admin") -> Path:
    file = to / f"{pack['name']}.zip"
    file.write_bytes(fetch(scene, pack, who))
    return file


def holds(file: Path, **given: Any) -> list[str]:
    """What the verifier says of a pack that must hold."""
    lines: list[str] = []
    assert verify.verify(str(file), key=verify.read_key(packmaking.Signer().line), out=lines.append, **given) == 0, lines
    return lines


def inside(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


class TestTheFiveHours:
    def test_the_pack_of_a_sev_1_verifies_and_is_the_same_bytes_twice(
        self, scene: Scene, make: Make, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        story = Story(scene, scene.clock.now)
        story.people = twelve(scene)
        for act in (mobilised, worked, calmed, handed_over, resolved):
            act(story)
        scene.follow()
        assert ask(scene, story.ref).status_code == 201
        newest, oldest = make()  # one at its end by itself, one by request: of one state
        assert [pack["cause"] for pack in (newest, oldest)] == ["asked", "ended"]
        files = [saved(scene, pack, tmp_path) for pack in (newest, oldest)]
        assert files[0].read_bytes() == files[1].read_bytes()
        assert newest["sha256"] == packmaking.h(files[0].read_bytes()).hex()
        holds(files[0], origin=packmaking.ORIGIN)

        folder = packmaking.unpacked(inside(files[0]), tmp_path)
        code, words = independent.by_go(folder, packmaking.Signer().line, tmp_path_factory.mktemp("go"))
        assert code == 0, words
        self.tells_what_happened(inside(files[0]), story.ref)

    def tells_what_happened(self, held: dict[str, bytes], ref: str) -> None:
        about = json.loads(held["data/pack.json"])
        assert about["of"]["ref"] == ref
        events = [json.loads(json.loads(line)["body"]) for line in held["data/records/ledger_event.jsonl"].splitlines()]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        transcript = held[f"data/transcript/{ref}.txt"].decode()
        assert transcript.count("\n    ") >= len(events)
        report = held["data/report.html"].decode()
        assert "<script" not in report
        assert "http" not in report.partition("</style>")[0]
        assert report.count("<tr>") > len(events)
        (row,) = rows(held["data/population.csv"])
        assert (row["ref"], row["severity"], row["state"], row["restricted"]) == (ref, "1", "resolved", "no")
        judged_by = sum(held.get(f"data/records/{table}.jsonl", b"").count(b"\n") for table in disclosing.JUDGED_BY)
        assert judged_by > 1  # the version of the standard, and the services
        requests = held["data/records/incidents_inbound.jsonl"].count(b"\n")
        assert requests == sum(name.startswith("data/inbound/") for name in held) > 0
        assert int(row["records"]) == about["counts"]["records"] - judged_by - requests > 300
        log = rows(held["data/paging-log.csv"])
        assert {"paged", "acknowledged", "told"} <= {line["what"] for line in log}
        assert {line["about"] for line in log if not line["page"]} == {"Declared as SEV 1, told as Executive team"}
        notices = [(line["person"], line["what"], line["by"]) for line in log if not line["page"]]
        assert notices == [
            ("Eve Executive", "told", ""),
            ("Eve Executive", "handed over", "email"),
            ("Eve Executive", "handed over", "inbox"),
        ]
        assert any(name.startswith("data/inbound/") for name in held)


@pytest.mark.parametrize(("verb", "severity"), [("false-positive", "SEV1"), ("resolve", "SEV3"), ("resolve", "SEV4")])
def test_one_is_made_by_itself_however_small_the_incident_and_however_it_ends(
    scene: Scene, make: Make, tmp_path: Path, verb: str, severity: str
) -> None:
    ref = scene.ended(verb, severity)
    scene.follow()
    (pack,) = make()
    assert (pack["incident"], pack["cause"], pack["state"], pack["asked_by"]) == (ref, "ended", "ready", "Muster")
    holds(saved(scene, pack, tmp_path))


def test_one_is_made_of_an_incident_that_is_merged(scene: Scene) -> None:
    into, ref = scene.commanded(), scene.commanded()
    scene.do("amira", ref, "merge", into=into, reason="The same")
    scene.follow()
    assert [(pack["incident"], pack["cause"]) for pack in packs(scene)] == [(ref, "ended")]


def test_another_is_made_when_it_is_closed(scene: Scene) -> None:
    ref = scene.ended("resolve", "SEV4")
    scene.follow()
    scene.do("amira", ref, "close")
    scene.follow()
    assert [pack["cause"] for pack in packs(scene)] == ["closed", "ended"]


class TestAsking:
    def test_who_may(self, scene: Scene) -> None:
        ref = scene.commanded()
        assert ask(scene, ref, "admin").status_code == 201
        assert ask(scene, ref, "owner").status_code == 201
        for who in ("amira", "support", "director", "auditor"):
            assert ask(scene, ref, who).status_code == 403, who
        assert scene.door(scene.globex.admin).post(f"incidents/{ref}/evidence-packs/").status_code == 404
        kinds = [event.kind for event in scene.events("pack.asked")]
        assert len(kinds) == 2

    def test_legal_counsel_may_of_a_restricted_one_that_they_are_named_on_and_an_administrator_may_not(
        self, scene: Scene
    ) -> None:
        ref = restricted(scene)
        assert ask(scene, ref, "exec").status_code == 201
        assert ask(scene, ref, "admin").status_code == 404
        (pack,) = packs(scene, "exec")
        assert packs(scene, "admin") == []
        assert scene.api("admin").get(f"evidence-packs/{pack['id']}/").status_code == 404
        assert scene.api("admin").get(f"evidence-packs/{pack['id']}/file/").status_code == 404

    def test_legal_counsel_who_is_an_executive_may_of_any_and_other_executives_may_not(self, scene: Scene) -> None:
        """The room's record is not an executive's to browse (warroom.exec-swoop); on Legal's seat they need it as evidence."""
        ref = scene.commanded()
        assert ask(scene, ref, "exec").status_code == 201
        assert scene.page("exec").get(f"/o/acme/evidence-packs/of/{ref}/").status_code == 200
        with scene.acme.scope():
            DutyHolder.objects.filter(duty=Duty.LEGAL_COUNSEL).delete()
        assert ask(scene, ref, "exec").status_code == 403
        assert scene.api("exec").get(f"incidents/{ref}/evidence-packs/").status_code == 403

    def test_a_period_must_be_one(self, scene: Scene) -> None:
        for starts_on, ends_before, field in (
            ("2026-07-01", "2026-07-01", "ends_before"),
            ("2026-07-02", "2026-07-01", "ends_before"),
            ("2024-07-01", "2026-07-01", "ends_before"),
            ("yesterday", "2026-07-01", "starts_on"),
        ):
            answer = scene.api("admin").post("evidence-packs/", {"starts_on": starts_on, "ends_before": ends_before})
            assert answer.status_code == 422
            assert field in json.dumps(answer.json())

    def test_by_the_page(self, scene: Scene) -> None:
        ref, page = scene.commanded(), scene.page("owner")
        assert "Evidence packs of this incident" in page.get(f"/o/acme/incidents/{ref}/").content.decode()
        assert "Ask for a pack" in page.get(f"/o/acme/evidence-packs/of/{ref}/").content.decode()
        there = page.post(f"/o/acme/evidence-packs/of/{ref}/", follow=True).content.decode()
        assert "Waits for its turn" in there
        assert f"Evidence pack of {ref}" in there
        wrong = page.post("/o/acme/evidence-packs/", {"starts_on": "2026-07-02", "ends_before": "2026-07-01"})
        assert wrong.status_code == 422
        assert 'value="2026-07-02"' in wrong.content.decode()
        period = page.post("/o/acme/evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"}, follow=True)
        assert "Evidence pack of 2026-07-01" in period.content.decode()


class TestHandingOut:
    def test_it_is_on_record_before_anything_is_sent(self, scene: Scene, make: Make) -> None:
        ref = scene.commanded()
        ask(scene, ref)
        (pack,) = make()
        answer = scene.api("admin").get(f"evidence-packs/{pack['id']}/file/")
        assert [event.data["sha256"] for event in scene.events("pack.handed_out")] == [pack["sha256"]]
        assert b"".join(answer.streaming_content)[:2] == b"PK"
        assert int(answer["Content-Length"]) == pack["size"]
        assert "is downloaded" in json.dumps([entry["text"] for entry in scene.told(ref, "pack.handed_out")])

    def test_an_auditors_reading_is_recorded_before_it(self, scene: Scene, make: Make) -> None:
        ask(scene, scene.commanded())
        (pack,) = make()
        assert fetch(scene, pack, "auditor")[:2] == b"PK"
        assert any(f"evidence-packs/{pack['id']}/file/" in event.data["path"] for event in scene.events("auditor.read"))

    def test_what_is_not_ready_is_refused(self, scene: Scene) -> None:
        ask(scene, scene.commanded())
        (pack,) = packs(scene)
        answer = scene.api("admin").get(f"evidence-packs/{pack['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
        assert scene.events("pack.handed_out") == []

    def test_who_loses_sight_of_the_incident_loses_its_packs(self, scene: Scene, make: Make) -> None:
        ref = scene.commanded()
        ask(scene, ref)
        (pack,) = make()
        flagged(scene, ref)
        assert scene.api("admin").get(f"evidence-packs/{pack['id']}/file/").status_code == 404
        with scene.acme.scope(scene.acme.admin):
            assert not PackPart.objects.exists()


class TestAPeriod:
    def test_what_the_asker_may_not_see_is_stubs_and_the_counts_add_up(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        seen, hidden, later = scene.commanded(), restricted(scene), scene.commanded("SEV3")
        body = {"starts_on": "2026-07-01", "ends_before": "2026-10-01"}
        assert scene.api("admin").post("evidence-packs/", body).status_code == 201
        (pack,) = (pack for pack in make() if pack["kind"] == "period")
        file = saved(scene, pack, tmp_path)
        assert any("Every leaf from 3 to" in line for line in holds(file))
        held = inside(file)
        about = json.loads(held["data/pack.json"])
        assert about["counts"]["incidents"] == 3
        assert about["counts"]["restricted"] == 1
        assert about["range"][1] - about["range"][0] + 1 == about["counts"]["records"] + about["counts"]["stubs"]
        listed = rows(held["data/population.csv"])
        assert [(row["ref"], row["restricted"]) for row in listed] == [(seen, "no"), ("", "yes"), (later, "no")]
        plain = b"".join(data for name, data in held.items() if name != "verify/verify.py")
        with scene.acme.scope():
            incident_id = Incident.objects.get(ref=hidden).pk
        assert f'"incident":{incident_id},'.encode() not in plain
        assert hidden.encode() not in plain

    def test_what_tells_of_no_incident_is_shown_to_whom_the_portal_shows_it(
        self, scene: Scene, make: Make, tmp_path: Path
    ) -> None:
        """Configuration, on-call and memberships; tokens and ways in to administrators; how a person is reached to nobody."""
        with scene.acme.scope(scene.acme.mei):
            contacts.add(by=scene.acme.mei.actor(), kind="email", address="mei@home.example", label="Mei at home")
        scene.commanded()
        for who in ("admin", "owner"):
            answer = scene.api(who).post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
            assert answer.status_code == 201
        make()
        tables = {}
        for who in ("admin", "owner"):
            (pack,) = (pack for pack in packs(scene, who) if pack["kind"] == "period")
            file = saved(scene, pack, tmp_path, who)
            holds(file)
            held = inside(file)
            assert b"home.example" not in b"".join(held.values())
            tables[who] = {name[13:-6] for name in held if name.startswith("data/records/")}
            kinds = {
                json.loads(json.loads(line)["body"])["kind"] for line in held["data/records/ledger_event.jsonl"].splitlines()
            }
            assert "incident.declared" in kinds
            assert ("integration.keyed" in kinds) == (who == "admin")
            assert "contact.added" not in kinds
        shared = {
            "tenants_historicalmembership",
            "oncall_historicalteam",
            "oncall_historicalservice",
            "standard_historicalcalendar",
        }
        assert shared <= tables["owner"] < tables["admin"]
        assert tables["admin"] - tables["owner"] <= disclosing.ADMINISTRATORS

    def test_each_table_that_tells_of_no_incident_has_its_place(self, scene: Scene) -> None:
        """A new one fails here, until somebody has said who reads it; what may belong to an incident that is restricted is never shown without it."""
        entered = "SELECT t.tgrelid::regclass::text FROM pg_trigger t WHERE t.tgname = 'entered'"
        of_one = f"{entered} AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attname = 'incident_id')"
        with scene.acme.scope():
            every, of_incidents = ({name for (name,) in query(sql)} for sql in (entered, of_one))
        placed = (disclosing.EVERYBODYS, disclosing.ADMINISTRATORS, disclosing.OF_FEW)
        assert every - of_incidents - {"incidents_historicalincident"} == frozenset.union(*placed) - {"ledger_redaction"}
        assert sum(map(len, placed)) == len(frozenset.union(*placed))

    def test_it_is_only_for_whoever_asked(self, scene: Scene, make: Make) -> None:
        scene.commanded()
        scene.api("admin").post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
        (pack,) = make()
        assert packs(scene, "owner") == []
        with scene.acme.scope(scene.acme.owner):  # the database itself hides it
            assert not EvidencePack.objects.exists()
            assert not PackPart.objects.exists()
        for who in ("owner", "auditor"):
            assert scene.api(who).get(f"evidence-packs/{pack['id']}/file/").status_code == 404

    def test_what_was_restricted_since_is_not_handed_out(self, scene: Scene, make: Make) -> None:
        ref = scene.commanded()
        scene.api("admin").post("evidence-packs/", {"starts_on": "2026-07-01", "ends_before": "2026-10-01"})
        (pack,) = make()
        flagged(scene, ref)
        answer = scene.api("admin").get(f"evidence-packs/{pack['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (403, "restricted_since")


class TestMaking:
    def test_it_waits_for_the_seal(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        def not_yet(pack: EvidencePack) -> Any:
            raise NotSealed("Waits for the seal of 3 entries")

        monkeypatch.setattr(making, "log_for", not_yet)
        ask(scene, scene.commanded())
        (pack,) = packs(scene)
        for _ in range(20):
            assert not making.make(scene.acme.id, pack["id"])
        (pack,) = packs(scene)
        assert (pack["state"], pack["step"]) == ("asked", "Waits for the seal of 3 entries")
        with scene.acme.scope():
            assert PackWork.objects.get().attempts == 0

    def test_it_is_tried_again_and_given_up_in_words(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(pack: EvidencePack) -> Any:
            raise OSError("No space left on device")

        monkeypatch.setattr(making, "log_for", broken)
        ref = scene.commanded()
        ask(scene, ref)
        (pack,) = packs(scene)
        for _ in range(making.MAX_ATTEMPTS):
            assert not making.make(scene.acme.id, pack["id"])
            scene.clock.advance(seconds=1000)
        (pack,) = packs(scene)
        assert (pack["state"], pack["why"]) == ("failed", "OSError: No space left on device")
        assert not making.make(scene.acme.id, pack["id"])
        assert "could not be made" in json.dumps([entry["text"] for entry in scene.told(ref, "pack.failed")])
        answer = scene.api("admin").get(f"evidence-packs/{pack['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (409, "failed")

    def test_nobody_makes_what_somebody_else_is_making_until_they_are_not_heard_of(self, scene: Scene, make: Make) -> None:
        ask(scene, scene.commanded())
        (pack,) = packs(scene)
        with scene.acme.scope():
            assert claim(pack["id"]) is not None
            assert claim(pack["id"]) is None
        assert not making.make(scene.acme.id, pack["id"])
        assert packs(scene)[0]["state"] == "making"
        assert list(making.due(now(), 10)) == []
        scene.clock.advance(seconds=LEASE.total_seconds() + 1)
        assert making.sweep() == 1
        assert list(making.due(now(), 10)) == []  # somebody was asked just now
        (pack,) = make()
        assert pack["state"] == "ready"
        assert not making.make(scene.acme.id, pack["id"])

    def test_files_that_were_filed_are_in_it_by_their_hash_and_cells_are_no_formulas(
        self, scene: Scene, make: Make, tmp_path: Path
    ) -> None:
        scene.fire(alert(started=scene.ago(minutes=5)))
        ref = scene.commanded()
        body = b"10:02 error 500\n"
        assert attach(scene.api("jon"), ref, "web-1.log", body).status_code == 200
        scene.follow()
        ask(scene, ref)
        (pack,) = make()
        file = saved(scene, pack, tmp_path)
        holds(file)
        assert inside(file)[f"data/attachments/{packmaking.h(body).hex()}"] == body
        assert not any(
            cell.startswith(("=", "+", "-", "@")) for row in rows(inside(file)["data/paging-log.csv"]) for cell in row.values()
        )


def test_the_zip_is_what_another_writer_makes_of_the_same_files(tmp_path: Path) -> None:
    files = packmaking.pack(packmaking.lived(40))
    for name, data in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    closed = bag.close(tmp_path / "in", {"Bagging-Date": "2026-10-01"})
    out = io.BytesIO()
    bag.pack(tmp_path / "in", closed, packmaking.FOLDER, out, lambda done: None)
    assert out.getvalue() == packmaking.zipped(packmaking.bagged(files))
