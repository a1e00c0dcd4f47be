"""What Alertmanager says becomes alerts: deduplicated, grouped, firing and resolved each by itself (detection.automated)."""

from datetime import timedelta

import pytest

from incidents.models import Inbound
from tests.incidents.scene import Scene, alert, delivery

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]


def states(scene: Scene) -> dict[str, list[str]]:
    """Fingerprint -> the states of its alerts, oldest start first."""
    found: dict[str, list[str]] = {}
    for row in sorted(scene.alerts(), key=lambda row: row["started_at"]):
        found.setdefault(row["labels"]["fp"], []).append(row["state"])
    return found


def test_a_repeat_only_counts(scene: Scene) -> None:
    one = alert(started=scene.clock.now)
    for _ in range(3):
        scene.fire(one)
    assert [row["seen"] for row in scene.alerts()] == [3]
    assert len(scene.signals()) == 1
    assert len(scene.events("alert.fired")) == 1


def test_the_raw_request_is_kept_to_the_byte(scene: Scene) -> None:
    body = delivery(alert(started=scene.clock.now))
    scene.hook(body)
    with scene.acme.scope():
        kept = Inbound.objects.get()
    assert b'"groupKey"' in bytes(kept.body)
    assert kept.headers == {"content-type": "application/json"}
    assert (kept.alerts, kept.status, kept.problem) == (1, 202, "")


def test_a_later_start_is_a_new_alert_and_ends_the_older(scene: Scene) -> None:
    began = scene.ago(minutes=10)
    scene.fire(alert("f1", started=began))
    scene.fire(alert("f1", started=scene.clock.now))
    assert states(scene) == {"f1": ["resolved", "firing"]}
    assert scene.alerts()[-1]["ended_at"] == scene.clock.now.isoformat().replace("+00:00", "Z")
    assert len(scene.events("alert.resolved")) == 1


def test_a_late_resolved_never_closes_a_newer_one(scene: Scene) -> None:
    began = scene.ago(minutes=10)
    scene.fire(alert("f1", started=began))
    scene.fire(alert("f1", started=scene.clock.now))
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    assert states(scene) == {"f1": ["resolved", "firing"]}


def test_a_late_firing_opens_nothing_that_a_newer_one_has_ended(scene: Scene) -> None:
    scene.fire(alert("f1", started=scene.clock.now))
    scene.fire(alert("f1", started=scene.ago(minutes=10)))
    assert states(scene) == {"f1": ["resolved", "firing"]}
    assert scene.hook(delivery(alert("f2", started=scene.clock.now)), delivery(alert("f2", started=scene.ago(minutes=5)))) == [
        None,
        None,
    ]
    assert states(scene)["f2"] == ["resolved", "firing"]


def test_a_firing_delivery_may_hold_resolved_alerts(scene: Scene) -> None:
    began = scene.ago(minutes=1)
    scene.fire(alert("f1", started=began), alert("f2", started=began))
    scene.fire(alert("f1", started=began, ended=scene.clock.now), alert("f2", started=began))
    assert states(scene) == {"f1": ["resolved"], "f2": ["firing"]}


def test_the_last_resolved_names_only_the_last(scene: Scene) -> None:
    began = scene.ago(minutes=1)
    scene.fire(alert("f1", started=began), alert("f2", started=began))
    scene.fire(alert("f2", started=began, ended=scene.clock.now))
    assert states(scene) == {"f1": ["firing"], "f2": ["resolved"]}


def test_resolving_twice_is_one_event_and_a_stranger_is_none(scene: Scene) -> None:
    began = scene.ago(minutes=1)
    scene.fire(alert("f1", started=began))
    ended = alert("f1", started=began, ended=scene.clock.now)
    scene.fire(ended)
    scene.fire(ended)
    scene.fire(alert("f9", started=began, ended=scene.clock.now))
    assert len(scene.events("alert.resolved")) == 1
    assert states(scene) == {"f1": ["resolved"]}


