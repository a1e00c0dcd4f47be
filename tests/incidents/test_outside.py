"""Those outside the room: executives and Support read a page of their own, ask, and leave the room to those who work in it."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Hypothesis, Incident
from incidents.states import RoomRole
from ledger.actions import configure
from tenants.models import Membership
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

SECRET = "the pool is exhausted on db-2"  # stands in the record, and is nobody's outside the room


def led(scene: Scene, severity: str = "SEV1") -> str:
    """A SEV 1 that Amira commands, with Jon for operations and Mei for communications, and a note in its record."""
    ref = scene.commanded(severity)
    scene.appoint(ref, RoomRole.OL, "jon")
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("jon", ref, "note", text=SECRET)
    scene.do("mei", ref, "update", **{**UPDATE, "known": SECRET})
    return ref


def look(scene: Scene, who: str, ref: str) -> str:
    """The incident's page as somebody sees it."""
    answer = scene.page(who).get(f"/o/acme/incidents/{ref}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- the pages -----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.ic-protects-ops")
@pytest.mark.clause("warroom.exec-swoop")
def test_an_executive_sees_a_summary_and_not_the_room(scene: Scene) -> None:
    ref = led(scene)
    page = look(scene, "director", ref)
    assert "Nothing was written for executives yet" in page
    due = (scene.clock.now + timedelta(hours=2)).replace(minute=41, second=0, microsecond=0)  # whatever the time of day
    update = {"audience": "executive", "known": "Orders fail", "impact": "One in five <b>orders</b>", "doing": "Rolling back"}
    scene.do("mei", ref, "update", **update, next_update_at=due.isoformat())
    page = look(scene, "director", ref)
    for said in (
        "Orders fail",
        "One in five &lt;b&gt;orders&lt;/b&gt;",
        "Rolling back",
        "Amira Ahmadi",
        "Mei Martin",
        "SEV 1",
        f"{due:%H:%M}",
    ):
        assert said in page, said
    assert "Mobilisation" in page
    assert 'id="do-ask"' in page
    assert "clock-running" in page
    scene.clock.advance(hours=4)
    late = look(scene, "director", ref)
    assert "clock-broken" in late, "the time that was promised has passed"
    assert "overdue by" in late
    for hidden in (SECRET, "Timeline", "Jon Jensen", "do-note", "do-update", "handover.after-4h"):
        assert hidden not in page, hidden


@pytest.mark.clause("roles.cl-support-script")
def test_support_sees_what_to_say_and_reports_tickets(scene: Scene) -> None:
    ref = led(scene)
    assert "There is no script yet" in look(scene, "support", ref)
    scene.do("mei", ref, "update", audience="support", known="Say: we are on it <i>now</i>")
    told: dict[str, Any] = {"states_cause": False, "components": {"payments": "major_outage"}}
    scene.do("mei", ref, "update", **UPDATE, audience="public", status="identified", **told)
    page = look(scene, "support", ref)
    for said in ("Say: we are on it &lt;i&gt;now&lt;/i&gt;", "Identified", "Payments", "Major outage", 'name="ticket"'):
        assert said in page, said
    for hidden in (SECRET, "Timeline", "do-note"):
        assert hidden not in page, hidden
    sent = {"title": f"{ref}: card refused", "text": "Since noon", "ticket": "T-88"}
    assert scene.page("support").post("/o/acme/report/", sent).status_code == 302
    assert [signal["ticket"] for signal in scene.signals()] == ["T-88"]


def test_a_practitioner_is_in_the_room_whatever_else_they_are(scene: Scene) -> None:
    ref = led(scene)
    with scene.acme.scope(scene.acme.admin):
        membership = Membership.objects.get(user_id=scene.acme.director.user_id)
        configure(membership, {"roles": ["executive", "practitioner"]}, by=scene.acme.admin.actor())
    assert SECRET in look(scene, "director", ref)
    assert scene.incident(ref, "director")["view"] == "room"
    assert scene.events("incident.executive_looked") == []


