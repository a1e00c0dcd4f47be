"""What no version of the standard may say: it is refused, and the refusal names the place."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from standard.law import Law
from standard.law_types import LawError
from tests.standard.spoiling import drop, set_at, twice


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
        # Limits that nobody could meet
        (set_at("clocks", "order_ack", "due", to=10**400), "clocks[order_ack].due", "must be at most 525,600 minutes."),
        (set_at("clocks", "access_review", "due", to=251), "clocks[access_review].due", "must be at most 250 business days."),
        (
            set_at("severities", 1, "cadence", "break_minutes", to=10**9),
            "severities[1].cadence.break_minutes",
            "must be at most 525,600 minutes.",
        ),
        (set_at("severities", 4, "fix", "sprints", to=53), "severities[4].fix.sprints", "must be at most 52 sprints."),
        (
            set_at("severities", 2, "action_item_sprints", to=99),
            "severities[2].action_item_sprints",
            "must be at most 52 sprints.",
        ),
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
