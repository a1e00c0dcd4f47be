"""Overrides and swaps: members take and give for themselves, and nobody is left both primary and secondary."""

import json
from typing import Any

import pytest

from ledger import people
from oncall.models import CalendarLink
from tenants.models import User
from tests.incidents.scene import Scene
from tests.oncall.planning import BERLIN, at, layer, made, on, override, plan, refused

pytestmark = pytest.mark.servers


def both(scene: Scene, when: str) -> tuple[str | None, str | None]:
    """Primary and secondary at an instant."""
    held = on(scene, when)
    return held["primary"], held["secondary"]


# --- Taking and giving -----------------------------------------------------------------------------------------------------


def test_a_member_takes_a_stretch(scene: Scene) -> None:
    plan(scene)
    told = made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00", reason="Amira is on a train"))
    assert (told["person"], told["replaced"], told["duty"]) == (scene.email("mei"), None, "primary")
    assert both(scene, "2026-06-02 17:59") == ("Amira Ahmadi", "Jon Jensen")
    assert both(scene, "2026-06-02 18:00") == ("Mei Martin", "Jon Jensen")
    assert both(scene, "2026-06-03 06:00") == ("Amira Ahmadi", "Jon Jensen")
    assert scene.events("override.given")[0].data["reason"] == "Amira is on a train"


def test_a_member_gives_theirs_and_who_gets_it_is_told(scene: Scene) -> None:
    plan(scene, BERLIN)
    given = {"person": scene.email("mei"), "replaced": scene.email("amira"), "reason": "Dentist"}
    made(override(scene, "amira", "2026-06-02 18:00", "2026-06-03 06:00", **given))
    assert on(scene, "2026-06-02 18:00")["primary"] == "Mei Martin"
    scene.follow()
    body = str(scene.mails("mei", "On call changes: Shop on call")[0].body)
    assert (
        "Mei Martin is primary of Shop on call in Amira Ahmadi's place from Tue 2 Jun 2026 20:00 to Wed 3 Jun 2026 08:00 (Europe/Berlin)."
        in body
    )
    assert "Reason: Dentist" in body
    assert scene.mails("amira", "On call changes") == []


def test_whoever_loses_a_stretch_and_gets_it_back_is_told(scene: Scene) -> None:
    """In nobody's place by name, as the form has it by default: Amira, who was on call then, heard of neither."""
    plan(scene)
    given = made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00"))
    scene.follow()
    times = "from Tue 2 Jun 2026 18:00 to Wed 3 Jun 2026 06:00 (UTC)."
    told = str(scene.mails("amira", "On call changes: Shop on call")[0].body)
    assert f"Mei Martin is primary of Shop on call {times}" in told
    made(scene.api("mei").post(f"overrides/{given['id']}/cancel/"), 200)
    scene.follow()
    told = str(scene.mails("amira", "On call changes back: Shop on call")[0].body)
    assert f"Cancelled: Mei Martin as primary of Shop on call {times}" in told
    assert scene.mails("jon", "On call changes") == scene.mails("mei", "On call changes") == []


def test_whoever_is_not_on_call_then_is_not_told(scene: Scene) -> None:
    """Ada takes what Mei had taken: Mei is told, and Amira, who had lost it before, is not told again."""
    plan(scene)
    made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00"))
    scene.follow()
    made(override(scene, "admin", "2026-06-02 20:00", "2026-06-02 22:00", replaced=scene.email("mei")))
    scene.follow()
    assert len(scene.mails("amira", "On call changes")) == len(scene.mails("mei", "On call changes")) == 1
    assert scene.mails("jon", "On call changes") == []


def test_members_change_nobody_elses(scene: Scene) -> None:
    """Neither two others' shifts, nor a schedule that is not theirs; leads and administrators may."""
    plan(scene)
    theirs = {"person": scene.email("mei"), "replaced": scene.email("amira")}
    when = ("2026-06-02 18:00", "2026-06-03 06:00")
    assert refused(override(scene, "jon", *when, **theirs), 403, "not_yours")
    assert refused(override(scene, "auditor", *when, **theirs), 403, "read_only")
    assert refused(override(scene, "support", *when, **theirs), 403, "not_of_this_schedule")
    assert scene.events("override.given") == []
    made(override(scene, "admin", *when, **theirs))
    assert on(scene, "2026-06-02 18:00")["primary"] == "Mei Martin"