def test_a_group_is_one_question_and_one_page(scene: Scene) -> None:
    for number in range(4):
        scene.fire(alert(f"f{number}", started=scene.clock.now))
    scene.fire(alert("g1", started=scene.clock.now), group="another")
    scene.follow()
    assert len(scene.signals()) == 2
    assert len(scene.calls("amira")) == 2
    assert len(scene.mails("amira", "Page:")) == 2


@pytest.mark.clause("triage.is-it-an-incident")
def test_a_dismissed_group_is_quiet_for_repeats_and_a_new_alert_asks_again(scene: Scene) -> None:
    known = alert("f1", started=scene.clock.now)
    scene.fire(known)
    signal = scene.signals()[0]["id"]
    scene.api("jon").post(f"triage/{signal}/dismiss/", {"reason": "A load test"})
    scene.fire(known)
    assert scene.signals() == []
    scene.fire(known, alert("f2", started=scene.clock.now, name="Latency"))
    asked = scene.signals()
    assert len(asked) == 1
    assert [row["labels"]["fp"] for row in scene.alerts(signal=asked[0]["id"])] == ["f2"]
    assert [row["labels"]["fp"] for row in scene.alerts(signal=signal)] == ["f1"]
    scene.clock.advance(hours=1)
    scene.fire(alert("f1", started=scene.clock.now))
    assert len(scene.signals()) == 1


@pytest.mark.clause("triage.is-it-an-incident")
def test_a_repeat_and_a_new_alert_at_once_ask_too(scene: Scene) -> None:
    known = alert("f1", started=scene.clock.now)
    scene.fire(known)
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A load test"})
    new = alert("f2", started=scene.clock.now)
    assert scene.hook(delivery(known), delivery(new)) == [None, None]
    assert [row["labels"]["fp"] for row in scene.alerts(signal=scene.signals()[0]["id"])] == ["f2"]


def test_what_is_attached_goes_on_in_the_incidents_timeline(scene: Scene) -> None:
    began = scene.clock.now
    scene.fire(alert("f1", started=began))
    ref = scene.declare()
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref})
    scene.fire(alert("f2", started=began, name="Latency"))
    scene.clock.advance(minutes=3)
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    assert [e["text"] for e in scene.told(ref, "alert.fired")] == [
        "HighErrorRate fires: HighErrorRate on checkout.",  # what led here
        "Latency fires: Latency on checkout.",
    ]
    assert [e["text"] for e in scene.told(ref, "alert.resolved")] == ["HighErrorRate cleared."]
    assert scene.told(ref, "alert.fired")[0]["actor"] == "Alertmanager"
    assert scene.signals() == []
    assert [e["seq"] for e in scene.part(ref, "timeline")] == list(range(1, len(scene.part(ref, "timeline")) + 1))


def test_what_is_told_in_one_breath_ends_as_it_was_told(scene: Scene) -> None:
    began = scene.ago(minutes=1)
    said = [delivery(alert("f1", started=began)), delivery(alert("f1", started=began, ended=scene.clock.now))]
    assert scene.hook(*said) == [None, None]
    assert states(scene) == {"f1": ["resolved"]}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"labels": {}}, "alerts[0].labels"),
        ({"labels": "all"}, "alerts[0].labels"),
        ({"labels": {"alertname": 7}}, "alerts[0].labels.alertname"),
        ({"labels": {"alertname": "x" * 4097}}, "alerts[0].labels.alertname"),
        ({"labels": {str(n): "x" for n in range(65)}}, "alerts[0].labels"),
        ({"status": "burning"}, "alerts[0].status"),
        ({"startsAt": "yesterday"}, "alerts[0].startsAt"),
        ({"startsAt": "2024-01-01T00:00:00"}, "alerts[0].startsAt"),
        ({"startsAt": "9999-12-31T23:59:59Z"}, "alerts[0].startsAt"),
        ({"startsAt": None}, "alerts[0].startsAt"),
    ],
)
def test_what_cannot_be_read_is_named_kept_and_changes_nothing(scene: Scene, change: dict[str, object], where: str) -> None:
    answer = scene.hook(delivery(alert(started=scene.clock.now) | change))[0]
    assert answer is not None
    assert (answer.status, answer.reasons[0].field) == (422, where)
    assert (scene.alerts(), scene.signals()) == ([], [])
    with scene.acme.scope():
        assert Inbound.objects.get().problem == str(answer)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"alerts": []}', b'{"alerts": [7]}', b'{"alerts": "x"}', b"\xff\xfe"])
