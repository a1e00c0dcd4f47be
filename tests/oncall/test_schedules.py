"""Schedules and their layers: who edits them, what cannot be, and that an edit does not change the past."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall.actions import schedules
from oncall.models import Layer, Override, Schedule
from tenants import time
from tenants.actors import Via, system
from tests.incidents.scene import Scene
from tests.oncall.planning import BERLIN, at, layer, made, on, plan, refused, utc

pytestmark = pytest.mark.servers


@pytest.mark.clause("oncall.primary-secondary")
def test_a_team_has_a_primary_and_a_secondary_who_take_turns(scene: Scene) -> None:
    plan(scene)
    assert on(scene) == {"primary": "Amira Ahmadi", "secondary": "Jon Jensen"}
    assert on(scene, "2026-06-08 08:59") == {"primary": "Amira Ahmadi", "secondary": "Jon Jensen"}
    assert on(scene, "2026-06-08 09:00") == {"primary": "Jon Jensen", "secondary": "Mei Martin"}
    assert on(scene, "2026-06-22 09:00") == {"primary": "Amira Ahmadi", "secondary": "Jon Jensen"}
    told = made(scene.api("mei").get("schedules/shop/"), 200)
    assert (told["team"], told["time_zone"], told["is_active"]) == ("shop", "UTC", True)
    assert [(one["number"], one["duty"], one["every"], one["unit"]) for one in told["layers"]] == [
        (1, "primary", 1, "week"),
        (2, "secondary", 1, "week"),
    ]
    assert [event.data["name"] for event in scene.events("schedule.made")] == ["Shop on call"]
    assert [event.data["what"]["people"][0] for event in scene.events("schedule.layer_added")] == ["Amira Ahmadi", "Jon Jensen"]


# --- Members must not edit schedules (a need of the users of other tools) ----------------------------------------------------


EDITS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("schedules/", {"name": "Mine", "slug": "mine", "team": "shop", "time_zone": "UTC"}),
    ("schedules/shop/change/", {"name": "Mine"}),
    ("schedules/shop/layers/", {"people": ["mei@acme.example"]}),
    ("schedules/shop/layers/1/change/", {"people": ["mei@acme.example"]}),
    ("schedules/shop/layers/1/end/", {}),
)


def test_members_do_not_edit_schedules(scene: Scene) -> None:
    """Not even those who take turns in it; they are told who does, and what they can do themselves."""
    plan(scene)
    for who in ("amira", "support", "exec", "owner"):
        for path, body in EDITS:
            assert refused(scene.api(who).post(path, body), 403, "not_a_lead") == (
                "Schedules are edited by administrators or Ada Admin, who leads Shop. "
                "You can take or give an override, or offer a swap."
            )
    for path, body in EDITS:
        assert refused(scene.api("auditor").post(path, body), 403, "read_only")
    assert on(scene)["primary"] == "Amira Ahmadi"
    assert scene.events("schedule.changed") == scene.events("schedule.layer_changed") == []


def test_the_teams_lead_edits_its_schedule_and_no_other(scene: Scene) -> None:
    """Mei, who is no administrator, leads Shop now; the organisation's own schedules are the administrators'."""
    from ledger.actions import configure
    from oncall.models import Team

    plan(scene)
    with scene.acme.scope(scene.acme.admin):
        from tenants.models import User

        mei = User.objects.get(pk=scene.acme.mei.user_id)
        configure(Team.objects.get(slug="shop"), {"manager": mei}, by=scene.acme.admin.actor())
    assert made(scene.api("mei").post("schedules/shop/change/", {"name": "Ours"}), 200)["name"] == "Ours"
    own = {"name": "Privacy", "slug": "privacy", "time_zone": "UTC"}
    assert refused(scene.api("mei").post("schedules/", own), 403, "not_a_lead").startswith(
        "Schedules are edited by administrators. "
    )
    made(scene.api("admin").post("schedules/", own))
    assert refused(scene.api("mei").post("schedules/privacy/change/", {"name": "Ours"}), 403, "not_a_lead")


# --- What cannot be --------------------------------------------------------------------------------------------------------


BAD_LAYERS: tuple[tuple[dict[str, Any], str, str, str], ...] = (
    ({"people": []}, "nobody", "people", "A rotation of nobody calls nobody: name at least one person."),
    ({"people": ["ghost@acme.example"]}, "no_such_person", "people", "There is nobody here with ghost@acme.example."),
    (
        {"people": ["support@acme.example"]},
        "no_practitioner",
        "people",
        "Sam Support is no practitioner here, and cannot be on call.",
    ),
    ({"people": ["amira@globex.example"]}, "no_such_person", "people", "There is nobody here with amira@globex.example."),
    (
        {"time_zone": "Europe/Atlantis"},
        "no_such_zone",
        "time_zone",
        "There is no time zone Europe/Atlantis; one is named like Europe/Berlin.",
    ),
    ({"every": 53}, "out_of_range", "every", "A turn lasts 1 to 52 weeks."),
    ({"weekdays": []}, "out_of_range", "weekdays", "Give at least one weekday, each from 1 (Monday) to 7 (Sunday)."),
    ({"weekdays": [8]}, "out_of_range", "weekdays", "Give at least one weekday, each from 1 (Monday) to 7 (Sunday)."),
    ({"opens_at": "09:00"}, "required", "closes_at", "Hours need both: when they begin and when they end."),
    ({"handover_at": "25:00"}, "invalid", "handover_at", "A time of day is written like 09:00."),
    ({"starts_on": "1999-12-31"}, "out_of_range", "starts_on", "This is not between 2000 and two years from now."),
    ({"starts_on": "2028-07-01"}, "out_of_range", "starts_on", "This is not between 2000 and two years from now."),
    ({"priority": 1001}, "out_of_range", "priority", "A priority lies between -1000 and 1000."),
    (
        {"name": "a\u202eb"},
        "control_character",
        "name",
        "This has the control character U+202E, which cannot be shown safely.",
    ),
)
BAD_SCHEDULES: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"time_zone": "Mars/Olympus"}, "no_such_zone", "time_zone"),
    ({"time_zone": "x" * 61}, "max_length", "time_zone"),
    ({"slug": "Shop!"}, "invalid", "slug"),
    ({"slug": "shop"}, "taken", "slug"),
    ({"team": "nobody"}, "no_such_team", "team"),
    ({"team": "shop"}, "has_one", "team"),
    ({"name": " "}, "required", "name"),
)


def test_a_layer_that_cannot_be_is_refused_in_a_sentence(scene: Scene) -> None:
    plan(scene)
    before = made(scene.api("admin").get("schedules/shop/"), 200)
    for body, code, field, sentence in BAD_LAYERS:
        for path in ("schedules/shop/layers/", "schedules/shop/layers/1/change/"):
            answer = scene.api("admin").post(path, {**layer(scene, "mei", duty="shadow"), **body})
            assert refused(answer, 422, code, field) == sentence
    crowd = {**layer(scene, "mei"), "duty": "shadow", "people": [scene.email("mei")] * 61}
    answer = scene.api("admin").post("schedules/shop/layers/", crowd)
    assert refused(answer, 422, "too_many", "people") == "At most 60 people take turns in one layer."
    assert made(scene.api("admin").get("schedules/shop/"), 200) == before


def test_a_schedule_that_cannot_be_is_refused(scene: Scene) -> None:
    plan(scene)
    for body, code, field in BAD_SCHEDULES:
        answer = scene.api("admin").post("schedules/", {"name": "Two", "slug": "two", "time_zone": "UTC", **body})
        assert refused(answer, 422, code, field)


@pytest.mark.clause("oncall.primary-secondary")
def test_nobody_is_made_primary_and_secondary_at_once(scene: Scene) -> None:
    """It is tried 90 days ahead: here in the third week."""
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", "jon", "mei")))
    answer = scene.api("admin").post("schedules/shop/layers/", layer(scene, "jon", "amira", "mei", duty="secondary"))
    assert refused(answer, 422, "both_at_once", "people") == (
        "Mei Martin would be primary and secondary at once from Mon 15 Jun 2026 09:00 to Mon 22 Jun 2026 09:00: "
        "nobody would be left to call."
    )
    assert answer.json()["clause"] == "oncall.primary-secondary"
    assert on(scene) == {"primary": "Amira Ahmadi", "secondary": None}


def both_refused(answer: Any, who: str, field: str = "") -> str:
    """The refusal of an edit that would make somebody primary and secondary at once."""
    told = refused(answer, 422, "both_at_once", field)
    assert told.startswith(f"{who} would be primary and secondary at once from "), told
    return told


@pytest.mark.clause("oncall.primary-secondary")
def test_another_zone_makes_nobody_both(scene: Scene) -> None:
    """The primary goes by the schedule's zone, the secondary by its own."""
    plan(scene, layers=False)
    admin = scene.api("admin")
    made(admin.post("schedules/shop/layers/", layer(scene, "jon", "mei", unit="day")))
    made(admin.post("schedules/shop/layers/", layer(scene, "mei", "jon", unit="day", duty="secondary", time_zone="Etc/UTC")))
    both_refused(admin.post("schedules/shop/change/", {"time_zone": "Asia/Tokyo"}), "Mei Martin", "time_zone")
    assert made(admin.get("schedules/shop/"), 200)["time_zone"] == "UTC"


