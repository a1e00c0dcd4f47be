"""The law as data: what the shipped standard says, and what no version of it may say."""

import json
import os
import pickle
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from standard.law import Law, shipped
from standard.law_types import Cadence, FixInDays, FixInSprints, LawError

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


@pytest.fixture(scope="module")
def law() -> Law:
    return Law.from_data(shipped())


@pytest.fixture
def data() -> dict[str, Any]:
    return shipped()


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


# --- Severities ---------------------------------------------------------------------------------------------------------------


def test_sev1_wakes_people_at_any_hour_and_opens_a_recorded_bridge(law: Law) -> None:
    sev1 = law.severity(1)
    assert (sev1.label, sev1.name) == ("SEV 1", "Critical")
    assert (sev1.mobilises, sev1.pages_on_call, sev1.urgency, sev1.hours) == (True, True, "high", "always")
    assert (sev1.pages_duties, sev1.notifies_duties) == (("engineering_director",), ("executive_team",))
    assert sev1.cadence == Cadence("severity.sev1-cadence", prompt_minutes=15, break_minutes=30)
    assert (sev1.bridge, sev1.fix, sev1.action_item_sprints) == ("recorded", None, 1)


def test_sev2_wakes_people_at_any_hour_and_opens_a_plain_bridge(law: Law) -> None:
    sev2 = law.severity(2)
    assert (sev2.label, sev2.name) == ("SEV 2", "Major")
    assert (sev2.mobilises, sev2.pages_on_call, sev2.urgency, sev2.hours) == (True, True, "high", "always")
    assert (sev2.pages_duties, sev2.notifies_duties) == ((), ("engineering_manager",))
    assert sev2.cadence == Cadence("severity.sev2-cadence", prompt_minutes=30, break_minutes=60)
    assert (sev2.bridge, sev2.fix, sev2.action_item_sprints) == ("plain", None, 2)


def test_sev3_reaches_the_on_call_quietly_in_business_hours(law: Law) -> None:
    sev3 = law.severity(3)
    assert (sev3.label, sev3.name) == ("SEV 3", "Minor")
    assert (sev3.mobilises, sev3.pages_on_call, sev3.urgency, sev3.hours) == (False, True, "low", "business")
    assert (sev3.pages_duties, sev3.notifies_duties, sev3.cadence, sev3.bridge) == ((), (), None, "none")
    assert sev3.fix == FixInDays("severity.sev3-fix", prompt_business_days=1, break_business_days=3)
    assert sev3.action_item_sprints is None


def test_sev4_disturbs_nobody_and_is_due_next_sprint(law: Law) -> None:
    sev4 = law.severity(4)
    assert (sev4.label, sev4.name) == ("SEV 4", "Trivial")
    assert (sev4.mobilises, sev4.pages_on_call, sev4.urgency, sev4.hours) == (False, False, "none", "none")
    assert (sev4.pages_duties, sev4.notifies_duties, sev4.cadence, sev4.bridge) == ((), (), None, "none")
    assert sev4.fix == FixInSprints("severity.sev4-ticket", sprints=1)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_every_severity_explains_itself(law: Law, level: int) -> None:
    assert law.severity(level).definition
    assert law.severity(level).examples


@pytest.mark.parametrize(
    ("level", "answers"),
    [
        (1, {"exposure": "attack"}),
        (1, {"exposure": "personal_data", "feature": "looks_only"}),
        (1, {"data": "harmed", "users": "under_1_percent"}),
        (1, {"regulation": "violated"}),
        (1, {"users": "all"}),
        (1, {"users": "all", "feature": "core_without_workaround", "speed": "unusable"}),
        (2, {"users": "all", "feature": "core_with_workaround"}),
        (2, {"users": "over_10_percent"}),
        (2, {"users": "over_10_percent", "feature": "core_with_workaround"}),
        (2, {"users": "from_1_to_10_percent", "feature": "core_without_workaround"}),
        (3, {"users": "from_1_to_10_percent", "feature": "core_with_workaround"}),
        (3, {"users": "from_1_to_10_percent"}),
        (2, {"speed": "unusable"}),
        (2, {"own_work": "blocked", "users": "nobody"}),
        (2, {"feature": "core_without_workaround"}),
        (3, {"users": "under_1_percent", "feature": "core_without_workaround"}),
        (3, {"users": "all", "feature": "lesser"}),
        (4, {"users": "all", "feature": "looks_only"}),
        (4, {"users": "nobody"}),
    ],
)
def test_answers_about_the_impact_suggest_a_level(law: Law, level: int, answers: dict[str, str]) -> None:
    suggestion = law.suggest(answers)
    assert suggestion is not None
    assert suggestion.level == level, suggestion.because