def test_what_is_no_delivery_is_refused(scene: Scene, body: bytes) -> None:
    answer = scene.hook(body)[0]
    assert answer is not None
    assert answer.status == 422


def test_one_bad_request_does_not_spoil_the_others(scene: Scene) -> None:
    answers = scene.hook(b"{", delivery(alert(started=scene.clock.now)), key=scene.acme.key)
    assert [answer is None for answer in answers] == [False, True]
    assert len(scene.signals()) == 1


def test_a_key_opens_its_own_organisation_only(scene: Scene) -> None:
    body = delivery(alert(started=scene.clock.now))
    wrong = scene.acme.key[:-4] + "AAAA"
    assert [a and a.status for a in scene.hook(body, key=wrong)] == [401]
    assert scene.hook(body, key=scene.globex.key) == [None]
    assert scene.alerts() == []
    assert len(scene.door(scene.globex.amira).get("alerts/").json()["results"]) == 1


def test_the_integrations_page_shows_what_was_refused(scene: Scene) -> None:
    scene.hook(b"{", delivery(alert(started=scene.clock.now)))
    listed = scene.page("admin").get("/o/acme/integrations/").content.decode()
    assert "Alertmanager" in listed
    with scene.acme.scope():
        integration = Inbound.objects.exclude(integration=None).values_list("integration_id", flat=True)[0]
    detail = scene.page("admin").get(f"/o/acme/integrations/{integration}/").content.decode()
    assert "This is not JSON" in detail
    assert scene.page("mei").get("/o/acme/integrations/").status_code == 403


def test_a_clock_a_little_ahead_is_forgiven(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now + timedelta(minutes=9)))
    assert states(scene) == {"f1": ["firing"]}


@pytest.mark.clause("triage.is-it-an-incident")
def test_an_alert_that_ended_fires_again_with_the_start_it_had_and_asks_again(scene: Scene) -> None:
    """Alertmanager takes up an alert that it had ended by itself: its first question was answered, so there is a new one."""
    began = scene.ago(minutes=10)
    one, ended = alert("f1", started=began), alert("f1", started=began, ended=scene.clock.now)
    scene.fire(one)
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A load test"})
    scene.fire(ended)
    scene.clock.advance(seconds=10)
    scene.fire(one)
    assert states(scene) == {"f1": ["firing"]}
    assert len(scene.events("alert.fired")) == 2
    assert len(scene.signals()) == 1
    scene.follow()
    assert len(scene.mails("amira", "Page:")) == 1
    scene.fire(one)
    assert len(scene.events("alert.fired")) == 2
    assert len(scene.events("signal.opened")) == 2


def test_one_whose_question_still_waits_fires_again_in_it(scene: Scene) -> None:
    began = scene.ago(minutes=10)
    scene.fire(alert("f1", started=began))
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    scene.clock.advance(minutes=5)
    scene.fire(alert("f1", started=began))
    assert states(scene) == {"f1": ["firing"]}
    assert len(scene.events("signal.opened")) == 1
    assert len(scene.events("alert.fired")) == 2


