"""`make teeth` finds every rule, and switches off what it says (tests/switch.py)."""

import ast
from itertools import chain

import pytest
from django.conf import settings

from notifications import rules
from portal.reactions import CLOCK_SUBJECTS, REACTIONS
from tenants.actors import Actor, Role, Via
from tests import switch

NO_REASONS = {
    "portal.live.viewers.why_not_on": "it opens a scope and asks the gate, and answers with the gate's refusal",
    "portal.management.commands.up.why_not_ready": "whether the portal answers already, in a line for the terminal",
}
READER = Actor(1, "Ada Auditor", Via.WEB, user_id=1, roles=frozenset({Role.AUDITOR}))
NOBODY = Actor(1, "Nobody", Via.WEB, user_id=None)


def test_every_rule_is_switched_off_once() -> None:
    written = [
        f"{'.'.join(file.relative_to(switch.ROOT).with_suffix('').parts)}.{node.name}"
        for room in switch.ROOMS
        for file in (switch.ROOT / room).rglob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("why_not_")
    ]
    assert set(switch.ROOMS) == set(settings.ROOMS)
    found = switch.switches()
    assert len(found) == len(set(found))
    assert set(written) == {name for name in found if ":" not in name} | set(NO_REASONS)


def test_every_reaction_is_switched_off_once() -> None:
    found = [name for name in switch.switches() if ":" in name]
    reactions = {f"reaction:{reaction.name}" for reaction in chain.from_iterable(REACTIONS.values())}
    assert set(found) == reactions | {f"clock:{subject}" for subject in CLOCK_SUBJECTS}
    assert len(found) == len(reactions) + len(CLOCK_SUBJECTS)


@pytest.mark.parametrize("name", ["switches", "reasons"])
def test_each_can_be_switched_off_and_on_again(name: str) -> None:
    for wanted in getattr(switch, name)():
        with switch.off(wanted):
            pass
    assert [reason.code for reason in rules.why_not_add(READER)] == ["read_only"]


def test_what_is_switched_off_is_off_for_whoever_has_taken_it_by_its_name() -> None:
    taken = rules.why_not_add
    with switch.off("notifications.rules.why_not_add"):
        assert taken(READER) == rules.why_not_add(by=READER) == []
        assert rules.why_not_arrange(READER) != [], "another rule"
    assert [reason.code for reason in taken(READER)] == ["read_only"]


def test_a_reason_is_one_that_a_rule_gives() -> None:
    found = switch.reasons()
    assert len(found) == len(set(found))
    assert {"reason:notifications.rules:removed", "reason:incidents.rules.common:not_a_practitioner"} <= set(found)
    assert "reason:ledger.actions:not_set_aside" in found
    assert "reason:ledger.actions:in_use" not in found, "what is in use is refused by an action, once it was tried"


def test_one_reason_is_not_given_while_others_are() -> None:
    with switch.off("reason:notifications.rules:read_only"):
        assert rules.why_not_arrange(READER) == []
    with switch.off("reason:notifications.rules:removed"):
        assert [reason.code for reason in rules.why_not_arrange(READER)] == ["read_only"]


def test_what_helps_rules_gives_its_reasons_through_them() -> None:
    from incidents.rules.common import practitioner
    from incidents.rules.configuring import why_not_configure

    given = [reason.code for reason in why_not_configure(READER)]
    assert given == [reason.code for reason in practitioner(READER)] == ["read_only"]
    with switch.off("reason:incidents.rules.common:read_only"):
        given = [reason.code for reason in (*why_not_configure(READER), *practitioner(READER))]
        assert given == ["not_an_administrator", "not_a_practitioner"], "and the next is asked"


def test_it_is_heard_which_switches_make_a_difference() -> None:
    reached: set[str] = set()
    with switch.listen(reached.add):
        rules.why_not_arrange(READER)
        heard = set(reached)
        assert heard == {
            "notifications.rules.why_not_arrange",
            "notifications.rules._reader",
            "reason:notifications.rules:read_only",
        }
        reached.clear()
    rules.why_not_arrange(NOBODY)
    assert not reached, "nobody listens any more"