@pytest.mark.clause("oncall.primary-secondary")
def test_the_end_of_a_layer_makes_nobody_both(scene: Scene) -> None:
    """Mei, who is secondary, stands behind Amira; by the button of the page too."""
    plan(scene, layers=False)
    admin = scene.api("admin")
    made(admin.post("schedules/shop/layers/", layer(scene, "amira", priority=1)))
    made(admin.post("schedules/shop/layers/", layer(scene, "mei", duty="secondary")))
    made(admin.post("schedules/shop/layers/", layer(scene, "mei")))
    both_refused(admin.post("schedules/shop/layers/1/end/"), "Mei Martin")
    answer = scene.page("admin").post("/o/acme/oncall/s/shop/layers/1/end/")
    assert answer.status_code == 422
    assert "Mei Martin would be primary and secondary at once" in answer.content.decode()
    assert on(scene) == {"primary": "Amira Ahmadi", "secondary": "Mei Martin"}


@pytest.mark.clause("oncall.primary-secondary")
def test_a_layer_is_tried_from_where_it_begins(scene: Scene) -> None:
    """Half a year ahead: it was tried for 90 days from now, in which it is nobody's."""
    plan(scene)
    late = layer(scene, "mei", starts_on="2026-12-07", priority=1)
    told = both_refused(scene.api("admin").post("schedules/shop/layers/", late), "Mei Martin", "people")
    assert "from Mon 14 Dec 2026 09:00" in told


