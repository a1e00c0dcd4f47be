"""One line does what a button does: the chat grammar by API and in the command bar (clauses triage.slack-declare, tools.slack-bot)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.doors import DOORS
from incidents.facts import Facts
from incidents.items import ChangeItem, OrderItem
from integrations.chat.dispatch import OUTSIDE
from integrations.chat.grammar import TABLE, WORDS, Word
from integrations.chat.line import Line
from tests.incidents.scene import UPDATE, Scene, alert
from tests.incidents.test_need_to_know import restricted

pytestmark = pytest.mark.servers

SAYS_MORE = {"sitrep": "post"}  # an example that explains, and what one types


def say(scene: Scene, who: str, text: str, ref: str = "") -> Any:
    """Say a line by API; whatever the answer is."""
    return scene.api(who).post("commands/", {"text": text} | ({"incident": ref} if ref else {}))


def said(scene: Scene, who: str, text: str, ref: str = "") -> dict[str, Any]:
    """Say a line that is understood and done."""
    answer = say(scene, who, text, ref)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def refused(scene: Scene, who: str, text: str, ref: str = "") -> tuple[int, str, str]:
    """Say a line that is refused: status, code and sentence."""
    answer = say(scene, who, text, ref)
    told = answer.json()
    return answer.status_code, told["code"], told["detail"]


def reported(scene: Scene, title: str) -> int:
    """Somebody says that something looks wrong: the signal's number."""
    answer = scene.api("mei").post("reports/", {"title": title})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


@pytest.mark.clause("triage.slack-declare")
@pytest.mark.clause("tools.slack-bot")
def test_declaring_takes_one_line(scene: Scene) -> None:
    told = said(scene, "mei", "/incident declare SEV1 service:checkout checkout failing for everyone")
    incident = scene.incident(told["incident"])
    assert (incident["severity"], incident["title"]) == ("SEV1", "checkout failing for everyone")
    assert incident["services"] == ["checkout"]
    assert told["verb"] == "declare"
    assert "SEV 1 declared: checkout failing for everyone" in told["text"]


@pytest.mark.clause("tools.slack-bot")
def test_the_same_rules_and_the_same_refusals(scene: Scene) -> None:
    ref = scene.declare()
    assert said(scene, "amira", "/incident claim", ref)["text"] == f"{ref} · Command: I have command."
    assert refused(scene, "jon", "claim", ref) == (
        409,
        "commanded",
        f"Amira Ahmadi holds command since {scene.clock.now:%H:%M:%S} UTC.",
    )
    assert scene.incident(ref)["roles"][0]["person"]["name"] == "Amira Ahmadi"


def test_a_line_may_name_its_incident_itself(scene: Scene) -> None:
    first, second = scene.declare(), scene.declare(title="Search fails")
    assert said(scene, "amira", f"/incident {second} claim", first)["incident"] == second
    assert said(scene, "amira", f"{first.lower()} claim")["incident"] == first


def test_without_one_it_is_the_room_one_is_in(scene: Scene) -> None:
    assert refused(scene, "amira", "claim")[1] == "not_understood"
    ref = scene.declare("amira")
    assert said(scene, "amira", "claim")["incident"] == ref
    other = scene.declare("amira", title="Search fails")
    status, _, sentence = refused(scene, "amira", "note which?")
    assert (status, ref in sentence, other in sentence) == (422, True, True)


def test_what_is_typed_stands_in_the_record(scene: Scene) -> None:
    ref = scene.commanded()
    said(scene, "amira", "note 00:01 the first page came in", ref)
    entry = scene.told(ref, "incident.noted")[-1]
    assert entry["text"] == "the first page came in"
    assert entry["at"].endswith("00:01:00Z")
    said(scene, "amira", "update payments time out | 1 in 5 orders fails | rolling back | next 20m", ref)
    update = scene.part(ref, "updates")[0]
    assert (update["known"], update["impact"], update["doing"]) == ("payments time out", "1 in 5 orders fails", "rolling back")
    promised = datetime.fromisoformat(str(update["next_update_at"]))
    assert abs(promised - scene.clock.now - timedelta(minutes=20)) < timedelta(seconds=1)
    said(scene, "amira", "sev 2 because search works again", ref)
    assert scene.incident(ref)["severity"] == "SEV2"
    said(scene, "amira", "investigate because the leads are on their way", ref)
    said(scene, "amira", "monitor because it mended itself", ref)
    said(scene, "amira", "impact end now", ref)
    scene.clock.advance(minutes=20)
    said(scene, "amira", "resolve a bad deploy, rolled back", ref)
    assert scene.incident(ref)["state"] == "resolved"


