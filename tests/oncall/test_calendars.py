"""Calendars: what a real iCalendar reader finds at the secret address, and shifts that come from somebody else's file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import recurring_ical_events
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from icalendar import Calendar

from ledger.actions import configure
from tenants.models import Membership, User
from tests.conftest import Person
from tests.incidents.scene import Scene
from tests.oncall.planning import BERLIN, at, layer, made, on, override, plan, refused, utc

pytestmark = pytest.mark.servers


def share(scene: Scene, who: str = "mei", **body: Any) -> tuple[int, str]:
    """Make a calendar link. Returns its id and the path of its address."""
    told = made(scene.api(who).post("calendar-links/", body))
    return told["id"], "/oncall/" + str(told["url"]).split("/oncall/")[1]


def read(path: str, start: str, end: str) -> list[tuple[datetime, datetime, str]]:
    """(from, to, title) of what a calendar program that knows nothing of Muster shows between two instants."""
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events: list[Any] = recurring_ical_events.of(_parsed(answer)).between(utc(start), utc(end))
    return sorted((e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC), str(e["SUMMARY"])) for e in events)


def _parsed(answer: Any) -> Any:
    return Calendar.from_ical(answer.content)


# --- Export ----------------------------------------------------------------------------------------------------------------


def test_a_calendar_program_reads_who_is_on_call(scene: Scene) -> None:
    """On both sides of the edge of daylight saving; an override is in it at once."""
    plan(scene, BERLIN)
    _, path = share(scene, schedule="shop")
    assert path.endswith("/shop.ics")
    primary = [row for row in read(path, "2026-10-19 00:00", "2026-10-27 00:00") if row[2].startswith("Primary")]
    assert primary == [
        (utc("2026-10-12 07:00"), utc("2026-10-19 07:00"), "Primary: Jon Jensen"),
        (utc("2026-10-19 07:00"), utc("2026-10-26 08:00"), "Primary: Mei Martin"),
        (utc("2026-10-26 08:00"), utc("2026-11-02 08:00"), "Primary: Amira Ahmadi"),
    ]
    made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00"))
    assert (utc("2026-06-02 18:00"), utc("2026-06-03 06:00"), "Primary: Mei Martin") in read(
        path, "2026-06-02 00:00", "2026-06-04 00:00"
    )


def test_my_shifts_are_mine_alone(scene: Scene) -> None:
    plan(scene)
    _, path = share(scene)
    assert path.endswith("/my-shifts.ics")
    assert read(path, "2026-06-01 09:00", "2026-06-22 09:00") == [
        (utc("2026-06-08 09:00"), utc("2026-06-15 09:00"), "Secondary: Shop on call"),
        (utc("2026-06-15 09:00"), utc("2026-06-22 09:00"), "Primary: Shop on call"),
    ]


def test_a_feed_says_each_shift_under_one_name_and_is_the_same_until_something_changes(scene: Scene) -> None:
    plan(scene)
    _, path = share(scene, schedule="shop")

    def uids() -> set[str]:
        return {str(event["UID"]) for event in _parsed(Client().get(path)).walk("VEVENT")}

    first, before = Client().get(path), uids()
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    at(scene, "2026-06-02 09:00")
    assert len(uids() ^ before) <= 2  # what the window's far end cuts
    made(override(scene, "mei", "2026-06-02 18:00", "2026-06-03 06:00"))
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_address_that_is_wrong_revoked_or_orphaned_shows_nothing(scene: Scene) -> None:
    plan(scene)
    number, path = share(scene, schedule="shop")
    prefix, public, secret = path.split("/")[2].split("_")
    for wrong in (
        path.replace("shop.ics", "other.ics"),
        path.replace("shop.ics", "my-shifts.ics"),
        path.replace(secret, "a" * 43),
        path.replace(public, "000000000000"),
        path.replace(public, scene.globex.key.split("_")[1]),
        f"/oncall/{prefix}/shop.ics",
        f"/oncall/{scene.acme.amira.token}/shop.ics",
    ):
        assert Client().get(wrong).status_code == 404, wrong
    assert Client().post(path).status_code == 405
    assert refused(scene.api("jon").post(f"calendar-links/{number}/revoke/"), 404, "not_found")
    made(scene.api("mei").post(f"calendar-links/{number}/revoke/"), 200)
    assert Client().get(path).status_code == 404
    assert refused(scene.api("mei").post(f"calendar-links/{number}/revoke/"), 409, "revoked")
    _, path = share(scene, schedule="shop")
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=scene.acme.mei.user_id)
        configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
    assert Client().get(path).status_code == 404


def test_an_address_is_shown_once_and_kept_nowhere(scene: Scene) -> None:
    """Not in the list, nor in the answer that is remembered for an idempotency key."""
    key = {"Idempotency-Key": "once"}
    first = scene.api("mei").post("calendar-links/", {}, **key)
    again = scene.api("mei").post("calendar-links/", {}, **key)
    assert first.json()["url"].startswith("http")
    assert again.json() == {name: value for name, value in first.json().items() if name != "url"}
    assert "url" not in scene.api("mei").get("calendar-links/").json()["results"][0]


def test_an_auditor_makes_no_address(scene: Scene) -> None:
    assert refused(scene.api("auditor").post("calendar-links/", {}), 403, "read_only")


# --- Import ----------------------------------------------------------------------------------------------------------------


def event(start: str, end: str, title: str = "", *more: str, uid: str = "") -> str:
    """One event. Times as iCalendar writes them, with their parameters."""
    lines = ["BEGIN:VEVENT", f"UID:{uid or start + title}", "DTSTAMP:20260101T000000Z", f"DTSTART{start}", f"DTEND{end}"]
    return "\r\n".join([*lines, f"SUMMARY:{title}", *more, "END:VEVENT"])


def upload(scene: Scene, *events: str, who: str = "admin", duty: str = "", body: bytes = b"") -> Any:
    """Import a calendar of these events."""
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", *events, "END:VCALENDAR", ""])
    file = SimpleUploadedFile("oncall.ics", body or text.encode(), content_type="text/calendar")
    door = scene.api(who)
    bearer = {"Authorization": f"Bearer {door.person.token}"}
    return door.client.post("/api/v1/schedules/shop/import/", {"file": file} | ({"duty": duty} if duty else {}), headers=bearer)


def test_shifts_come_from_a_calendar(scene: Scene) -> None:
    """By the attendee's address, by a name, by an address in the title; repeating, whole days, and wall times of the schedule."""
    plan(scene, BERLIN, layers=False)
    result = made(
        upload(
            scene,
            event(":20260602T080000Z", ":20260602T200000Z", "Late shift", "ATTENDEE;CN=Mei:mailto:MEI@acme.example"),
            event(":20260603T080000", ":20260603T200000", "Jon Jensen"),
            event(";VALUE=DATE:20260604", ";VALUE=DATE:20260605", "On call: amira@acme.example"),
            event(
                ";TZID=America/New_York:20260608T090000",
                ";TZID=America/New_York:20260608T170000",
                "Mei Martin",
                "RRULE:FREQ=WEEKLY;COUNT=2",
            ),
            event(":20260501T080000Z", ":20260501T200000Z", "Somebody who is long gone"),
        ),
        200,
    )
    assert result == {"made": 5, "kept": 0, "taken_back": 0, "passed_over": 0}
    hours = (
        "2026-06-02 08:00",
        "2026-06-03 06:00",
        "2026-06-03 22:00",
        "2026-06-08 13:00",
        "2026-06-15 20:59",
        "2026-06-15 21:00",
    )
    found = [on(scene, when)["primary"] for when in hours]
    assert found == ["Mei Martin", "Jon Jensen", "Amira Ahmadi", "Mei Martin", "Mei Martin", None]
    assert scene.events("schedule.imported")[0].data["made"] == 5


