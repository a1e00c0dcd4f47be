"""The pages of schedules: what they show, what the forms refuse, and that nothing typed is lost. All of it without JavaScript."""

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ledger.actions import configure
from oncall.actions import ladder
from oncall.models import Service, Team, TeamMember
from tenants.models import Membership, User
from tests.incidents.scene import Scene
from tests.oncall.planning import BERLIN, at, layer, made, on, override, plan

pytestmark = pytest.mark.servers

PAGE = "/o/acme/oncall/s/shop/"


def text(answer: Any) -> str:
    """What a page says, without its markup."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main", 1)[1]))
    return re.sub(r" ([.,:;])", r"\1", " ".join(plain.split()))


def send(client: Client, path: str, status: int = 302, **typed: Any) -> Any:
    """Send a form."""
    answer = client.post(path, typed)
    assert answer.status_code == status, text(answer) if answer.status_code != 302 else answer["Location"]
    return answer


# --- Looking ---------------------------------------------------------------------------------------------------------------


def test_the_first_page_says_who_is_on_and_where_nobody_is(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", "jon")))
    found = text(scene.page("mei").get("/o/acme/oncall/"))
    assert "Primary Amira Ahmadi until Mon 8 Jun, 09:00" in found
    assert "Secondary Nobody" in found
    assert "pages go to" not in found, "the primary is called"
    assert "No secondary from Mon 1 Jun, 11:00 to Mon 15 Jun, 11:00" in found
    assert "Times are Europe/Berlin." in found
    assert "New schedule" not in found
    assert "New schedule" in text(scene.page("admin").get("/o/acme/oncall/"))


def test_every_team_has_a_card_with_its_services_and_manager(scene: Scene) -> None:
    """One with a schedule and one in its fixed order; whoever has left says so, and is not called by that order."""
    plan(scene)
    with scene.acme.scope(scene.acme.admin):
        by = scene.acme.admin.actor()
        team = configure(Team(), {"slug": "data", "name": "Data"}, by=by)
        for position, who in enumerate(("jon", "mei"), start=1):
            user = User.objects.get(pk=getattr(scene.acme, who).user_id)
            configure(TeamMember(), {"team": team, "user": user, "position": position}, by=by)
        configure(Service(), {"slug": "lake", "name": "Lake", "team": team}, by=by)
        configure(Membership.objects.get(user_id=scene.acme.amira.user_id), {"is_active": False}, by=by)
    found = text(scene.page("mei").get("/o/acme/oncall/"))
    assert "Shop on call Shop Answers for Checkout, Payments, Search. Primary Amira Ahmadi has left until" in found
    assert "Manager Ada Admin" in found
    assert "Data fixed order Answers for Lake. Primary Jon Jensen Secondary Mei Martin Manager Nobody" in found
    rows = made(scene.api("mei").get("oncall/now/"), 200)["results"]
    said = [
        (row["schedule"], row["team"], row["duty"], row["name"], row["gone"], row["services"], row["manager"]) for row in rows
    ]
    services, ada = ["checkout", "payments", "search"], scene.email("admin")
    assert said == [
        ("shop", "shop", "primary", "Amira Ahmadi", "has left", services, ada),
        ("shop", "shop", "secondary", "Jon Jensen", "", services, ada),
        (None, "data", "primary", "Jon Jensen", "", ["lake"], None),
        (None, "data", "secondary", "Mei Martin", "", ["lake"], None),
    ]
    with scene.acme.scope(scene.acme.admin):
        configure(Membership.objects.get(user_id=scene.acme.admin.user_id), {"is_active": False}, by=by)
    assert "Manager Ada Admin has left" in text(scene.page("mei").get("/o/acme/oncall/"))
    assert "Primary Amira Ahmadi has left" in text(scene.page("mei").get(PAGE))


def paged_instead(scene: Scene) -> list[tuple[str, str | None, str, str | None]]:
    """(duty, who holds it, why they cannot any more, who is paged), as the API has them."""
    rows = made(scene.api("mei").get("oncall/now/"), 200)["results"]
    return [(row["duty"], row["name"], row["gone"], row["pages_go_to"]) for row in rows]


def test_where_nobody_of_a_schedule_is_on_call_the_page_says_whom_pages_go_to(scene: Scene) -> None:
    """Nobody takes turns, or all who do have left: then the team's fixed order is paged, and not of a schedule without a team."""
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/", {"name": "Own", "slug": "own", "time_zone": "UTC"}))
    amira, jon, mei = (scene.email(who) for who in ("amira", "jon", "mei"))
    nobody = [("primary", None, "", None), ("secondary", None, "", None)]
    assert paged_instead(scene) == [*nobody, ("primary", None, "", amira), ("secondary", None, "", jon)]
    by_order = "Primary Nobody by the schedule: pages go to Amira Ahmadi, by the team’s fixed order"
    said = f"{by_order} Secondary Nobody by the schedule: pages go to Jon Jensen"
    assert said in text(scene.page("mei").get("/o/acme/oncall/"))
    assert said in text(scene.page("mei").get(PAGE))
    with scene.acme.scope(scene.acme.admin):
        assert [person.name for person in ladder(Team.objects.get(slug="shop"))][:2] == ["Amira Ahmadi", "Jon Jensen"]
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira")))
    assert paged_instead(scene)[2:] == [("primary", "Amira Ahmadi", "", None), ("secondary", None, "", None)]
    with scene.acme.scope(scene.acme.admin):
        configure(Membership.objects.get(user_id=scene.acme.amira.user_id), {"is_active": False}, by=scene.acme.admin.actor())
    assert paged_instead(scene)[2:] == [("primary", "Amira Ahmadi", "has left", jon), ("secondary", None, "", mei)]
    assert "Amira Ahmadi has left: pages go to Jon Jensen" in text(scene.page("mei").get("/o/acme/oncall/"))
    made(scene.api("admin").post("schedules/shop/change/", {"is_active": False}), 200)
    assert "pages go to" not in text(scene.page("mei").get(PAGE)), "it is switched off: the team has no schedule"


