"""Keys that begin alike, as addresses and ARNs do: each is an alert of its own, however far on they differ."""

import hashlib
from typing import Any

import pytest

from incidents.models import Alert
from tests.integrations.test_doors import MAPPING, datadog, event, mapped, path, unique
from tests.integrations.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

LENGTHS = [255, 256, 5000]


def alike(length: int) -> tuple[str, str]:
    """Two keys of a length, of which only the last character differs."""
    begun = f"arn:aws:elasticloadbalancing:{unique()}/".ljust(length - 1, "x")
    return begun + "1", begun + "2"


def states(wire: Wire, name: str) -> list[str]:
    """The states of the alerts of this name, oldest first."""
    return [row["state"] for row in wire.alerts(name)]


@pytest.mark.parametrize("length", LENGTHS)
def test_generic_alerts_whose_keys_differ_at_the_end_are_two(wire: Wire, length: int) -> None:
    """Each asks, a repeat of one is that one's, and the end of one ends no other."""
    made, name = mapped(wire), unique()
    door, (first, second) = path(made, "generic"), alike(length)
    for key in (first, second, second):
        assert wire.post(door, {"events": [event(name, id=key)]})[0] == 202
    assert [row["seen"] for row in wire.alerts(name)] == [1, 2]
    assert len(wire.waiting(name)) == 2
    assert wire.post(door, {"events": [event(name, "over", id=first)]})[0] == 202
    assert states(wire, name) == ["resolved", "firing"]
    assert wire.post(door, {"events": [event(name, "over", id=second)]})[0] == 202
    assert states(wire, name) == ["resolved", "resolved"]


@pytest.mark.parametrize("length", LENGTHS)
def test_generic_groups_that_differ_at_the_end_are_two(wire: Wire, length: int) -> None:
    """The alerts of one group are one question; of two groups, two."""
    made, name = mapped(wire, MAPPING | {"group": "/group"}), unique()
    first, second = alike(length)
    groups = (first, first, second)
    events = [event(name, id=f"{unique()}", group=group) for group in groups]
    assert wire.post(path(made, "generic"), {"events": events})[0] == 202
    assert (len(wire.alerts(name)), len(wire.waiting(name))) == (3, 2)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("by", ["cycle", "scope"])
def test_datadogs_alerts_whose_keys_differ_at_the_end_are_two(wire: Wire, by: str, length: int) -> None:
    """By their cycle key, or where that is empty by their monitor's scope."""
    made, name = wire.add("datadog"), unique()

    def body(key: str, transition: str = "Triggered") -> dict[str, Any]:
        known = {"alert_cycle_key": key} if by == "cycle" else {"alert_cycle_key": "", "alert_scope": key}
        return datadog(name, transition, **known)

    first, second = alike(length)
    for key in (first, second, second):
        assert wire.post(path(made, "datadog"), body(key))[0] == 202
    assert [row["seen"] for row in wire.alerts(name)] == [1, 2]
    assert wire.post(path(made, "datadog"), body(first, "Recovered"))[0] == 202
    assert states(wire, name) == ["resolved", "firing"]


def test_a_key_that_was_never_cut_is_known_by_what_it_was(wire: Wire) -> None:
    """Alerts that fire while Muster is upgraded keep their identity: the hash of the key alone."""
    key, _ = alike(255)
    made, other = mapped(wire), wire.add("datadog")
    assert wire.post(path(made, "generic"), {"events": [event(unique(), id=key)]})[0] == 202
    assert wire.post(path(other, "datadog"), datadog(unique(), alert_cycle_key=key))[0] == 202
    with wire.acme.scope():
        assert Alert.objects.filter(fingerprint=hashlib.sha256(key.encode()).hexdigest()).count() == 2