def test_importing_again_takes_back_what_is_gone_and_leaves_the_rest(scene: Scene) -> None:
    plan(scene, layers=False)
    one, two = (event(f":2026060{day}T080000Z", f":2026060{day}T200000Z", "Mei Martin") for day in (2, 3))
    three = event(":20260604T080000Z", ":20260604T200000Z", "Jon Jensen")
    made(upload(scene, one, two), 200)
    by_hand = made(override(scene, "jon", "2026-06-05 08:00", "2026-06-05 20:00"))
    at(scene, "2026-06-02 12:00")
    assert made(upload(scene, one, three), 200) == {"made": 1, "kept": 1, "taken_back": 1, "passed_over": 0}
    hours = ("2026-06-02 13:00", "2026-06-03 13:00", "2026-06-04 13:00", "2026-06-05 13:00")
    assert [on(scene, when)["primary"] for when in hours] == ["Mei Martin", None, "Jon Jensen", "Jon Jensen"]
    assert by_hand["cancelled_at"] is None


def test_what_was_exported_can_be_imported(scene: Scene) -> None:
    """The duty of each event is read too: the secondary's shifts are passed over when the primary's are asked for."""
    plan(scene)
    _, path = share(scene, schedule="shop")
    body = Client().get(path).content
    made(scene.api("admin").post("schedules/shop/layers/1/end/"), 200)
    assert on(scene, "2026-06-09 12:00")["primary"] is None
    result = made(upload(scene, body=body), 200)
    assert result["passed_over"] >= result["made"] > 20
    assert on(scene, "2026-06-09 12:00") == {"primary": "Jon Jensen", "secondary": "Mei Martin"}


