"""Grafana, Datadog and whatever posts JSON: each becomes alerts; what is unsigned or cannot be read is refused and shown."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

FIXTURES = Path(__file__).parent / "fixtures"


def unique() -> str:
    """A text that no other test has."""
    return uuid.uuid4().hex


def path(made: dict[str, Any], kind: str) -> str:
    """The address of an integration's hook."""
    return f"/hooks/{made['key']}/{kind}/"


# --- Grafana -------------------------------------------------------------------------------------------------------------------


def grafana(name: str, status: str = "firing") -> bytes:
    """One delivery of Grafana, by the shape of its documentation."""
    began = (datetime.now(UTC) - timedelta(minutes=1)).replace(microsecond=0).isoformat()
    body = json.loads((FIXTURES / "grafana_v1.json").read_text())
    [alert] = body["alerts"]
    alert["labels"]["alertname"] = alert["fingerprint"] = name
    alert |= {"status": status, "startsAt": "2026-01-01T00:00:00Z", "endsAt": began if status == "resolved" else alert["endsAt"]}
    return json.dumps(body | {"groupKey": name, "status": status}).encode()


def signature(secret: str, body: bytes, timestamp: str = "") -> str:
    """As Grafana's documentation has it, by means of the standard library alone."""
    signed = f"{timestamp}:".encode() + body if timestamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def ago(seconds: int) -> str:
    """A timestamp."""
    return str(int(datetime.now(UTC).timestamp()) - seconds)


def _stamped(secret: str, body: bytes, timestamp: str) -> dict[str, str]:
    """The headers of a signature with its timestamp."""
    signed = signature(secret, body, timestamp)
    return {"X_Grafana_Alerting_Signature": signed, "X_Grafana_Alerting_Timestamp": timestamp}


def test_grafana_fires_and_resolves_with_its_links(wire: Wire) -> None:
    made, name = wire.add("grafana"), unique()
    assert made["address"].endswith(path(made, "grafana"))
    assert wire.post(path(made, "grafana"), grafana(name)) == (202, {"status": "accepted"})
    [row] = wire.alerts(name)
    assert (row["state"], row["labels"]["service"]) == ("firing", "search")
    assert row["annotations"]["panelURL"] == "https://grafana.example/d/abc?viewPanel=2"
    assert row["annotations"]["values"] == "B=22.5, C=1"
    assert wire.post(path(made, "alertmanager"), grafana(name, "resolved"))[0] == 202  # its shape is Alertmanager's
    assert [row["state"] for row in wire.alerts(name)] == ["resolved"]


def test_the_published_vector_is_ours_too() -> None:
    """Handwritten from the documentation: hex HMAC-SHA256 of the raw body."""
    from integrations.grafana import signing

    vector = "7b833ce8257de20aa3908795d9c883ddb3c2a28a51bd234f06e30f63b9ecb298"
    assert signing.sign("gsecret", b'{"status":"firing"}') == vector


