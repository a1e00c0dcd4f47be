"""Retention: what is over its age and not held goes, what is held stays, and no period is shorter than its floor."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from compliance import retention as kept
from compliance.actions import retention
from incidents.models import Alert, Inbound, Signal
from ledger.models import Event
from notifications import contacts
from notifications.models import ContactMethod, ContactSecret
from tenants.actors import Via, system
from tests import lived_in
from tests.compliance.test_holds import placed
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]


def noise(scene: Scene) -> None:
    """An alert that fired, was dismissed and has ended, of no incident; such are kept for 90 days here."""
    assert scene.api("admin").post("retention/", {"key": "alerts", "days": 90}).status_code == 200
    lived_in.take(scene.acme, lived_in.delivery("Noise", "x"))
    signal = scene.api("amira").get("triage/").json()["results"][0]["id"]
    assert scene.api("amira").post(f"triage/{signal}/dismiss/", {"reason": "Known"}).status_code == 200
    with scene.acme.scope():
        for row in Alert.objects.all():
            row.state, row.ended_at = "resolved", row.started_at
            row.save()
        assert not Signal.objects.get(pk=signal).is_open


def run(scene: Scene, limit: int = 500) -> dict[str, int]:
    """One run of the job in acme's scope."""
    with scene.acme.scope():
        return retention.run_once(by=system(scene.acme.id, Via.CLOCK), limit=limit)


def row_of(scene: Scene, key: str, who: str = "admin") -> dict[str, Any]:
    """A class as the API shows it."""
    rows = {row["key"]: row for row in scene.api(who).get("retention/").json()["results"]}
    found: dict[str, Any] = rows[key]
    return found


class TestTheJob:
    def test_it_removes_what_is_over_age_and_says_how_much(self, scene: Scene) -> None:
        """Dry first: the same number. The raw requests stay, and a second run finds nothing."""
        noise(scene)
        assert run(scene) == {}
        scene.clock.advance(days=91)
        assert row_of(scene, "alerts")["over_age"] == 1
        assert run(scene) == {"alerts": 1}
        assert run(scene) == {}
        with scene.acme.scope():
            assert Event.objects.get(kind="retention.ran").data == {"removed": {"alerts": 1}}
            assert not Alert.objects.exists()
            assert Inbound.objects.exists()

    def test_a_hold_always_wins(self, scene: Scene) -> None:
        """What a period keeps stays, however old; once it is released, it goes."""
        noise(scene)
        hold = placed(scene, starts_at="2020-01-01T00:00:00Z")
        scene.clock.advance(days=200)
        assert (row_of(scene, "alerts")["over_age"], row_of(scene, "alerts")["held"]) == (0, 1)
        assert run(scene) == {}
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{hold}/release/", {})
        assert run(scene)["alerts"] == 1

    @pytest.mark.parametrize(
        ("starts", "ends", "kept"),
        [(5, 8, True), (9, None, True), (-3, 1, True), (-3, 0, False), (11, 20, False), (11, None, False)],
    )
    def test_a_period_keeps_an_alert_that_still_fired_in_it(
        self, scene: Scene, starts: int, ends: int | None, kept: bool
    ) -> None:
        """It was received on day 0 and ended on day 10: what lies wholly before or after that holds nothing of it."""
        noise(scene)
        received = scene.clock.now
        with scene.acme.scope():
            for row in Alert.objects.all():
                row.received_at, row.last_seen_at = received, received + timedelta(days=10)
                row.save()
        period = {
            name: (received + timedelta(days=day)).isoformat()
            for name, day in (("starts_at", starts), ("ends_at", ends))
            if day is not None
        }
        hold = placed(scene, **period)
        scene.clock.advance(days=200)
        for who in ("admin", "auditor"):
            assert (row_of(scene, "alerts", who)["over_age"], row_of(scene, "alerts", who)["held"]) == (1 - kept, int(kept))
        assert run(scene) == ({} if kept else {"alerts": 1})
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{hold}/release/", {})
        assert run(scene) == ({"alerts": 1} if kept else {})

    def test_an_alert_of_an_incident_is_never_its_business(self, scene: Scene) -> None:
        lived_in.take(scene.acme, lived_in.delivery("Down", "x"))
        signal = scene.api("amira").get("triage/").json()["results"][0]["id"]
        scene.api("amira").post(f"triage/{signal}/declare/", {"title": "Down", "severity": "SEV4"})
        with scene.acme.scope():
            Alert.objects.update(state="resolved")
        scene.clock.advance(days=4000)
        assert "alerts" not in run(scene)

    def test_it_takes_all_organisations_in_small_transactions(self, scene: Scene) -> None:
        """The task of beat: batches of one here, each with its event."""
        for name in ("a", "b"):
            lived_in.take(scene.acme, lived_in.delivery(name, "x"))
        for row in scene.api("amira").get("triage/").json()["results"]:
            scene.api("amira").post(f"triage/{row['id']}/dismiss/", {"reason": "Known"})
        with scene.acme.scope():
            Alert.objects.update(state="resolved")
        scene.clock.advance(days=401)
        assert retention.run(limit=1)[scene.acme.id]["alerts"] == 2
        with scene.acme.scope():
            assert [e.data["removed"]["alerts"] for e in Event.objects.filter(kind="retention.ran")] == [1, 1]

    def test_each_class_has_a_statement_that_runs(self, scene: Scene) -> None:
        """And an index that is led by what the job asks for, where the table grows."""
        with scene.acme.scope():
            assert [kept.remove(kind.key, scene.clock.now, 1) for kind in kept.removable()] == [0] * len(kept.removable())
            with connection.cursor() as cursor:
                cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'retention_%'")
                assert {name for (name,) in cursor.fetchall()} == {"retention_alerts", "retention_codes"}

    def test_the_address_of_a_held_persons_method_waits_for_the_release(self, scene: Scene) -> None:
        with scene.acme.scope(scene.acme.jon):
            contacts.add(by=scene.acme.jon.actor(), kind="email", address="jon@home.example", label="home")
        hold = placed(scene, person=scene.email("jon"))
        with scene.acme.scope(scene.acme.jon):
            contacts.remove(ContactMethod.objects.get(), by=scene.acme.jon.actor())
            assert ContactSecret.objects.count() == 1
        scene.clock.advance(days=40)
        assert run(scene) == {}
        scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{hold}/release/", {})
        assert run(scene)["addresses"] == 1