def test_what_was_taken_can_be_given_on(scene: Scene) -> None:
    """Mei took Amira's place; Ada takes Mei's, and only Mei's."""
    plan(scene)
    made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00", replaced=scene.email("amira")))
    made(override(scene, "mei", "2026-06-02 20:00", "2026-06-03 02:00", replaced=scene.email("mei"), person=scene.email("admin")))
    hours = [
        on(scene, when)["primary"] for when in ("2026-06-02 19:00", "2026-06-02 21:00", "2026-06-03 03:00", "2026-06-03 07:00")
    ]
    assert hours == ["Mei Martin", "Ada Admin", "Mei Martin", "Amira Ahmadi"]


@pytest.mark.parametrize("who", ["mei", "amira"])
def test_whoever_is_in_it_cancels_it_and_the_past_stays(scene: Scene, who: str) -> None:
    plan(scene)
    made_ = made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00", replaced=scene.email("amira")))
    path = f"overrides/{made_['id']}/cancel/"
    assert refused(scene.api("jon").post(path), 403, "not_yours")
    assert refused(scene.api("auditor").post(path), 403, "read_only")
    at(scene, "2026-06-02 20:00")
    assert made(scene.api(who).post(path), 200)["cancelled_at"] == "2026-06-02T20:00:00Z"
    hours = [on(scene, when)["primary"] for when in ("2026-06-02 19:59", "2026-06-02 20:00", "2026-06-03 05:00")]
    assert hours == ["Mei Martin", "Amira Ahmadi", "Amira Ahmadi"]
    assert refused(scene.api(who).post(path), 409, "cancelled")


def test_one_that_is_over_is_not_cancelled(scene: Scene) -> None:
    plan(scene)
    made_ = made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00"))
    at(scene, "2026-06-03 06:00")
    assert refused(scene.api("mei").post(f"overrides/{made_['id']}/cancel/"), 409, "is_over")


# --- What cannot be --------------------------------------------------------------------------------------------------------


def test_overlapping_overrides_are_refused(scene: Scene) -> None:
    """Of one duty, in one person's place or in anybody's; not of another duty, nor in another person's place."""
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", "admin", "mei", unit="day")))
    made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00", replaced=scene.email("admin")))
    again = override(scene, "admin", "2026-06-03 05:00", "2026-06-03 08:00", person=scene.email("amira"))
    assert refused(again, 422, "overlaps", "start") == (
        "Mei Martin takes this duty from Tue 2 Jun 2026 18:00 to Wed 3 Jun 2026 06:00 already: "
        "cancel that first, or say that you take Mei Martin's place."
    )
    same = {"person": scene.email("amira"), "replaced": scene.email("admin")}
    assert refused(override(scene, "admin", "2026-06-02 10:00", "2026-06-02 18:01", **same), 422, "overlaps")
    made(override(scene, "admin", "2026-06-02 10:00", "2026-06-02 18:00", **same))


BAD: tuple[tuple[str, str, dict[str, Any], str, str], ...] = (
    ("2026-06-03 06:00", "2026-06-02 18:00", {}, "ends_before_it_starts", "end"),
    ("2026-06-03 06:00", "2026-06-03 06:00", {}, "ends_before_it_starts", "end"),
    ("2026-05-31 06:00", "2026-05-31 18:00", {}, "is_over", "end"),
    ("2026-06-01 08:54", "2026-06-02 18:00", {}, "in_the_past", "start"),
    ("2026-06-02 00:00", "2027-06-04 00:00", {}, "too_long", "end"),
    ("1999-06-02 00:00", "2026-06-04 00:00", {}, "out_of_range", "start"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"replaced": "mei@acme.example"}, "same_person", "person"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"replaced": "jon@acme.example"}, "not_on_call", "replaced"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"person": "ghost@acme.example"}, "no_such_person", "person"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"person": "exec@acme.example"}, "no_practitioner", "person"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"duty": "tertiary"}, "invalid_choice", "duty"),
    ("2026-06-02 00:00", "2026-06-04 00:00", {"reason": "x" * 201}, "too_long", "reason"),
)


def test_a_stretch_that_cannot_be_is_refused(scene: Scene) -> None:
    plan(scene)
    for start, end, body, code, field in BAD:
        assert refused(override(scene, "mei", start, end, **body), 422, code, field)
    assert scene.events("override.given") == []