@pytest.mark.clause("roles.cl-no-speculation")
def test_a_public_update_has_a_word_for_whether_it_gives_a_cause(scene: Scene) -> None:
    ref = scene.commanded()
    text = "a bad deploy broke payments | 1 in 5 orders fails | rolling back"
    assert refused(scene, "amira", f"public identified {text}", ref)[:2] == (422, "cause_not_said")
    said(scene, "amira", f"public identified no-cause {text}", ref)
    update = scene.part(ref, "updates")[0]
    assert (update["known"], update["states_cause"], update["state"]) == ("a bad deploy broke payments", False, "published")
    said(scene, "amira", f"public identified states-cause {text}", ref)
    update = scene.part(ref, "updates")[0]
    assert (update["known"], update["states_cause"], update["state"]) == ("a bad deploy broke payments", True, "waiting")


def test_what_an_update_leaves_out_is_as_it_was(scene: Scene) -> None:
    ref = scene.commanded()
    assert "what is known | the impact | what is being done" in refused(scene, "amira", "update we know why", ref)[2]
    scene.do("amira", ref, "update", **UPDATE)
    said(scene, "amira", "update we know why", ref)
    latest = scene.part(ref, "updates")[0]
    assert (latest["known"], latest["impact"], latest["doing"]) == ("we know why", UPDATE["impact"], UPDATE["doing"])


@pytest.mark.parametrize(
    ("line", "teaches"),
    [
        ("clam", "Did you mean “claim”?"),
        ("order @jon", "/incident order @ana restart db-2 eta 5m"),
        ("order", "Say whom."),
        ("order @nobody restart", "nobody called “@nobody”"),
        ("sev 7 because", "A severity is 1 to 4."),
        ("sev 2", "Say why."),
        ("note", "/incident note 10:43"),
        ("claim inc-2", "The incident comes before the word. Write it like: /incident INC-2 claim"),
        ("join now please", "I do not know what to do with “now please”."),
        ("declare checkout fails", "Say how bad it is"),
        ("declare SEV1", "Say what is wrong."),
        ("declare SEV1 service:nothing it fails", "There is no service nothing"),
        ("decide fail over", "Say why."),
        ("approve", "Say which change"),
        ("ack", "No order of yours waits"),
        ("impact end tomorrow", "Say when: 10:43, or now."),
        ("rhythm often", "is no span of time"),
        ("help clam", "There is no word “clam”."),
        ("x" * 6000, "at most 5,000"),
    ],
)
def test_an_error_teaches_the_right_form(scene: Scene, line: str, teaches: str) -> None:
    ref = scene.commanded()
    before = len(scene.part(ref, "timeline"))
    status, _, sentence = refused(scene, "amira", line, ref)
    assert status == 422
    assert teaches in sentence
    assert len(scene.part(ref, "timeline")) == before


def test_help_lists_every_word(scene: Scene) -> None:
    told = said(scene, "amira", "/incident help")["text"]
    assert all(f"/incident {word.example}" in told for word in WORDS)
    assert said(scene, "amira", "")["text"] == told
    assert said(scene, "amira", "help ack")["text"] == "/incident ack"


def _facts(me: int) -> Facts:
    moment = datetime.now(UTC)
    order = OrderItem(3, "restart", "Amira", me, "Jon", None, moment, None, None, None, "", None)
    change = ChangeItem(4, "roll", None, None, 1, "", moment, "proposed", "", None, "", "", None, "", False, "", "", None, "")
    return Facts(orders=(order,), changes=(change,))


@pytest.mark.parametrize("word", [w for w in WORDS if w.verb not in OUTSIDE], ids=lambda w: w.word)
def test_every_word_reads_as_a_body_of_its_verb(scene: Scene, word: Word) -> None:
    """The example that `help` shows is understood, and is what the verb's door takes."""
    jon = scene.acme.jon
    rest = SAYS_MORE.get(word.word) or word.example.removeprefix(word.word).strip()
    rest = rest.replace("@ana", "@mei").replace("@bo", "@mei")
    with scene.acme.scope(jon):
        body = word.read(Line(rest, jon.actor(), word.example, facts=_facts(jon.user_id)))
    bound = DOORS[word.verb].body(data=body)
    assert bound.is_valid(), bound.errors


