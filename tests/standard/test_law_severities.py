"""The severities of the shipped standard: what each sets off, and which one answers about the impact suggest."""

import pytest

from standard.law import Law
from standard.law_types import Cadence, FixInDays, FixInSprints, LawError


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
