"""The war room's page, as the people in it see it: what is asked of them first, each thing beside what can be done about it."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

TYPED = "Typed at three in the morning"


def seen(client: Client, ref: str, query: str = "") -> str:
    answer = client.get(f"/o/acme/incidents/{ref}/{query}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def part(html: str, element_id: str, tag: str = "section") -> str:
    """What stands within the element with this id (no element of its tag nests in it), "" where there is none."""
    found = re.search(rf'<{tag}[^>]*\sid="{element_id}".*?</{tag}>', html, re.DOTALL)
    return found[0] if found else ""


def pressed(client: Client, ref: str, verb: str, **typed: Any) -> Any:
    return client.post(f"/o/acme/incidents/{ref}/{verb}/", typed)


@pytest.mark.clause("warroom.mode")
def test_a_sev_1_is_a_war_room_and_a_sev_3_is_a_plain_ticket(scene: Scene) -> None:
    war = seen(scene.page("amira"), scene.declare(severity="SEV1"))
    ticket = seen(scene.page("amira"), scene.declare(severity="SEV3"))
    assert "room-war" in war
    assert 'aria-label="Roles in this room"' in war
    assert 'id="checklists"' in war
    assert "room-war" not in ticket
    assert 'aria-label="Roles in this room"' not in ticket
    assert 'id="checklists"' not in ticket


@pytest.mark.clause("mobilize.roles-assigned")
def test_open_roles_are_named_and_command_is_one_press_away(scene: Scene) -> None:
    ref = scene.declare()
    html = seen(scene.page("jon"), ref)
    command = part(html, "role-ic", "li")
    assert "role-open" in command
    assert "nobody has command" in command
    assert re.search(r'<form method="post" action="[^"]*/claim/".*?<button[^>]*>Take command</button>', command, re.DOTALL)
    assert pressed(scene.page("jon"), ref, "claim").status_code == 302
    assert "Jon Jensen" in part(seen(scene.page("jon"), ref), "role-ic", "li")


@pytest.mark.clause("mobilize.roles-assigned")
def test_open_roles_are_the_first_thing_and_say_who_is_on_call_for_them(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    html = seen(scene.page("mei"), ref)
    for role in ("ic", "ol", "cl", "scribe"):
        assert "On call: <strong>Amira Ahmadi, Jon Jensen</strong>" in part(html, f"role-{role}", "li")
    assert "/assign/" not in part(html, "roles", "ul"), "who may not offer a role is not shown how to"
    first = html.index('id="roles"')
    assert html.index("<h1>") < first, "only what it is about comes before"
    assert all(first < html.index(mark) for mark in ('class="room-line"', 'class="jump"', 'id="timeline"', 'id="pages"'))
    scene.do("amira", ref, "claim")
    html = seen(scene.page("amira"), ref)
    lead = part(html, "role-ol", "li")
    assert "On call: <strong>Jon Jensen</strong>" in lead, "who commands is not asked to lead operations too"
    button = r'<form method="post" action="[^"]*/assign/" id="do-assign-ol-jon[^"]*".*?<button[^>]*>Ask Jon Jensen</button>'
    assert re.search(button, lead, re.DOTALL)
    assert pressed(scene.page("amira"), ref, "assign", role="ol", person=scene.email("jon")).status_code == 302
    html = seen(scene.page("amira"), ref)
    assert "Jon Jensen" not in part(html, "role-cl", "li").partition("<details")[0], "he has been asked for another"
    scene.do("jon", ref, "accept", role="ol")
    scene.give(ref, cl="mei")
    html = seen(scene.page("amira"), ref)
    assert html.index('class="room-line"') < html.index('id="roles"'), "nothing that leads is open any more"
    assert "On call:" not in part(html, "role-ol", "li")


@pytest.mark.clause("mobilize.roles-assigned")
def test_who_is_on_call_is_said_after_the_page_was_answered_too(scene: Scene) -> None:
    ref = scene.declare()
    scene.follow()
    (page,) = (page for page in scene.part(ref, "pages") if page["team"] == "Shop")
    scene.api("amira").post(f"pages/{page['id']}/acknowledge/")
    assert "On call: <strong>Amira Ahmadi, Jon Jensen</strong>" in part(seen(scene.page("mei"), ref), "role-ol", "li")


@pytest.mark.clause("breach.need-to-know")
def test_a_restricted_incident_names_only_who_may_know_for_its_open_roles(scene: Scene) -> None:
    ref = scene.declare("mei", flags=["personal_data"], kinds=["pii"])
    scene.follow()
    lead = part(seen(scene.page("mei"), ref), "role-ol", "li")
    assert "On call: <strong>Amira Ahmadi</strong>" in lead, "she was called, and named with that; Jon was not"


@pytest.mark.clause("roles.ic-assigns")
def test_who_is_offered_a_role_is_asked_first_of_all(scene: Scene) -> None:
    ref = scene.commanded(ask={"ol": "jon"})
    jon = seen(scene.page("jon"), ref)
    offer = part(jon, "offer-ol")
    assert "Will you be Operations Lead?" in offer
    assert jon.index('id="offer-ol"') < jon.index("<h1>")
    assert "waiting for an answer" in part(seen(scene.page("amira"), ref), "role-ol", "li")
    assert part(seen(scene.page("mei"), ref), "offer-ol") == ""
    assert pressed(scene.page("jon"), ref, "accept", role="ol").status_code == 302
    assert "Jon Jensen" in part(seen(scene.page("jon"), ref), "role-ol", "li")


@pytest.mark.clause("roles.ic-assigns")
def test_the_commander_names_people_from_a_list(scene: Scene) -> None:
    ref = scene.commanded()
    role = part(seen(scene.page("amira"), ref), "role-cl", "li")
    assert f'<option value="{scene.email("mei")}">Mei Martin</option>' in role
    assert "Ines Inspector" not in role, "an auditor can hold no role"
    refused = pressed(scene.page("amira"), ref, "assign", role="cl", person="nobody@acme.example", reason=TYPED)
    assert refused.status_code == 422
    form = part(unescape(refused.content.decode()), "do-assign-cl", "form")
    assert '<option value="nobody@acme.example" selected>' in form
    assert TYPED in form


@pytest.mark.clause("warroom.ack-everything")
def test_an_order_waits_for_its_recipient_above_everything_until_it_is_acknowledged(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Roll back v1.2.3", eta_minutes=5)
    scene.clock.advance(minutes=1, seconds=40)
    mine = part(seen(scene.page("jon"), ref), "orders-now")
    assert "Roll back v1.2.3" in mine
    assert "waits" in mine
    assert "1 min 40 s" in mine
    assert part(seen(scene.page("amira"), ref), "orders-now") == ""
    assert "1 waits for an answer" in part(seen(scene.page("amira"), ref), "orders")
    scene.clock.advance(seconds=30)
    assert "Order 1 to Jon Jensen is not acknowledged for 2 min 10 s" in part(seen(scene.page("amira"), ref), "late")
    assert pressed(scene.page("jon"), ref, "acknowledge", order="1").status_code == 302
    jon = seen(scene.page("jon"), ref)
    assert part(jon, "orders-now") == ""
    assert "acknowledged in 2 min 10 s" in part(jon, "my-orders")


@pytest.mark.clause("warroom.clear-concise")
def test_an_order_past_its_eta_is_named_once_at_the_top(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Roll back", eta_minutes=3)
    scene.do("jon", ref, "acknowledge", order=1)
    scene.clock.advance(minutes=4)
    late = part(seen(scene.page("amira"), ref), "late")
    assert late.count("Order 1 to Jon Jensen is 1 min 0 s past its ETA") == 1


@pytest.mark.clause("roles.ol-no-rogue")
def test_a_change_stands_beside_its_approval_and_only_the_commander_sees_that(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("jon", ref, "propose", text="Roll back", eta_minutes=5)
    assert "/approve/" in part(seen(scene.page("amira"), ref), "changes")
    ol = part(seen(scene.page("jon"), ref), "changes")
    assert "Waits for approval" in ol
    assert "/approve/" not in ol
    assert "/execute/" not in ol
    assert pressed(scene.page("amira"), ref, "approve", change="1").status_code == 302
    assert "/execute/" in part(seen(scene.page("jon"), ref), "changes")
    assert "needs a reason" in part(seen(scene.page("amira"), ref), "changes"), (
        "the commander's hands stay off (roles.ic-head-up)"
    )


@pytest.mark.clause("roles.ol-leads")
def test_the_operations_lead_sees_changes_and_hypotheses_before_orders(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("jon", ref, "hypothesis", text="The cache")
    scene.do("amira", ref, "order", to=scene.email("mei"), text="Write the update")
    ol, ic = seen(scene.page("jon"), ref), seen(scene.page("amira"), ref)
    assert ol.index('id="hypotheses"') < ol.index('id="orders"')
    assert ic.index('id="orders"') < ic.index('id="hypotheses"')


@pytest.mark.clause("roles.ic-head-up")
def test_the_commander_does_not_look_at_raw_alerts_unless_they_ask(scene: Scene) -> None:
    from tests.incidents.scene import alert

    scene.fire(alert(started=scene.clock.now))
    signal = scene.signals()[0]["id"]
    ref = scene.declare("amira", alerts=[signal])
    scene.do("amira", ref, "claim")
    assert 'id="alerts-left"' in part(seen(scene.page("amira"), ref), "alerts")
    assert 'id="alerts-left"' not in part(seen(scene.page("jon"), ref), "alerts")


@pytest.mark.clause("checklist.ic")
@pytest.mark.clause("checklist.ol")
def test_the_checklist_of_ones_role_stands_open_with_who_did_what_and_a_button_for_the_rest(scene: Scene) -> None:
    ref = scene.mobilised()
    mine = part(seen(scene.page("amira"), ref), "checklist-ic", "details")
    assert " open>" in mine.split("\n")[0]
    assert re.search(r"Done: </span>Take command.*?Amira Ahmadi", mine, re.DOTALL)
    theirs = part(seen(scene.page("mei"), ref), "checklist-ol", "details")
    assert " open>" not in theirs.split("\n")[0]
    assert "/tick/" not in theirs
    assert "/tick/" in part(seen(scene.page("jon"), ref), "checklist-ol", "details")
    assert pressed(scene.page("jon"), ref, "tick", role="ol", key="gather").status_code == 302
    assert re.search(
        r"Done: </span>Look at metrics and logs.*?Jon Jensen",
        part(seen(scene.page("jon"), ref), "checklist-ol", "details"),
        re.DOTALL,
    )


@pytest.mark.clause("handover.announce")
@pytest.mark.clause("handover.shadow-15")
def test_the_handover_says_which_step_is_next_and_whose_turn_it_is(scene: Scene) -> None:
    ref = scene.handing_over("handover")
    assert "Your turn:</strong> Shadowing" in part(seen(scene.page("mei"), ref), "handover")
    assert "Mei Martin’s turn:</strong> Shadowing" in part(seen(scene.page("amira"), ref), "handover")
    assert pressed(scene.page("mei"), ref, "shadow").status_code == 302
    amira = part(seen(scene.page("amira"), ref), "handover")
    assert "Your turn:</strong> Situation report" in amira
    assert "Shadowing <span" in amira
    assert f"SITREP {ref}" in amira, "drafted from the record"


@pytest.mark.clause("handover.sitrep")
def test_the_situation_report_is_one_copy_away(scene: Scene) -> None:
    ref = scene.commanded()
    html = seen(scene.page("amira"), ref)
    assert f'data-copy="/o/acme/incidents/{ref}/sitrep.txt"' in html
    text = scene.page("amira").get(f"/o/acme/incidents/{ref}/sitrep.txt")
    assert text["Content-Type"].startswith("text/plain")
    assert f"SITREP {ref}" in text.content.decode()


@pytest.mark.clause("warroom.no-crosstalk")
def test_an_answer_is_folded_below_its_entry_and_a_filter_shows_it_flat(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("jon", ref, "note", text="Locks on orders")
    seq = scene.told(ref, "incident.noted")[-1]["seq"]
    page = seen(scene.page("mei"), ref, f"?entry={seq}")
    assert f'<input type="hidden" name="thread" value="{seq}">' in part(page, f"entry-{seq}")
    assert pressed(scene.page("mei"), ref, "note", text="Which table?", thread=str(seq)).status_code == 302
    html = seen(scene.page("mei"), ref)
    thread = part(html, f"thread-{seq}", "details")
    assert "Which table?" in thread
    assert html.count("Which table?") == 1
    flat = seen(scene.page("mei"), ref, "?show=notes")
    assert f'id="thread-{seq}"' not in flat
    assert "Which table?" in flat


@pytest.mark.clause("warroom.bot-hygiene")
def test_a_corrected_entry_is_struck_and_stays_readable(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("jon", ref, "note", text="It is the cache")
    seq = scene.told(ref, "incident.noted")[-1]["seq"]
    assert "/correct/" in seen(scene.page("jon"), ref, f"?entry={seq}")
    assert "/correct/" not in seen(scene.page("mei"), ref, f"?entry={seq}")
    assert pressed(scene.page("jon"), ref, "correct", entry=str(seq), text="It is the database").status_code == 302
    html = seen(scene.page("jon"), ref)
    assert re.search(rf'class="entry entry-restated" id="ev-{seq}"', html)
    assert "It is the cache" in html
    assert "It is the database" in html


@pytest.mark.parametrize(
    ("show", "there", "not_there"),
    [("orders", "Roll back", "We stay"), ("decisions", "We stay", "Watch the graphs"), ("notes", "Watch the graphs", "We stay")],
)
def test_the_timeline_is_filtered_by_its_address(scene: Scene, show: str, there: str, not_there: str) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Roll back")
    scene.do("amira", ref, "decide", text="We stay", reason="Known good")
    scene.do("jon", ref, "note", text="Watch the graphs")
    timeline = part(seen(scene.page("amira"), ref, f"?show={show}"), "timeline")
    assert there in timeline
    assert not_there not in timeline
    assert f'href="?show={show}#timeline" aria-current="true"' in timeline


REFUSED: list[tuple[str, str, dict[str, str], str]] = [
    ("mei", "acknowledge", {"order": "1"}, "Order 1"),
    ("mei", "reject", {"change": "1", "reason": TYPED}, TYPED),
    ("mei", "verify", {"hypothesis": "9", "verdict": "refuted", "seen": TYPED}, TYPED),
    ("mei", "order", {"to": "jon@acme.example", "text": TYPED}, TYPED),
    ("mei", "withdraw", {"order": "99", "reason": TYPED}, TYPED),
    ("amira", "order", {"to": "jon@acme.example", "text": "\u202e" + TYPED}, TYPED),
    ("amira", "decide", {"text": TYPED, "reason": ""}, TYPED),
    ("jon", "decline", {"role": "cl", "reason": TYPED}, TYPED),
]


@pytest.mark.parametrize(("who", "verb", "typed", "kept"), REFUSED, ids=[f"{who} {verb}" for who, verb, _, _ in REFUSED])
def test_what_was_refused_stands_open_with_what_was_typed(
    scene: Scene, who: str, verb: str, typed: dict[str, str], kept: str
) -> None:
    ref = scene.mobilised()
    scene.do("jon", ref, "hypothesis", text="The cache")
    scene.do("jon", ref, "propose", text="Roll back")
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Watch")
    answer = pressed(scene.page(who), ref, verb, **typed)
    assert answer.status_code in (403, 409, 422)
    html = unescape(answer.content.decode())
    named = re.search(r'<div class="error-summary" role="alert"><div><p><a href="#(do-[\w-]+)">“', html)
    assert named, "the head says what was not done"
    form = part(html, named[1], "form")
    assert kept in form or kept in html
    assert html.count(f'id="{named[1]}"') == 1


def test_no_id_stands_twice_on_a_page_that_has_everything(scene: Scene) -> None:
    ref = scene.handing_over("shadow")
    scene.give(ref, ol="jon")
    scene.do("jon", ref, "hypothesis", text="The cache")
    for number in range(3):
        scene.do("jon", ref, "propose", text=f"Roll back {number}")
        scene.do("amira", ref, "order", to=scene.email("jon"), text=f"Watch {number}")
    for who in ("amira", "jon", "mei"):
        ids = re.findall(r'\sid="([^"]+)"', seen(scene.page(who), ref))
        assert sorted(ids) == sorted(set(ids)), {name for name in ids if ids.count(name) > 1}


def test_the_page_and_its_live_panels_are_made_of_the_same(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("jon", ref, "propose", text="Roll back")
    page = seen(scene.page("amira"), ref)
    panels = unescape(scene.page("amira").get(f"/o/acme/incidents/{ref}/panels/").content.decode())
    swapped = set(re.findall(r'id="([^"]+)" data-live', panels))
    assert swapped >= {"room-head", "room-act", "room-side", "room-compose", "room-bar", "roles", "changes"}
    assert swapped <= set(re.findall(r'id="([^"]+)" data-live', page))