def test_those_whose_shifts_an_import_changes_are_told(scene: Scene) -> None:
    plan(scene, layers=False)
    near = event(":20260602T080000Z", ":20260602T200000Z", "Mei Martin")
    far = event(":20260802T080000Z", ":20260802T200000Z", "Jon Jensen")
    made(upload(scene, near, far), 200)
    scene.follow()
    told = str(scene.mails("mei", "Your shifts change: Shop on call")[0].body)
    assert "Shifts of Shop on call were imported: your shifts of the next 14 days have changed." in told
    assert "Primary from Tue 2 Jun 2026 08:00 to Tue 2 Jun 2026 20:00" in told
    made(upload(scene, near), 200)
    scene.follow()
    assert len(scene.mails("mei")) == 1
    assert scene.mails("jon") == []


def test_the_file_of_another_duty_is_refused_and_takes_nothing_back(scene: Scene) -> None:
    """The secondary's feed, sent with the duty that is the default: every shift of the primary was cancelled, and it was a success."""
    plan(scene, layers=False)
    made(upload(scene, event(":20260602T080000Z", ":20260602T200000Z", "Mei Martin")), 200)
    theirs = [event(f":2026060{day}T080000Z", f":2026060{day}T200000Z", "Jon Jensen", "CATEGORIES:secondary") for day in (3, 4)]
    told = refused(upload(scene, *theirs), 422, "another_duty", "file")
    assert told == "No event here is for primary; 2 are for another duty."
    assert refused(upload(scene, theirs[0]), 422, "another_duty").endswith("; 1 is for another duty.")
    assert on(scene, "2026-06-02 12:00")["primary"] == "Mei Martin"
    assert made(upload(scene, *theirs, duty="secondary"), 200)["made"] == 2


@pytest.mark.clause("oncall.primary-secondary")
def test_what_an_import_takes_back_makes_nobody_both_after_the_files_end(scene: Scene) -> None:
    """Mei is primary again where Jon's shift is taken back, a week after the last of the new file, and secondary by then."""
    plan(scene, layers=False)
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "amira", "mei")))
    near = event(":20260602T080000Z", ":20260602T200000Z", "Jon Jensen")
    far = event(":20260608T090000Z", ":20260615T090000Z", "Jon Jensen")
    made(upload(scene, near, far), 200)
    made(override(scene, "mei", "2026-06-08 09:00", "2026-06-15 09:00", duty="secondary"))
    assert refused(upload(scene, near), 422, "both_at_once", "file").startswith("Mei Martin would be primary and secondary")
    assert on(scene, "2026-06-09 12:00") == {"primary": "Jon Jensen", "secondary": "Mei Martin"}


def test_what_is_cancelled_in_a_calendar_is_no_shift(scene: Scene) -> None:
    """One occurrence of a series, by its RECURRENCE-ID, and an event of its own."""
    plan(scene, layers=False)
    series = event(":20260602T080000Z", ":20260602T200000Z", "Mei Martin", "RRULE:FREQ=DAILY;COUNT=3", uid="series")
    but = ("RECURRENCE-ID:20260603T080000Z", "STATUS:CANCELLED")
    one = event(":20260603T080000Z", ":20260603T200000Z", "Mei Martin", *but, uid="series")
    alone = event(":20260606T080000Z", ":20260606T200000Z", "Jon Jensen", "STATUS:cancelled")
    assert made(upload(scene, series, one, alone), 200)["made"] == 2
    hours = [on(scene, f"2026-06-0{day} 12:00")["primary"] for day in (2, 3, 4, 6)]
    assert hours == ["Mei Martin", None, "Mei Martin", None]
    nothing = made(upload(scene, alone), 200)
    assert (nothing["made"], nothing["taken_back"]) == (0, 2), "a calendar of which all is cancelled has no shift any more"


def test_a_name_that_two_have_asks_for_an_address(scene: Scene) -> None:
    plan(scene, layers=False)
    with scene.acme.scope(scene.acme.admin):
        User.objects.filter(pk=scene.acme.jon.user_id).update(name="Mei Martin")
    when = (":20260602T080000Z", ":20260602T200000Z")
    told = refused(upload(scene, event(*when, "Mei Martin")), 422, "several", "file")
    assert told == (
        "Whose the event “Mei Martin” of 2 Jun 2026 08:00 UTC is cannot be told: 2 practitioners here have that name. "
        "Give it one's e-mail address."
    )
    made(upload(scene, event(*when, "Mei Martin, mei@acme.example")), 200)


def test_members_import_nothing(scene: Scene) -> None:
    plan(scene, layers=False)
    shift = event(":20260602T080000Z", ":20260602T200000Z", "Mei Martin")
    assert refused(upload(scene, shift, who="mei"), 403, "not_a_lead")