@pytest.mark.clause("oncall.primary-secondary")
def test_what_is_so_already_stops_no_edit(scene: Scene) -> None:
    """Mei is both (as nothing lets her become): a name, another layer's end, and the end of a part of it make it no worse."""
    plan(scene, layers=False)
    admin = scene.api("admin")
    for people, duty in (("amira", "primary"), ("mei", "secondary"), ("jon", "shadow")):
        made(admin.post("schedules/shop/layers/", layer(scene, people, duty=duty)))
    made(admin.post("schedules/shop/layers/", layer(scene, "mei", duty="secondary", priority=1, weekdays=[3])))
    with scene.acme.scope(scene.acme.admin):
        when = {"starts_at": utc("2026-06-02 00:00"), "ends_at": utc("2026-06-05 00:00")}
        Override.objects.create(schedule=Schedule.objects.get(), duty="primary", user_id=scene.acme.mei.user_id, **when)
    assert on(scene, "2026-06-03 12:00") == {"primary": "Mei Martin", "secondary": "Mei Martin", "shadow": "Jon Jensen"}
    made(admin.post("schedules/shop/layers/4/end/"), 200)
    made(admin.post("schedules/shop/layers/2/change/", layer(scene, "mei", duty="secondary", name="Seconds")), 200)
    made(admin.post("schedules/shop/layers/3/end/"), 200)
    made(admin.post("schedules/shop/change/", {"time_zone": BERLIN}), 200)
    made(admin.post("schedules/shop/layers/2/end/"), 200)
    assert on(scene, "2026-06-03 12:00") == {"primary": "Mei Martin", "secondary": None}


