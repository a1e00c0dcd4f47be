"""Fields that are drawn once look as Django draws them, and nothing that somebody typed is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from incidents.doors import DOORS
from incidents.room.choices import Choices
from portal import fields
from portal.fields import FormRenderer

CHOICES = [("a", "First"), ("b", "<b>Second</b>"), ("group", [("c", "Third")])]


class Every(forms.Form):
    """A field of each kind, with hints, ids and choices."""

    line = forms.CharField(label="A <line>", help_text="Keep it <em>short</em>.", max_length=20)
    text = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    number = forms.IntegerField(min_value=1, required=False)
    when = forms.DateTimeField(required=False)
    one = forms.ChoiceField(choices=CHOICES)
    some = forms.MultipleChoiceField(choices=CHOICES[:2], required=False, widget=forms.CheckboxSelectMultiple)
    radio = forms.ChoiceField(choices=CHOICES[:2], widget=forms.RadioSelect)
    agreed = forms.BooleanField(required=False)
    file = forms.FileField(required=False)
    quiet = forms.CharField(widget=forms.HiddenInput)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """No other test's texts, before and after."""
    fields._drawn.cache_clear()
    yield
    fields._drawn.cache_clear()


def drawn(form: forms.BaseForm, renderer: Any) -> str:
    """All fields of a form, as a page shows them."""
    form.renderer = renderer
    return "".join(str(field) if field.is_hidden else field.as_field_group() for field in form)


def kept() -> int:
    return fields._drawn.cache_info().currsize


@pytest.mark.parametrize(
    "filled",
    [
        {},
        {"initial": {"one": "b", "some": ["a"], "line": "typed", "when": datetime(2026, 3, 1, 9, 0, tzinfo=UTC), "agreed": True}},
        {"data": {"line": "x" * 30, "number": "none", "one": "z", "some": ["b", "y"]}},
        {"data": {"line": "<script>", "text": "kept & shown", "one": "a", "radio": "b", "quiet": "q"}, "auto_id": "x-%s"},
    ],
    ids=["blank", "with what is there", "refused", "typed"],
)
def test_each_kind_looks_as_django_draws_it(filled: dict[str, Any]) -> None:
    expected = drawn(Every(**filled), TemplatesSetting())
    assert [drawn(Every(**filled), FormRenderer()) for _ in range(3)] == [expected] * 3


def test_each_verb_asks_as_django_draws_it() -> None:
    asked = 0
    for name, door in DOORS.items():
        for key in ("main", "beside"):
            blank = door.form(auto_id=f"{key}-%s")
            expected = drawn(blank, TemplatesSetting())
            assert drawn(door.form(auto_id=f"{key}-%s"), FormRenderer()) == expected, name
            assert drawn(door.form(auto_id=f"{key}-%s"), FormRenderer()) == expected, f"{name}, once more"
            asked += len(blank.fields)
    assert asked > 100
    assert kept() > 100


def test_the_second_time_is_not_drawn() -> None:
    drawn(Every(), FormRenderer())
    before = fields._drawn.cache_info()
    drawn(Every(), FormRenderer())
    after = fields._drawn.cache_info()
    assert (after.misses, after.hits > before.hits) == (before.misses, True)


def test_the_second_time_no_list_is_asked_for_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room has forty lists of everybody: to put each together, only to see that it was drawn, took longer than all else of it."""
    first = drawn(Every(), FormRenderer())
    asked: list[object] = []
    monkeypatch.setattr(forms.widgets.ChoiceWidget, "get_context", lambda widget, *given: asked.append(widget))
    assert drawn(Every(), FormRenderer()) == first
    assert asked == []


def test_what_is_chosen_is_told_apart() -> None:
    """Whatever was kept before; what is no option is not chosen, and one without a value is as empty as it says."""

    class Chosen(Every):
        empty = forms.ChoiceField(choices=[(None, "Nobody"), ("a", "Somebody"), (7, "Seven")], required=False)

    others: list[dict[str, Any]] = [
        {"one": "b"},
        {"one": "c"},
        {"one": "z"},
        {"some": ["a"]},
        {"some": ["a", "b"]},
        {"radio": "b"},
    ]
    others += [{"agreed": True}, {"agreed": False}, {"empty": None}, {"empty": ""}, {"empty": "a"}, {"empty": 7}, {"empty": "7"}]
    for initial in ({}, *others):
        for options in ({}, {"use_required_attribute": False}, {"auto_id": "x-%s"}, {"prefix": "p"}):
            expected = drawn(Chosen(initial=initial, **options), TemplatesSetting())
            assert [drawn(Chosen(initial=initial, **options), FormRenderer()) for _ in range(2)] == [expected] * 2


@pytest.mark.parametrize("how", ["data", "initial"])
def test_what_somebody_typed_is_not_kept(how: str) -> None:
    """Nor what is wrong with it: the texts of other people's memory hold no word of a report."""
    values: dict[str, Any] = {
        "line": "the secret of node 7",
        "text": "the secret of node 8",
        "number": "70007",
        "quiet": "the secret of node 9",
    }
    first: dict[str, Any] = {how: values}
    drawn(Every(**first), FormRenderer())
    before = kept()
    second: dict[str, Any] = {how: {**values, "line": "another one", "text": "and another", "number": "12", "quiet": "q"}}
    drawn(Every(**second), FormRenderer())
    assert kept() == before


def test_nor_is_what_was_typed_where_there_is_a_list_to_choose_from() -> None:
    """A list shows it as one more choice, so that it is not lost."""
    listed = Choices(members=[("jon@acme.example", "Jon", True)], services=[], room=frozenset())

    def order(to: str) -> str:
        form = DOORS["order"].form({"to": to, "text": ""})
        listed.furnish(form, "order")
        form.errors.clear()
        return drawn(form, FormRenderer())

    order("jon@acme.example")
    before = kept()
    assert "the-secret@evil.example" in order("the-secret@evil.example")
    assert kept() == before


def test_nor_what_was_typed_in_place_of_a_choice() -> None:
    """It is shown by no option: whoever posts very much of it, again and again, fills no memory."""

    def posted(value: str) -> None:
        drawn(Every({"one": value, "some": [value], "radio": value}), FormRenderer())

    posted("the secret of node 7")
    before = kept()
    posted("the secret of node 8" * 1_000)
    assert kept() == before


def test_a_choice_of_very_many_is_not_kept() -> None:
    class Wide(forms.Form):
        one = forms.ChoiceField(choices=[(str(n), f"Service {n}") for n in range(2_000)])

    assert drawn(Wide(), FormRenderer()) == drawn(Wide(), TemplatesSetting())
    assert kept() == 0


@pytest.mark.parametrize(("label", "shown"), [("<i>x</i>", "&lt;i&gt;x&lt;/i&gt;"), (mark_safe("<i>x</i>"), "<i>x</i>")])
def test_what_is_equal_but_not_as_safe_is_drawn_by_itself(label: str | SafeString, shown: str) -> None:
    """The text of the one is never given for the other's, in either order."""

    def one(label: str) -> str:
        class Labelled(forms.Form):
            field = forms.ChoiceField(label=label, choices=[("v", label)])

        return drawn(Labelled(), FormRenderer())

    other = "<i>x</i>" if isinstance(label, SafeString) else mark_safe("<i>x</i>")
    one(other)
    assert one(label).count(shown) == 2


def test_each_language_has_its_own() -> None:
    drawn(Every(), FormRenderer())
    before = kept()
    with translation.override("de"):
        drawn(Every(), FormRenderer())
    assert kept() == 2 * before
