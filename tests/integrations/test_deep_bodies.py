"""JSON that is read and cannot be written again, because of how deep it is: refused, shown, and no other request's fault."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from incidents.inbox import Way
from incidents.intake import Delivery
from integrations import formats
from integrations.formats import Said
from tests.integrations.test_doors import MAPPING, datadog, event, mapped, path, unique
from tests.integrations.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

SAYS = "nested too deep: more than 254"


def deep(levels: int) -> Any:
    """Lists one in the other."""
    value: Any = "the end"
    for _ in range(levels):
        value = [value]
    return value


def pagerduty(key: str, name: str, details: Any) -> dict[str, Any]:
    """An event that triggers."""
    payload = {"summary": name, "source": "db-2", "severity": "error", "class": name, "custom_details": details}
    return {"routing_key": key, "event_action": "trigger", "dedup_key": name, "payload": payload}


@pytest.mark.parametrize("levels", [255, 900])
def test_a_deep_body_is_refused_and_shown_and_its_neighbours_are_taken(wire: Wire, levels: int) -> None:
    """They share a transaction, so that one that nothing could read kept out everything that came with it, each time again."""
    made, other, pager, good = mapped(wire), wire.add("datadog"), wire.add("pagerduty"), unique()
    generic = (path(made, "generic"), {"events": [event(unique(), id=unique(), svc=deep(levels))]})
    dog = (path(other, "datadog"), datadog(unique()) | {"body": deep(levels)})
    answers = wire.at_once(
        (path(made, "generic"), {"events": [event(good, id=unique())]}),
        generic,
        dog,
        ("/v2/enqueue", pagerduty(pager["key"], unique(), {"a": deep(levels)})),
        (path(other, "datadog"), datadog(good)),
        ("/v2/enqueue", pagerduty(pager["key"], good, {"a": deep(200)})),
    )
    assert [status for status, _ in answers] == [202, 422, 422, 400, 202, 202]
    assert len(wire.alerts(good)) == 3
    for told in (answers[1][1]["detail"], answers[2][1]["detail"], answers[3][1]["errors"][0]):
        assert SAYS in told
    for integration in (made, other, pager):
        page = wire.page(integration["integration"])
        assert SAYS in page
        assert "<dt>Refused</dt><dd>1</dd>" in page


def test_a_deep_event_whose_key_is_written_with_escapes_is_refused_and_shown(wire: Wire) -> None:
    """It is kept as its object, not as its bytes, and that cannot be written: it is refused without its body."""
    made, good = wire.add("pagerduty"), unique()
    key = made["key"]
    body = json.dumps(pagerduty(key, unique(), deep(300))).encode()
    escaped = body.replace(key.encode(), f"\\u{ord(key[0]):04x}{key[1:]}".encode())
    answers = wire.at_once(("/v2/enqueue", escaped), ("/v2/enqueue", pagerduty(key, good, {})))
    assert [status for status, _ in answers] == [400, 202]
    assert SAYS in answers[0][1]["errors"][0]
    assert SAYS in wire.page(made["integration"])
    assert len(wire.alerts(good)) == 1


def test_a_deep_sample_is_refused_beside_the_sample(wire: Wire) -> None:
    """By the API and on the page, where it was a server error."""
    made = wire.add("generic")
    sample = json.dumps({"events": [event("x", svc=deep(400))]})
    answer = wire.door(wire.acme.admin).post(
        f"integrations/{made['integration']}/mapping/try/", {"mapping": MAPPING, "sample": sample}
    )
    [reason] = answer.json()["reasons"]
    assert (answer.status_code, reason["field"]) == (422, "sample")
    assert SAYS in answer.content.decode()
    typed = {"alerts": "/events", "key": "/id", "title": "/what/name", "extra": "service = /svc", "sample": sample, "try": "1"}
    page = wire.browse(wire.acme.admin).post(f"/o/acme/integrations/{made['integration']}/mapping/", typed)
    assert page.status_code == 422
    assert SAYS in page.content.decode()


def test_behind_the_end_of_a_list_there_is_nothing(wire: Wire) -> None:
    """`-` names what follows a list's last entry (RFC 6901): what is mapped to it is not there, as with any place without a value."""
    places = {"alerts": "/events", "key": "/id", "title": "/what/name", "summary": "/links/-", "extra": {"service": "/links/-"}}
    name = unique()
    sample = {"events": [event(name)]}
    door = wire.door(wire.acme.admin)
    made = mapped(wire, places)
    tried = door.post(f"integrations/{made['integration']}/mapping/try/", {"mapping": places, "sample": json.dumps(sample)})
    assert tried.status_code == 200, tried.content
    [one] = tried.json()["results"]
    assert (one["summary"], one["labels"]) == ("", {})
    assert wire.post(path(made, "generic"), sample)[0] == 202
    assert wire.alerts(name)[0]["labels"] == {}

    lost = places | {"key": "/links/-"}
    tried = door.post(f"integrations/{made['integration']}/mapping/try/", {"mapping": lost, "sample": json.dumps(sample)})
    assert tried.status_code == 422
    assert "There is no key at /events/0/links/-" in tried.json()["reasons"][0]["sentence"]


def test_what_no_reader_expected_fails_nobody_else(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in reading one request: it is refused and shown, its neighbour is taken."""
    made, good = wire.add("datadog"), unique()

    def read(said: Said, digest: str, way: Way) -> Sequence[Delivery]:
        if b"unheard of" in said.body:
            raise RecursionError("deeper than anybody thought")
        return was(said, digest, way)

    was = formats.read
    monkeypatch.setattr("integrations.intake.read", read)
    answers = wire.at_once((path(made, "datadog"), datadog(unique(), title="unheard of")), (path(made, "datadog"), datadog(good)))
    assert [status for status, _ in answers] == [422, 202]
    assert answers[0][1]["code"] == "malformed"
    assert answers[0][1]["detail"] in wire.page(made["integration"])
    assert len(wire.alerts(good)) == 1