def test_a_team_that_switched_its_schedule_off_may_have_another(scene: Scene) -> None:
    plan(scene)
    another = {"name": "Another", "slug": "another", "team": "shop", "time_zone": "UTC"}
    made(scene.api("admin").post("schedules/shop/change/", {"is_active": False}), 200)
    made(scene.api("admin").post("schedules/", another))
    assert refused(scene.api("admin").post("schedules/shop/change/", {"is_active": True}), 422, "has_one")


# --- Wall time -------------------------------------------------------------------------------------------------------------


def test_a_handover_that_is_skipped_or_comes_twice_is_said_with_what_happens_then(scene: Scene) -> None:
    """The choice is made visible: at the jump, and at the first of the two."""
    plan(scene, BERLIN, layers=False)
    told = made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", handover_at="02:30")))
    assert told["layers"][0]["edges"] == [
        {
            "wall": "2026-10-25T02:30:00",
            "reading": "twice",
            "handover_at": "2026-10-25T00:30:00Z",
            "sentence": "02:30 on 25 October 2026 in Europe/Berlin happens twice: "
            "first at UTC+02:00, then, after the clocks went back, at UTC+01:00.",
        },
        {
            "wall": "2027-03-28T02:30:00",
            "reading": "skipped",
            "handover_at": "2027-03-28T01:00:00Z",
            "sentence": "02:30 on 28 March 2027 in Europe/Berlin does not exist: the clocks jump over it to 03:00.",
        },
    ]


def test_a_handover_at_nine_stays_at_nine(scene: Scene) -> None:
    plan(scene, BERLIN)
    assert on(scene, "2026-10-19 06:59")["primary"] == "Jon Jensen"
    assert on(scene, "2026-10-19 07:00")["primary"] == "Mei Martin"
    assert on(scene, "2026-10-26 07:59")["primary"] == "Mei Martin"
    assert on(scene, "2026-10-26 08:00")["primary"] == "Amira Ahmadi"


def test_layers_follow_the_sun_and_the_higher_goes_first(scene: Scene) -> None:
    plan(scene, BERLIN, layers=False)
    admin = scene.api("admin")
    made(admin.post("schedules/shop/layers/", layer(scene, "mei", name="Nights", priority=-1)))
    day = {"opens_at": "09:00", "closes_at": "17:00"}
    made(admin.post("schedules/shop/layers/", layer(scene, "amira", **day)))
    made(admin.post("schedules/shop/layers/", layer(scene, "jon", time_zone="America/New_York", **day)))
    hours = [on(scene, f"2026-06-02 {hour}")["primary"] for hour in ("07:00", "15:00", "20:59", "21:00", "06:59")]
    assert hours == ["Amira Ahmadi", "Jon Jensen", "Jon Jensen", "Mei Martin", "Mei Martin"]


# --- The past --------------------------------------------------------------------------------------------------------------


def test_a_change_holds_from_now_on_and_the_past_stays(scene: Scene) -> None:
    plan(scene)
    at(scene, "2026-06-03 12:00")
    told = made(scene.api("admin").post("schedules/shop/layers/1/change/", layer(scene, "admin", name="Summer")), 200)
    assert [(one["number"], one["name"]) for one in told["layers"] if one["duty"] == "primary"] == [(1, "Summer")]
    assert on(scene, "2026-06-03 11:59")["primary"] == "Amira Ahmadi"
    assert on(scene, "2026-06-03 12:00")["primary"] == "Ada Admin"
    changed = scene.events("schedule.layer_changed")[0].data
    assert (changed["before"]["people"][0], changed["what"]["people"]) == ("Amira Ahmadi", ["Ada Admin"])