def test_without_a_schedule_the_page_says_what_happens_then(scene: Scene) -> None:
    found = text(scene.page("mei").get("/o/acme/oncall/"))
    assert "Until a team has one, its members are paged in their fixed order" in found


def test_the_week_is_shown_as_a_list_and_as_a_grid(scene: Scene) -> None:
    plan(scene, BERLIN)
    made(override(scene, "admin", "2026-06-10 10:00", "2026-06-10 16:00"))
    client = scene.page("amira")
    shown = text(client.get(PAGE, {"week": "2026-06-10"}))
    assert "Week 24: 8 Jun to 14 Jun 2026" in shown
    assert "Ada Admin override Primary Wed 10 Jun, 12:00 Wed 10 Jun, 18:00" in shown
    grid = client.get(PAGE, {"week": "2026-06-10", "view": "grid"})
    rows = re.findall(r"<th scope=\"row\">(\w+)</th>(.*?)</tr>", grid.content.decode(), re.DOTALL)
    assert [name for name, _ in rows] == ["Primary", "Secondary"]
    cells = re.findall(r"<td.*?</td>", rows[0][1], re.DOTALL)
    said = [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]
    assert said[0] == "Amira Ahmadi 09:00 Jon Jensen Override : primary on 8 June"
    assert said[2] == "Jon Jensen 12:00 Ada Admin override 18:00 Jon Jensen Override : primary on 10 June"
    assert '?duty=primary&amp;day=2026-06-10"' in cells[2]


def test_a_week_that_is_none_is_this_one(scene: Scene) -> None:
    plan(scene)
    for week in ("nonsense", "9999-12-31", "0001-01-01", "2026-06-01\x00"):
        assert "Week 23: 1 Jun to 7 Jun 2026" in text(scene.page("mei").get(PAGE, {"week": week}))


def test_load_and_nights_of_the_last_thirty_days(scene: Scene) -> None:
    plan(scene)
    at(scene, "2026-06-09 09:00")
    found = text(scene.page("mei").get(PAGE))
    assert "Jon Jensen 24 168 8 Amira Ahmadi 168 0 7 Mei Martin 0 24 1" in found


