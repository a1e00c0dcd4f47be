"""The limit of action items (actions.sla): due on the sprint calendar, reminded, escalated when late; and it outlives the incident."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.models import Incident
from postmortems.sla import remind_at
from standard.calendar import BusinessHours
from standard.models import Clock
from tests.incidents.scene import Scene
from tests.postmortems.filing import codes, day, filed, filing, item_do, item_verb, listed, sprint_end

pytestmark = pytest.mark.servers
SLA = "actions.sla"


def clocks(scene: Scene, ref: str) -> list[dict[str, object]]:
    """The clocks of action items that ran on an incident, in the order they started."""
    return [clock for clock in scene.part(ref, "clocks") if clock["clause"] == SLA]


def end_before(midnight: datetime) -> str:
    """A midnight in UTC, the end of the day before it, as mails name it."""
    last = midnight.astimezone(UTC) - timedelta(days=1)
    return f"the end of {last.day} {last:%b %Y}"


def until(scene: Scene, moment: datetime, sweeps: int = 3) -> None:
    """Let time pass until a moment, and the sweep come by."""
    scene.later(sweeps, seconds=(moment - scene.clock.now).total_seconds())


@pytest.mark.clause("actions.sla")
@pytest.mark.parametrize(("severity", "sprints"), [("SEV1", 1), ("SEV2", 2)])
def test_a_sev_1_item_is_due_in_one_sprint_and_a_sev_2_item_in_two(scene: Scene, severity: str, sprints: int) -> None:
    ref = scene.commanded(severity)
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    assert due == sprint_end(scene.clock.now, sprints)
    (clock,) = clocks(scene, ref)
    assert (datetime.fromisoformat(str(clock["due_at"])), clock["stopped_at"]) == (due, None)


@pytest.mark.clause("actions.sla")
@pytest.mark.parametrize("severity", ["SEV3", "SEV4"])
def test_elsewhere_nothing_is_due_but_what_is_promised(scene: Scene, severity: str) -> None:
    ref = scene.declare("amira", severity)
    assert filed(scene, ref)["due_at"] is None
    promised = filed(scene, ref, due_on=str(day(scene.ago(days=-3))))
    assert datetime.fromisoformat(promised["due_at"]) == datetime.combine(day(scene.ago(days=-4)), datetime.min.time(), UTC)
    assert clocks(scene, ref) == [], "no clock of the standard's keeps what it does not ask for"
    scene.clock.advance(days=5)
    assert listed(scene, late="true") == [promised["ref"]]


@pytest.mark.clause("actions.sla")
def test_less_time_than_the_standard_allows_may_be_promised_and_not_more(scene: Scene) -> None:
    ref = scene.commanded()
    limit = sprint_end(scene.clock.now, 1)
    assert codes(filing(scene, ref, due_on=str(day(limit)))) == ["too_late"], "midnight after the last day of the sprint"
    last = filed(scene, ref, due_on=str(day(limit - timedelta(days=1))))
    assert datetime.fromisoformat(last["due_at"]) == limit
    early = filed(scene, ref, due_on=str(day(scene.ago(days=-2))))
    assert datetime.fromisoformat(early["due_at"]) < limit
    assert [datetime.fromisoformat(str(clock["due_at"])) for clock in clocks(scene, ref)] == [limit, limit]


@pytest.mark.clause("actions.sla")
def test_changing_the_severity_later_moves_no_item(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    before = filed(scene, ref)["due_at"]
    scene.do("amira", ref, "severity", severity="SEV1", reason="Worse")
    assert scene.api("amira").get(f"action-items/{ref}-1/").json()["due_at"] == before
    assert filed(scene, ref)["due_at"] < before


@pytest.mark.clause("actions.sla")
def test_over_two_sprints_its_owner_is_reminded_and_then_manager_and_process_owner_are_told(scene: Scene) -> None:
    """Resolved meanwhile: what follows from an incident is done afterwards, and its clock runs on."""
    ref = scene.ready("SEV2")
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    assert [clock["stopped_at"] for clock in clocks(scene, ref)] == [None]
    until(scene, due - timedelta(days=6))
    assert scene.mails("jon", "Due soon") == []
    until(scene, due - timedelta(hours=12))
    (reminder,) = scene.mails("jon", f"Due soon: {ref}-1 Add a lock timeout")
    assert f"Due: until {end_before(due)}." in reminder.body
    assert scene.mails("admin", f"Late: {ref}") == []
    until(scene, due)
    for who in ("jon", "admin", "owner"):  # the owner; the team's manager; the process owner
        (told,) = scene.mails(who, f"Late: {ref}-1 Add a lock timeout")
        assert "is past" in told.body
    assert scene.mails("mei", f"Late: {ref}") == []
    assert scene.mails("amira", "time is past") == [], "the commander's clocks are others"
    entry = scene.told(ref, "action.escalated")[0]
    assert sorted(entry["data"]["to"]) == ["Ada Admin", "Olga Owner"]
    until(scene, due + timedelta(days=3))
    assert len(scene.mails("jon", "Late:")) == 1, "nothing twice"
    assert scene.api("jon").get(f"action-items/{ref}-1/").json()["late"] is True
    done = item_do(scene, "jon", f"{ref}-1", "finish")
    assert done["late"] is False
    (clock,) = clocks(scene, ref)
    assert clock["broken_at"] is not None
    assert clock["stopped_at"] is not None, "when it was done at last is part of the record"
    assert scene.told(ref, "action.done")[0]["data"]["late"] is True


@pytest.mark.clause("actions.sla")
@pytest.mark.parametrize(("verb", "body"), [("finish", {}), ("drop", {"reason": "Not needed"})])
def test_what_is_done_or_dropped_in_time_is_kept(scene: Scene, verb: str, body: dict[str, str]) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    item_do(scene, "jon", item["ref"], verb, **body)
    until(scene, datetime.fromisoformat(item["due_at"]) + timedelta(days=1))
    (clock,) = clocks(scene, ref)
    assert (clock["broken_at"], clock["stopped_at"] is not None) == (None, True)
    assert scene.mails("jon", "Late") == scene.mails("jon", "Due soon") == []


@pytest.mark.clause("actions.sla")
@pytest.mark.parametrize("ending", ["resolve", "false-positive", "merge"])
def test_its_clock_outlives_every_end_of_the_incident_and_no_other_does(scene: Scene, ending: str) -> None:
    ref = scene.ready()
    filed(scene, ref)
    body = {"resolve": {"summary": "x"}, "false-positive": {"reason": "x"}, "merge": {"into": scene.commanded()}}[ending]
    scene.do("amira", ref, ending, **body)
    with scene.acme.scope(scene.acme.amira):
        pk = Incident.objects.get(ref=ref).pk
        running = Clock.objects.filter(incident_id=pk, stopped_at=None)
        assert list(running.values_list("clause", "subject_type")) == [(SLA, "postmortems.actionitem")]


@pytest.mark.clause("actions.sla")
def test_taken_up_again_it_is_due_when_it_was_and_late_where_that_is_past(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    item_do(scene, "jon", item["ref"], "finish")
    until(scene, due + timedelta(days=1))
    again = item_do(scene, "jon", item["ref"], "take-up", reason="It hangs still")
    assert (datetime.fromisoformat(again["due_at"]), again["late"]) == (due, True)
    scene.later(minutes=1)
    assert scene.mails("jon", "Late:")
    assert [clock["broken_at"] is not None for clock in clocks(scene, ref)] == [True], "one day, one verdict"


@pytest.mark.clause("actions.sla")
def test_taken_up_past_a_day_that_no_clock_keeps_its_owner_hears_at_once(scene: Scene) -> None:
    """The standard sets no limit here, or it was missed before: what was told once is past is told again, to whoever has it."""
    plain, strict = scene.declare("amira", "SEV3"), scene.commanded()
    items = [filed(scene, plain, due_on=str(day(scene.ago(days=-8)))), filed(scene, strict)]
    item_do(scene, "jon", items[0]["ref"], "finish")
    until(scene, datetime.fromisoformat(items[1]["due_at"]) + timedelta(hours=1))
    item_do(scene, "jon", items[1]["ref"], "finish")
    for item in items:
        assert scene.mails("jon", f"Past its date: {item['ref']}") == []
        assert item_do(scene, "jon", item["ref"], "take-up", reason="It hangs still")["late"] is True
    scene.later(minutes=1)
    for item in items:
        assert len(scene.mails("jon", f"Past its date: {item['ref']}")) == 1, item["ref"]


@pytest.mark.clause("actions.sla")
def test_only_the_process_owner_moves_what_is_due_and_says_why(scene: Scene) -> None:
    ref = scene.mobilised()
    item = filed(scene, ref)
    later = day(datetime.fromisoformat(item["due_at"]) + timedelta(days=10))
    for who in ("jon", "amira"):
        answer = item_verb(scene, who, item["ref"], "change", due_on=str(later), reason="Please")
        assert (answer.status_code, codes(answer)) == (403, ["not_the_process_owner"])
    assert item_verb(scene, "owner", item["ref"], "change", due_on=str(later)).status_code == 422
    moved = item_do(scene, "owner", item["ref"], "change", due_on=str(later), reason="The vendor is late")
    assert day(datetime.fromisoformat(moved["due_at"])) == later + timedelta(days=1)
    (clock,) = clocks(scene, ref)
    assert (clock["due_at"], clock["stopped_at"]) == (item["due_at"], None), "the standard's limit judges it as before"
    assert moved["judged_at"] == item["due_at"]
    assert scene.told(ref, "action.changed")[0]["data"]["reason"] == "The vendor is late"
    until(scene, datetime.fromisoformat(item["due_at"]) + timedelta(hours=1))
    assert scene.mails("jon", "Late:") == scene.mails("jon", "Due soon:") == []
    assert clocks(scene, ref)[0]["broken_at"] is not None
    until(scene, datetime.fromisoformat(moved["due_at"]) - timedelta(hours=3))
    (reminder,) = scene.mails("jon", f"Due soon: {ref}-1")
    assert f"Due: until the end of {later.day} {later:%b %Y}." in reminder.body
    assert f"It is judged by {end_before(datetime.fromisoformat(item['due_at']))}." in reminder.body
    until(scene, datetime.fromisoformat(moved["due_at"]))
    for who in ("jon", "admin", "owner"):
        assert len(scene.mails(who, f"Late: {ref}-1")) == 1, who
    assert scene.mails("jon", "Past its date") == []
    assert "Judged by" in scene.page("jon").get(f"/o/acme/actions/{ref}-1/").content.decode()
    item_do(scene, "jon", item["ref"], "finish")
    assert scene.told(ref, "action.done")[0]["data"]["late"] is True


@pytest.mark.clause("actions.sla")
def test_of_a_day_that_was_promised_its_owner_is_reminded_and_the_limit_judges_it(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    promised = day(scene.ago(days=-8))
    item = filed(scene, ref, due_on=str(promised))
    limit = sprint_end(scene.clock.now, 2)
    assert datetime.fromisoformat(item["judged_at"]) == limit
    until(scene, datetime.fromisoformat(item["due_at"]) - timedelta(hours=3))
    assert len(scene.mails("jon", f"Due soon: {ref}-1")) == 1
    until(scene, datetime.fromisoformat(item["due_at"]))
    (past,) = scene.mails("jon", f"Past its date: {ref}-1")
    assert f"It is judged by {end_before(limit)}." in past.body
    assert [clock["broken_at"] for clock in clocks(scene, ref)] == [None]
    assert scene.mails("admin", f"Late: {ref}") == [], "the standard's time is not past"
    until(scene, limit)
    assert len(scene.mails("admin", f"Late: {ref}-1")) == 1


@pytest.mark.clause("actions.sla")
def test_where_the_standard_sets_no_limit_a_promise_is_reminded_of_too_and_follows_its_moves(scene: Scene) -> None:
    ref = scene.declare("amira", "SEV3")
    item = filed(scene, ref, due_on=str(day(scene.ago(days=-8))))
    moved = item_do(scene, "owner", item["ref"], "change", due_on=str(day(scene.ago(days=-20))), reason="The vendor is late")
    assert moved["judged_at"] == item["due_at"]
    until(scene, datetime.fromisoformat(item["due_at"]) + timedelta(hours=1))
    assert scene.mails("jon", "Due soon") == scene.mails("jon", "Past its date") == []
    until(scene, datetime.fromisoformat(moved["due_at"]) - timedelta(hours=3))
    assert len(scene.mails("jon", f"Due soon: {ref}-1")) == 1
    until(scene, datetime.fromisoformat(moved["due_at"]))
    assert len(scene.mails("jon", f"Past its date: {ref}-1")) == 1
    until(scene, datetime.fromisoformat(moved["due_at"]) + timedelta(days=3))
    assert len(scene.mails("jon", f"{ref}-1")) == 3, "that it is theirs, that it comes, that it is past; nothing twice"
    assert clocks(scene, ref) == []


@pytest.mark.clause("actions.sla")
def test_what_is_done_is_reminded_of_no_more_and_taken_up_again_it_is(scene: Scene) -> None:
    ref = scene.declare("amira", "SEV3")
    item = filed(scene, ref, due_on=str(day(scene.ago(days=-8))))
    item_do(scene, "jon", item["ref"], "finish")
    until(scene, datetime.fromisoformat(item["due_at"]) - timedelta(hours=3))
    assert scene.mails("jon", "Due soon") == []
    item_do(scene, "jon", item["ref"], "take-up", reason="It hangs still")
    until(scene, datetime.fromisoformat(item["due_at"]))
    assert len(scene.mails("jon", f"Past its date: {ref}-1")) == 1


@pytest.mark.clause("actions.sla")
def test_the_same_date_is_missed_once_however_often_the_item_is_taken_up_again(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    until(scene, due + timedelta(days=1))
    for _ in range(2):
        item_do(scene, "jon", item["ref"], "finish")
        item_do(scene, "jon", item["ref"], "take-up", reason="It hangs still")
        scene.later(hours=1)
    (clock,) = clocks(scene, ref)
    assert (clock["broken_at"] is not None, clock["stopped_at"]) == (True, None)
    assert len([e for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == SLA]) == 1
    assert len(scene.told(ref, "action.escalated")) == 1
    item_do(scene, "jon", item["ref"], "finish")
    assert clocks(scene, ref)[0]["stopped_at"] is not None


@pytest.mark.clause("actions.sla")
def test_without_a_team_the_managers_of_what_is_affected_are_told(scene: Scene) -> None:
    """Ada is in no team of her own, and the manager of the affected one herself: the process owner alone is told besides her."""
    ref = scene.commanded()
    item = filed(scene, ref, owner="admin@acme.example")
    until(scene, datetime.fromisoformat(item["due_at"]))
    assert scene.told(ref, "action.escalated")[0]["data"]["to"] == ["Olga Owner"]
    assert len(scene.mails("admin", "Late:")) == 1


@pytest.mark.clause("breach.need-to-know")
def test_of_a_restricted_incident_the_clock_tells_only_those_named(scene: Scene) -> None:
    ref = scene.mobilised()
    item = filed(scene, ref, title="Rotate the keys")
    new = scene.do("amira", ref, "flag", flag="personal_data", reason="Leaked")["ref"]
    scene.follow()
    until(scene, datetime.fromisoformat(item["due_at"]) - timedelta(hours=12))
    named = {row["email"] for row in scene.part(new, "need-to-know")}
    if scene.email("admin") in named:  # called meanwhile, as the team's manager, and named for that
        scene.do("amira", new, "remove", person=scene.email("admin"), reason="Not needed")
    until(scene, datetime.fromisoformat(item["due_at"]))
    assert not [mail for mail in scene.mails("admin") if f"actions/{new}" in mail.body], "the manager, who is not named on it"
    told = [mail for mail in scene.mails("jon") if f"actions/{new}-1/" in mail.body]
    assert len(told) == 3, "that it is theirs, that it is due soon, that it is late"
    assert not any("Rotate" in mail.body + mail.subject for mail in told), "what it is about is said only in the portal"


@pytest.mark.clause("actions.sla")
def test_owners_are_reminded_by_people_in_one_message_once_a_day(scene: Scene) -> None:
    ref = scene.mobilised()
    for owner in ("jon", "jon", "mei", "amira"):
        filed(scene, ref, owner=f"{owner}@acme.example", title=f"For {owner}")
    scene.follow()
    chosen = [f"{ref}-{n}" for n in (1, 2, 3, 4)]
    answer = scene.api("amira").post("action-items/remind/", {"items": chosen})
    assert (answer.status_code, answer.json()) == (200, {"reminded": 2, "left_out": 1})
    scene.follow()
    (mail,) = scene.mails("jon", f"Reminder: {ref}-1 and 1 more")
    assert f"{ref}-2: For jon" in mail.body
    assert len(scene.mails("mei", "Reminder")) == 1
    again = scene.api("mei").post("action-items/remind/", {"items": chosen[:2]})
    assert (again.status_code, codes(again)) == (409, ["reminded"])
    filed(scene, ref, title="One more")
    assert codes(scene.api("mei").post("action-items/remind/", {"items": [f"{ref}-5"]})) == ["reminded"], (
        "the person, not the item"
    )
    scene.clock.advance(hours=25)
    assert scene.api("mei").post("action-items/remind/", {"items": chosen[:1]}).status_code == 200
    assert scene.api("auditor").post("action-items/remind/", {"items": chosen}).status_code == 403
    assert scene.api("support").post("action-items/remind/", {"items": chosen}).status_code == 403
    assert codes(scene.api("mei").post("action-items/remind/", {"items": []})) == ["nothing_chosen"]


@pytest.mark.clause("actions.sla")
def test_the_reminder_comes_in_the_last_quarter_and_at_most_three_business_days_before() -> None:
    from datetime import date, time
    from zoneinfo import ZoneInfo

    hours = BusinessHours(ZoneInfo("Europe/Berlin"), time(9), time(17), frozenset({1, 2, 3, 4, 5}))
    monday = datetime(2026, 11, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    long_before = datetime(2026, 11, 1, tzinfo=UTC)
    assert remind_at(long_before, monday, hours) == hours.opening(date(2026, 11, 25)), "Wednesday: Wednesday, Thursday, Friday"
    filed_at = monday - timedelta(hours=8)
    assert remind_at(filed_at, monday, hours) == monday - timedelta(hours=2), "a short limit: its last quarter"