# --- the API ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.ic-protects-ops")
@pytest.mark.parametrize(("who", "view"), [("director", "executive"), ("support", "support")])
def test_by_api_they_read_the_same_and_no_more(scene: Scene, who: str, view: str) -> None:
    ref = led(scene)
    for audience, more in (("executive", {}), ("support", {}), ("public", {"status": "investigating"})):
        scene.do("mei", ref, "update", **{**UPDATE, "known": f"For {audience}"}, audience=audience, **more)
    document = scene.incident(ref, who)
    assert document["view"] == view
    assert {name: update["known"] for name, update in document["latest"].items()} == {
        view: f"For {view}",
        "public": "For public",
    }
    assert [role["role"] for role in document["roles"]] == ["ic", "cl"]
    assert "clocks" not in document
    assert "participants" not in document
    assert SECRET not in str(document)
    assert sorted(row["audience"] for row in scene.part(ref, "updates", who)) == sorted((view, "public"))
    for part in ("timeline", "roles", "clocks", "pages"):
        refused = scene.api(who).get(f"incidents/{ref}/{part}/")
        assert (refused.status_code, refused.json()["code"]) == (403, "outside_the_room"), part
        assert refused.json()["clause"] == "warroom.exec-swoop"
    answer = scene.do(who, ref, "ask", text="When?")
    assert answer["view"] == view, "what a verb answers is the same document"


def test_what_waits_is_shown_outside_to_those_who_decide_it(scene: Scene) -> None:
    from incidents.models import UpdatePolicy

    ref = led(scene)
    with scene.acme.scope(scene.acme.admin):
        configure(UpdatePolicy(), {"approved_audiences": ["public"]}, by=scene.acme.admin.actor())
    scene.do("mei", ref, "update", **UPDATE, audience="public", status="investigating")
    waiting = {who: len(scene.incident(ref, who)["waiting_updates"]) for who in ("mei", "jon", "exec", "support", "director")}
    assert waiting == {"mei": 1, "jon": 1, "exec": 1, "support": 1, "director": 0}
    assert [row["state"] for row in scene.part(ref, "updates", "director")] == []


# --- asking --------------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.ic-protects-ops")
@pytest.mark.clause("warroom.exec-swoop")
def test_a_question_goes_to_the_communications_lead_and_stays_in_the_record(scene: Scene) -> None:
    ref = led(scene)
    done = scene.page("director").post(f"/o/acme/incidents/{ref}/ask/", {"text": "When is it *over*?"})
    assert done.status_code == 302
    scene.follow()
    assert "When is it *over*?" in scene.mails("mei", "A question on SEV 1")[0].body
    for who in ("amira", "jon", "director"):
        assert scene.mails(who, "A question on") == []
    told = scene.told(ref, "incident.asked")[0]
    assert (told["actor"], told["text"]) == ("Dana Director", "When is it *over*?")
    people = [person["email"] for person in scene.incident(ref)["participants"]]
    assert scene.acme.director.email not in people, "who asks has not entered the room"


def test_without_a_lead_the_commander_is_asked_and_before_them_the_declarer(scene: Scene) -> None:
    ref = scene.declare()
    scene.do("director", ref, "ask", text="First?")
    scene.follow()
    scene.do("amira", ref, "claim")
    scene.do("support", ref, "ask", text="Second?")
    scene.follow()
    for who, asked in (("mei", "First?"), ("amira", "Second?")):
        (message,) = scene.mails(who, "A question on")
        assert asked in message.body


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001, "a\u202eb", "a\x00b"])
def test_a_question_that_cannot_be_read_is_refused_and_not_lost(scene: Scene, text: str) -> None:
    ref = led(scene)
    refused = scene.verb("director", ref, "ask", text=text)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["text"])
    page = scene.page("director").post(f"/o/acme/incidents/{ref}/ask/", {"text": text})
    assert page.status_code == 422
    assert "The latest for executives" in page.content.decode()
    assert text.strip("\x00 ") in page.content.decode()


def test_nobody_asks_about_what_has_ended_or_is_not_theirs(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "resolve", summary="Done")
    assert scene.verb("director", ref, "ask", text="Why?").json()["code"] == "ended"
    assert 'id="do-ask"' not in look(scene, "director", ref)
    assert scene.door(scene.globex.director).post(f"incidents/{ref}/ask/", {"text": "Why?"}).status_code == 404


# --- the swoop ------------------------------------------------------------------------------------------------------------------


def looks(scene: Scene, ref: str) -> list[str]:
    return [entry["actor"] for entry in scene.told(ref, "incident.executive_looked")]


@pytest.mark.clause("warroom.exec-swoop")
def test_the_room_hears_of_an_executive_once_an_hour_each(scene: Scene) -> None:
    ref = led(scene)
    for _ in range(3):
        look(scene, "director", ref)
    look(scene, "exec", ref)
    for who in ("support", "mei", "owner"):
        look(scene, who, ref)
    assert looks(scene, ref) == ["Dana Director", "Eve Executive"]
    scene.clock.advance(minutes=59)
    look(scene, "director", ref)
    assert len(looks(scene, ref)) == 2
    scene.clock.advance(minutes=1)
    look(scene, "director", ref)
    assert looks(scene, ref) == ["Dana Director", "Eve Executive", "Dana Director"]
    assert scene.door(scene.globex.director).get(f"incidents/{ref}/").status_code == 404