def test_a_handover_that_comes_twice_is_told_beside_its_layer(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", handover_at="02:30")))
    found = text(scene.page("mei").get(PAGE))
    assert "at UTC+01:00. The handover is at the first of the two." in found
    assert "the clocks jump over it to 03:00. The handover is when the clocks jump." in found


# --- Overrides -------------------------------------------------------------------------------------------------------------


def test_a_member_takes_a_stretch_by_the_form_and_cancels_it(scene: Scene) -> None:
    plan(scene, BERLIN)
    client = scene.page("mei")
    form = client.get(f"{PAGE}override/", {"duty": "secondary", "day": "2026-06-03"}).content.decode()
    assert '<option value="secondary" selected>' in form
    assert 'value="2026-06-03T00:00"' in form
    assert 'value="2026-06-04T00:00"' in form
    assert f'<option value="{scene.email("mei")}" selected>' in form
    send(client, f"{PAGE}override/", duty="primary", person=scene.email("mei"), start="2026-06-02T20:00", end="2026-06-03T08:00")
    assert on(scene, "2026-06-02 18:00")["primary"] == "Mei Martin"
    page = client.get(PAGE).content.decode()
    cancel = re.findall(r'action="(/o/acme/oncall/overrides/\d+/cancel/)"', page)
    assert len(cancel) == 1
    assert re.findall(r"/cancel/", scene.page("jon").get(PAGE).content.decode()) == []
    send(client, cancel[0])
    assert on(scene, "2026-06-02 18:00")["primary"] == "Amira Ahmadi"


def fills(client: Client, night: str) -> list[str]:
    """Where the buttons lead that fill a gap of the primary which begins then."""
    urls = [html.unescape(url) for url in re.findall(r'href="([^"]+)">Fill it', client.get(PAGE).content.decode())]
    return [url for url in urls if "duty=primary" in url and night in url]


def asked(client: Client, url: str, **query: str) -> tuple[str, ...]:
    """From when until when the form of an override asks before anybody typed."""
    form = client.get(url, query or None).content.decode()
    found = [re.search(rf'<input[^>]*name="{name}"[^>]*>', form) for name in ("start", "end")]
    return tuple(re.findall(r'value="([^"]*)"', "".join(one[0] for one in found if one)))


def test_filling_a_gap_takes_all_of_it_and_nothing_of_anybody_elses(scene: Scene) -> None:
    """Nobody has the night from Saturday 22:00 to Sunday 06:00: the form asked for all of Saturday, which is Jon's, and left the morning."""
    plan(scene, BERLIN, layers=False)
    for hours in (
        {"weekdays": [1, 2, 3, 4, 5]},
        {"weekdays": [6], "opens_at": "00:00", "closes_at": "22:00"},
        {"weekdays": [7], "opens_at": "06:00", "closes_at": "00:00"},
    ):
        made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "jon", **hours)))
    client = scene.page("admin")
    (url,) = fills(client, "2026-06-06")
    assert fills(scene.page("mei"), "2026-06-06") == [url]
    night = ("2026-06-06T22:00", "2026-06-07T06:00")
    assert asked(client, url) == night
    place, day = f"{PAGE}override/", {"day": "2026-06-03"}
    for start in ("nonsense", "2026-06-06T22:00+02:00", "2026-06-06T22:00x", "9" * 400, "2026-06-07T06:00", "9999-12-31T23:59"):
        assert asked(client, place, start=start, end=night[1], **day) == ("2026-06-03T00:00", "2026-06-04T00:00"), start
    assert asked(client, place, start=night[0], **day) == ("2026-06-03T00:00", "2026-06-04T00:00")
    assert asked(client, place, end=night[1]) == ("2026-06-01T11:00", "2026-06-02T11:00")
    at(scene, "2026-06-06 22:30")
    assert asked(client, url) == ("2026-06-07T00:30", night[1]), "it began half an hour ago"
    send(client, url, duty="primary", person=scene.email("amira"), start="2026-06-07T00:30", end=night[1])
    held = [
        on(scene, when)["primary"] for when in ("2026-06-06 19:59", "2026-06-06 22:30", "2026-06-07 03:59", "2026-06-07 04:00")
    ]
    assert held == ["Jon Jensen", "Amira Ahmadi", "Amira Ahmadi", "Jon Jensen"]
    assert fills(client, "2026-06-0") == []
    at(scene, "2026-06-07 05:00")
    assert asked(client, url) == ("2026-06-07T07:00", "2026-06-08T07:00"), "it is over"


