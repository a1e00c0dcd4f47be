"""The law as data: what the shipped standard says. Severities: test_law_severities.py; what is refused: test_law_refused.py."""

import json
import os
import pickle
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from standard.law import Law, shipped
from standard.law_types import Cadence, LawError
from tests.standard.spoiling import of

HERE = Path(__file__).parent
SOURCE = HERE.parents[1].parent / "shared" / "standard"
CLAUSE_IDS = (HERE / "clause_ids.txt").read_text(encoding="utf-8").split()

TRIAGE_QUESTION = "Is this an incident?"
HANDING_OVER = "Handing over command to {name}."
TAKING_COMMAND = "I have command."
EXECUTIVE_SCRIPT = (
    "Hi {executive}, we are currently investigating {summary}. I have {ol} working on it. "
    "Please direct questions to {cl} so we can focus on resolution. Thank you."
)

AWAY = "the source of the standard lies beside the repository, and is not here"


# --- The shipped version ------------------------------------------------------------------------------------------------------


def test_it_says_whose_it_is_and_since_when(law: Law) -> None:
    assert (law.edition, law.title, law.owner) == (1, "Incident Management", "SRE Directorate")
    assert law.effective_date == date(2024, 1, 1)
    assert law.contact == "sre-help@company.org"


def test_it_has_every_clause_in_order_and_no_other(law: Law) -> None:
    assert [clause.id for clause in law.clauses] == CLAUSE_IDS


@pytest.mark.skipif(not SOURCE.is_dir() and "CI" not in os.environ, reason=AWAY)
def test_the_list_of_clauses_is_that_of_the_source_with_its_sections_and_kinds(law: Law) -> None:
    source = yaml.safe_load((SOURCE / "clauses.yaml").read_text(encoding="utf-8"))
    assert [(clause["id"], clause["ref"], tuple(clause["kind"])) for clause in source] == [
        (clause.id, clause.ref, clause.kinds) for clause in law.clauses
    ]


def test_it_survives_storage_as_json(law: Law) -> None:
    assert Law.from_data(json.loads(json.dumps(shipped(), sort_keys=True))) == law


def test_it_can_be_cached_and_compared(law: Law) -> None:
    assert pickle.loads(pickle.dumps(law)) == law
    assert hash(law) == hash(Law.from_data(shipped()))


def test_what_a_caller_does_to_the_data_stays_with_the_caller() -> None:
    shipped()["severities"].clear()
    assert len(shipped()["severities"]) == 4


def test_a_version_of_an_organisation_may_change_words_and_amounts(data: dict[str, Any]) -> None:
    of(data["severities"], 1)["cadence"] |= {"prompt_minutes": 10, "break_minutes": 20}
    of(data["clocks"], "command")["due"] = 300
    of(data["clauses"], "warroom.mode")["says"] = "We meet in the blue room."
    law = Law.from_data(data)
    assert law.severity(1).cadence == Cadence("severity.sev1-cadence", 10, 20)
    assert law.minutes("command") == 300
    assert law.clause("warroom.mode").says == "We meet in the blue room."


# --- Flags, clocks, lifecycle -------------------------------------------------------------------------------------------------


def test_exposed_personal_data_are_sev1_held_restricted_and_wake_privacy_and_legal(law: Law) -> None:
    flag = law.flag("personal_data")
    assert flag.raises_to == 1
    assert flag.pages_duties == ("privacy_officer", "legal_counsel")
    assert flag.holds_records
    assert flag.restricts


def test_lost_money_holds_the_records_and_tells_the_cfo_at_any_severity(law: Law) -> None:
    flag = law.flag("financial_loss")
    assert flag.raises_to is None
    assert (flag.pages_duties, flag.notifies_duties) == ((), ("cfo",))
    assert flag.holds_records
    assert not flag.restricts


@pytest.mark.parametrize(
    ("key", "bound", "minutes"),
    [
        ("page_secondary", "at_most", 15),
        ("page_manager", "at_most", 30),
        ("roles", "at_most", 5),
        ("order_ack", "at_most", 2),
        ("check_in", "at_most", 10),
        ("command", "at_most", 4 * 60),
        ("shadow", "at_least", 15),
        ("monitoring_minimum", "at_least", 15),
        ("break_glass", "at_most", 60),
        ("postmortem_draft", "at_most", 24 * 60),
    ],
)
def test_clocks_in_minutes(law: Law, key: str, bound: str, minutes: int) -> None:
    assert law.minutes(key) == minutes
    assert law.clock(key).bound == bound


@pytest.mark.parametrize(
    ("key", "unit", "due"),
    [
        ("postmortem_review", "business_days", 5),
        ("access_review", "business_days", 5),
        ("break_glass_review", "business_days", 1),
        ("process_review", "quarters", 1),
    ],
)
def test_clocks_on_the_calendar(law: Law, key: str, unit: str, due: int) -> None:
    assert (law.clock(key).unit, law.clock(key).due) == (unit, due)
    with pytest.raises(LawError, match=f"counts in {unit}, not in minutes"):
        law.minutes(key)


def test_a_commander_is_asked_to_hand_over_half_an_hour_before_the_limit(law: Law) -> None:
    assert law.clock("command").prompt == 210