class TestPeriods:
    def test_an_administrator_sets_one(self, scene: Scene) -> None:
        assert scene.api("admin").post("retention/", {"key": "alerts", "days": 90}).status_code == 200
        assert row_of(scene, "alerts", "auditor")["days"] == 90
        with scene.acme.scope():
            told = Event.objects.get(kind="retention.changed").data
        assert (told["before"], told["days"]) == (400, 90)

    def test_none_is_shorter_than_its_floor(self, scene: Scene) -> None:
        """The sentence says the floor and its reason; by the page what was typed is kept."""
        answer = scene.api("admin").post("retention/", {"key": "alerts", "days": 89})
        assert (answer.status_code, answer.json()["code"]) == (422, "below_the_floor")
        assert "at least 90 days. A quarter's review" in answer.json()["detail"]
        page = scene.page("admin").post("/o/acme/retention/alerts/", {"days": "3"})
        assert page.status_code == 422
        assert b'value="3"' in page.content
        assert scene.api("admin").post("retention/", {"key": "alerts", "days": 40_000}).json()["code"] == "too_long"

    def test_evidence_has_no_period(self, scene: Scene) -> None:
        answer = scene.api("admin").post("retention/", {"key": "inbound", "days": 400})
        assert (answer.status_code, answer.json()["code"]) == (409, "never_removed")
        assert "Append-only evidence" in scene.page("admin").get("/o/acme/retention/").content.decode()

    def test_others_neither_read_nor_set(self, scene: Scene) -> None:
        assert scene.api("amira").get("retention/").json()["code"] == "not_an_administrator"
        assert scene.api("owner").post("retention/", {"key": "alerts", "days": 400}).json()["code"] == "not_an_administrator"
        assert scene.api("admin").post("retention/", {"key": "nothing", "days": 400}).json()["code"] == "no_such_class"
        with scene.acme.scope():
            assert not Event.objects.filter(kind="retention.changed").exists()