def test_a_gap_that_begins_at_a_time_that_comes_twice_is_asked_about_when_it_is_sent(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "jon", opens_at="06:00", closes_at="02:30")))
    at(scene, "2026-10-20 09:00")
    client = scene.page("mei")
    (url,) = fills(scene.page("admin"), "start=2026-10-25")
    start, end = asked(client, url)
    assert (start, end) == ("2026-10-25T02:30", "2026-10-25T06:00")
    typed: dict[str, Any] = {"duty": "primary", "person": scene.email("amira"), "start": start, "end": end}
    answer = send(scene.page("admin"), url, 422, **typed)
    assert "This time comes twice: which do you mean?" in text(answer)
    send(scene.page("admin"), url, **typed, twice="first")
    assert [on(scene, f"2026-10-25 {when}")["primary"] for when in ("00:29", "00:30", "04:59")] == [
        "Jon Jensen",
        "Amira Ahmadi",
        "Amira Ahmadi",
    ]


def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(scene: Scene) -> None:
    plan(scene, BERLIN)
    typed: dict[str, Any] = {
        "duty": "primary",
        "person": scene.email("jon"),
        "start": "2026-06-03T08:00",
        "end": "2026-06-02T20:00",
        "reason": "Train",
    }
    answer = send(scene.page("admin"), f"{PAGE}override/", 422, **typed)
    assert "Until: This is not after the beginning." in text(answer)
    for value in ("2026-06-03T08:00", "2026-06-02T20:00", "Train"):
        assert f'value="{value}"' in answer.content.decode()


def test_a_time_that_comes_twice_is_asked_about_in_the_form(scene: Scene) -> None:
    """The choice is not there before it is needed; then it is, with the sentence that says why."""
    plan(scene, BERLIN, layers=False)
    client = scene.page("mei")
    assert "comes twice" not in text(client.get(f"{PAGE}override/"))
    typed: dict[str, Any] = {
        "duty": "primary",
        "person": scene.email("mei"),
        "start": "2026-10-25T02:30",
        "end": "2026-10-25T06:00",
    }
    answer = send(client, f"{PAGE}override/", 422, **typed)
    assert "02:30 on 25 October 2026 in Europe/Berlin happens twice" in text(answer)
    assert "This time comes twice: which do you mean?" in text(answer)
    assert '<option value="last">the second time, after the clocks went back</option>' in answer.content.decode()
    send(client, f"{PAGE}override/", **typed, twice="last")
    assert on(scene, "2026-10-25 01:29")["primary"] is None
    assert on(scene, "2026-10-25 01:30")["primary"] == "Mei Martin"