@pytest.mark.parametrize("answers", [{}, {"exposure": "neither", "speed": "bearable"}])
def test_answers_that_say_too_little_suggest_nothing(law: Law, answers: dict[str, str]) -> None:
    assert law.suggest(answers) is None


def test_every_suggestion_can_be_reached(law: Law) -> None:
    for suggestion in law.severity_suggestions:
        assert law.suggest(dict(suggestion.when)) == suggestion


def test_an_answer_that_was_never_offered_is_refused(law: Law) -> None:
    with pytest.raises(LawError, match="offer no answer 'some' to 'users'"):
        law.suggest({"users": "some"})


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


def test_the_postmortem_has_the_five_sections_of_the_standard(law: Law) -> None:
    assert [section.key for section in law.postmortem_template] == ["summary", "timeline", "root_cause", "impact", "action_items"]


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


# --- What is refused ----------------------------------------------------------------------------------------------------------


def set_at(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        where[path[-1]] = to

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        if isinstance(where, list):
            where.remove(of(where, path[-1]))
        else:
            del where[path[-1]]

    return change


def twice(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        where.append(of(where, path[-1]))

    return change


@pytest.mark.parametrize(
    ("change", "path", "sentence"),
    [
        # Shape
        (set_at("colour", to="red"), "colour", "is not a key of the standard."),
        (set_at("severities", 1, "colour", to="red"), "severities[1].colour", "is not a key of the standard."),
        (drop("contact"), "contact", "is missing."),
        (drop("severities", 2, "cadence"), "severities[2].cadence", "is missing."),
        (set_at("severities", to={}), "severities", "must be a list."),
        (set_at("checklists", to=[]), "checklists", "must be a mapping with text keys."),
        (set_at("clauses", "breach.sev1", "says", to=" "), "clauses[breach.sev1].says", "must be text, and not blank."),
        (set_at("clocks", "roles", "due", to=0), "clocks[roles].due", "must be a whole number of at least 1."),
        (set_at("clocks", "roles", "due", to=True), "clocks[roles].due", "must be a whole number of at least 1."),
        (set_at("severities", 1, "mobilises", to="yes"), "severities[1].mobilises", "must be true or false."),
        (set_at("effective_date", to="1 January"), "effective_date", "must be a date as text, such as 2024-01-31."),
        (set_at("severities", 1, "bridge", to="video"), "severities[1].bridge", "'video' is not one of recorded, plain, none."),
        (set_at("severities", 3, "fix", to={"weeks": 1}), "severities[3].fix.weeks", "is not a key of the standard."),
        (
            set_at("severities", 3, "fix", to={"clause": "severity.sev3-fix", "break_business_days": 3}),
            "severities[3].fix.prompt_business_days",
            "is missing.",
        ),
        (twice("clauses", "breach.sev1"), "clauses[breach.sev1]", "is given twice."),
        (twice("severities", 1), "severities[1]", "is given twice."),
        # Severities
        (drop("severities", 3), "severities[3]", "is missing."),
        (set_at("severities", 4, "level", to=5), "severities[4]", "is missing."),
        (
            set_at("severities", 1, "pages_duties", to=["janitor"]),
            "severities[1].pages_duties[#0]",
            (
                "'janitor' is not one of engineering_director, engineering_manager, executive_team, privacy_officer, "
                "legal_counsel, pr, cfo, product_owner."
            ),
        ),
        (
            set_at("severities", 4, "urgency", to="low"),
            "severities[4].urgency",
            "is 'none' exactly where the on-call is not paged.",
        ),
        (set_at("severities", 1, "hours", to="none"), "severities[1].hours", "is 'none' exactly where the on-call is not paged."),
        (
            set_at("severities", 4, "pages_duties", to=["pr"]),
            "severities[4].pages_duties",
            "must be empty where the on-call is not paged.",
        ),
        (
            set_at("severities", 3, "bridge", to="plain"),
            "severities[3].bridge",
            "must be 'none' where the severity does not mobilise.",
        ),
        # Limits
        (
            set_at("severities", 1, "cadence", "prompt_minutes", to=30),
            "severities[1].cadence.prompt_minutes",
            "must be less than break_minutes.",
        ),
        (
            set_at("severities", 3, "fix", "prompt_business_days", to=3),
            "severities[3].fix.prompt_business_days",
            "must be less than break_business_days.",
        ),
        (set_at("clocks", "command", "prompt", to=240), "clocks[command].prompt", "must be less than due."),
        # What code names
        (set_at("edition", to=99), "edition", "there is no shipped edition 99."),
        (drop("clauses", "handover.sitrep"), "clauses[handover.sitrep]", "is missing."),
        (set_at("clauses", "handover.sitrep", "id", to="a.b"), "clauses[handover.sitrep]", "is missing."),
        (drop("clocks", "shadow"), "clocks[shadow]", "is missing."),
        (set_at("clocks", "shadow", "unit", to="quarters"), "clocks[shadow].unit", "must be minutes."),
        (set_at("clocks", "shadow", "bound", to="at_most"), "clocks[shadow].bound", "must be at_least."),
        (drop("flags", "financial_loss"), "flags[financial_loss]", "is missing."),
        (drop("postmortem_template", "impact"), "postmortem_template[impact]", "is missing."),
        (set_at("clauses", "handover.sitrep", "kinds", to=[]), "clauses[handover.sitrep].kinds", "needs at least one kind."),
        # References
        (
            set_at("severities", 1, "cadence", "clause", to="a.b"),
            "severities[1].cadence.clause",
            "cites 'a.b', which is no clause.",
        ),
        (set_at("clocks", "roles", "clause", to="a.b"), "clocks[roles].clause", "cites 'a.b', which is no clause."),
        (
            set_at("lifecycle", "closed", "moves", to=[{"to": "limbo", "verb": "lose", "reason": "never"}]),
            "lifecycle[closed].moves[limbo]",
            "does not lead to another state.",
        ),
        (set_at("severity_suggestions", "few", "level", to=5), "severity_suggestions[few].level", "5 is no severity."),
        (set_at("severity_suggestions", "few", "when", to={}), "severity_suggestions[few].when", "needs at least one answer."),
        (
            set_at("severity_suggestions", "few", "when", to={"users": "two"}),
            "severity_suggestions[few].when.users",
            "no question offers the answer 'two'.",
        ),
        (set_at("flags", "personal_data", "raises_to", to=9), "flags[personal_data].raises_to", "9 is no severity."),
        # Scripts
        (
            set_at("scripts", "handing_over", to="Over to you."),
            "scripts.handing_over",
            "needs exactly these placeholders: {name}.",
        ),
        (
            set_at("scripts", "taking_command", to="{name} has it."),
            "scripts.taking_command",
            "needs exactly these placeholders: none.",
        ),
        (
            set_at("scripts", "handing_over", to="{name.__class__}"),
            "scripts.handing_over",
            "needs exactly these placeholders: {name}.",
        ),
        (
            set_at("scripts", "handing_over", to="{name:>999999}"),
            "scripts.handing_over",
            "needs exactly these placeholders: {name}.",
        ),
    ],
)
def test_data_that_are_no_standard_are_refused_with_the_place(
    data: dict[str, Any], change: Callable[[dict[str, Any]], None], path: str, sentence: str
) -> None:
    change(data)
    with pytest.raises(LawError) as refused:
        Law.from_data(data)
    assert (refused.value.path, refused.value.sentence) == (path, sentence)
    assert str(refused.value) == f"{path}: {sentence}"


def test_a_brace_out_of_place_is_refused(data: dict[str, Any]) -> None:
    data["scripts"]["executive"] = "Hi {executive"
    with pytest.raises(LawError, match=r"^scripts\.executive: has a brace out of place"):
        Law.from_data(data)


def test_data_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(LawError, match="must be a mapping"):
        Law.from_data([])  # type: ignore[arg-type]


def test_what_the_standard_does_not_have_is_refused_by_name(law: Law) -> None:
    lookups: list[tuple[Callable[[], object], str]] = [
        (lambda: law.severity(5), "severities[5]"),
        (lambda: law.clause("a.b"), "clauses[a.b]"),
        (lambda: law.minutes("tea"), "clocks[tea]"),
        (lambda: law.flag("red"), "flags[red]"),
        (lambda: law.move("limbo", "closed"), "lifecycle[limbo]"),
    ]
    for lookup, path in lookups:
        with pytest.raises(LawError) as refused:
            lookup()
        assert refused.value.path == path


def test_a_refusal_crosses_a_process_unharmed() -> None:
    refusal = pickle.loads(pickle.dumps(LawError("clocks[roles].due", "is missing.")))
    assert (refusal.path, refusal.sentence) == ("clocks[roles].due", "is missing.")


# --- Helpers ------------------------------------------------------------------------------------------------------------------


def of(where: Any, step: str | int) -> Any:
    """The value of a mapping's key, or the entry of a list whose identity is `step`."""
    if isinstance(where, dict):
        return where[step]
    return next(entry for entry in where if step in (entry.get("id"), entry.get("key"), entry.get("level")))


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