def test_every_verb_of_an_incident_has_a_word() -> None:
    spoken = {word.verb for word in WORDS}
    assert set(DOORS) - spoken == {"attach"}, "a line carries no file"
    assert len(TABLE) == sum(1 + len(word.also) for word in WORDS), "a word means two things"


class TestBeforeThereIsAnIncident:
    """The answers to "is this an incident?" in one line each (clause triage.is-it-an-incident)."""

    def test_what_waits_is_listed_with_its_number(self, scene: Scene) -> None:
        assert said(scene, "mei", "triage")["text"] == "Nothing waits in triage."
        number = reported(scene, "Search is slow")
        assert said(scene, "mei", "/incident triage") == {
            "text": f"{number} · Report: Search is slow",
            "verb": "triage",
            "incident": "",
        }

    @pytest.mark.clause("triage.is-it-an-incident")
    @pytest.mark.clause("triage.slack-declare")
    def test_yes(self, scene: Scene) -> None:
        number, other = reported(scene, "Search is slow"), reported(scene, "Search fails")
        ref = said(scene, "mei", f"declare-from {number} #{other} SEV2 service:checkout")["incident"]
        incident = scene.incident(ref)
        assert (incident["severity"], incident["title"], incident["services"]) == ("SEV2", "Search is slow", ["checkout"])
        assert said(scene, "mei", "triage")["text"] == "Nothing waits in triage."
        assert refused(scene, "mei", f"declare-from {number} SEV2 again")[:2] == (409, "decided")

    def test_yes_in_ones_own_words(self, scene: Scene) -> None:
        ref = said(scene, "mei", f"declare-from {reported(scene, 'Search is slow')} SEV3 nobody finds anything")["incident"]
        assert scene.incident(ref)["title"] == "nobody finds anything"

    @pytest.mark.clause("triage.is-it-an-incident")
    def test_yes_that_one(self, scene: Scene) -> None:
        ref = scene.declare()
        told = said(scene, "mei", f"attach {reported(scene, 'Search is slow')} {ref.lower()}")
        assert (told["verb"], told["incident"]) == ("attach", ref)
        assert "Search is slow" in told["text"]
        assert said(scene, "mei", f"attach {reported(scene, 'Me too')}", ref)["incident"] == ref

    @pytest.mark.clause("triage.is-it-an-incident")
    def test_no(self, scene: Scene) -> None:
        number = reported(scene, "Search is slow")
        assert "Say why." in refused(scene, "mei", f"dismiss {number}")[2]
        assert said(scene, "mei", f"dismiss {number} because I was offline")["text"] == "Dismissed: Search is slow."
        assert refused(scene, "mei", f"dismiss {number} because of that")[:2] == (409, "decided")
        assert scene.api("mei").get(f"triage/{number}/").json()["state"] == "dismissed"

    def test_nobody_else_answers(self, scene: Scene) -> None:
        number = reported(scene, "Search is slow")
        for line in (f"dismiss {number} because no", f"declare-from {number} SEV1 yes", f"attach {number} {scene.declare()}"):
            assert refused(scene, "support", line)[:2] == (403, "not_a_practitioner")
            assert scene.door(scene.globex.amira).post("commands/", {"text": line}).status_code == 404
        assert refused(scene, "auditor", "declare SEV1 it fails")[:2] == (403, "read_only")

    def test_whoever_is_woken_by_an_alert_says_ack(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.ago(minutes=1)))
        scene.follow()
        told = said(scene, "amira", "ack")
        assert (told["verb"], told["incident"]) == ("acknowledge", "")
        assert told["text"].startswith("Acknowledged: Alert")
        assert "Say which incident" in refused(scene, "amira", "ack")[2]

    def test_in_the_room_of_another_incident_too(self, scene: Scene) -> None:
        ref = scene.commanded()
        scene.fire(alert(started=scene.ago(minutes=1)))
        scene.follow()
        assert said(scene, "amira", "ack")["incident"] == ref
        assert "No order of yours waits" in refused(scene, "amira", "ack", ref)[2]
        assert said(scene, "amira", "ack")["text"].startswith("Acknowledged: Alert")


