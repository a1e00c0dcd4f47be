"""SEV 3 is paged with low urgency, in business hours: outside them the page waits for their start (severity.sev3-low-urgency)."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Delivery
from standard.models import Calendar
from tests.incidents.scene import Scene, alert
from tests.oncall.test_policies import answer, called

pytestmark = [pytest.mark.servers, pytest.mark.clause("severity.sev3-low-urgency")]


def at(scene: Scene, weekday: int, hour: int, minute: int = 0) -> None:
    """Let the clock go on to the next such moment: 1 is Monday; acme works from 9 to 17 UTC, Monday to Friday."""
    day = scene.clock.now + timedelta(days=1)
    while day.isoweekday() != weekday:
        day += timedelta(days=1)
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    scene.clock.advance(seconds=(wanted - scene.clock.now).total_seconds())


def test_in_business_hours_the_owner_team_is_paged_at_once(scene: Scene) -> None:
    at(scene, 2, 10)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    assert called(scene) == ["amira"]
    assert scene.calls("amira")[0]["urgency"] == "low"
    with scene.acme.scope():
        sent = Delivery.objects.filter(template="page", channel="email")
        assert list(sent.values_list("urgent", flat=True)) == [False], "her quiet rules say by what, and when"
    assert scene.told(ref, "page.started")[0]["text"] == "Paging Shop."


def test_outside_them_the_page_waits_for_their_start_over_the_weekend(scene: Scene) -> None:
    at(scene, 5, 17, 1)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    assert called(scene) == []
    assert "in business hours." in scene.told(ref, "page.started")[0]["text"]
    at(scene, 1, 8, 59)
    scene.later(seconds=0)
    assert called(scene) == []
    scene.later(seconds=60)
    assert called(scene) == ["amira"]
    assert len(scene.mails("amira", f"Page: SEV 3 {ref}")) == 1
    scene.later(minutes=15)
    assert called(scene) == ["amira", "jon"]


def test_resolved_before_they_begin_it_calls_nobody(scene: Scene) -> None:
    at(scene, 5, 20)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", ref, "resolve", summary="Mended")
    scene.later(days=4)
    assert called(scene) == []


def test_raised_to_sev_1_at_night_it_waits_no_longer(scene: Scene) -> None:
    at(scene, 6, 3)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    scene.do("mei", ref, "severity", severity="SEV1", reason="It is worse")
    scene.follow()
    assert called(scene) == ["amira"]
    assert [page["urgency"] for page in scene.calls("amira")] == ["high"]
    scene.later(days=3)
    assert called(scene) == ["amira", "jon", "admin"], "and not once more when business hours begin"


def test_raised_to_sev_1_at_the_end_of_the_day_its_next_step_does_not_wait_for_morning(scene: Scene) -> None:
    """The second person's time was put off to the next morning when it was of low urgency: it is not, any more."""
    at(scene, 2, 16, 50)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    assert called(scene) == ["amira"]
    scene.later(minutes=5)
    scene.do("jon", ref, "claim")
    scene.do("jon", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.follow()
    scene.later(minutes=16)
    assert called(scene)[-1] == "jon"


def test_an_alert_that_rang_at_night_and_is_a_sev_3_wakes_nobody_else(scene: Scene) -> None:
    at(scene, 3, 2)
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    assert called(scene) == ["amira"]
    scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV3"})
    scene.follow()
    scene.later(minutes=40)
    assert called(scene) == ["amira"], "the secondary sleeps on"
    scene.later(hours=6, minutes=20)
    assert called(scene) == ["amira", "amira"]
    assert answer(scene, "amira", "acknowledge").status_code == 200


def test_lowered_from_sev_1_at_night_it_waits_too(scene: Scene) -> None:
    at(scene, 4, 1)
    ref = scene.declare(severity="SEV1")
    scene.follow()
    scene.do("jon", ref, "claim")
    scene.do("jon", ref, "severity", severity="SEV3", reason="Only the footer")
    scene.follow()
    scene.later(minutes=45)
    assert called(scene) == ["amira"]
    assert scene.told(ref, "page.calmed", who="jon")


def test_who_acknowledged_already_is_not_called_again_for_it(scene: Scene) -> None:
    at(scene, 2, 11)
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    answer(scene, "amira", "acknowledge")
    scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV3"})
    scene.follow()
    scene.later(hours=2)
    assert called(scene) == ["amira"]


def test_where_no_business_day_comes_it_is_paged_at_once(scene: Scene) -> None:
    """Better at night than never: a calendar without a single working day, as no door takes it."""
    with scene.acme.scope(scene.acme.admin):
        calendar = Calendar.objects.get()
        calendar.weekdays = []
        calendar.save()
    at(scene, 3, 3)
    scene.declare(severity="SEV3")
    scene.follow()
    assert called(scene) == ["amira"]