MOVES = {
    ("triage", "mobilization"): "never",
    ("triage", "backlog"): "never",
    ("mobilization", "investigation"): "early",
    ("investigation", "mitigation"): "never",
    ("investigation", "monitoring"): "always",
    ("mitigation", "investigation"): "never",
    ("mitigation", "monitoring"): "never",
    ("monitoring", "investigation"): "always",
    ("monitoring", "resolved"): "early",
    ("resolved", "investigation"): "always",
    ("resolved", "closed"): "never",
    ("backlog", "mobilization"): "never",
    ("backlog", "resolved"): "never",
}
DECLARED_AND_OPEN = ["mobilization", "investigation", "mitigation", "monitoring", "backlog"]
ENDINGS = {(state, "false_positive"): "always" for state in DECLARED_AND_OPEN} | {
    (state, "merged"): "never" for state in DECLARED_AND_OPEN
}


def test_an_incident_moves_only_as_the_standard_allows(law: Law) -> None:
    assert {(state.key, move.to): move.reason for state in law.lifecycle for move in state.moves} == MOVES | ENDINGS


def test_going_back_has_a_name_of_its_own(law: Law) -> None:
    assert [law.move(source, "investigation").verb for source in ("monitoring", "resolved")] == ["relapse", "reopen"]  # type: ignore[union-attr]
    assert law.move("closed", "investigation") is None


def test_only_what_still_wants_work_is_open(law: Law) -> None:
    assert {state.key for state in law.lifecycle if state.open} == {"triage", *DECLARED_AND_OPEN}


# --- Words --------------------------------------------------------------------------------------------------------------------


def test_phrases_that_people_speak_are_kept_word_for_word(law: Law) -> None:
    assert law.scripts.triage_question == TRIAGE_QUESTION
    assert law.scripts.handing_over == HANDING_OVER
    assert law.scripts.taking_command == TAKING_COMMAND
    assert law.scripts.executive == EXECUTIVE_SCRIPT


def test_checklists_have_the_steps_of_the_standard_in_its_order(law: Law) -> None:
    assert [item.key for item in law.checklists.ic] == [
        "claim", "bridge", "scribe", "severity", "ops_lead", "comms_lead", "first_update", "cadence",
    ]  # fmt: skip
    assert [item.key for item in law.checklists.ol] == [
        "acknowledge", "gather", "hypothesis", "verify_hypothesis", "propose", "execute", "verify_fix",
    ]  # fmt: skip
    assert [item.key for item in law.checklists.cl] == [
        "acknowledge", "internal_update", "investigating", "sentiment", "identified", "monitoring", "resolved",
    ]  # fmt: skip


def test_a_step_ticks_itself_on_its_own_event_only(law: Law) -> None:
    scribe = next(item for item in law.checklists.ic if item.key == "scribe")
    assert scribe.ticked_by("role.assigned", {"role": "scribe", "to": 7})
    assert not scribe.ticked_by("role.assigned", {"role": "ol"})
    assert not scribe.ticked_by("role.accepted", {"role": "scribe"})


def test_only_what_the_portal_cannot_see_is_ticked_by_hand(law: Law) -> None:
    items = [*law.checklists.ic, *law.checklists.ol, *law.checklists.cl]
    assert [item.key for item in items if item.ticks_on is None] == ["gather", "sentiment"]


def test_every_event_that_ticks_is_named_noun_dot_past_tense(law: Law) -> None:
    for item in (*law.checklists.ic, *law.checklists.ol, *law.checklists.cl):
        assert item.ticks_on is None or re.fullmatch(r"(incident|role)\.[a-z_]+(ed|set)", item.ticks_on)


def test_the_postmortem_has_the_sections_of_the_standard_and_two_more(law: Law) -> None:
    wanted = ["summary", "timeline", "root_cause", "impact", "action_items", "went_well", "lucky"]
    assert [section.key for section in law.postmortem_template] == wanted


def test_a_version_stored_before_the_two_more_stays_readable(data: dict[str, Any]) -> None:
    data["postmortem_template"] = [one for one in data["postmortem_template"] if one["key"] not in ("went_well", "lucky")]
    assert len(Law.from_data(data).postmortem_template) == 5


def test_an_organisation_may_have_a_section_of_its_own(data: dict[str, Any]) -> None:
    own = {"key": "customers", "clause": "postmortem.template", "title": "What customers said", "prompt": "Quote them."}
    data["postmortem_template"].insert(1, own)
    assert Law.from_data(data).postmortem_template[1].title == "What customers said"


def test_the_glossary_explains_every_abbreviation(law: Law) -> None:
    assert {term.term for term in law.glossary} == {"MTTR", "MTTD", "SLA", "SLO", "SLI", "RCA", "SME"}


def test_a_conformance_report_judges_what_is_measured_or_enforced(law: Law) -> None:
    assert law.clause("handover.shadow-15").judged
    assert not law.clause("warroom.mode").judged


@pytest.mark.skipif(not SOURCE.is_dir(), reason=AWAY)
@pytest.mark.parametrize("name", ["incident_management.md", "clauses.yaml"])
def test_the_wording_is_our_own(data: dict[str, Any], name: str) -> None:
    source = phrases((SOURCE / name).read_text(encoding="utf-8"))
    del data["scripts"]
    assert {phrase for text in texts(data) for phrase in phrases(text) & source} == set()


# --- Helpers ------------------------------------------------------------------------------------------------------------------


def texts(data: object) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts(value)


def phrases(text: str, words: int = 8) -> set[str]:
    """Every run of so many words in a text, without case and punctuation."""
    found = re.findall(r"[a-z0-9%]+", text.lower())
    return {" ".join(found[start : start + words]) for start in range(len(found) - words + 1)}