@pytest.mark.clause("finance.audit-trail")
def test_the_copy_of_a_database_is_filed_in_one_line(scene: Scene) -> None:
    ref = scene.commanded()
    said(scene, "amira", "snapshot the ledger database as of 10:40", ref)
    (asked,) = scene.part(ref, "snapshots")
    digest = "ab" * 32
    assert "Say where the copy lies." in refused(scene, "amira", f"fulfil {asked['id']}", ref)[2]
    assert "64 hexadecimal" in refused(scene, "amira", "fulfil s3://evidence/ledger.dump sha256 abc", ref)[2]
    said(scene, "amira", f"fulfil s3://evidence/ledger.dump sha256 {digest}", ref)
    (filed,) = scene.part(ref, "snapshots")
    assert (filed["location"], filed["sha256"]) == ("s3://evidence/ledger.dump", digest)
    assert "Say which copy" in refused(scene, "amira", "fulfil s3://evidence/ledger.dump", ref)[2]


@pytest.mark.clause("breach.need-to-know")
def test_who_reads_a_restricted_incident_by_chat_is_on_record(scene: Scene) -> None:
    ref = restricted(scene)
    assert "Olga Owner" not in {event.actor_name for event in scene.events("incident.opened")}
    said(scene, "owner", "sitrep", ref)
    assert [event.actor_name for event in scene.events("incident.opened")].count("Olga Owner") == 1


@pytest.mark.clause("people.practitioner")
def test_who_may_not_act_may_not_speak_either(scene: Scene) -> None:
    ref = scene.declare()
    assert refused(scene, "support", "claim", ref)[:2] == (403, "not_a_practitioner")
    assert scene.door(scene.globex.amira).post("commands/", {"text": "claim", "incident": ref}).status_code == 404


@pytest.mark.clause("warroom.exec-swoop")
@pytest.mark.parametrize("who", ["exec", "support"])
def test_who_reads_a_summary_gets_no_situation_report(scene: Scene, who: str) -> None:
    assert refused(scene, who, "sitrep", scene.commanded())[0] == 403


def test_saying_it_twice_with_a_key_does_it_once(scene: Scene) -> None:
    ref = scene.commanded()
    api = scene.api("amira")
    body = {"text": "note pod A restarted", "incident": ref}
    answers = [api.post("commands/", body, **{"Idempotency-Key": "k-1"}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(scene.told(ref, "incident.noted")) == 1


class TestTheCommandBar:
    def test_does_it_and_leads_to_the_room(self, scene: Scene) -> None:
        ref = scene.declare()
        answer = scene.page("amira").post("/o/acme/commands/", {"text": "claim", "incident": ref}, follow=True)
        assert answer.redirect_chain[-1][0] == f"/o/acme/incidents/{ref}/"
        assert "I have command." in answer.content.decode()

    def test_keeps_what_was_typed(self, scene: Scene) -> None:
        ref = scene.declare()
        answer = scene.page("amira").post("/o/acme/commands/", {"text": "clam <b>now</b>", "incident": ref})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "clam &lt;b&gt;now&lt;/b&gt;" in page
        assert "Did you mean “claim”?" in page

    def test_shows_the_words_without_doing_anything(self, scene: Scene) -> None:
        page = scene.page("mei").get("/o/acme/commands/", {"incident": "INC-1"}).content.decode()
        assert "order @ana restart db-2 eta 5m" in page
        assert 'value="INC-1"' in page


class TestDecliningAPage:
    def test_a_bare_decline_answers_the_page_that_calls_me(self, scene: Scene) -> None:
        ref = scene.declare(severity="SEV2")
        scene.follow()
        said = scene.api("amira").post("commands/", {"text": "decline"})
        assert said.status_code == 200, said.content
        assert scene.told(ref, "page.declined")[0]["actor"] == "Amira Ahmadi"
        assert scene.calls("jon"), "the next one is called"

    def test_of_an_alert_that_is_no_incident_yet(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        said = scene.api("amira").post("commands/", {"text": "decline"}).json()
        assert said["text"].startswith("Declined, the next one is called: ")

    def test_a_role_that_is_offered_comes_first(self, scene: Scene) -> None:
        ref = scene.declare(severity="SEV2")
        scene.follow()
        scene.do("mei", ref, "claim")
        scene.do("mei", ref, "assign", role="ol", person=scene.email("amira"))
        refused = scene.api("amira").post("commands/", {"text": f"{ref} decline"})
        assert refused.status_code == 422, "it asks which role"
        assert scene.told(ref, "page.declined") == []