@pytest.mark.clause("oncall.primary-secondary")
def test_nobody_becomes_primary_and_secondary_by_an_override(scene: Scene) -> None:
    plan(scene)
    answer = override(scene, "jon", "2026-06-02 18:00", "2026-06-03 06:00")
    assert refused(answer, 422, "both_at_once", "person").startswith(
        "Jon Jensen would be primary and secondary at once from Tue 2 Jun"
    )
    first = made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00", duty="secondary"))
    made(override(scene, "jon", "2026-06-02 18:00", "2026-06-03 06:00"))
    assert refused(scene.api("mei").post(f"overrides/{first['id']}/cancel/"), 422, "both_at_once")


def test_a_token_that_only_reads_changes_nothing(scene: Scene) -> None:
    """Each verb of schedules, by the token of an administrator who takes turns in it."""
    plan(scene)
    given = made(override(scene, "admin", "2026-06-02 18:00", "2026-06-03 06:00"))
    offered = made(swap(scene, "amira", *WEEKEND))
    made(scene.api("admin").post("calendar-links/", {}))
    with scene.acme.scope(scene.acme.admin):
        owner = User.objects.get(pk=scene.acme.admin.user_id)
        _, token = people.issue_token(owner, "reader", by=scene.acme.admin.actor(), scopes=("read",))
        link = CalendarLink.objects.get().pk
    when = {"start": "2026-06-10T00:00:00Z", "end": "2026-06-11T00:00:00Z"}
    for path, body in (
        ("schedules/", {"name": "x", "slug": "x", "time_zone": "UTC"}),
        ("schedules/shop/change/", {"name": "x"}),
        ("schedules/shop/layers/", layer(scene, "mei", duty="shadow")),
        ("schedules/shop/layers/1/change/", layer(scene, "mei")),
        ("schedules/shop/layers/1/end/", {}),
        ("schedules/shop/overrides/", when),
        (f"overrides/{given['id']}/cancel/", {}),
        ("schedules/shop/swaps/", when),
        (f"swaps/{offered['id']}/accept/", {}),
        (f"swaps/{offered['id']}/end/", {}),
        ("calendar-links/", {}),
        (f"calendar-links/{link}/revoke/", {}),
    ):
        answer = scene.api("admin").client.post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token}"}
        )
        assert refused(answer, 403, "read_only")


# --- A 02:30 that does not exist, or exists twice --------------------------------------------------------------------------


def wall(scene: Scene, start: str, end: str, **body: Any) -> Any:
    """Ask for an override in the wall time of the schedule."""
    return scene.api("mei").post("schedules/shop/overrides/", {"start": start, "end": end, **body})