def test_a_time_that_does_not_exist_is_refused_in_the_form(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    at(scene, "2027-03-20 09:00")
    typed: dict[str, Any] = {
        "duty": "primary",
        "person": scene.email("mei"),
        "start": "2027-03-28T02:30",
        "end": "2027-03-28T06:00",
    }
    answer = send(scene.page("mei"), f"{PAGE}override/", 422, **typed)
    assert "does not exist: the clocks jump over it to 03:00. Say 03:00, or an earlier time." in text(answer)


# --- Swaps -----------------------------------------------------------------------------------------------------------------


def test_a_swap_is_offered_and_accepted_on_the_page(scene: Scene) -> None:
    plan(scene)
    send(
        scene.page("amira"),
        f"{PAGE}swap/",
        duty="primary",
        start="2026-06-06T00:00",
        end="2026-06-08T00:00",
        to=scene.email("mei"),
    )
    assert re.findall(r"/accept/", scene.page("amira").get(PAGE).content.decode()) == []
    page = scene.page("mei").get(PAGE)
    assert "Amira Ahmadi offers Mei Martin: primary from Sat 6 Jun, 00:00 to Mon 8 Jun, 00:00." in text(page)
    send(scene.page("mei"), re.findall(r'action="([^"]+/accept/)"', page.content.decode())[0])
    assert on(scene, "2026-06-06 12:00")["primary"] == "Mei Martin"


def test_half_a_return_is_no_swap(scene: Scene) -> None:
    plan(scene)
    typed: dict[str, Any] = {"duty": "primary", "start": "2026-06-06T00:00", "end": "2026-06-08T00:00", "to": scene.email("mei")}
    answer = send(scene.page("amira"), f"{PAGE}swap/", 422, **typed, return_start="2026-06-15T10:00")
    assert "Say both: when it begins and when it ends." in text(answer)


# --- Editing ---------------------------------------------------------------------------------------------------------------


def test_an_administrator_makes_and_edits_a_schedule_by_forms_alone(scene: Scene) -> None:
    at(scene, "2026-06-01 09:00")
    client = scene.page("admin")
    made_ = send(client, "/o/acme/oncall/new/", name="Shop on call", slug="shop", team="shop", time_zone="UTC")
    assert made_["Location"] == PAGE
    turns: dict[str, Any] = {
        "every": 1,
        "unit": "week",
        "starts_on": "2026-06-01",
        "handover_at": "09:00",
        "time_zone": "UTC",
        "priority": 0,
    }
    days = [str(day) for day in range(1, 8)]
    people = "\n".join(scene.email(who) for who in ("amira", "jon", "mei"))
    send(client, f"{PAGE}layers/new/", duty="primary", people=people, weekdays=days, **turns)
    assert on(scene, "2026-06-08 09:00")["primary"] == "Jon Jensen"
    form = client.get(f"{PAGE}layers/1/").content.decode()
    assert f">\r\n{people}</textarea>".replace("\r\n", "\n") in form.replace("\r\n", "\n")
    send(client, f"{PAGE}layers/1/", duty="primary", people=scene.email("mei"), weekdays=days, row=row_of(form), **turns)
    assert on(scene, "2026-06-08 09:00")["primary"] == "Mei Martin"
    assert "A rotation of nobody" not in text(
        send(client, f"{PAGE}layers/1/", 422, duty="primary", people=" ", weekdays=days, **turns)
    )
    odd = {**turns, "handover_at": "09:00:30", "row": row_of(client.get(f"{PAGE}layers/1/").content.decode())}
    answer = send(client, f"{PAGE}layers/1/", 422, duty="primary", people=people, weekdays=days, **odd)
    assert "Handover at: Say this to the minute." in text(answer)
    send(client, f"{PAGE}change/", name="Shop", time_zone=BERLIN, is_active="on")
    assert "Times are Europe/Berlin" in text(client.get(PAGE))
    send(client, f"{PAGE}layers/1/end/")
    assert on(scene, "2026-06-08 09:00")["primary"] is None
    wrong = send(client, f"{PAGE}change/", 422, name="Shop", time_zone="Europe/Atlantis", is_active="on")
    assert "There is no time zone Europe/Atlantis; one is named like Europe/Berlin." in text(wrong)


def row_of(page: str) -> str:
    """Which row of a layer the form on a page was typed from."""
    (row,) = re.findall(r'<input type="hidden" name="row" value="(\d+)"', page)
    return str(row)


def as_shown(page: str, scene: Scene, *people: str, **typed: Any) -> dict[str, Any]:
    """The form of a layer as its page has it, with other people, and what else is typed."""
    shown = dict(
        re.findall(r'<input type="\w+" name="(every|starts_on|handover_at|time_zone|priority|row)" value="([^"]*)"', page)
    )
    crowd = "\n".join(scene.email(who) for who in people)
    return {"duty": "primary", "unit": "week", "weekdays": [str(day) for day in range(1, 8)], **shown, "people": crowd, **typed}


def test_of_two_who_edit_one_layer_the_second_is_told_and_sends_again_knowingly(scene: Scene) -> None:
    """The second form was filled in before the first was sent: it put back, unseen, whoever the first had taken out."""
    plan(scene)
    with scene.acme.scope(scene.acme.admin):
        mei = User.objects.get(pk=scene.acme.mei.user_id)
        configure(Team.objects.get(slug="shop"), {"manager": mei}, by=scene.acme.admin.actor())
    place, lead, admin = f"{PAGE}layers/1/", scene.page("mei"), scene.page("admin")
    theirs, ours = (client.get(place).content.decode() for client in (lead, admin))
    assert row_of(theirs) == row_of(ours)
    scene.clock.advance(minutes=5)
    send(lead, place, **as_shown(theirs, scene, "admin", opens_at="08:00", closes_at="20:00"))
    typed = as_shown(ours, scene, "amira", "jon", "mei", name="Summer", weekdays=["1", "2", "3"])
    answer = send(admin, place, 409, **typed)
    assert "Mei Martin changed this layer at 2026-06-01 09:05:00 UTC, and yours would undo that." in text(answer)
    assert "What is another since you opened it: people: Ada Admin; hours: 08:00 to 20:00. Nothing of yours" in text(answer)
    assert on(scene)["primary"] == "Ada Admin"
    again = answer.content.decode()
    assert 'value="Summer"' in again
    assert typed["people"] in again.replace("\r\n", "\n")
    assert re.findall(r'name="weekdays" value="(\d)"[^>]*checked', again) == ["1", "2", "3"]
    assert row_of(again) != row_of(ours)
    send(admin, place, **typed | {"row": row_of(again)})
    assert on(scene)["primary"] == "Amira Ahmadi"
    assert [event.actor_name for event in scene.events("schedule.layer_changed")] == ["Mei Martin", "Ada Admin"]


@pytest.mark.parametrize("row", ["", "0", "x", "9" * 40, "\x00"])
def test_a_form_that_says_no_row_is_shown_again_with_the_one_that_holds(scene: Scene, row: str) -> None:
    plan(scene)
    client = scene.page("admin")
    form = client.get(f"{PAGE}layers/1/").content.decode()
    typed = as_shown(form, scene, "amira", "jon", "mei")
    again = send(client, f"{PAGE}layers/1/", 422, **typed | {"row": row})
    assert "This did not say what the layer was like when you opened it" in text(again)
    assert row_of(again.content.decode()) == row_of(form)


@pytest.mark.parametrize("who", ["mei", "auditor"])
def test_members_find_no_form_to_edit_and_are_told_who_does(scene: Scene, who: str) -> None:
    plan(scene)
    client = scene.page(who)
    page = client.get(PAGE)
    assert "administrators and Ada Admin edit the schedule" in text(page)
    assert not re.search(r"/(change|import|layers/\w+)/", page.content.decode())
    for place in ("change/", "import/", "layers/new/", "layers/1/"):
        assert client.get(f"{PAGE}{place}").status_code == 403
    if who == "mei":
        assert "who leads Shop" in text(client.get(f"{PAGE}change/"))


def test_shifts_are_imported_by_the_form(scene: Scene) -> None:
    plan(scene, layers=False)
    body = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
        b"DTSTART:20260602T080000Z\r\nDTEND:20260602T200000Z\r\nSUMMARY:Mei Martin\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    client = scene.page("admin")
    answer = send(client, f"{PAGE}import/", 422, duty="primary", file=SimpleUploadedFile("x.ics", b"nothing"))
    assert "iCalendar file: This is no calendar that can be read" in text(answer)
    send(client, f"{PAGE}import/", duty="primary", file=SimpleUploadedFile("x.ics", body))
    assert on(scene, "2026-06-02 12:00")["primary"] == "Mei Martin"
    said = "1 shift made, 0 kept as before, 0 taken back; 0 of another duty passed over."
    assert said in html.unescape(client.get(PAGE).content.decode())
    other = body.replace(b"SUMMARY", b"CATEGORIES:shadow\r\nSUMMARY")
    answer = send(client, f"{PAGE}import/", 422, duty="primary", file=SimpleUploadedFile("x.ics", other))
    assert "iCalendar file: No event here is for primary; 1 is for another duty." in text(answer)


@pytest.mark.parametrize("value", ["a\x00b", "x" * 20_001, "9999-12-31T23:59", "9" * 400, "-1", "\U0001f4a5"])
def test_no_form_takes_nonsense(scene: Scene, value: str) -> None:
    from oncall import forms

    plan(scene)
    client = scene.page("admin")
    for place, form in (
        (f"{PAGE}override/", forms.OverrideForm),
        (f"{PAGE}swap/", forms.SwapForm),
        (f"{PAGE}change/", forms.ChangeScheduleForm),
        (f"{PAGE}layers/new/", forms.LayerForm),
        (f"{PAGE}layers/1/", forms.ChangeLayerForm),
        (f"{PAGE}import/", forms.ImportForm),
        ("/o/acme/oncall/new/", forms.ScheduleForm),
    ):
        assert client.post(place, dict.fromkeys(form.base_fields, value)).status_code == 422, place
    assert client.post("/o/acme/oncall/my-shifts/", {"schedule": value}).status_code == 404