@pytest.mark.clause("warroom.exec-swoop")
def test_a_page_that_stands_open_is_one_look_and_nobody_hides_theirs_by_saying_so(scene: Scene) -> None:
    ref = led(scene)
    page = scene.page("director")

    def asks_what_is_new() -> None:
        assert page.get(f"/o/acme/incidents/{ref}/", headers={"X-Muster-Kept-Open": "1"}).status_code == 200

    asks_what_is_new()
    assert looks(scene, ref) == ["Dana Director"], "the first is a look, whatever it says of itself"
    for _ in range(3):
        scene.clock.advance(hours=2)
        asks_what_is_new()
    assert len(looks(scene, ref)) == 1
    look(scene, "director", ref)
    assert len(looks(scene, ref)) == 2


@pytest.mark.clause("warroom.exec-swoop")
def test_nobody_hears_of_a_look_where_there_is_no_war_room(scene: Scene) -> None:
    ref = scene.declare(severity="SEV3")
    look(scene, "director", ref)
    ended = scene.ready()
    scene.do("amira", ended, "update", **UPDATE)
    scene.do("amira", ended, "resolve", summary="Done")
    look(scene, "director", ended)
    assert scene.events("incident.executive_looked") == []


@pytest.mark.clause("warroom.exec-swoop")
def test_the_commander_has_the_script_with_the_names_in_it(scene: Scene) -> None:
    ref = led(scene)
    look(scene, "director", ref)
    page = look(scene, "amira", ref)
    script = (
        "Hi Dana Director, we are currently investigating Checkout fails. I have Jon Jensen working on it. "
        "Please direct questions to Mei Martin so we can focus on resolution. Thank you."
    )
    assert script in " ".join(page.split())
    for who in ("jon", "mei"):
        assert "If an executive comes in" not in look(scene, who, ref), "it is the IC's to say"
    text = scene.page("jon").get(f"/o/acme/incidents/{ref}/swoop.txt", {"executive": scene.acme.director.email})
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text.content.decode().strip() == script


@pytest.mark.clause("warroom.exec-swoop")
def test_where_a_role_is_open_the_script_has_plain_words(scene: Scene) -> None:
    ref = scene.declare(title="Search {ol} {0.__class__} is down")
    text = scene.page("jon").get(f"/o/acme/incidents/{ref}/swoop.txt").content.decode()
    assert text.startswith("Hi all, we are currently investigating Search {ol} {0.__class__} is down.")
    assert "I have the people on call working on it" in text
    assert "direct questions to the question box on the incident's page" in text


@pytest.mark.clause("warroom.exec-swoop")
@pytest.mark.parametrize(
    ("verdict", "words"),
    [("open", "(not confirmed yet: A cable was cut)"), ("confirmed", "(confirmed: A cable was cut)"), ("refuted", "")],
)
def test_the_script_says_what_is_thought_and_whether_it_is_confirmed(scene: Scene, verdict: str, words: str) -> None:
    ref = led(scene)
    jon = scene.acme.jon
    tested: dict[str, Any] = {"verified_at": scene.clock.now, "verified_by_id": jon.user_id} if verdict != "open" else {}
    with scene.acme.scope(jon):
        incident = Incident.objects.get(ref=ref)
        stated = {"number": 1, "text": "A cable\nwas cut", "author_id": jon.user_id}
        Hypothesis.objects.create(incident=incident, **stated, verdict=verdict, **tested)
    text = scene.page("amira").get(f"/o/acme/incidents/{ref}/swoop.txt").content.decode()
    assert f"investigating Checkout fails{' ' if words else ''}{words}. I have" in text


def test_the_script_is_for_the_room_and_for_executives_there_are(scene: Scene) -> None:
    ref = led(scene)
    for who in ("director", "support"):
        assert scene.page(who).get(f"/o/acme/incidents/{ref}/swoop.txt").status_code == 403
    for email in ("nobody@acme.example", scene.acme.jon.email, scene.globex.director.email, "a\x00b", "x" * 500):
        answer = scene.page("amira").get(f"/o/acme/incidents/{ref}/swoop.txt", {"executive": email})
        assert answer.status_code in (409, 422), email
    assert scene.page("amira").get("/o/acme/incidents/INC-999/swoop.txt").status_code == 404