def test_a_wall_time_that_does_not_exist_is_asked_about(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    at(scene, "2027-03-20 09:00")
    answer = wall(scene, "2027-03-28T02:30:00", "2027-03-28T06:00:00")
    assert refused(answer, 422, "no_such_time", "start") == (
        "02:30 on 28 March 2027 in Europe/Berlin does not exist: the clocks jump over it to 03:00. Say 03:00, or an earlier time."
    )
    told = made(wall(scene, "2027-03-28T03:00:00", "2027-03-28T06:00:00"))
    assert (told["start"], told["end"]) == ("2027-03-28T01:00:00Z", "2027-03-28T04:00:00Z")


def test_a_wall_time_that_exists_twice_is_asked_about(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    answer = wall(scene, "2026-10-25T02:30:00", "2026-10-25T06:00:00")
    assert refused(answer, 422, "time_twice", "start").endswith("at UTC+01:00. Say which you mean: the first or the last.")
    first = made(wall(scene, "2026-10-25T02:30:00", "2026-10-25T06:00:00", twice="first"))
    assert first["start"] == "2026-10-25T00:30:00Z"
    made(scene.api("mei").post(f"overrides/{first['id']}/cancel/"), 200)
    assert made(wall(scene, "2026-10-25T02:30:00", "2026-10-25T06:00:00", twice="last"))["start"] == "2026-10-25T01:30:00Z"


# --- Swaps -----------------------------------------------------------------------------------------------------------------


def swap(scene: Scene, who: str, start: str, end: str, **body: Any) -> Any:
    """Offer a stretch of one's primary duty."""
    return scene.api(who).post("schedules/shop/swaps/", {"start": f"{start}Z", "end": f"{end}Z", **body})


WEEKEND, NEXT = ("2026-06-06T00:00:00", "2026-06-08T00:00:00"), ("2026-06-13T00:00:00", "2026-06-15T00:00:00")


def test_a_swap_changes_both_sides_once_it_is_accepted(scene: Scene) -> None:
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", "mei")))
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "jon", duty="secondary")))
    back = {"return_start": f"{NEXT[0]}Z", "return_end": f"{NEXT[1]}Z"}
    offered = made(swap(scene, "amira", *WEEKEND, to=scene.email("mei"), reason="Wedding", **back))
    scene.follow()
    assert "In return Amira Ahmadi takes it from Sat 13 Jun" in str(scene.mails("mei", "A swap is offered")[0].body)
    assert on(scene, "2026-06-06 12:00")["primary"] == "Amira Ahmadi"
    path = f"swaps/{offered['id']}/accept/"
    assert refused(scene.api("amira").post(path), 403, "your_own")
    assert refused(scene.api("jon").post(path), 403, "not_offered_to_you")
    assert made(scene.api("mei").post(path), 200)["state"] == "accepted"
    assert [on(scene, when)["primary"] for when in ("2026-06-06 12:00", "2026-06-13 12:00")] == ["Mei Martin", "Amira Ahmadi"]
    scene.follow()
    assert len(scene.mails("amira", "Your swap is accepted")) == 1
    assert refused(scene.api("mei").post(path), 409, "settled").startswith("Mei Martin settled this at 2026-06-01")
    both_sides = [row["id"] for row in scene.api("mei").get("schedules/shop/overrides/").json()["results"]]
    made(scene.api("mei").post(f"overrides/{both_sides[0]}/cancel/"), 200)
    scene.follow()
    told = str(scene.mails("amira", "On call changes back")[0].body)
    assert "Cancelled: Amira Ahmadi as primary of Shop on call in Mei Martin's place from Sat 13 Jun 2026 00:00 to Mon 15" in told
    assert "Cancelled with it: Mei Martin as primary of Shop on call in Amira Ahmadi's place from Sat 6 Jun 2026 00:00" in told
    assert [on(scene, when)["primary"] for when in ("2026-06-06 12:00", "2026-06-13 12:00")] == ["Amira Ahmadi", "Mei Martin"]


def test_a_swap_offered_to_all_is_the_first_ones(scene: Scene) -> None:
    plan(scene)
    offered = made(swap(scene, "amira", *WEEKEND))
    assert refused(scene.api("director").post(f"swaps/{offered['id']}/accept/"), 403, "not_of_this_schedule")
    assert refused(scene.api("jon").post(f"swaps/{offered['id']}/accept/"), 422, "both_at_once")
    made(scene.api("admin").post(f"swaps/{offered['id']}/accept/"), 200)
    assert refused(scene.api("mei").post(f"swaps/{offered['id']}/accept/"), 409, "settled")
    assert on(scene, "2026-06-06 12:00")["primary"] == "Ada Admin"


def test_a_swap_is_withdrawn_or_declined(scene: Scene) -> None:
    plan(scene)
    for who in ("amira", "mei"):
        offered = made(swap(scene, "amira", *WEEKEND, to=scene.email("mei")))
        assert refused(scene.api("jon").post(f"swaps/{offered['id']}/end/"), 403, "not_yours")
        made(scene.api(who).post(f"swaps/{offered['id']}/end/"), 200)
        assert refused(scene.api("mei").post(f"swaps/{offered['id']}/accept/"), 409, "settled")
        assert refused(scene.api("amira").post(f"swaps/{offered['id']}/end/"), 409, "settled")


def test_what_is_not_ones_own_is_not_offered_nor_what_has_begun_accepted(scene: Scene) -> None:
    plan(scene)
    assert refused(swap(scene, "mei", *WEEKEND), 422, "not_all_theirs", "start") == "Mei Martin is not primary all of that time."
    back = {"return_start": f"{WEEKEND[0]}Z", "return_end": f"{WEEKEND[1]}Z"}
    assert refused(swap(scene, "amira", *WEEKEND, **back), 422, "required", "to")
    assert refused(swap(scene, "amira", *WEEKEND, to=scene.email("mei"), **back), 422, "not_all_theirs", "return_start")
    offered = made(swap(scene, "amira", *WEEKEND, to=scene.email("mei")))
    at(scene, "2026-06-06 00:06")
    assert refused(scene.api("mei").post(f"swaps/{offered['id']}/accept/"), 409, "is_over")