def test_a_repeat_that_comes_late_after_the_resolved_only_counts(scene: Scene) -> None:
    """It was sent before: the "resolved" is the last word, and it asks nothing although its signal was answered."""
    began = scene.ago(minutes=10)
    one = alert("f1", started=began)
    scene.fire(one)
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A load test"})
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    for _ in range(2):
        scene.clock.advance(seconds=4.9)
        scene.fire(one)
    assert states(scene) == {"f1": ["resolved"]}
    assert len(scene.events("alert.fired")) == len(scene.events("signal.opened")) == 1
    scene.clock.advance(seconds=0.2)
    scene.fire(one)
    assert states(scene) == {"f1": ["firing"]}, "late repeats have put off what fires again"


def test_the_same_resolved_does_not_end_what_fires_again_and_a_new_one_does(scene: Scene) -> None:
    began = scene.ago(minutes=10)
    one, ended = alert("f1", started=began), alert("f1", started=began, ended=scene.clock.now)
    scene.fire(one)
    scene.fire(ended)
    scene.clock.advance(minutes=1)
    scene.fire(one)
    scene.fire(ended)
    assert states(scene) == {"f1": ["firing"]}
    scene.fire(alert("f1", started=began, ended=scene.clock.now))
    assert states(scene) == {"f1": ["resolved"]}
    assert len(scene.events("alert.resolved")) == 2


def test_an_older_start_never_fires_again_beside_a_later_one(scene: Scene) -> None:
    older, later = scene.ago(minutes=10), scene.ago(minutes=5)
    for started in (older, later):
        scene.fire(alert("f1", started=started))
    scene.fire(alert("f1", started=later, ended=scene.clock.now))
    scene.clock.advance(minutes=5)
    scene.fire(alert("f1", started=older))
    assert states(scene) == {"f1": ["resolved", "resolved"]}


def test_a_repeat_and_its_next_start_in_one_batch(scene: Scene) -> None:
    """What fires already is named again beside its next period, in either order: the older one ends once, and both are accepted."""
    began, again = scene.ago(minutes=10), scene.clock.now
    for fingerprint, order in (("f1", (began, again)), ("f2", (again, began))):
        scene.fire(alert(fingerprint, started=began), group=fingerprint)
        bodies = [delivery(alert(fingerprint, started=start), group=fingerprint) for start in order]
        assert scene.hook(*bodies) == [None, None]
        assert states(scene)[fingerprint] == ["resolved", "firing"]
        (ended,) = [row for row in scene.alerts() if row["labels"]["fp"] == fingerprint and row["state"] == "resolved"]
        assert ended["ended_at"] is not None
    assert len(scene.events("alert.resolved")) == 2
    assert len(scene.events("alert.fired")) == 4


def test_a_repeat_its_end_and_its_next_start_in_one_batch(scene: Scene) -> None:
    began, again = scene.ago(minutes=10), scene.clock.now
    scene.fire(alert("f1", started=began))
    said = [alert("f1", started=began), alert("f1", started=began, ended=scene.ago(minutes=1)), alert("f1", started=again)]
    assert scene.hook(*(delivery(one) for one in said)) == [None, None, None]
    assert states(scene) == {"f1": ["resolved", "firing"]}
    assert [len(scene.events(f"alert.{what}")) for what in ("fired", "resolved")] == [2, 1]


def test_a_start_that_moved_back_ends_with_the_end_that_is_said_of_it(scene: Scene) -> None:
    """Alertmanager merges what two Prometheus say: what it was told to have begun later it then names by the earlier start."""
    earlier, later = scene.ago(minutes=10), scene.ago(minutes=9)
    scene.fire(alert("f1", started=later))
    scene.fire(alert("f1", started=earlier))
    assert "firing" in states(scene)["f1"]
    scene.clock.advance(minutes=5)
    scene.fire(alert("f1", started=earlier, ended=scene.clock.now))
    assert states(scene) == {"f1": ["resolved", "resolved"]}
    assert [len(scene.events(f"alert.{what}")) for what in ("fired", "resolved")] == [2, 2]
