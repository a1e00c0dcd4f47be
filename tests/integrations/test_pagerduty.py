"""What speaks PagerDuty's Events API v2 speaks to Muster, and is answered as it is used to (detection.automated)."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from incidents.models import Inbound
from ledger.models import Event
from oncall.models import Page
from tests.integrations.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

ENQUEUE, CHANGE = "/v2/enqueue", "/v2/change/enqueue"
SUCCESS = {"status": "success", "message": "Event processed"}
FIRED = json.loads((Path(__file__).parent / "fixtures" / "pagerduty_trigger.json").read_text())


@pytest.fixture
def key(wire: Wire) -> str:
    """A routing key."""
    return str(wire.add("pagerduty")["routing_key"])


def event(key: str, action: str = "trigger", dedup: str = "", **payload: Any) -> dict[str, Any]:
    """One event; a trigger has what PagerDuty demands of it."""
    said: dict[str, Any] = {"routing_key": key, "event_action": action}
    if dedup:
        said["dedup_key"] = dedup
    if action == "trigger":
        said["payload"] = {"summary": "Disk is full", "source": "db-2", "severity": "error", **payload}
    return said


def unique() -> str:
    """A text that no other test has."""
    return uuid.uuid4().hex


def test_a_routing_key_has_the_shape_that_clients_demand_and_names_its_organisation(wire: Wire) -> None:
    shown = wire.add("pagerduty")
    assert re.fullmatch(r"[A-Za-z0-9]{32}", shown["routing_key"])
    assert shown["routing_key"].startswith(wire.acme.key.split("_")[1])
    assert shown["address"].endswith("/v2/enqueue")
    assert shown["routing_key"] not in wire.page(shown["integration"])


def test_trigger_acknowledge_resolve_by_key(wire: Wire, key: str) -> None:
    name, dedup = unique(), unique()
    assert wire.post(ENQUEUE, event(key, dedup=dedup, **{"class": name, "summary": name})) == (
        202,
        {**SUCCESS, "dedup_key": dedup},
    )
    assert [row["state"] for row in wire.alerts(name)] == ["firing"]
    assert len(wire.waiting(name)) == 1

    assert wire.post(ENQUEUE, event(key, "acknowledge", dedup)) == (202, {**SUCCESS, "dedup_key": dedup})
    assert wire.alerts(name)[0]["acknowledged_at"] is not None
    assert wire.alerts(name)[0]["state"] == "firing"

    assert wire.post(ENQUEUE, event(key, "resolve", dedup))[0] == 202
    assert [row["state"] for row in wire.alerts(name)] == ["resolved"]


def test_a_repeat_only_counts_and_after_the_end_the_same_key_opens_a_new_alert(wire: Wire, key: str) -> None:
    name, dedup = unique(), unique()
    trigger = event(key, dedup=dedup, **{"class": name})
    for _ in range(3):
        wire.post(ENQUEUE, trigger)
    assert [(row["state"], row["seen"]) for row in wire.alerts(name)] == [("firing", 3)]
    wire.post(ENQUEUE, event(key, "resolve", dedup))
    wire.post(ENQUEUE, event(key, "resolve", dedup))
    wire.post(ENQUEUE, trigger)
    assert [row["state"] for row in wire.alerts(name)] == ["resolved", "firing"]


def test_what_is_said_at_once_ends_as_it_was_said(wire: Wire, key: str) -> None:
    """They share a transaction: fires, ends, fires, ends, fires."""
    name, dedup = unique(), unique()
    trigger, end = event(key, dedup=dedup, **{"class": name}), event(key, "resolve", dedup)
    answers = wire.at_once(*[(ENQUEUE, trigger if n % 2 == 0 else end) for n in range(5)])
    assert {status for status, _ in answers} == {202}
    assert [row["state"] for row in wire.alerts(name)][-1] == "firing"
    assert [row["state"] for row in wire.alerts(name)].count("firing") == 1


def test_a_trigger_without_a_key_gets_one(wire: Wire, key: str) -> None:
    name = unique()
    status, told = wire.post(ENQUEUE, event(key, **{"class": name}))
    assert (status, told["status"], told["message"]) == (202, "success", "Event processed")
    assert wire.post(ENQUEUE, event(key, "resolve", told["dedup_key"]))[0] == 202
    assert [row["state"] for row in wire.alerts(name)] == ["resolved"]


@pytest.mark.clause("triage.initial-severity")
@pytest.mark.parametrize(("said", "level"), [("critical", "1"), ("error", "2"), ("warning", "3"), ("info", "4")])
def test_its_severity_is_suggested(wire: Wire, key: str, said: str, level: str) -> None:
    name = unique()
    wire.post(ENQUEUE, event(key, summary=name, severity=said))
    form = wire.browse(wire.acme.mei).get(f"/o/acme/incidents/declare/?signal={wire.waiting(name)[0]['id']}").content.decode()
    assert f'value="{level}"' in form.split("checked")[0][-200:]


@pytest.mark.clause("mobilize.page-out")
def test_an_acknowledgement_at_the_source_is_shown_and_stops_no_page(wire: Wire, key: str, follow: Any) -> None:
    """Whom we woke has answered nothing: docs/decisions/0015."""
    name, dedup = unique(), unique()
    wire.post(ENQUEUE, event(key, dedup=dedup, summary=name, **{"class": name}))
    follow()
    wire.post(ENQUEUE, event(key, "acknowledge", dedup))
    wire.post(ENQUEUE, event(key, "acknowledge", dedup))
    with wire.acme.scope():
        signal = wire.waiting(name)[0]["id"]
        assert [page.state for page in Page.objects.filter(subject_type="incidents.signal", subject_id=signal)] == ["open"]
        told = Event.objects.filter(kind="alert.acknowledged", data__name=name)
        assert [event.actor_name.split()[0] for event in told] == ["pagerduty"]
    assert "seen at its source" in wire.browse(wire.acme.mei).get("/o/acme/triage/").content.decode()


def test_details_become_labels_that_name_the_service(wire: Wire, key: str) -> None:
    name = unique()
    details = {"service": "search", "retries": 3, "trace": "line one\nline two", "deep": {"a": [1]}}
    wire.post(ENQUEUE, event(key, summary=name, custom_details=details, component="disk", **{"class": name}))
    [row] = wire.alerts(name)
    assert wire.waiting(name)[0]["service"] == "search"
    assert {"service": "search", "retries": "3", "component": "disk", "severity": "error", "source": "db-2"}.items() <= row[
        "labels"
    ].items()
    assert row["annotations"]["trace"] == "line one\nline two"


def test_what_alertmanager_sends_is_taken(wire: Wire, key: str) -> None:
    """As a real Alertmanager 0.25 sent it (tests/integrations/fixtures)."""
    dedup = unique()
    assert wire.post(ENQUEUE, {**FIRED, "routing_key": key, "dedup_key": dedup})[0] == 202
    assert [row["state"] for row in wire.alerts("CheckoutErrorRate")] == ["firing"]
    assert wire.post(ENQUEUE, {**FIRED, "routing_key": key, "dedup_key": dedup, "event_action": "resolve"})[0] == 202
    assert [row["state"] for row in wire.alerts("CheckoutErrorRate")] == ["resolved"]


def test_a_change_event_is_kept_and_pages_nobody(wire: Wire, follow: Any) -> None:
    follow()
    made = wire.add("pagerduty")
    words = unique()
    payload = {"summary": f"Deployed {words}", "source": "ci", "timestamp": "2026-01-01T00:00:00+00:00Z"}
    body = {"routing_key": made["key"], "payload": payload, "links": [{"href": "https://ci.example/7"}, 7, {"text": "x"}]}
    with wire.acme.scope():
        pages = Page.objects.count()
    assert wire.post(CHANGE, body) == (202, {"status": "success", "message": "Change event processed"})
    follow()
    with wire.acme.scope():
        told = Event.objects.get(kind="change.told", data__summary=f"Deployed {words}")
        assert (told.data["source"], told.data["links"]) == ("ci", ["https://ci.example/7"])
        assert Page.objects.count() == pages
    assert f"a change: Deployed {words}" in wire.page(made["integration"])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an action that is none": ({"event_action": "explode"}, "'event_action'"),
    "no action": ({"event_action": None}, "'event_action'"),
    "no payload": ({"payload": None}, "'payload' is missing"),
    "no summary": ({"payload": {"source": "a", "severity": "info"}}, "'payload.summary' is missing or blank"),
    "a blank summary": (
        {"payload": {"summary": " ", "source": "a", "severity": "info"}},
        "'payload.summary' is missing or blank",
    ),
    "a summary that is too long": ({"payload": {"summary": "x" * 1025, "source": "a", "severity": "info"}}, "1024"),
    "no source": ({"payload": {"summary": "a", "severity": "info"}}, "'payload.source' is missing or blank"),
    "a severity that is none": ({"payload": {"summary": "a", "source": "a", "severity": "fatal"}}, "must be one of critical"),
    "a severity that is a list": ({"payload": {"summary": "a", "source": "a", "severity": ["info"]}}, "must be one of critical"),
    "a key that is too long": ({"dedup_key": "x" * 256}, "255"),
    "a key that is a number": ({"dedup_key": 7}, "'dedup_key'"),
    "an acknowledgement of nothing": ({"event_action": "acknowledge", "dedup_key": ""}, "'dedup_key' is missing or blank"),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_event_is_answered_400_as_pagerduty_does_and_shown(wire: Wire, change: dict[str, Any], says: str) -> None:
    made = wire.add("pagerduty")
    status, told = wire.post(ENQUEUE, {**event(made["key"], dedup="d"), **change})
    assert (status, told["status"], told["message"]) == (400, "invalid event", "Event object is invalid")
    assert says in told["errors"][0]
    assert told["errors"][0] in wire.page(made["integration"])
    with wire.acme.scope():
        assert [i.status for i in Inbound.objects.filter(integration=made["integration"])] == [422]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff"])
def test_what_is_no_event_is_not_recognised(wire: Wire, body: bytes) -> None:
    status, told = wire.post(ENQUEUE, body)
    assert (status, told["status"], told["message"]) == (400, "Unrecognized object", "Event object format is unrecognized")


def test_a_key_that_opens_nothing_is_invalid(wire: Wire, key: str) -> None:
    """A wrong secret, an unknown organisation's, another organisation's, one of another length, a hook's: none says which."""
    theirs = wire.globex.key.split("_")[1]
    for wrong in (key[:-4] + "AAAA", "0" * 32, theirs + key[12:]):
        status, told = wire.post(ENQUEUE, event(wrong, dedup="d"))
        assert (status, told["message"], told["errors"]) == (400, "Event object is invalid", ["Invalid routing key"])
    for unfit in ("", "x" * 31, wire.acme.key, 7, None):
        status, told = wire.post(ENQUEUE, {**event(key, dedup="d"), "routing_key": unfit})
        assert (status, told["errors"]) == (400, ["Length of 'routing_key' is incorrect (should be 32 characters)"])


