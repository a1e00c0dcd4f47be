"""Everything waits until somebody answers "is this an incident?" (triage.is-it-an-incident, detection.manual, detection.automated)."""

import pytest
from django.db.models.signals import post_init

from incidents.models import Alert
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


@pytest.fixture
def signal(scene: Scene) -> int:
    """An alert that waits."""
    scene.fire(alert(started=scene.clock.now))
    return int(scene.signals()[0]["id"])


@pytest.mark.clause("detection.automated")
def test_an_alert_waits_in_triage_with_its_service_and_pages_its_team(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now, service="search"))
    row = scene.signals()[0]
    assert (row["kind"], row["service"], row["title"]) == ("alerts", "search", "HighErrorRate on search")
    page = scene.page("mei").get("/o/acme/triage/").content.decode()
    assert "HighErrorRate on search" in page
    assert "1 firing" in page
    scene.follow()
    assert scene.calls("amira")[0]["reason"] == "Is this an incident?"
    assert len(scene.mails("amira", "Page: Alerts: HighErrorRate on search")) == 1


@pytest.mark.clause("detection.manual")
@pytest.mark.parametrize("who", ["support", "exec", "owner", "mei"])
def test_any_member_reports_by_api(scene: Scene, who: str) -> None:
    body = {"title": "Cannot pay", "text": "Three customers called", "service": "payments", "ticket": "SUP-7"}
    answer = scene.api(who).post("reports/", body)
    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["ticket"], answer.json()["service"]) == ("report", "SUP-7", "payments")
    assert [row["title"] for row in scene.signals()] == ["Cannot pay"]
    scene.follow()
    assert len(scene.mails("amira", "Page: Report: Cannot pay")) == 1


