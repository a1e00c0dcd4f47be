"""The evidence pack of an audit engagement: what its auditor may read, sealed, and theirs alone (evidence.export, people.auditor)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from compliance.audit_controls import BY_KEY
from compliance.conformance import packed
from compliance.models import AuditEngagement, EvidencePack, PackPart, PackWork
from compliance.packs import audited, controls, disclosing, making
from compliance.verify import verify
from incidents.models import Incident, NeedToKnow
from ledger import people
from ledger.actions import configure
from tenants.actors import Duty, Role, Via, system
from tenants.models import DutyHolder, Membership, User
from tenants.scope import scope
from tests.compliance import packmaking
from tests.compliance.audits import audit, days, engage, expire
from tests.compliance.packlog import TestLog, recorded
from tests.compliance.test_packs_making import holds, inside, packs, rows
from tests.conftest import Person
from tests.everything import query
from tests.incidents.scene import Scene, alert
from tests.incidents.test_flag import flagged

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor"), pytest.mark.clause("evidence.export")]

TOKEN = "zanderword7c1e"
type Make = Callable[..., None]


@pytest.fixture
def make(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Let every pack that waits be made, against all that is on record by now; `given` are the leaves of each period."""

    def made(given: tuple[int, int] | None = (3, 60)) -> None:
        log = TestLog(recorded(scene.acme))
        log.given = given
        monkeypatch.setattr(making, "log_for", lambda pack: log)
        with scene.acme.scope():
            waiting = list(PackWork.objects.order_by("id").values_list("pack_id", flat=True))
        for pack_id in waiting:
            assert making.make(scene.acme.id, pack_id), pack_id

    return made


def other_auditor(scene: Scene) -> Person:
    """Another auditor of acme's, of another firm."""
    user = User.objects.create_user("second@acme.example", name="Sena Second")
    with scene.acme.scope():
        by = system(scene.acme.id, Via.COMMAND)
        Membership.objects.create(user_id=user.pk, roles=[Role.AUDITOR.value])
        _, token = people.issue_token(user, "audit", by=by, scopes=("read",))
    return Person("acme", scene.acme.id, user.pk, user.email, user.name, "", token, frozenset({Role.AUDITOR}))


second = pytest.fixture(other_auditor)


def engage_too(scene: Scene, auditor: Person, first: int, last: int) -> int:
    """An engagement beside the one that there is."""
    body = {"firm": "Second & Sons", "auditor": auditor.email, **days(scene, first, last)}
    answer = scene.api("admin").post("audit/engagements/", body)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def ask(scene: Scene, engagement: int, who: str = "admin") -> Any:
    return scene.api(who).post(f"audit/engagements/{engagement}/evidence-packs/")


def listed(door: Any, engagement: int) -> list[dict[str, Any]]:
    """What a door lists of an engagement's own packs."""
    answer = door.get(f"audit/engagements/{engagement}/evidence-packs/")
    assert answer.status_code == 200, answer.content
    return [pack for pack in answer.json()["results"] if pack["engagement"] == engagement]


def download(door: Any, pack: dict[str, Any]) -> bytes:
    answer = door.get(f"evidence-packs/{pack['id']}/file/")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def saved(door: Any, engagement: int, to: Path) -> Path:
    """The newest pack of an engagement, as its auditor downloads it."""
    pack = listed(door, engagement)[0]
    assert pack["state"] == "ready"
    file = to / f"{pack['name']}.zip"
    file.write_bytes(download(door, pack))
    assert packmaking.h(file.read_bytes()).hex() == pack["sha256"]
    return file


def whole_of(scene: Scene, engagement: int, control: str) -> list[dict[str, Any]]:
    """All evidence of a control that the auditor's pages have."""
    found: list[dict[str, Any]] = []
    for page in range(1, audit(scene, engagement, f"controls/{control}")["pages"] + 1):
        found += audit(scene, engagement, f"controls/{control}", page=page)["evidence"]
    return found


def plain(file: Path) -> bytes:
    """All that a pack says, but for the verifier's own text."""
    return b"".join(data for name, data in inside(file).items() if name != "verify/verify.py") + file.name.encode()