def test_a_routing_key_opens_no_hook_and_a_hooks_key_no_events(wire: Wire, key: str) -> None:
    assert wire.post(f"/hooks/{key}/alertmanager/", {})[0] == 401
    datadog = wire.add("datadog")["key"]
    assert wire.post(f"/hooks/{datadog}/alertmanager/", {"alerts": []})[1]["code"] == "wrong_door"


def test_the_key_may_come_in_the_header_that_older_clients_send(wire: Wire, key: str) -> None:
    body = event(key, dedup=unique())
    del body["routing_key"]
    assert wire.post(ENQUEUE, body, X_Routing_Key=key)[0] == 202


@pytest.mark.parametrize("action", ["trigger", "explode"])
def test_the_raw_request_is_kept_to_the_byte_but_for_the_secret(wire: Wire, action: str) -> None:
    """Taken or refused, and written with escapes or not: the key lies nowhere in the clear."""
    made = wire.add("pagerduty")
    key = made["key"]
    plain = json.dumps(event(key, dedup="ö") | {"event_action": action}, ensure_ascii=False).encode()
    escaped = plain.replace(key.encode(), f"\\u{ord(key[0]):04x}{key[1:]}".encode())
    for body in (plain, escaped):
        assert wire.post(ENQUEUE, body)[0] == (202 if action == "trigger" else 400)
    with wire.acme.scope():
        kept = [bytes(body) for body in Inbound.objects.filter(integration=made["integration"]).values_list("body", flat=True)]
    assert len(kept) == 2
    assert plain.replace(key[12:].encode(), b"*" * 20) in kept
    assert not any(key[12:].encode() in body for body in kept)


def test_other_methods_and_addresses(wire: Wire, key: str) -> None:
    assert wire.post(ENQUEUE, event(key), method="GET")[0] == 405
    assert wire.post("/v2/other", event(key))[0] == 404


def test_a_body_over_our_limit_is_413_in_the_same_form(wire: Wire, key: str) -> None:
    status, told = wire.post(ENQUEUE, b"{" + b" " * (16 * 1024**2 + 1))
    assert (status, told["message"]) == (413, "Event object is invalid")
    assert "16 MiB" in told["errors"][0]


def test_where_too_much_waits_it_is_asked_to_come_again(wire: Wire, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for being a storm, but for the memory of one process: events 429, hooks 503, which Alertmanager sends again."""
    monkeypatch.setattr("integrations.edge.MOST_WAITING", 10)
    status, told = wire.post(ENQUEUE, event(key))
    assert (status, told["status"]) == (429, "throttle exceeded")
    assert told["message"] == "Requests for this service are arriving too quickly.  Please retry later."
    assert wire.post(f"/hooks/{wire.acme.key}/alertmanager/", {"alerts": []})[0] == 503
