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
from tests.incidents.scene import UPDATE, Scene

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
        body = word.read(Line(rest, jon.actor(), word.example, _facts(jon.user_id)))
    bound = DOORS[word.verb].body(data=body)
    assert bound.is_valid(), bound.errors


def test_every_verb_of_an_incident_has_a_word() -> None:
    spoken = {word.verb for word in WORDS}
    not_spoken = {"attach", "fulfil"}  # a file; a location and a hash: not for a line of chat
    assert set(DOORS) - spoken - not_spoken == set()
    assert len(TABLE) == sum(1 + len(word.also) for word in WORDS), "a word means two things"


@pytest.mark.clause("people.practitioner")
def test_who_may_not_act_may_not_speak_either(scene: Scene) -> None:
    ref = scene.declare()
    assert refused(scene, "support", "claim", ref)[:2] == (403, "not_a_practitioner")
    assert scene.door(scene.globex.amira).post("commands/", {"text": "claim", "incident": ref}).status_code == 404


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