class TestWhatItHolds:
    def test_two_engagements_get_what_each_may_read(self, scene: Scene, make: Make, second: Person, tmp_path: Path) -> None:
        """The incidents that were declared in its period, whole, however late it was written; and nothing of the other's."""
        early = scene.declare(title="The early one")
        one = engage(scene, -5, 2, expires=300)
        scene.clock.advance(days=10)
        later = scene.declare(title="The later one")
        scene.do("jon", early, "join")
        scene.do("jon", early, "note", text="Written after the period")
        other = engage_too(scene, second, -2, 5)
        scene.follow()
        for engagement in (one, other):
            assert ask(scene, engagement).status_code == 201
        make()
        first, theirs = saved(scene.api("auditor"), one, tmp_path), saved(scene.door(second), other, tmp_path)
        for file, own, foreign in ((first, early, later), (theirs, later, early)):
            lines = holds(file, origin=packmaking.ORIGIN)
            assert any(line.startswith("For engagement ") for line in lines), lines
            assert [(row["ref"], row["restricted"]) for row in rows(inside(file)["data/population.csv"])] == [(own, "no")]
            assert foreign.encode() not in plain(file)
        assert b"Written after the period" in plain(first)
        assert b"The early one" in plain(first)
        assert b"Written after" not in plain(theirs)
        assert "Sena Second of Second & Sons" in "".join(holds(theirs))
        of = json.loads(inside(theirs)["data/pack.json"])["of"]["engagement"]
        assert (of["id"], of["firm"], of["auditor_id"], of["restricted"]) == (other, "Second & Sons", second.user_id, False)

    def test_an_engagement_in_whose_period_nothing_was_written_has_its_incidents_all_the_same(
        self, scene: Scene, make: Make, tmp_path: Path
    ) -> None:
        """The period's bounds are those of the log's own time; an incident that was declared in it is whole whatever that says."""
        ref = scene.declare()
        made = engage(scene)
        ask(scene, made)
        make(None)
        file = saved(scene.api("auditor"), made, tmp_path)
        holds(file)
        assert ref in inside(file)["data/population.csv"].decode()
        about = json.loads(inside(file)["data/pack.json"])
        assert (about["range"], about["counts"]["stubs"]) == (None, 0)

    def test_what_tells_of_no_incident_is_what_the_auditor_reads_in_the_portal(
        self, scene: Scene, make: Make, second: Person, tmp_path: Path
    ) -> None:
        """Configuration and memberships of the period; of other auditors' engagements nothing but that they were made."""
        scene.declare()
        made = engage(scene)
        engage_too(scene, second, -3, 3)
        ask(scene, made)
        make((0, 100_000))
        held = inside(saved(scene.api("auditor"), made, tmp_path))
        tables = {name[13:-6] for name in held if name.startswith("data/records/")}
        assert "tenants_historicalmembership" in tables
        assert not tables & disclosing.OF_FEW
        told = [
            json.loads(json.loads(line)["body"])
            for line in held["data/records/compliance_historicalauditengagement.jsonl"].splitlines()
        ]
        assert {row["id"] for row in told} == {made}

    def test_conformance_is_made_again_of_the_pack_alone(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """Of each incident as it is now, though the period is over: the entries since are in the pack too."""
        ref = scene.commanded()
        made = engage(scene, -5, 2, expires=300)
        scene.clock.advance(days=10)
        scene.sweep()
        scene.do("amira", ref, "note", text="Written after the period")
        ask(scene, made)
        make()
        file = saved(scene.api("auditor"), made, tmp_path)
        folder = packmaking.unpacked(inside(file), tmp_path)
        told = json.loads((folder / "data/conformance.json").read_text(encoding="utf-8"))
        assert told == packed.reports_of(folder)
        assert "severity.sev1-cadence" in {found["clause"] for found in told[ref]["deviations"]}
        verified: list[str] = []
        assert verify.verify(str(folder), out=verified.append) == 0, verified

    def test_each_control_has_its_evidence_by_the_records(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """What the auditor's pages list of a control stands in the pack by its leaf, exceptions too; made again of the pack alone."""
        ref = scene.commanded()
        made = engage(scene)
        scene.clock.advance(hours=2)
        scene.sweep()
        ask(scene, made)
        make((0, 100_000))
        folder = packmaking.unpacked(inside(saved(scene.api("auditor"), made, tmp_path)), tmp_path)
        told = json.loads((folder / "data/controls.json").read_text(encoding="utf-8"))
        assert told == controls.of(folder)
        assert set(told) == set(BY_KEY)
        shown = audit(scene, made, "controls/soc2-cc2-2")
        broken = sorted(one["clause"] for one in shown["exceptions"] if one["clause"])
        assert sorted(one["clause"] for one in told["soc2-cc2-2"]["exceptions"]) == broken
        assert "severity.sev1-cadence" in broken
        events = {
            record["leaf"]: json.loads(record["body"])
            for record in map(json.loads, (folder / "data/records/ledger_event.jsonl").read_text(encoding="utf-8").splitlines())
        }
        response = {events[leaf]["seq"] for leaf in told["nist-rs-an-06"]["evidence"] if events[leaf]["incident_id"]}
        assert response == {
            int(e["source"].rpartition("#")[2]) for e in whole_of(scene, made, "nist-rs-an-06") if e["ref"] == ref
        }

    def test_pack_and_pages_speak_of_the_same_evidence(self, scene: Scene, make: Make, second: Person, tmp_path: Path) -> None:
        """Of every control, what belongs to an incident and what belongs to none; exceptions with what was recorded late."""
        began = scene.clock.now
        scene.fire(alert("f1", started=began, name="One that nobody declared"))
        scene.api("owner").post("feedback/", {"text": "Too many steps"})
        hold = scene.api("exec").post(
            "holds/", {"matter": "A period", "reason": "A claim", "starts_at": scene.ago(hours=1).isoformat()}
        )
        assert hold.status_code == 201, hold.content
        ref = scene.commanded()
        made = engage(scene)
        engage_too(scene, second, -3, 3)
        scene.clock.advance(minutes=30)
        scene.do("amira", ref, "note", text="As it was", occurred_at=scene.ago(minutes=35).isoformat())
        audit(scene, made, "population")
        ask(scene, made)
        make((0, 100_000))
        folder = packmaking.unpacked(inside(saved(scene.api("auditor"), made, tmp_path)), tmp_path)
        told = json.loads((folder / "data/controls.json").read_text(encoding="utf-8"))
        records = (folder / "data/records/ledger_event.jsonl").read_text(encoding="utf-8").splitlines()
        events = {line["leaf"]: json.loads(line["body"]) for line in map(json.loads, records)}
        kinds, late = set(), 0
        for key in BY_KEY:
            packed_ = [events[leaf] for leaf in told[key]["evidence"]]
            # The auditor reads the control's own page to compare, which adds to what they read: what came after the pack is left out.
            shown = [e for e in whole_of(scene, made, key) if e["kind"] != "auditor.read"]
            here = [event for event in packed_ if event["kind"] != "auditor.read"]
            sources = {f"{ref} #{event['seq']}" if event["incident_id"] else f"event {event['id']}" for event in here}
            assert sources == {e["source"] for e in shown}, key
            kinds |= {event["kind"] for event in packed_ if event["incident_id"] is None}
            exceptions = audit(scene, made, f"controls/{key}")["exceptions"]
            assert len(told[key]["exceptions"]) == len(exceptions), key
            late += sum("recorded_at" in one for one in told[key]["exceptions"])
        assert {"alert.fired", "signal.opened", "feedback.given", "hold.placed", "engagement.made", "auditor.read"} <= kinds
        assert late > 0

    def test_two_of_one_state_are_the_same_bytes(self, scene: Scene, make: Make) -> None:
        scene.declare()
        made = engage(scene)
        for _ in range(2):
            ask(scene, made)
        make()
        files = [download(scene.api("auditor"), pack) for pack in listed(scene.api("auditor"), made)]
        assert len(files) == 2
        assert files[0] == files[1]


@pytest.mark.clause("breach.need-to-know")
class TestRestricted:
    def hidden(self, scene: Scene) -> str:
        """A restricted incident with a word that stands nowhere else."""
        with scene.acme.scope(scene.acme.admin):
            seat = {"user_id": scene.acme.admin.user_id, "duty": Duty.PRIVACY_OFFICER}
            configure(DutyHolder(), seat, by=scene.acme.admin.actor())
        scene.declare(title="Before it")
        ref = scene.declare(title=f"Leak {TOKEN}", who="amira")
        scene.do("amira", ref, "claim")
        scene.do("amira", ref, "note", text=f"The table {TOKEN}")
        ref = flagged(scene, ref)
        scene.follow()
        scene.declare(title="After it")
        return ref

    def test_it_is_a_stub_and_no_byte_of_it_is_in_the_pack(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        ref = self.hidden(scene)
        made = engage(scene)
        ask(scene, made)
        make((0, 100_000))
        file = saved(scene.api("auditor"), made, tmp_path)
        holds(file)
        assert TOKEN.encode() not in file.read_bytes()
        assert ref.encode() not in plain(file)
        with scene.acme.scope():
            incident_id = Incident.objects.get(ref=ref).pk
        assert f'"incident":{incident_id},'.encode() not in plain(file)
        assert [row["restricted"] for row in rows(inside(file)["data/population.csv"])] == ["no", "yes", "no"]
        counts = json.loads(inside(file)["data/pack.json"])["counts"]
        assert (counts["incidents"], counts["restricted"]) == (3, 1)

    def test_an_engagement_that_opens_it_has_it_and_whoever_asked_has_not(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        ref = self.hidden(scene)
        made = engage(scene, restricted=True)
        assert ask(scene, made, "owner").status_code == 201
        make()
        file = saved(scene.api("auditor"), made, tmp_path)
        assert "restricted incidents included" in "".join(holds(file))
        assert ref.encode() in plain(file)
        assert f"The table {TOKEN}".encode() in plain(file)
        (pack,) = listed(scene.api("owner"), made)
        answer = scene.api("owner").get(f"evidence-packs/{pack['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (403, "for_its_auditor")
        with scene.acme.scope(scene.acme.owner):
            assert EvidencePack.objects.filter(pk=pack["id"]).exists()
            assert not PackPart.objects.exists(), "the database itself keeps the bytes"

    def test_one_that_was_restricted_since_is_not_handed_out(self, scene: Scene, make: Make) -> None:
        ref = scene.commanded()
        made = engage(scene)
        ask(scene, made)
        make()
        flagged(scene, ref)
        (pack,) = listed(scene.api("auditor"), made)
        answer = scene.api("auditor").get(f"evidence-packs/{pack['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (403, "restricted_since")

    def test_one_that_its_auditor_is_named_on_is_in_no_pack_that_does_not_open_it(
        self, scene: Scene, make: Make, tmp_path: Path
    ) -> None:
        """They read it in its room, being named there. A pack says that it has restricted incidents by their numbers alone, and means it."""
        ref = self.hidden(scene)
        who = scene.acme.auditor
        with scene.acme.scope():
            incident = Incident.objects.get(ref=ref)
            NeedToKnow.objects.create(
                incident=incident, user_id=who.user_id, reason="Asked", added_by_id=scene.acme.admin.user_id
            )
        covers = engage(scene)
        elsewhere = engage_too(scene, who, -300, -200)
        for engagement in (covers, elsewhere):
            ask(scene, engagement)
        make((0, 100_000))
        assert ref in json.dumps(audit(scene, covers, "population"))
        for engagement in (covers, elsewhere):
            file = saved(scene.api("auditor"), engagement, tmp_path)
            holds(file)
            assert TOKEN.encode() not in file.read_bytes()
            assert ref.encode() not in plain(file)
        lines = holds(file := saved(scene.api("auditor"), covers, tmp_path))
        assert [row["restricted"] for row in rows(inside(file)["data/population.csv"])] == ["no", "yes", "no"]
        assert "The population has 3 numbers, 1 restricted and 0 of another period by their numbers alone." in lines

    def test_an_auditors_other_engagement_opens_nothing_here(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """The same auditor has one engagement that opens what is restricted, and one that does not: its pack has the stub."""
        self.hidden(scene)
        engage(scene, restricted=True)
        shut = engage_too(scene, scene.acme.auditor, -5, 5)
        ask(scene, shut)
        make((0, 100_000))
        file = saved(scene.api("auditor"), shut, tmp_path)
        holds(file)
        assert TOKEN.encode() not in file.read_bytes()


class TestForWhom:
    def test_only_its_auditor_is_handed_it(self, scene: Scene, make: Make, second: Person) -> None:
        scene.declare()
        made = engage(scene)
        engage_too(scene, second, -3, 3)
        ask(scene, made)
        make()
        (pack,) = listed(scene.api("auditor"), made)
        file = f"evidence-packs/{pack['id']}/file/"
        for door in (scene.door(second), scene.door(scene.globex.admin), scene.door(scene.globex.auditor), scene.api("owner")):
            assert door.get(file).status_code == 404
            assert door.get(f"evidence-packs/{pack['id']}/").status_code == 404
        for door in (scene.door(second), scene.door(scene.globex.admin), scene.door(scene.globex.auditor)):
            assert door.get(f"audit/engagements/{made}/evidence-packs/").status_code == 404
        assert scene.browse(second).get(f"/o/acme/audit/engagements/{made}/packs/").status_code == 404
        answer = scene.api("admin").get(file)
        assert (answer.status_code, answer.json()["code"]) == (403, "for_its_auditor")
        assert scene.events("pack.handed_out") == []
        for known, missing in ((file, "evidence-packs/999999/file/"), (f"audit/engagements/{made}/evidence-packs/",) * 2):
            other = missing.replace(f"/{made}/", "/999999/")
            answers = [scene.api("amira").get(path) for path in (known, other)]
            assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "not_for_you")] * 2, known
        assert download(scene.api("auditor"), pack)[:2] == b"PK"

    def test_who_may_ask_for_one(self, scene: Scene) -> None:
        made = engage(scene)
        for who in ("admin", "owner", "exec"):  # the executive sits on Legal Counsel's seat
            assert ask(scene, made, who).status_code == 201, who
        for who in ("amira", "support", "director", "auditor"):
            assert ask(scene, made, who).status_code == 403, who
        assert scene.door(scene.globex.admin).post(f"audit/engagements/{made}/evidence-packs/").status_code == 404
        assert ask(scene, 999_999).status_code == 404
        assert len(scene.events("pack.asked")) == 3

    def test_a_download_is_on_record_and_is_read_by_the_auditors_role(
        self, scene: Scene, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """First the reading is recorded; then each part is read as the role that can do nothing else."""
        scene.declare()
        made = engage(scene)
        ask(scene, made)
        make()
        (pack,) = listed(scene.api("auditor"), made)
        answer = scene.api("auditor").get(f"evidence-packs/{pack['id']}/file/")
        assert any(f"evidence-packs/{pack['id']}/file/" in event.data["path"] for event in scene.events("auditor.read"))
        asked: list[tuple[Any, ...]] = []
        before = PackPart.objects.filter

        def seen(*args: Any, **given: Any) -> Any:
            asked.extend(query("SELECT current_user::text, current_setting('transaction_read_only')"))
            return before(*args, **given)

        monkeypatch.setattr(type(PackPart.objects), "filter", lambda self, *args, **given: seen(*args, **given))
        assert len(b"".join(answer.streaming_content)) == pack["size"]
        assert set(asked) == {(settings.AUDITOR_ROLE, "on")}

    def test_after_expiry_there_is_nothing(self, scene: Scene, make: Make) -> None:
        """Neither the list nor the file, nor a further part of one that is being sent; by another open engagement neither."""
        scene.declare()
        made = engage(scene)
        ask(scene, made)
        make()
        (pack,) = listed(scene.api("auditor"), made)
        sending = scene.api("auditor").get(f"evidence-packs/{pack['id']}/file/")
        expire(scene, made)
        assert b"".join(sending.streaming_content) == b""
        for path in (f"evidence-packs/{pack['id']}/file/", f"audit/engagements/{made}/evidence-packs/"):
            answer = scene.api("auditor").get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "no_engagement")
        assert scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/packs/").status_code == 403
        engage_too(scene, scene.acme.auditor, -5, 5)
        assert scene.api("auditor").get(f"evidence-packs/{pack['id']}/file/").status_code == 404
        assert scene.api("auditor").get(f"audit/engagements/{made}/evidence-packs/").status_code == 403
        with scope(scene.acme.id, surface="web", user_id=scene.acme.auditor.user_id, auditing=True):
            assert query("SELECT count(*) FROM compliance_packpart") == [(0,)]
            assert query("SELECT count(*) FROM compliance_evidencepack WHERE engagement_id = %s", made) == [(0,)]

    def test_none_is_asked_for_or_made_of_one_that_is_over(self, scene: Scene) -> None:
        made = engage(scene)
        assert ask(scene, made).status_code == 201
        scene.api("admin").post(f"audit/engagements/{made}/end/", {"reason": "The audit is over."})
        answer = ask(scene, made)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_open")
        (pack,) = packs(scene)
        assert not making.make(scene.acme.id, pack["id"])
        (pack,) = packs(scene)
        assert (pack["state"], pack["why"]) == ("failed", "The engagement is over: its auditor reads nothing any more")

    def test_one_that_ends_while_its_pack_is_made_has_none(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the auditor's scope does not show any more would be missing: nothing is put down, and it is given up in words."""
        made = engage(scene)
        ask(scene, made)
        log = TestLog(recorded(scene.acme))
        monkeypatch.setattr(making, "log_for", lambda pack: log)
        monkeypatch.setattr(controls, "write", lambda folder: expire(scene, made))
        (pack,) = packs(scene)
        assert not making.make(scene.acme.id, pack["id"])
        (pack,) = packs(scene)
        assert (pack["state"], pack["step"]) == ("asked", "Trying again: Over: the engagement is not open any more")
        scene.clock.advance(minutes=1)
        assert not making.make(scene.acme.id, pack["id"])
        assert packs(scene)[0]["state"] == "failed"
        with scene.acme.scope():
            assert not PackPart.objects.exists()

    def test_one_that_is_older_than_the_log_has_none(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whose the pack is could not be held against anything."""
        made = engage(scene)
        ask(scene, made)
        log = TestLog(recorded(scene.acme))
        monkeypatch.setattr(making, "log_for", lambda pack: log)
        monkeypatch.setattr(log, "entries", [entry for entry in log.entries if entry.table != audited.ENGAGEMENTS])
        (pack,) = packs(scene)
        assert not making.make(scene.acme.id, pack["id"])
        assert "older than the sealed log" in packs(scene)[0]["step"]


class TestThePages:
    def test_an_administrator_asks_and_the_auditor_downloads(self, scene: Scene, make: Make) -> None:
        """Each finds the page from where they are; the auditor's shows size, hash, state, and how a pack is checked."""
        ref = scene.ended("resolve", "SEV4")
        scene.follow()
        made = engage(scene)
        path = f"/o/acme/audit/engagements/{made}/packs/"
        admin, auditor = scene.page("admin"), scene.page("auditor")
        for home in ("/o/acme/audit/", "/o/acme/evidence-packs/"):
            assert path in admin.get(home).content.decode()
        assert "Waits for its turn" in admin.post(path, follow=True).content.decode()
        assert "Asked for" in auditor.get(path).content.decode()
        make()
        own, *others = scene.api("auditor").get(f"audit/engagements/{made}/evidence-packs/").json()["results"]
        told = auditor.get(path).content.decode()
        assert [pack["incident"] for pack in (own, *others)].count(ref) == 1, "that of the incident's end"
        for word in (
            own["sha256"],
            f"/evidence-packs/{own['id']}/file/",
            "verify.py",
            f"<code>{settings.AUDITOR_ROLE}</code>",
            ref,
        ):
            assert word in told, word
        assert "<form" not in told.partition("<main")[2].partition("</main")[0]
        assert auditor.post(path).status_code == 403
        assert path in auditor.get("/o/acme/audit/").content.decode()
        assert auditor.get(f"/o/acme/evidence-packs/{own['id']}/").status_code == 200
        asker = admin.get(path).content.decode()
        assert f"/evidence-packs/{own['id']}/file/" not in asker
        assert f"for {scene.acme.auditor.name}" in asker

    def test_its_incidents_packs_are_those_of_its_period(self, scene: Scene) -> None:
        inside_, made = scene.ended("resolve", "SEV4"), engage(scene, -5, 2, expires=300)
        scene.follow()
        scene.clock.advance(days=10)
        outside = scene.ended("resolve", "SEV4")
        scene.follow()
        for who in ("auditor", "admin"):
            found = scene.api(who).get(f"audit/engagements/{made}/evidence-packs/").json()["results"]
            assert [pack["incident"] for pack in found] == [inside_], (who, outside)
        (pack,) = scene.api("admin").get(f"incidents/{outside}/evidence-packs/").json()["results"]
        for path in ("", "file/"):
            assert scene.api("auditor").get(f"evidence-packs/{pack['id']}/{path}").status_code == 404


class TestTheVerifier:
    @pytest.fixture
    def file(self, scene: Scene, make: Make, tmp_path: Path) -> Path:
        """A pack that holds."""
        scene.commanded()
        made = engage(scene)
        ask(scene, made)
        make((3, 20))
        return saved(scene.api("auditor"), made, tmp_path)

    def faults(self, path: Path) -> list[str]:
        lines: list[str] = []
        verify.verify(str(path), out=lines.append)
        return [line for line in lines if line.startswith("FAULT")]

    def altered(self, file: Path, change: Callable[[dict[str, bytes]], None]) -> list[str]:
        """The faults of the pack with some of its files changed, and its manifests with them."""
        files = inside(file)
        change(files)
        kept = {name: data for name, data in files.items() if name.startswith(("data/", "keys/", "verify/"))}
        file.write_bytes(packmaking.zipped(packmaking.bagged(kept), file.stem))
        return self.faults(file)

    def test_a_flipped_byte_names_its_file(self, file: Path) -> None:
        assert self.faults(file) == []
        whole, name = file.read_bytes(), "data/records/compliance_historicalauditengagement.jsonl"
        at = whole.index(b"Check & Co", whole.index(name.encode()))
        file.write_bytes(whole[:at] + b"D" + whole[at + 1 :])
        assert any(name in fault for fault in self.faults(file))

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            *(("firm", "Somebody & Co"), ("auditor", "Somebody Else"), ("auditor_id", 1), ("restricted", True)),
            *(("last", "2031-01-01"), ("ends_at", "2031-01-02T00:00:00+00:00"), ("id", 999_999)),
        ],
    )
    def test_whose_it_is_follows_from_the_log(self, file: Path, key: str, value: Any) -> None:
        def other(files: dict[str, bytes]) -> None:
            about = json.loads(files["data/pack.json"])
            about["of"]["engagement"][key] = value
            files["data/pack.json"] = json.dumps(about).encode()

        assert any(f"the engagement's {key} is" in fault for fault in self.altered(file, other))

    def test_an_incidents_entry_that_was_left_out_is_missed(self, file: Path) -> None:
        """Outside of the period too, where no stub has to be."""

        def without(files: dict[str, bytes]) -> None:
            name = "data/records/ledger_event.jsonl"
            lines = files[name].splitlines(keepends=True)
            gone = next(line for line in lines if json.loads(line)["leaf"] > 20 and b"incident.declared" in line)
            files[name] = b"".join(line for line in lines if line != gone)

        assert any("1 events of the incident are missing" in fault for fault in self.altered(file, without))

    def test_an_engagement_of_another_shape_is_refused(self, file: Path) -> None:
        def other(files: dict[str, bytes]) -> None:
            about = json.loads(files["data/pack.json"])
            about["of"]["engagement"] = 5
            files["data/pack.json"] = json.dumps(about).encode()

        assert any("expected no engagement, or its id, firm" in fault for fault in self.altered(file, other))


def test_the_ledger_knows_of_the_engagement_that_a_pack_is_of(scene: Scene) -> None:
    """The pack's row names it, audited, and cannot name another organisation's."""
    made = engage(scene)
    ask(scene, made)
    with scene.acme.scope(scene.acme.admin):
        pack = EvidencePack.objects.get(engagement=made)
        assert AuditEngagement.objects.get(pk=made).first == pack.starts_on
        assert query("SELECT engagement_id FROM compliance_historicalevidencepack WHERE id = %s", pack.pk) == [(made,)]
