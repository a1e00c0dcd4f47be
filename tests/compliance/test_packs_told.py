"""Whoever asked for a pack hears of it; what an erasure took out of the record is in no pack that is handed out (clause evidence.export)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.actions.packs import finish
from compliance.models import EvidencePack, PackPart
from compliance.packs import making
from compliance.packs.lease import claim
from tenants.actors import Via, system
from tenants.refusals import Refused
from tests.compliance.audits import engage
from tests.compliance.test_custody import LOU
from tests.compliance.test_custody_erasure import ended, wish_for
from tests.compliance.test_erasure_sealed import after_today, envelopes_of
from tests.compliance.test_holds_erasure import ask as ask_erasure
from tests.compliance.test_holds_erasure import decide, left
from tests.compliance.test_packs_custody import kept
from tests.compliance.test_packs_making import Make, ask, make, packs
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.incidents.test_flag import flagged
from tests.ledger.sealed import seal_all

__all__ = ["make"]  # the fixture
pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.export")]


class TestWhoHears:
    def test_whoever_asked_is_told_that_it_is_ready_and_where(self, scene: Scene, make: Make) -> None:
        ref = scene.ended("resolve", "SEV4")
        scene.follow()
        assert ask(scene, ref, "owner").status_code == 201
        newest = make()[0]
        scene.follow()
        (mail,) = scene.mails("owner", "Evidence pack")
        assert mail.subject == f"Evidence pack ready: {ref}"
        assert newest["sha256"] in mail.body
        assert f"/evidence-packs/{newest['id']}/" in mail.body
        assert scene.mails("admin", "Evidence pack") == [], "the pack that was made by itself is nobody's"

    def test_of_a_restricted_incident_the_message_says_nothing(self, scene: Scene, make: Make) -> None:
        ref = scene.commanded()
        assert ask(scene, ref).status_code == 201
        make()
        flagged(scene, ref)
        scene.follow()
        assert scene.mails("admin", "Evidence pack") == []
        assert not any("evidence pack" in mail.body.lower() for mail in scene.mails("admin"))

    def test_an_engagements_is_told_to_its_auditor_too(self, scene: Scene, make: Make) -> None:
        scene.declare()
        made = engage(scene)
        scene.api("admin").post(f"audit/engagements/{made}/evidence-packs/")
        make()
        scene.follow()
        (asker,), (auditor,) = (scene.mails(who, "Evidence pack ready") for who in ("admin", "auditor"))
        assert f"It is handed to {scene.acme.auditor.name} alone." in asker.body
        assert "alone" not in auditor.body

    def test_one_that_could_not_be_made_is_told_too(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        ref = scene.commanded()
        ask(scene, ref)

        def broken(pack: EvidencePack) -> Any:
            raise OSError("no space left")

        monkeypatch.setattr(making, "log_for", broken)
        monkeypatch.setattr(making, "MAX_ATTEMPTS", 1)
        assert not making.make(scene.acme.id, packs(scene)[0]["id"])
        scene.follow()
        (mail,) = scene.mails("admin", "No evidence pack")
        assert "no space left" in mail.body


@pytest.mark.clause("breach.preserve-logs")
class TestAfterAnErasure:
    @pytest.fixture
    def scene(self, own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
        """Acme at work, really committed and sealed."""
        return at_work(own_database.acme, own_database.globex)

    def made(self, scene: Scene, house: Installation, where: Path) -> tuple[int, int]:
        """Mei has left. Returns a period's pack, which tells of her seat, and an incident's, which does not."""
        ref = scene.commanded()
        left(scene)
        days = after_today(envelopes_of(house, where))
        assert scene.api("admin").post("evidence-packs/", days).status_code == 201
        assert ask(scene, ref).status_code == 201
        seal_all(where / "log")
        found = {pack["kind"]: pack["id"] for pack in packs(scene)}
        for pack_id in found.values():
            assert making.make(scene.acme.id, pack_id)
        return found["period"], found["incident"]

    def get(self, scene: Scene, pack: int) -> dict[str, Any]:
        found: dict[str, Any] = scene.api("admin").get(f"evidence-packs/{pack}/").json()
        return found

    def parts(self, scene: Scene) -> set[int]:
        with scene.acme.scope():
            return set(PackPart.objects.values_list("pack_id", flat=True))

    def test_a_pack_that_still_tells_it_is_handed_out_no_more(
        self, scene: Scene, own_database: Installation, tmp_path: Path
    ) -> None:
        """Its file is gone; name, hash and checkpoint stay on record, with the reason; another, which tells nothing of it, is left alone."""
        period, incident = self.made(scene, own_database, tmp_path)
        before = self.get(scene, period)
        wish = ask_erasure(scene).json()["id"]
        assert "handed out no more" in decide(scene, wish).json()["outcome"]["stays"]
        scene.follow()
        now = self.get(scene, period)
        assert (now["state"], now["sha256"], now["name"]) == ("superseded", before["sha256"], before["name"])
        assert now["why"] == f"Erasure {wish} took out of the record what it tells of somebody."
        assert self.parts(scene) == {incident}
        assert self.get(scene, incident)["state"] == "ready"
        answer = scene.api("admin").get(f"evidence-packs/{period}/file/")
        assert (answer.status_code, answer.json()["code"]) == (410, "superseded")
        assert "took out of the record" in scene.page("admin").get(f"/o/acme/evidence-packs/{period}/").content.decode()
        (event,) = scene.events("pack.superseded")
        assert (event.data["sha256"], event.data["held"], event.subject_id) == (before["sha256"], False, period)

    def test_a_hold_keeps_its_file_until_it_is_released(self, scene: Scene, own_database: Installation, tmp_path: Path) -> None:
        """Handed to nobody meanwhile. What the hold keeps is the incident's; what was erased is not."""
        period, incident = self.made(scene, own_database, tmp_path)
        ref = self.get(scene, incident)["incident"]
        hold = scene.api("exec").post("holds/", {"matter": "Case 7", "reason": "A claim", "incident": ref}).json()["id"]
        wish = ask_erasure(scene).json()["id"]
        assert decide(scene, wish).json()["state"] == "done"
        scene.follow()
        assert f"Legal hold {hold} keeps its file" in self.get(scene, period)["why"]
        assert period in self.parts(scene)
        assert scene.api("admin").get(f"evidence-packs/{period}/file/").status_code == 410
        assert scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "It is settled"}).status_code == 200
        assert scene.api("admin").post(f"holds/{hold}/release/").status_code == 200
        scene.follow()
        assert self.parts(scene) == {incident}
        assert self.get(scene, period)["why"] == (
            f"Erasure {wish} took out of the record what it tells of somebody. Legal hold {hold} keeps its file, which is handed to nobody, "
            "until it is released. It was released, and the file is removed."
        )
        assert [event.subject_id for event in scene.events("pack.removed")] == [period]

    def test_a_hold_of_a_period_keeps_what_is_of_its_days(self, scene: Scene, own_database: Installation, tmp_path: Path) -> None:
        """Though it keeps no incident, and nothing of whom was erased: a pack is kept that has a moment in common with it, and no other."""
        left(scene)
        today = datetime.now(UTC).date()
        first = datetime.combine(today - timedelta(days=9), time(), UTC)
        days = [(today - timedelta(days=ago), today + timedelta(days=1)) for ago in (9, 8)]
        for starts, ends in days:
            body = {"starts_on": starts.isoformat(), "ends_before": ends.isoformat()}
            assert scene.api("admin").post("evidence-packs/", body).status_code == 201
        seal_all(tmp_path / "log")
        kept, other = (pack["id"] for pack in sorted(packs(scene), key=lambda pack: str(pack["starts_on"])))
        for pack_id in (kept, other):
            assert making.make(scene.acme.id, pack_id)
        when = {"starts_at": first.isoformat(), "ends_at": (first + timedelta(hours=1)).isoformat()}
        placed = scene.api("exec").post("holds/", {"matter": "Case 8", "reason": "A claim", **when})
        assert placed.status_code == 201, placed.content
        assert decide(scene, ask_erasure(scene).json()["id"]).json()["state"] == "done"
        scene.follow()
        assert {self.get(scene, pack_id)["state"] for pack_id in (kept, other)} == {"superseded"}
        assert self.parts(scene) == {kept}
        assert f"Legal hold {placed.json()['id']} keeps its file" in self.get(scene, kept)["why"]

    def test_one_that_is_made_meanwhile_is_made_anew(self, scene: Scene, own_database: Installation, tmp_path: Path) -> None:
        ref = scene.commanded()
        left(scene)
        ask(scene, ref)
        with scene.acme.scope():
            pack = EvidencePack.objects.get()
            lease = claim(pack.pk)
            assert lease is not None
        scene.clock.advance(seconds=1)
        decide(scene, ask_erasure(scene).json()["id"])
        with scene.acme.scope(), pytest.raises(Refused) as refused:
            made: dict[str, Any] = {"name": "evidence", "size": 1, "sha256": "0" * 64, "checkpoint_size": 1}
            finish(pack, by=system(scene.acme.id, Via.RELAY), lease=lease, **made)
        assert json.dumps([reason.code for reason in refused.value.reasons]) == '["erased_meanwhile"]'

    def test_what_an_erased_custodian_answered_is_in_no_pack_that_is_handed_out(self, scene: Scene, make: Make) -> None:
        """Of the incident, of a period and of an engagement, in whose days none of it was written; another incident's is left alone."""
        other = scene.ended("resolve", "SEV4")
        scene.follow()
        # by the log's own clock it is all written today: before the engagement, and after the period
        scene.clock.advance(days=10)
        ref = kept(scene)
        hold = scene.api("exec").get("holds/").json()["results"][0]["id"]
        engagement = engage(scene, -2, 5)
        assert ask(scene, ref).status_code == 201
        days = {"starts_on": "2026-07-01", "ends_before": "2026-10-01"}
        assert scene.api("admin").post("evidence-packs/", days).status_code == 201
        assert scene.api("admin").post(f"audit/engagements/{engagement}/evidence-packs/").status_code == 201
        assert [pack["state"] for pack in make()] == ["ready"] * 4
        ended(scene, hold)
        wish = wish_for(scene, LOU["email"]).json()["id"]
        assert decide(scene, wish).json()["outcome"]["custodies"] == 1
        scene.follow()
        found = {(pack["kind"], pack["incident"], pack["engagement"]): pack["state"] for pack in packs(scene)}
        assert found == {
            ("incident", ref, None): "superseded",
            ("period", None, None): "superseded",
            ("period", None, engagement): "superseded",
            ("incident", other, None): "ready",
        }
