"""The review meeting (clauses postmortem.review-5-days, postmortem.attendance, postmortem.blameless-rule)."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from icalendar import Calendar

from ledger.actions import configure
from standard.models import Calendar as WorkCalendar
from standard.models import CalendarDay
from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, business_day_end, called, done, held, resolved, shown

pytestmark = pytest.mark.servers

DUE, SEATS = "postmortem.review-5-days", ["Incident Commander", "Operations Lead", "Engineering Manager", "Product Owner"]


def due(scene: Scene, ref: str) -> datetime:
    return datetime.fromisoformat(scene.running(ref, DUE)["due_at"])


def invitation(mail: Any) -> Any:
    """The iCalendar of a mail as it goes over the wire, and its part's method."""
    parts = list(message_from_bytes(mail.message().as_bytes(), policy=default).walk())
    (part,) = [one for one in parts if one.get_content_type() == "text/calendar"]
    made = Calendar.from_ical(part.get_content())
    assert made["method"] == part.get_param("method")
    (event,) = made.walk("VEVENT")
    return made["method"], event


# --- Its time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("postmortem.review-5-days")
def test_it_is_due_at_the_close_of_the_fifth_business_day_after_the_resolution(scene: Scene) -> None:
    ref = resolved(scene)
    assert due(scene, ref) == business_day_end(scene, scene.clock.now, 5)


@pytest.mark.clause("postmortem.review-5-days")
def test_holidays_and_the_zone_of_the_organisations_calendar_count(scene: Scene) -> None:
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        calendar = WorkCalendar.objects.get()
        configure(calendar, {"time_zone": "Asia/Tokyo"}, by=by)
        off = (scene.clock.now + timedelta(hours=9, days=1)).date()
        while off.isoweekday() > 5:
            off += timedelta(days=1)
        configure(CalendarDay(), {"calendar": calendar, "day": off, "name": "Company day"}, by=by)
    ref = resolved(scene)
    day = (scene.clock.now + timedelta(hours=9)).date()
    left = 5
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= 5 and day != off
    assert due(scene, ref).isoformat() == f"{day}T08:00:00+00:00"  # 17:00 in Tokyo


@pytest.mark.clause("postmortem.review-5-days")
def test_its_writers_hear_once_it_is_overdue_and_so_does_the_process_owner(scene: Scene) -> None:
    ref = resolved(scene)
    scene.clock.advance(days=9)
    while scene.sweep():
        pass
    scene.follow()
    for who in ("amira", "jon", "owner"):
        assert len(scene.mails(who, f"{ref}: the review of its post-mortem is overdue")) == 1, who
    assert scene.mails("mei", "the review of its post-mortem") == []
    assert [e["data"]["clause"] for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == DUE] == [DUE]


@pytest.mark.clause("postmortem.review-5-days")
def test_a_slot_is_suggested_within_business_hours_and_before_it_is_due(scene: Scene) -> None:
    ref = resolved(scene)
    slot = datetime.fromisoformat(shown(scene, "amira", ref)["suggested"])
    assert scene.clock.now < slot < due(scene, ref)
    assert (slot.isoweekday() <= 5, slot.hour) == (True, 10)


@pytest.mark.clause("lifecycle.phases")
def test_reopening_stops_its_clock_and_it_is_due_afresh(scene: Scene) -> None:
    ref = resolved(scene)
    held(scene, ref)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.follow()
    assert ask(scene, "amira", ref, "review", {"starts_at": scene.ago(hours=-1).isoformat()}).json()["code"] == "not_resolved"
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="For good")
    scene.follow()
    assert due(scene, ref) == business_day_end(scene, scene.clock.now, 5)