NOBODY = event(":20260602T080000Z", ":20260602T200000Z", "Ghost")
TWO = event(":20260602T080000Z", ":20260602T200000Z", "x", "ATTENDEE:mailto:mei@acme.example", "ATTENDEE:mailto:jon@acme.example")
LONG = event(":20260602T080000Z", ":20280602T200000Z", "Mei Martin")
HOURLY = event(":20260602T080000Z", ":20260602T080100Z", "Mei Martin", "RRULE:FREQ=HOURLY")
WITHIN = event(":20260602T080000Z", ":20260602T080100Z", "Mei Martin", "RRULE:FREQ=DAILY;BYHOUR=1,2,3")
ANCIENT = event(":00010602T080000Z", ":00010602T090000Z", "Mei Martin", "RRULE:FREQ=DAILY")
DAILY = tuple(event(":20260602T080000Z", ":20260602T090000Z", "Mei Martin", "RRULE:FREQ=DAILY", uid=f"u{n}") for n in range(2))
BAD: tuple[tuple[tuple[str, ...], bytes, str, str], ...] = (
    ((NOBODY,), b"", "nobody", "Nobody can be told from the event “Ghost” of 2 Jun 2026 08:00 UTC"),
    ((TWO,), b"", "nobody", "Nobody can be told from the event “x”"),
    ((LONG,), b"", "too_long", "In the event “Mei Martin” of 2 Jun 2026 08:00 UTC: At most 366 days at once."),
    ((HOURLY,), b"", "too_often", "An event repeats within a day, as no shift does."),
    ((WITHIN,), b"", "too_often", "An event repeats within a day, as no shift does."),
    ((ANCIENT,), b"", "too_early", "An event began before 2000."),
    (DAILY, b"", "too_many", "These are 733 shifts within a year; at most 500 fit."),
    ((), b"", "empty", "There is no event in this calendar from now on."),
    ((), b"no calendar", "unreadable", "This is no calendar that can be read"),
    ((), b"\xff\xfe", "unreadable", "This is no calendar that can be read"),
    (
        (),
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR",
        "unreadable",
        "This is no calendar that can be read",
    ),
    ((), b"x" * (512 * 1024 + 1), "too_large", "This is larger than 512 KiB."),
)


def test_a_calendar_that_cannot_be_is_refused_and_nothing_of_it_is_taken(scene: Scene) -> None:
    plan(scene, layers=False)
    good = event(":20260609T080000Z", ":20260609T200000Z", "Jon Jensen")
    for events, body, code, sentence in BAD:
        told = refused(upload(scene, *events, *((good,) if events else ()), body=body), 422, code, "file")
        assert told.startswith(sentence), (told, sentence)
    assert on(scene, "2026-06-09 12:00")["primary"] is None
    overlap = [
        event(f":20260602T{hour}0000Z", ":20260602T200000Z", name) for hour, name in (("08", "Mei Martin"), ("09", "Jon Jensen"))
    ]
    assert "Mei Martin takes this duty from Tue 2 Jun 2026 08:00" in refused(upload(scene, *overlap), 422, "overlaps", "file")
    made(scene.api("admin").post("schedules/shop/layers/", layer(scene, "mei", duty="secondary")))
    both = event(":20260602T080000Z", ":20260602T200000Z", "Mei Martin")
    assert refused(upload(scene, both), 422, "both_at_once", "file")


def test_events_without_an_end_or_with_none_are_no_shifts(scene: Scene) -> None:
    plan(scene, layers=False)
    point = "\r\n".join(
        ["BEGIN:VEVENT", "UID:p", "DTSTAMP:20260101T000000Z", "DTSTART:20260602T080000Z", "SUMMARY:Mei Martin", "END:VEVENT"]
    )
    assert refused(upload(scene, point), 422, "empty", "file")


def test_a_page_makes_the_address_and_shows_it_once(scene: Scene, browse: Callable[[Person], Client]) -> None:
    plan(scene)
    client = browse(scene.acme.mei)
    shown = client.post("/o/acme/oncall/my-shifts/", {"schedule": "shop"}).content.decode()
    path = "/oncall/" + shown.split('readonly value="')[1].split('"')[0].split("/oncall/")[1]
    assert Client().get(path).status_code == 200
    assert path not in client.get("/o/acme/oncall/my-shifts/").content.decode()


def test_the_window_is_thirty_days_back_and_half_a_year_ahead(scene: Scene) -> None:
    plan(scene)
    _, path = share(scene, schedule="shop")
    at(scene, "2026-08-20 12:00")
    events = _parsed(Client().get(path)).walk("VEVENT")
    assert min(e["DTSTART"].dt for e in events) == utc("2026-07-21 00:00")
    assert max(e["DTEND"].dt for e in events) == utc("2026-08-20 00:00") + timedelta(days=180)