def test_a_change_that_was_asked_from_another_row_is_refused_with_what_holds(scene: Scene) -> None:
    """Who sends no `row` asks whatever holds, as before there was one."""
    plan(scene)
    admin, path = scene.api("admin"), "schedules/shop/layers/1/change/"
    (read,) = [one for one in made(admin.get("schedules/shop/"), 200)["layers"] if one["number"] == 1]
    told = made(admin.post(path, layer(scene, "admin", row=read["row"])), 200)
    (holds,) = [one for one in told["layers"] if one["number"] == 1]
    assert holds["row"] != read["row"]
    for row in (read["row"], 2**63 - 1):
        answer = admin.post(path, layer(scene, "amira", "jon", "mei", row=row))
        assert refused(answer, 409, "changed_meanwhile").startswith("Ada Admin changed this layer at 2026-06-01 09:00:00 UTC")
        assert (answer.json()["current"]["row"], answer.json()["current"]["people"]) == (holds["row"], ["Ada Admin"])
    for nonsense in (0, -1, 2**63, "x", None, [1]):
        answer = admin.post(path, layer(scene, "amira", row=nonsense))
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["row"])
    assert on(scene)["primary"] == "Ada Admin"
    made(admin.post("schedules/shop/change/", {"time_zone": BERLIN}), 200)
    told_again = refused(admin.post(path, layer(scene, "amira", "jon", "mei", row=holds["row"])), 409, "changed_meanwhile")
    assert "What is another since you opened it: time zone: Europe/Berlin." in told_again
    made(admin.post(path, layer(scene, "amira", "jon", "mei")), 200)
    assert on(scene, "2026-06-03 12:00")["primary"] == "Amira Ahmadi"


def test_a_change_leaves_no_moment_without_anybody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes on while the verb is done. Other tests' clock stands still, and could not see the hole."""
    plan(scene)
    at(scene, "2026-06-03 12:00")
    monkeypatch.setattr(time, "_source", lambda: lambda: scene.clock.advance(milliseconds=1))
    made(scene.api("admin").post("schedules/shop/layers/1/change/", layer(scene, "amira", "jon", "mei", name="Summer")), 200)
    made(scene.api("admin").post("schedules/shop/change/", {"time_zone": BERLIN}), 200)
    when = {"start": "2026-06-03T00:00:00Z", "end": "2026-06-04T00:00:00Z"}
    rows = made(scene.api("mei").get("schedules/shop/spans/", **when), 200)["results"]
    assert {(row["duty"], row["name"]) for row in rows} == {("primary", "Amira Ahmadi"), ("secondary", "Jon Jensen")}


# --- Who hears of an edit --------------------------------------------------------------------------------------------------


def told(scene: Scene) -> dict[str, str]:
    """Who was told since it was asked last, by first name -> the message."""
    scene.follow()
    found = {who: scene.mails(who, "Your shifts change: Shop on call") for who in ("amira", "jon", "mei", "admin")}
    mail.outbox.clear()
    return {who: str(mails[0].body) for who, mails in found.items() if mails}


def test_those_whose_shifts_an_edit_changes_within_two_weeks_are_told(scene: Scene) -> None:
    """Each kind of edit; not who made it, and not whose shifts change later."""
    plan(scene)
    admin = scene.api("admin")
    assert set(told(scene)) == {"amira", "jon", "mei"}
    made(admin.post("schedules/shop/layers/1/change/", layer(scene, "amira", "jon", "mei", name="Summer")), 200)
    assert told(scene) == {}, "nobody's shifts changed"
    made(admin.post("schedules/shop/layers/1/change/", layer(scene, "amira", "admin", "mei")), 200)
    found = told(scene)
    assert set(found) == {"jon"}
    assert "Shop on call was changed: your shifts of the next 14 days have changed. You now have (UTC):\n" in found["jon"]
    assert "Secondary from Mon 1 Jun 2026 09:00 to Mon 8 Jun 2026 09:00\nBy Ada Admin." in found["jon"]
    made(admin.post("schedules/shop/change/", {"time_zone": BERLIN}), 200)
    assert set(told(scene)) == {"amira", "jon", "mei"}
    made(admin.post("schedules/shop/layers/1/end/"), 200)
    assert set(told(scene)) == {"amira", "mei"}, "whose week begins at 07:00 UTC by now"
    made(admin.post("schedules/shop/change/", {"is_active": False}), 200)
    found = told(scene)
    assert set(found) == {"amira", "jon", "mei"}
    assert "You are on call in none of them now." in found["jon"]
    made(admin.post("schedules/shop/layers/2/end/"), 200)
    assert told(scene) == {}, "nobody is on call by a schedule that is switched off"


def test_what_a_command_sets_up_is_nobodys_news(scene: Scene) -> None:
    """As a demonstration's schedule."""
    plan(scene)
    told(scene)
    with scene.acme.scope(scene.acme.admin):
        schedules.end_layer(Layer.objects.get(number=1), by=system(scene.acme.id, Via.COMMAND))
    assert len(scene.events("schedule.layer_ended")[0].data["people"]) == 2
    assert told(scene) == {}