def test_a_signature_is_checked_wherever_there_is_one(wire: Wire) -> None:
    made, name = wire.add("grafana"), unique()
    body = grafana(name)
    right = signature(made["signing_secret"], body)
    assert wire.post(path(made, "grafana"), body, X_Grafana_Alerting_Signature=right)[0] == 202
    stamped = _stamped(made["signing_secret"], body, ago(10))
    assert wire.post(path(made, "grafana"), body, **stamped)[0] == 202
    assert wire.post(path(made, "grafana"), body)[0] == 202, "it need not be signed"


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("unsigned", "unsigned", "has no signature"),
        ("another body", "bad_signature", "is not that of this body"),
        ("another secret", "bad_signature", "is not that of this body"),
        ("another timestamp", "bad_signature", "is not that of this body"),
        ("old", "replayed", "more than 5 minutes ago"),
        ("from the future", "replayed", "more than 5 minutes ago"),
        ("a time that is none", "replayed", "more than 5 minutes ago"),
        ("no timestamp at all", "no_timestamp", "name x-grafana-alerting-timestamp as Grafana's timestamp header"),
    ],
)
def test_a_wrong_or_replayed_signature_is_refused_counted_and_shown(wire: Wire, what: str, code: str, says: str) -> None:
    made, name = wire.add("grafana", signed=True), unique()
    body, secret, at = grafana(name), made["signing_secret"], ago(0)
    headers = {
        "unsigned": {},
        "another body": {"X_Grafana_Alerting_Signature": signature(secret, body + b" ")},
        "another secret": {"X_Grafana_Alerting_Signature": signature("0" * 64, body)},
        "another timestamp": _stamped(secret, body, at) | {"X_Grafana_Alerting_Timestamp": ago(9)},
        "old": _stamped(secret, body, ago(310)),
        "from the future": _stamped(secret, body, ago(-400)),
        "a time that is none": _stamped(secret, body, "soon"),
        "no timestamp at all": {"X_Grafana_Alerting_Signature": signature(secret, body)},
    }[what]
    for door in ("grafana", "alertmanager"):  # no other address gets past it
        status, told = wire.post(path(made, door), body, **headers)
        assert (status, told["code"]) == (401, code)
    assert says in told["detail"]
    assert wire.alerts(name) == []
    page = wire.page(made["integration"])
    assert told["detail"] in page
    assert "<dt>Refused</dt><dd>2</dd>" in page


# --- Datadog -------------------------------------------------------------------------------------------------------------------


def datadog(name: str, transition: str = "Triggered", **change: str) -> dict[str, str]:
    """What our template becomes when Datadog fills it in: everything is text."""
    body: dict[str, str] = json.loads((FIXTURES / "datadog.json").read_text())
    cycle = {"alert_cycle_key": name, "alert_id": name, "title": name, "alert_transition": transition}
    return body | cycle | change


@pytest.mark.parametrize("opens", ["Triggered", "Re-Triggered", "Warn", "Re-Warn", "No Data", "Re-No Data", "Renotify"])
def test_datadog_opens_and_closes_by_cycle_key(wire: Wire, opens: str) -> None:
    made, name = wire.add("datadog"), unique()
    assert wire.post(path(made, "datadog"), datadog(name, opens)) == (202, {"status": "accepted"})
    [row] = wire.alerts(name)
    assert row["state"] == "firing"
    assert {"service": "search", "env": "prod", "standalone": "true", "alert_id": name}.items() <= row["labels"].items()
    assert wire.waiting(name)[0]["service"] == "search"
    assert wire.post(path(made, "datadog"), datadog(name, "Recovered"))[0] == 202
    assert [row["state"] for row in wire.alerts(name)] == ["resolved"]


def test_monitors_of_one_kind_are_one_question(wire: Wire) -> None:
    made, monitor = wire.add("datadog"), unique()
    for cycle in ("a", "b"):
        wire.post(path(made, "datadog"), datadog(monitor, alert_cycle_key=monitor + cycle))
    assert len(wire.alerts(monitor)) == 2
    assert len(wire.waiting(monitor)) == 1


def test_datadogs_test_is_accepted_and_marked(wire: Wire) -> None:
    """It leaves most variables empty, or as they are written."""
    made = wire.add("datadog")
    empty = dict.fromkeys(datadog("x"), "")
    unfilled = dict(zip(empty, ["$" + key.upper() for key in empty], strict=True))
    for body in (empty, unfilled, {}):
        assert wire.post(path(made, "datadog"), body)[0] == 202
    assert wire.page(made["integration"]).count("a test") == 3
    assert "<dt>Accepted</dt><dd>3</dd>" in wire.page(made["integration"])


@pytest.mark.parametrize(
    ("change", "says"),
    [({"alert_transition": "Exploded"}, "no transition"), ({"alert_cycle_key": "", "alert_id": ""}, "Neither alert_cycle_key")],
)
def test_what_datadog_cannot_mean_is_refused_and_shown(wire: Wire, change: dict[str, str], says: str) -> None:
    made = wire.add("datadog")
    status, told = wire.post(path(made, "datadog"), datadog(unique(), **change))
    assert status == 422
    assert says in told["detail"]
    assert told["detail"] in wire.page(made["integration"])