# --- Calling it ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("postmortem.attendance")
def test_the_four_who_have_to_come_are_invited_by_themselves_and_guests_besides(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref, place="Room 4", minutes=45, guests=[scene.email("mei")])
    seats = {one["name"]: (one["seats"], one["required"]) for one in review["people"]}
    assert seats == {
        "Amira Ahmadi": (["Incident Commander"], True),
        "Jon Jensen": (["Operations Lead"], True),
        "Ada Admin": (["Engineering Manager"], True),
        "Olga Owner": (["Product Owner"], True),
        "Mei Martin": (["Guest"], False),
    }
    assert (review["state"], review["vacant"], review["missing"]) == ("called", [], [])
    scene.follow()
    for who in ("amira", "jon", "admin", "owner", "mei"):
        (mail,) = scene.mails(who, "Post-mortem review")
        method, event = invitation(mail)
        assert (method, event["sequence"], str(event["status"]), str(event["location"])) == ("REQUEST", 0, "CONFIRMED", "Room 4")
        assert event["dtstart"].dt == datetime.fromisoformat(review["starts_at"])
        assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=45)
        people = {str(one): one.params["ROLE"] for one in event["attendee"]}
        assert people["mailto:owner@acme.example"] == "REQ-PARTICIPANT"
        assert people["mailto:mei@acme.example"] == "OPT-PARTICIPANT"
        assert str(event["organizer"]) == "mailto:amira@acme.example"
    assert "punishes nobody" in scene.mails("jon", "Post-mortem review")[0].body
    assert "your seat is required" in scene.mails("jon", "Post-mortem review")[0].body


@pytest.mark.clause("postmortem.review-5-days")
def test_moved_it_has_a_newer_invitation_and_cancelled_every_calendar_lets_it_go(scene: Scene) -> None:
    ref = resolved(scene)
    called(scene, ref)
    scene.follow()
    later = scene.clock.now + timedelta(days=1)
    done(scene, "jon", ref, "review/move", starts_at=later.isoformat(), guests=[scene.email("mei")])
    scene.follow()
    method, moved = invitation(scene.mails("admin", "Moved: post-mortem review")[0])
    assert (method, moved["sequence"], moved["dtstart"].dt) == ("REQUEST", 1, later.replace(second=0, microsecond=0))
    assert len(scene.mails("mei", "Moved:")) == 1
    done(scene, "amira", ref, "review/cancel", reason="Half of us are ill")
    scene.follow()
    mail = scene.mails("admin", "Cancelled:")[0]
    method, cancelled = invitation(mail)
    assert (method, cancelled["sequence"], str(cancelled["status"])) == ("CANCEL", 2, "CANCELLED")
    assert len({str(invitation(m)[1]["uid"]) for m in [*scene.mails("admin", "ost-mortem review"), mail]}) == 1
    assert "Half of us are ill" in mail.body
    assert scene.running(ref, DUE)  # another is called


@pytest.mark.clause("postmortem.review-5-days")
def test_what_is_no_time_for_a_meeting_is_refused_and_nothing_typed_is_lost(scene: Scene) -> None:
    ref = resolved(scene)
    soon = (scene.clock.now + timedelta(hours=1)).isoformat()
    for body, fields in (
        ({}, ["starts_at"]),
        ({"starts_at": "tomorrow"}, ["starts_at"]),
        ({"starts_at": scene.ago(hours=1).isoformat()}, ["starts_at"]),
        ({"starts_at": scene.ago(days=-400).isoformat()}, ["starts_at"]),
        ({"starts_at": soon, "minutes": 4}, ["minutes"]),
        ({"starts_at": soon, "minutes": 481}, ["minutes"]),
        ({"starts_at": soon, "minutes": "an hour"}, ["minutes"]),
        ({"starts_at": soon, "place": "x" * 501}, ["place"]),
        ({"starts_at": soon, "place": "a\u202eb"}, ["place"]),
        ({"starts_at": soon, "guests": ["nobody@acme.example"]}, ["guests"]),
        ({"starts_at": soon, "guests": ["amira@globex.example"]}, ["guests"]),
        ({"starts_at": soon, "why": "x"}, ["why"]),
    ):
        refused = ask(scene, "amira", ref, "review", body)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, fields), body
    page = scene.page("amira").post(
        f"/o/acme/incidents/{ref}/postmortem/review/call/", {"starts_at": "2020-01-01T10:00", "minutes": "60", "place": "Room 44"}
    )
    assert page.status_code == 422
    assert "This time is past" in page.content.decode()
    assert "Room 44" in page.content.decode()


