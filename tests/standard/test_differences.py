"""What two versions say differently, in words that a person reads; and the standard as YAML, and back."""

from collections.abc import Callable
from typing import Any

import pytest

from standard import yaml_text
from standard.differences import differences
from standard.drafting import cleaned
from standard.law import shipped
from standard.law_types import LawError
from tenants.refusals import Refused
from tests.standard.spoiling import drop, set_at


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            set_at("severities", 1, "cadence", "break_minutes", to=20),
            "severities 1 · cadence · broken after: 30 → 20 minutes",
        ),
        (
            set_at("clocks", "postmortem_review", "due", to=4),
            "clocks “Post-mortem reviewed together” · due after: 5 → 4 business days",
        ),
        (
            set_at("clocks", "command", "prompt", to=None),
            "clocks “One person in command” · asked for after: 210 minutes → none",
        ),
        (set_at("severities", 1, "mobilises", to=False), "severities 1 · opens a war room: yes → no"),
        (set_at("contact", to="us"), "contact: sre-help@company.org → us"),
        (drop("postmortem_template", "lucky"), "post-mortem sections: removed “Where we were lucky”"),
        (
            lambda data: data["checklists"]["ic"].append({"key": "b", "text": "Breathe"}),
            "checklists · Incident Commander: added “Breathe”",
        ),
        (lambda data: data["severities"][0]["examples"].append("A fire"), "severities 1 · examples: added “A fire”"),
        (set_at("clauses", "triage.slack-declare", "says", to="Say so."), None),
    ],
)
def test_a_difference_is_told_by_its_place_in_words(change: Callable[[dict[str, Any]], None], told: str | None) -> None:
    data = shipped()
    change(data)
    (found,) = differences(shipped(), data)
    assert str(found) == told if told else found.place == "clauses triage.slack-declare · says"


def test_the_order_of_sections_is_a_difference_too() -> None:
    data = shipped()
    data["glossary"].insert(0, data["glossary"].pop())
    (found,) = differences(shipped(), data)
    assert found.place == "glossary · order"
    assert found.new.startswith("SME, MTTR")


def test_the_same_differs_in_nothing_and_the_date_is_no_difference() -> None:
    assert differences(shipped(), {**shipped(), "effective_date": "2030-01-01"}) == []


def test_the_standard_survives_the_way_through_yaml() -> None:
    assert yaml_text.read(yaml_text.write(shipped())) == shipped()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: &x 1\nb: *x", "has an anchor or a reference in line 1: write it out."),
        ("a: 1\na: 2", "gives the key 'a' twice, again in line 2."),
        ("- 1", "must be a mapping with text keys."),
        ("a: !!python/object/apply:os.system [id]", "cannot be read as YAML in line 1"),
        ("a: " + "[" * 5_000, "cannot be read as YAML."),
        ("a: [", "cannot be read as YAML in line 1"),
    ],
)
def test_yaml_that_is_not_plain_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(LawError) as refused:
        yaml_text.read(text)
    assert refused.value.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (set_at("colour", to="red"), "colour"),
        (set_at("severities", 1, "cadence", "prompt_minutes", to=30), "severities[1].cadence.prompt_minutes"),
        (set_at("contact", to="x" * 4_001), "contact"),
        (set_at("contact", to="a\u202eb"), "contact"),
        (set_at("contact", to="a\ud800b"), "contact"),
        (set_at("title", to=1.5), "title"),
        (set_at("glossary", to=[{"term": str(n)} for n in range(301)]), "glossary"),
        (set_at("x" * 61, to=1), "content"),
        (lambda data: data.update(clauses=[{**one, "says": "x" * 3_900} for one in data["clauses"]]), "content"),
    ],
)
def test_what_is_no_standard_is_refused_by_its_place(change: Callable[[dict[str, Any]], None], field: str) -> None:
    data = shipped()
    change(data)
    with pytest.raises(Refused) as refused:
        cleaned(data)
    assert [(reason.field, reason.status) for reason in refused.value.reasons] == [(field, 422)]