# --- Anything ------------------------------------------------------------------------------------------------------------------

MAPPING: dict[str, Any] = {
    "alerts": "/events",
    "key": "/id",
    "title": "/what/name",
    "status": "/state",
    "severity": "/what/level",
    "summary": "/what/text",
    "url": "/links/0/href",
    "labels": "/tags",
    "ended": ["over"],
    "acknowledged": ["seen"],
    "levels": {"bad": "SEV1", "so-so": "sev 3"},
    "extra": {"service": "/svc"},
}


def event(name: str, state: str = "new", **change: Any) -> dict[str, Any]:
    """One event of a tool of somebody's own."""
    what = {"name": name, "level": "bad", "text": "It is hot"}
    tags = {"rack": 7, "deep": {"a": 1}}
    return {
        "id": 4711,
        "state": state,
        "what": what,
        "links": [{"href": "https://tool.example/1"}],
        "tags": tags,
        "svc": "search",
    } | change


def mapped(wire: Wire, mapping: dict[str, Any] = MAPPING) -> dict[str, Any]:
    """A generic integration with its mapping."""
    made = wire.add("generic")
    answer = wire.door(wire.acme.admin).post(f"integrations/{made['integration']}/mapping/", {"mapping": mapping})
    assert answer.status_code == 200, answer.content
    return made


def test_a_mapping_makes_alerts_of_whatever_comes(wire: Wire) -> None:
    made, name = mapped(wire), unique()
    assert wire.post(path(made, "generic"), {"events": [event(name)]}) == (202, {"status": "accepted"})
    [row] = wire.alerts(name)
    assert (row["state"], row["summary"]) == ("firing", "It is hot")
    assert row["labels"] == {"rack": "7", "service": "search", "severity": "bad"}
    assert row["annotations"] == {"deep": '{"a":1}'}
    assert wire.waiting(name)[0]["service"] == "search"
    form = wire.browse(wire.acme.mei).get(f"/o/acme/incidents/declare/?signal={wire.waiting(name)[0]['id']}").content.decode()
    assert 'value="1"' in form.split("checked")[0][-200:]
    wire.post(path(made, "generic"), {"events": [event(name, "seen")]})
    assert wire.alerts(name)[0]["acknowledged_at"] is not None
    wire.post(path(made, "generic"), {"events": [event(name, "OVER")]})
    assert wire.alerts(name)[0]["state"] == "resolved"


def test_several_alerts_of_one_request_are_questions_of_their_own(wire: Wire) -> None:
    made, name = mapped(wire), unique()
    assert wire.post(path(made, "generic"), {"events": [event(name, id=1), event(name, id=2)]})[0] == 202
    assert len(wire.waiting(name)) == len(wire.alerts(name)) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "an object"),
        ({}, "There is no alerts at /events"),
        ({"events": {}}, "There is no alerts at /events"),
        ({"events": [{"id": 1}]}, "There is no title at /events/0/what/name"),
        ({"events": [{"what": {"name": "x"}}]}, "There is no key at /events/0/id"),
        ({"events": [7]}, "There is no key at /events/0/id"),
    ],
)
def test_what_the_mapping_does_not_find_is_said_and_shown(wire: Wire, body: Any, says: str) -> None:
    made = mapped(wire)
    status, told = wire.post(path(made, "generic"), body)
    assert status == 422
    assert says in told["detail"]
    assert told["detail"] in wire.page(made["integration"])