def test_another_zone_moves_the_handover_from_now_on(scene: Scene) -> None:
    """Layers that went by the schedule's zone go by the new one; a layer with a zone of its own keeps it."""
    plan(scene)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "mei", duty="shadow", time_zone="Asia/Tokyo")))
    at(scene, "2026-06-03 12:00")
    told = made(scene.api("admin").post("schedules/shop/change/", {"time_zone": BERLIN}), 200)
    assert {one["duty"]: one["time_zone"] for one in told["layers"]} == {
        "primary": BERLIN,
        "secondary": BERLIN,
        "shadow": "Asia/Tokyo",
    }
    assert on(scene, "2026-06-08 07:00")["primary"] == "Jon Jensen"
    assert on(scene, "2026-06-01 08:00")["primary"] is None


def test_an_ended_layer_leaves_a_gap_that_is_found(scene: Scene) -> None:
    plan(scene)
    assert made(scene.api("mei").get("schedules/shop/gaps/"), 200)["results"] == []
    at(scene, "2026-06-03 12:00")
    made(scene.api("admin").post("schedules/shop/layers/2/end/"), 200)
    gaps = made(scene.api("mei").get("schedules/shop/gaps/"), 200)["results"]
    assert gaps == [{"schedule": "shop", "duty": "secondary", "start": "2026-06-03T12:00:00Z", "end": "2026-06-17T12:00:00Z"}]
    assert scene.api("admin").post("schedules/shop/layers/2/end/").status_code == 404


# --- Reading ---------------------------------------------------------------------------------------------------------------


def test_spans_follow_each_other_and_load_is_counted(scene: Scene) -> None:
    plan(scene)
    rows = made(scene.api("mei").get("schedules/shop/spans/", start="2026-06-05T00:00:00Z", end="2026-06-10T00:00:00Z"), 200)[
        "results"
    ]
    assert [(row["duty"], row["start"], row["name"]) for row in rows] == [
        ("primary", "2026-06-05T00:00:00Z", "Amira Ahmadi"),
        ("primary", "2026-06-08T09:00:00Z", "Jon Jensen"),
        ("secondary", "2026-06-05T00:00:00Z", "Jon Jensen"),
        ("secondary", "2026-06-08T09:00:00Z", "Mei Martin"),
    ]
    at(scene, "2026-06-09 09:00")
    load = made(scene.api("mei").get("schedules/shop/load/"), 200)["results"]
    assert [(row["name"], row["primary_hours"], row["secondary_hours"], row["nights"]) for row in load] == [
        ("Jon Jensen", 24.0, 168.0, 8),
        ("Amira Ahmadi", 168.0, 0.0, 7),
        ("Mei Martin", 0.0, 24.0, 1),
    ]


def test_a_stretch_that_cannot_be_read_is_refused(scene: Scene) -> None:
    plan(scene)
    now = "2026-06-05T00:00:00Z"
    for query in ({"start": "soon"}, {"start": now, "end": now}, {"end": "2027-06-05T00:00:00Z"}):
        assert scene.api("mei").get("schedules/shop/spans/", **query).status_code == 422


def test_who_is_on_call_costs_the_same_for_one_schedule_as_for_three(scene: Scene) -> None:
    plan(scene)
    costs = []
    on(scene)  # the token's last use is written once a minute
    for name in ("", "second", "third"):
        if name:
            made(scene.api("admin").post("schedules/", {"name": name, "slug": name, "time_zone": "UTC"}))
            made(scene.api("admin").post(f"schedules/{name}/layers/", layer(scene, "mei")))
        with CaptureQueriesContext(connection) as asked:
            assert len(on(scene)) == 2
        costs.append(len(asked))
    assert len(set(costs)) == 1, costs


def test_another_organisation_sees_nothing_of_it(scene: Scene) -> None:
    plan(scene)
    outsider = scene.door(scene.globex.amira)
    assert outsider.get("schedules/shop/").status_code == 404
    theirs = outsider.get("oncall/now/").json()["results"]
    assert {(row["schedule"], row["person"].split("@")[1]) for row in theirs} == {(None, "globex.example")}