@pytest.mark.clause("detection.manual")
def test_any_member_reports_by_page_and_the_incident_is_detected_by_a_user(scene: Scene) -> None:
    answer = scene.page("support").post("/o/acme/report/", {"title": "Cannot pay", "text": "*Three* called", "ticket": "SUP-7"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/o/acme/triage/")
    shown = scene.page("mei").get("/o/acme/triage/").content.decode()
    assert "Cannot pay" in shown
    assert "reported by Sam Support" in shown
    row = scene.signals()[0]
    scene.follow()
    assert [p["reason"] for p in scene.calls("amira")] == ["Is this an incident?"]  # no service: the default team
    ref = scene.api("jon").post(f"triage/{row['id']}/declare/", {"severity": "SEV2"}).json()["ref"]
    assert scene.incident(ref)["detected_by"] == "user"


@pytest.mark.clause("detection.manual")
def test_the_auditor_reports_nothing(scene: Scene) -> None:
    assert scene.api("auditor").post("reports/", {"title": "Cannot pay"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x", "service": "nowhere"}, "service"),
        ({"title": "x", "ticket": "t" * 81}, "ticket"),
    ],
)
def test_a_bad_report_is_refused(scene: Scene, body: dict[str, str], field: str) -> None:
    answer = scene.api("support").post("reports/", body)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]


@pytest.mark.clause("triage.is-it-an-incident")
def test_yes_declares_and_keeps_who_and_when(scene: Scene, signal: int) -> None:
    detected = scene.clock.now
    scene.clock.advance(minutes=2)
    answer = scene.api("jon").post(f"triage/{signal}/declare/", {"severity": "SEV1", "title": "Checkout fails"})
    assert answer.status_code == 201
    incident = answer.json()
    assert incident["services"] == ["checkout"]
    assert incident["detected_at"] == detected.isoformat().replace("+00:00", "Z")
    row = scene.api("jon").get(f"triage/{signal}/").json()
    assert (row["state"], row["incident"]) == ("declared", incident["ref"])
    told = scene.events("signal.declared")[0]
    assert (told.actor_name, told.data["waited_seconds"]) == ("Jon Jensen", 120)
    assert [a["name"] for a in scene.alerts(signal=signal)] == ["HighErrorRate"]


@pytest.mark.clause("triage.is-it-an-incident")
def test_yes_that_one_attaches_to_a_running_incident(scene: Scene, signal: int) -> None:
    ref = scene.declare(services=())
    answer = scene.api("jon").post(f"triage/{signal}/attach/", {"incident": ref})
    assert (answer.status_code, answer.json()["state"]) == (200, "attached")
    assert scene.told(ref, "incident.signal_attached")[0]["text"] == "Attached from triage: HighErrorRate on checkout."
    assert scene.incident(ref)["services"] == ["checkout"]
    assert "HighErrorRate" in scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("triage.is-it-an-incident")
def test_no_needs_a_reason_and_calls_nobody_any_more(scene: Scene, signal: int) -> None:
    scene.follow()
    for reason in ("", "  ", "x" * 2001):
        assert scene.api("jon").post(f"triage/{signal}/dismiss/", {"reason": reason}).status_code == 422
    answer = scene.api("jon").post(f"triage/{signal}/dismiss/", {"reason": "A load test"})
    assert (answer.json()["state"], answer.json()["decision_reason"]) == ("dismissed", "A load test")
    assert scene.signals() == []
    page = scene.page("mei").get("/o/acme/triage/").content.decode()
    assert "A load test" in page
    assert "Jon Jensen" in page
    assert scene.calls("amira")[0]["state"] == "ended"
    scene.later(minutes=40)
    assert scene.calls("jon") == []


@pytest.mark.clause("triage.is-it-an-incident")
@pytest.mark.parametrize(
    ("verb", "body"), [("declare", {"severity": "SEV1"}), ("attach", {"incident": "INC-1"}), ("dismiss", {"reason": "No"})]
)
def test_the_second_answer_is_told_who_gave_the_first(scene: Scene, signal: int, verb: str, body: dict[str, str]) -> None:
    scene.declare()
    scene.api("mei").post(f"triage/{signal}/dismiss/", {"reason": "A load test"})
    refused = scene.api("jon").post(f"triage/{signal}/{verb}/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "decided")
    assert "Mei Martin dismissed this" in refused.json()["detail"]
    assert len(scene.api("jon").get("incidents/").json()["results"]) == 1


@pytest.mark.clause("people.practitioner")
@pytest.mark.parametrize(
    ("verb", "body"), [("declare", {"severity": "SEV1"}), ("attach", {"incident": "INC-1"}), ("dismiss", {"reason": "No"})]
)
def test_a_practitioner_answers(scene: Scene, signal: int, verb: str, body: dict[str, str]) -> None:
    scene.declare()
    refused = scene.api("support").post(f"triage/{signal}/{verb}/", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner")
    assert len(scene.signals()) == 1


def test_nothing_attaches_to_what_has_ended(scene: Scene, signal: int) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    refused = scene.api("jon").post(f"triage/{signal}/attach/", {"incident": ref})
    assert (refused.status_code, refused.json()["code"]) == (409, "ended")


def test_two_signals_become_one_incident_detected_by_the_first(scene: Scene, signal: int) -> None:
    detected = scene.clock.now
    scene.clock.advance(minutes=1)
    report = scene.api("support").post("reports/", {"title": "Cannot pay", "service": "payments"}).json()["id"]
    answer = scene.api("mei").post("incidents/", {"title": "Shop is down", "severity": "SEV1", "alerts": [report, signal]})
    assert answer.status_code == 201
    assert set(answer.json()["services"]) == {"checkout", "payments"}
    assert answer.json()["detected_at"] == detected.isoformat().replace("+00:00", "Z")
    assert answer.json()["detected_by"] == "monitoring"
    assert scene.signals() == []


def test_an_outsider_finds_nothing(scene: Scene, signal: int) -> None:
    outsider = scene.door(scene.globex.amira)
    assert outsider.get("triage/").json()["results"] == []
    assert outsider.get(f"triage/{signal}/").status_code == 404
    assert outsider.post(f"triage/{signal}/dismiss/", {"reason": "Mine"}).status_code == 404
    ref = scene.declare()
    assert scene.api("mei").post(f"triage/{signal}/attach/", {"incident": "INC-99"}).status_code == 404
    own = outsider.post("reports/", {"title": "Ours"}).json()["id"]
    assert outsider.post(f"triage/{own}/attach/", {"incident": ref}).status_code == 404


def test_a_question_of_ten_thousand_alerts_shows_twenty_and_counts_them_all(scene: Scene) -> None:
    """The page reads no more of them than it shows, however many there are."""
    scene.fire(*(alert(f"f{number}", started=scene.clock.now) for number in range(10_000)))
    read = 0

    def count(**_: object) -> None:
        nonlocal read
        read += 1

    post_init.connect(count, sender=Alert)
    try:
        shown = scene.page("amira").get("/o/acme/triage/").content.decode()
    finally:
        post_init.disconnect(count, sender=Alert)
    assert 0 < read <= 20
    assert "10000 firing" in shown