def test_without_a_mapping_it_is_refused(wire: Wire) -> None:
    made = wire.add("generic")
    assert wire.post(path(made, "generic"), {"a": 1})[1]["code"] == "no_mapping"
    assert "It has no mapping yet" in wire.page(made["integration"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": ""}, "key"),
        ({"title": "name"}, "title"),
        ({"status": "/a~2"}, "status"),
        ({"labels": "/" + "x" * 200}, "labels"),
        ({"extra": {"service": "svc"}}, "extra"),
        ({"levels": {"bad": "SEV9"}}, "levels"),
        ({"acknowledged": ["over"]}, "acknowledged"),
        ({"nonsense": "/a"}, "mapping"),
        ({"ended": "over"}, "ended"),
    ],
)
def test_what_is_no_mapping_is_refused_with_its_field(wire: Wire, change: dict[str, Any], field: str) -> None:
    made = wire.add("generic")
    door = wire.door(wire.acme.admin)
    for address in ("mapping/", "mapping/try/"):
        body: dict[str, Any] = {"mapping": MAPPING | change} | ({"sample": "{}"} if "try" in address else {})
        answer = door.post(f"integrations/{made['integration']}/{address}", body)
        told = answer.json()["reasons"][0]["field"]
        assert (answer.status_code, told) == (422, field if field == "mapping" else f"mapping.{field}")


def test_the_page_tries_a_sample_and_keeps_nothing_of_it(wire: Wire) -> None:
    made, name = wire.add("generic"), unique()
    page = wire.browse(wire.acme.admin)
    address = f"/o/acme/integrations/{made['integration']}/mapping/"
    typed = {
        "sample": json.dumps({"events": [event(name), event(name, "over", id=2)]}),
        **{field: MAPPING[field] for field in ("alerts", "key", "title", "status", "severity", "summary", "url", "labels")},
        "ended": "over, done",
        "acknowledged": "seen",
        "levels": "bad = SEV1\nso-so = SEV3",
        "extra": "service = /svc",
    }
    tried = page.post(address, {**typed, "try": "1"}).content.decode()
    assert "What the sample would become" in tried
    assert name in tried
    assert "SEV 1" in tried
    assert "rack=7" in tried
    assert wire.alerts(name) == []
    assert wire.post(path(made, "generic"), {"events": [event(name)]})[1]["code"] == "no_mapping"

    for change in ({"title": ""}, {"levels": "bad = SEV9"}, {"title": "name"}):
        refused = page.post(address, {**typed, **change, "sample": "", "try": "1"})
        assert refused.status_code == 422, "without a sample the mapping itself is judged all the same"
    wrong = page.post(address, {**typed, "title": "/nowhere", "save": "1"})
    assert wrong.status_code == 422
    assert "There is no title at /events/0/nowhere" in wrong.content.decode()
    assert "service = /svc" in wrong.content.decode(), "what was typed stays"

    assert page.post(address, {**typed, "save": "1"}).status_code == 302
    assert wire.post(path(made, "generic"), {"events": [event(name)]})[0] == 202
    assert "bad = SEV1" in page.get(address).content.decode()


def test_mappings_are_the_administrators(wire: Wire) -> None:
    made = wire.add("generic")
    address = f"integrations/{made['integration']}/mapping/"
    for who in (wire.acme.amira, wire.acme.auditor):
        assert wire.door(who).post(address, {"mapping": MAPPING}).status_code == 403
        assert wire.browse(who).post(f"/o/acme/{address}", {"try": "1"}).status_code == 403
    assert wire.browse(wire.acme.amira).get(f"/o/acme/{address}").status_code == 403
    assert wire.browse(wire.acme.auditor).get(f"/o/acme/{address}").status_code == 200, "an auditor reads it"
    assert wire.door(wire.globex.admin).post(address, {"mapping": MAPPING}).status_code == 404