def test_a_wall_time_is_the_organisations_own(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        configure(WorkCalendar.objects.get(), {"time_zone": "Asia/Tokyo"}, by=scene.acme.admin.actor())
    ref = resolved(scene)
    day = (scene.clock.now + timedelta(days=2)).date()
    answer = scene.page("amira").post(
        f"/o/acme/incidents/{ref}/postmortem/review/call/", {"starts_at": f"{day}T15:00", "minutes": "60"}
    )
    assert answer.status_code == 302
    (review,) = shown(scene, "amira", ref)["reviews"]
    assert review["starts_at"] == f"{day}T06:00:00Z"


@pytest.mark.clause("postmortem.review-5-days")
def test_its_writers_and_the_process_owner_call_it_and_nobody_else(scene: Scene) -> None:
    ref = resolved(scene)
    body = {"starts_at": (scene.clock.now + timedelta(hours=1)).isoformat()}
    refused = ask(scene, "mei", ref, "review", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_writer")
    assert "Amira Ahmadi, Jon Jensen" in refused.json()["detail"]
    assert ask(scene, "auditor", ref, "review", body).status_code == 403
    assert ask(scene, "exec", ref, "review", body).status_code == 403
    assert ask(scene, "owner", ref, "review", body).status_code == 201
    again = ask(scene, "jon", ref, "review", body)
    assert (again.status_code, again.json()["code"]) == (409, "called_already")
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/postmortem/review/").status_code == 404


@pytest.mark.clause("postmortem.review-5-days")
def test_its_writers_write_down_that_it_was_held_and_nobody_else_and_none_of_what_was_waived(scene: Scene) -> None:
    ref = resolved(scene)
    body = {"attendance": [], "decisions": "x"}
    for who in ("mei", "auditor", "exec"):
        refused = ask(scene, who, ref, "review/hold", body)
        assert refused.status_code == 403, who
    assert ask(scene, "mei", ref, "review/hold", body).json()["code"] == "not_a_writer"
    done(scene, "owner", ref, "waive", reason="A drill that was declared as real")
    over = ask(scene, "amira", ref, "review/hold", body)
    assert (over.status_code, over.json()["code"]) == (409, "waived")


def test_without_a_meeting_none_is_moved_cancelled_or_held(scene: Scene) -> None:
    ref = resolved(scene)
    body = {"starts_at": (scene.clock.now + timedelta(hours=1)).isoformat()}
    for path, said in (
        ("review/move", body),
        ("review/cancel", {"reason": "x"}),
        ("review/hold", {"attendance": [], "decisions": "x"}),
    ):
        assert ask(scene, "amira", ref, path, said).json()["code"] == "not_called", path


# --- Holding it ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("postmortem.review-5-days")
@pytest.mark.clause("postmortem.attendance")
def test_held_it_stops_its_clock_and_a_missing_one_shows_and_stays_shown(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref, guests=[scene.email("mei")])
    scene.clock.advance(hours=2)
    came = [{"person": one["email"], "came": one["name"] != "Olga Owner", "excuse": "Ill"} for one in review["people"]]
    found = done(scene, "amira", ref, "review/hold", attendance=came, decisions="We add a **lock timeout**.")
    assert (found["state"], found["missing"]) == ("held", ["Olga Owner (Product Owner)"])
    assert {one["name"]: (one["attended"], one["excuse"]) for one in found["people"]}["Olga Owner"] == (False, "Ill")
    clock = next(c for c in scene.part(ref, "clocks") if c["clause"] == DUE)
    assert (clock["stopped_at"] is not None, clock["broken_at"]) == (True, None)
    entry = scene.told(ref, "review.held")[0]
    assert entry["data"]["missing"] == ["Olga Owner (Product Owner)"]
    assert "lock timeout" in entry["text"]
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    assert "Olga Owner (Product Owner)" in page
    assert "<strong>lock timeout</strong>" in page


def test_each_who_was_invited_is_answered_for_and_nobody_else(scene: Scene) -> None:
    ref = resolved(scene)
    review = called(scene, ref)
    everybody = [{"person": one["email"], "came": True} for one in review["people"]]
    early = ask(scene, "amira", ref, "review/hold", {"attendance": everybody, "decisions": "x"})
    assert (early.status_code, early.json()["code"]) == (409, "not_begun")
    scene.clock.advance(hours=2)
    for attendance, code in (
        (everybody[1:], "required"),
        ([*everybody, {"person": scene.email("mei"), "came": True}], "not_invited"),
        ([*everybody, everybody[0]], "twice"),
        ([{"person": "nobody@acme.example", "came": True}], "no_such_person"),
    ):
        refused = ask(scene, "amira", ref, "review/hold", {"attendance": attendance, "decisions": "x"})
        assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, code, ["attendance"])
    assert ask(scene, "amira", ref, "review/hold", {"attendance": everybody, "decisions": " "}).status_code == 422
    found = done(scene, "amira", ref, "review/hold", attendance=everybody, decisions="Nothing more.", guests=[scene.email("mei")])
    assert [one["attended"] for one in found["people"] if one["name"] == "Mei Martin"] == [True]
    assert ask(scene, "amira", ref, "review/hold", {"attendance": everybody, "decisions": "x"}).json()["code"] == "not_called"


def test_attendance_is_taken_on_the_page_too_and_nothing_typed_is_lost(scene: Scene) -> None:
    ref = resolved(scene)
    called(scene, ref)
    scene.clock.advance(hours=2)
    acme, page = scene.acme, scene.page("amira")
    typed = {f"came_{who.user_id}": "yes" for who in (acme.amira, acme.jon)} | {f"excuse_{acme.admin.user_id}": "On holiday"}
    away = {f"came_{who.user_id}": "no" for who in (acme.admin, acme.owner)}
    url = f"/o/acme/incidents/{ref}/postmortem/review/hold/"
    refused = page.post(url, typed)
    assert refused.status_code == 422
    assert 'value="On holiday"' in refused.content.decode()
    unsaid = page.post(url, {**typed, "decisions": "A lock timeout."})
    assert unsaid.status_code == 422
    assert "Say of Olga Owner whether they came." in unsaid.content.decode()
    assert page.post(url, {**typed, **away, "decisions": "A lock timeout."}).status_code == 302
    (review,) = shown(scene, "amira", ref)["reviews"]
    assert review["missing"] == ["Ada Admin (Engineering Manager)", "Olga Owner (Product Owner)"]


@pytest.mark.clause("postmortem.blameless-rule")
def test_the_blameless_rule_heads_the_page(scene: Scene) -> None:
    ref = resolved(scene)
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    main = page[page.index("<main") :]
    assert main.index("punishes nobody") < main.index("Who has to be there")
    assert "People meant well" in main
    assert shown(scene, "jon", ref)["rule"] == "The review mends the process and punishes nobody."


def test_who_is_asked_reads_the_page_though_outside_the_room(scene: Scene) -> None:
    ref = resolved(scene)
    path = f"incidents/{ref}/postmortem/review/"
    assert scene.api("director").get(path).status_code == 403
    called(scene, ref, guests=[scene.email("director")])
    assert scene.api("director").get(path).status_code == 200
    assert scene.api("support").get(path).status_code == 403
    assert scene.api("auditor").get(path).status_code == 200


@pytest.mark.clause("breach.need-to-know")
def test_of_a_restricted_incident_only_who_is_named_is_asked_and_the_invitation_says_nothing(scene: Scene) -> None:
    ref = resolved(scene)
    flagged = scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")
    ref = flagged["ref"]
    scene.follow()
    seats = {seat["seat"]: seat for seat in shown(scene, "amira", ref)["required"]}
    assert "not named" in seats["engineering_manager"]["vacant"]
    assert (
        ask(
            scene, "amira", ref, "review", {"starts_at": scene.ago(hours=-1).isoformat(), "guests": [scene.email("admin")]}
        ).json()["code"]
        == "not_admitted"
    )
    called(scene, ref, place="Room 4")
    scene.follow()
    (mail,) = [m for m in scene.mails("jon") if any(a.mimetype == "text/calendar" for a in m.alternatives)]
    _, event = invitation(mail)
    told = f"{mail.subject} {mail.body} {event['summary']} {event.get('location', '')}"
    assert "Checkout" not in told
    assert "Room 4" not in told
    assert scene.mails("admin", "ost-mortem review") == []
