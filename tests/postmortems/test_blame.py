"""The blameless check by itself: what it finds, and how well (clauses principle.blameless, postmortem.blameless-rule)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from postmortems.blame import Finding, Person, Place, checker

SENTENCES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "blame_sentences.yaml").read_text(encoding="utf-8"))
PEOPLE = [Person(name, f"{name.lower().replace(' ', '.')}@acme.example") for name in SENTENCES["people"]]


def found(text: str, *, cause: bool = True, own: tuple[tuple[str, str], ...] = ()) -> list[Finding]:
    return checker(PEOPLE, own).find([Place("why:1", "Why 1", text, cause)])


def quotes(text: str, **how: Any) -> list[str]:
    return [finding.quote for finding in found(text, **how)]


@pytest.mark.clause("principle.blameless")
def test_of_sixty_sentences_it_finds_most_that_blame_and_few_that_do_not() -> None:
    said = {
        kind: [row["text"] for row in SENTENCES[kind] if found(row["text"], cause=row.get("cause", True))]
        for kind in ("blaming", "neutral")
    }
    assert [len(SENTENCES[kind]) for kind in ("blaming", "neutral")] == [30, 30]
    right, wrong = len(said["blaming"]), len(said["neutral"])
    assert right / 30 >= 0.8, [row["text"] for row in SENTENCES["blaming"] if row["text"] not in said["blaming"]]
    assert right / (right + wrong) >= 0.8, said["neutral"]


def test_what_a_thing_did_blames_nobody_and_what_a_person_did_does() -> None:
    assert quotes("The service failed to start.") == []
    assert quotes("The engineer failed to start it.", cause=False) == ["engineer failed to"]
    assert quotes("The engineer's script failed to stop.", cause=False) == []
    assert quotes("The engineer saw that the pod failed to start.", cause=False) == []
    assert quotes("The queue should have drained.") == []
    assert quotes("The reviewer saw it and did not ask.", cause=False) == ["reviewer saw it and did not ask"]
    assert quotes("The person on call really should've known.", cause=False) == ["on call really should've"]


def test_contractions_hyphens_case_and_inflections_are_seen_through() -> None:
    assert quotes("She DIDN’T check it.", cause=False) == ["She DIDN’T check"]
    assert quotes("A human-error was made.") == ["human-error"]
    assert quotes("They were careless. Such carelessness! All done carelessly.") == ["careless", "carelessness", "carelessly"]
    assert quotes("It is a blameless review, and a carefully written one.") == []


def test_what_a_machine_printed_and_an_address_are_not_read() -> None:
    assert quotes("It printed `operator should have asked Jon` and `human error`.") == []
    assert quotes("```\nhuman error by Jon\n```\nThen it stopped, see https://wiki.example/human-error/jon.") == []
    assert quotes("See [[ev-12]] for it.") == []


def test_names_and_roles_belong_in_no_cause_and_are_welcome_elsewhere() -> None:
    text = "Jon Berg restarted it with Mei; the IC agreed, and so did the on-call engineer, @luis and amira.haddad@acme.example."
    kinds = {finding.quote: finding.kind for finding in found(text)}
    assert kinds == {
        "Jon Berg": "name",
        "Mei": "name",
        "IC": "role",
        "engineer": "role",
        "luis": "name",
        "amira.haddad": "name",
    }
    assert found(text, cause=False) == []


def test_a_sentence_that_states_a_cause_is_a_cause_wherever_it_stands() -> None:
    text = "Jon restarted the pods. The pods were gone because Jon had stopped them. Mei told customers."
    assert quotes(text, cause=False) == ["Jon"]
    assert found(text, cause=False)[0].offset == text.index("Jon had")


def test_a_name_that_is_an_everyday_word_is_taken_within_a_sentence_only() -> None:
    will = checker([Person("Will Page", "will.page@acme.example")])
    told = will.find(
        [Place("why:1", "Why 1", "Will it drain? Page loads rose. Then Will stopped it, as Will Page said.", cause=True)]
    )
    assert [finding.quote for finding in told] == ["Will", "Will Page"]


@pytest.mark.clause("principle.blameless")
def test_each_finding_says_where_it_stands_and_what_to_ask_of_the_system() -> None:
    text = "First line.\nThe outage was caused by human error, it seems.\nLast line."
    (finding,) = [one for one in found(text, cause=False) if one.quote == "human error"]
    assert (finding.place, finding.title, text[finding.offset :][: len(finding.quote)]) == ("why:1", "Why 1", "human error")
    assert (finding.before, finding.after) == ("The outage was caused by ", ", it seems.")
    assert "safeguard" in finding.suggestion
    assert finding.phrase == "human error"


def test_an_organisation_adds_phrases_of_its_own() -> None:
    own = (("cowboy", "What made the short way the easy one?"), ("the usual suspects", "Which part of the system?"))
    said = {one.quote: one.suggestion for one in found("A cowboy change by the usual  suspects.", own=own, cause=False)}
    assert said == {"cowboy": own[0][1], "the usual  suspects": own[1][1]}
    assert quotes("A cowboy change.", cause=False) == []


def test_no_text_is_too_odd_to_be_read() -> None:
    for text in (
        "",
        "   ",
        "'’'",
        "@",
        "```",
        "by by by by",
        "\x00 should have",
        "ö" * 5000,
        "should have " * 5000,
        "not " * 20_000,
    ):
        assert isinstance(quotes(text), list)