# --- Keys ----------------------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_the_old_ones_can_be_withdrawn(wire: Wire) -> None:
    page = wire.browse(wire.acme.admin)
    name = unique()
    added = page.post("/o/acme/integrations/add/", {"name": name, "kind": "grafana", "signed": "on"}).content.decode()
    assert "shown only this once" in added
    assert "Signing secret" in added
    [row] = [r for r in wire.door(wire.acme.admin).get("integrations/").json()["results"] if r["name"] == name]
    assert (row["kind"], row["signed"]) == ("grafana", True)
    assert "shown only this once" not in wire.page(row["id"])
    taken = page.post("/o/acme/integrations/add/", {"name": name, "kind": "datadog"})
    assert taken.status_code == 422
    assert "There is an integration of this name already." in taken.content.decode()

    made = wire.add("datadog")
    again = wire.door(wire.acme.admin).post(f"integrations/{made['integration']}/key/", {}).json()
    for key in (made, again):
        assert wire.post(path(key, "datadog"), {})[0] == 202
    last = wire.door(wire.acme.admin).post(f"integrations/{made['integration']}/key/", {"withdraw": True}).json()
    assert [
        wire.post(path(key, "datadog"), {"title": "x", "alert_cycle_key": "y", "alert_transition": "Warn"})[0]
        for key in (made, again, last)
    ] == [401, 401, 202]


@pytest.mark.parametrize("who", ["amira", "exec", "auditor"])
def test_integrations_are_added_by_administrators(wire: Wire, who: str) -> None:
    person = getattr(wire.acme, who)
    assert wire.door(person).post("integrations/", {"kind": "datadog", "name": unique()}).status_code == 403
    assert wire.browse(person).post("/o/acme/integrations/add/", {"kind": "datadog", "name": unique()}).status_code == 403
    made = wire.add("datadog")
    assert wire.door(person).post(f"integrations/{made['integration']}/key/", {}).status_code == 403
    assert wire.browse(person).post(f"/o/acme/integrations/{made['integration']}/key/", {}).status_code == 403


# --- Hostile texts --------------------------------------------------------------------------------------------------------------

DECEIVING = "\u202e\x1b[31m\x07\n"


def _by_pagerduty(wire: Wire, title: str) -> None:
    key = wire.add("pagerduty")["key"]
    payload = {"summary": title, "source": "db\u202e-2", "severity": "critical", "custom_details": {"ho\u202est": title}}
    body = {"routing_key": key, "event_action": "trigger", "dedup_key": uuid.uuid4().hex, "payload": payload}
    assert wire.post("/v2/enqueue", body)[0] == 202


def _by_datadog(wire: Wire, title: str) -> None:
    made = wire.add("datadog")
    assert wire.post(path(made, "datadog"), datadog(unique(), title=title, body=title, tags=f"service:{title}"))[0] == 202


def _by_anything(wire: Wire, title: str) -> None:
    made = mapped(wire)
    assert wire.post(path(made, "generic"), {"events": [event(title, tags={"ho\u202est": title})]})[0] == 202


@pytest.mark.parametrize("by", [_by_pagerduty, _by_datadog, _by_anything])
def test_what_deceives_a_reader_gets_in_by_no_door(wire: Wire, by: Callable[[Wire, str], None]) -> None:
    """Its title is one line that an incident may have: a rule declares from it, and so does a person who is offered it."""
    name = unique()
    by(wire, f"{name} {DECEIVING}Disk{DECEIVING} full")
    [signal] = wire.waiting(f"{name} [31m Disk[31m full")
    alerts = [row for row in wire.door(wire.acme.amira).get("alerts/").json()["results"] if name in json.dumps(row)]
    said = json.dumps([signal, alerts], ensure_ascii=False)
    assert alerts
    assert [found for found in ("\u202e", "\\u001b", "\\u0007") if found in said] == []
    declared = wire.door(wire.acme.amira).post(f"triage/{signal['id']}/declare/", {"severity": "SEV3"})
    assert (declared.status_code, declared.json()["title"]) == (201, signal["title"])


def test_a_title_of_nothing_but_that_is_none(wire: Wire) -> None:
    key = wire.add("pagerduty")["key"]
    payload = {"summary": "\u202e\x07 ", "source": "db", "severity": "critical"}
    answer = wire.post("/v2/enqueue", {"routing_key": key, "event_action": "trigger", "dedup_key": "k", "payload": payload})
    assert answer[0] in (400, 422), answer
    assert wire.post(path(mapped(wire), "generic"), {"events": [event("\u202e")]})[0] == 422
