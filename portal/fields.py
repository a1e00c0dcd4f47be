"""Form fields, drawn once: a war room has seventy, of which nearly all look as they did when it was last opened.

Django draws each from five templates, which was a third of the room's time. What a widget's template shows is nothing but the plain
values that it is given, so the same values give the same text, and the last thousand texts are kept in the process. They have the
names that a list offers, of people and services, and nobody is given a text but for asking with the very same names.
"""

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

KEPT = 1024
"""Texts of some kilobytes each: those of a dozen rooms."""

MOST_OPTIONS = 200
"""A choice of more, such as of a thousand services, is drawn each time: a page has few of those, and they are long."""

_PLAIN = frozenset({str, SafeString, int, float, bool, type(None)})
_GROUP = "django/forms/field.html"

_WIDGETS = frozenset(
    {
        *(forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.HiddenInput, forms.Textarea),
        *(forms.DateInput, forms.TimeInput, forms.DateTimeInput, forms.CheckboxInput, forms.FileInput, forms.ClearableFileInput),
        *(forms.Select, forms.SelectMultiple, forms.RadioSelect, forms.CheckboxSelectMultiple),
    }
)
"""Those that are drawn from nothing but what they carry, their name and their value."""


class _Unlike(Exception):
    """Something that is no plain value: nobody knows what its template asks of it."""


class _Asked:
    """What is to be drawn. Two are the same if all that is shown is the same; what draws it is forgotten once it is drawn."""

    def __init__(self, key: Hashable, renderer: TemplatesSetting, template: str, context: dict[str, Any]) -> None:
        self._key = key
        self._hash = hash(key)
        self._drawing: tuple[TemplatesSetting, str, dict[str, Any]] | None = (renderer, template, context)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key

    def draw(self) -> str:
        """The text, by Django's way."""
        if self._drawing is None:
            raise RuntimeError("This was drawn and kept.")
        renderer, template, context = self._drawing
        self._drawing = None
        return TemplatesSetting.render(renderer, template, context)


class FormRenderer(TemplatesSetting):
    """Django's, which remembers. What somebody typed, what is wrong with it, and what is no plain value is drawn each time and not kept."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The template's text, made now or before."""
        key = _key(template_name, context) if request is None else None
        if key is None:
            return super().render(template_name, context, request)
        return _drawn(_Asked(key, self, template_name, context))


@lru_cache(KEPT)
def _drawn(asked: _Asked) -> str:
    return asked.draw()


def _key(template: str, context: Mapping[str, Any]) -> Hashable | None:
    """All that the template shows, or None where that is not to be kept."""
    try:
        if context.keys() == {"widget"}:
            shown = _of_widget(context["widget"])
        elif template == _GROUP:
            shown = _of_field(context["field"])
        else:
            return None
    except _Unlike:
        return None
    return (template, get_language(), shown)


def _of_widget(widget: Mapping[str, Any]) -> Hashable:
    if "optgroups" not in widget:
        _refuse_typed(widget.get("value"))
        return _frozen(widget)
    if sum(len(options) for _, options, _ in widget["optgroups"]) > MOST_OPTIONS:
        raise _Unlike
    # What was chosen, or typed in its place, is shown by the option that has it alone: each says whether it is selected.
    return _frozen({name: value for name, value in widget.items() if name != "value"})


def _of_field(field: BoundField) -> Hashable:
    """What templates/django/forms/field.html asks of a field of an empty form: its words, and all that its widget is drawn from.

    Not the widget as it is drawn: to ask for that took three quarters of the time that keeping the field saves.
    """
    form, asked, widget = field.form, field.field, field.field.widget
    if form.is_bound or field.errors:  # it was filled in by somebody, and may be wrong
        raise _Unlike
    if type(widget) not in _WIDGETS:
        raise _Unlike
    if isinstance(widget, forms.widgets.ChoiceWidget):
        value: Hashable = _chosen(widget, field.value())
    else:
        value = field.value()
        _refuse_typed(value)
    carried = tuple((name, one if callable(one) else _frozen(one)) for name, one in vars(widget).items())
    return (
        (type(widget), carried, type(value), value),
        (field.html_name, field.auto_id, field.css_classes(), form.use_required_attribute, asked.required, asked.disabled),
        (_frozen(field.label), _frozen(field.help_text)),
    )


def _chosen(widget: forms.widgets.ChoiceWidget, value: object) -> Hashable:
    """Which options of a list are chosen: what was typed in place of one is shown by none, and not to be kept."""
    choices = widget.choices
    if not isinstance(choices, list) or len(choices) > MOST_OPTIONS:  # or of rows, which asking would read
        raise _Unlike
    named = [
        one for name, label in choices for one in ([value for value, _ in label] if isinstance(label, (list, tuple)) else [name])
    ]
    if len(named) > MOST_OPTIONS:
        raise _Unlike
    options = {"" if one is None else str(one) for one in named}
    return tuple(one for one in widget.format_value(value) if one in options)


def _refuse_typed(value: object) -> None:
    if value not in (None, "", False, True):
        raise _Unlike


def _frozen(value: Any) -> Hashable:
    """A value with its types, since what is equal need not look the same: 1 and True, a text and one that is safe.

    Raises `_Unlike` for what is no plain value.
    """
    kind = type(value)
    if kind in _PLAIN:
        return (kind, value)
    if kind is list or kind is tuple:
        return (list, *[_frozen(one) for one in value])
    if isinstance(value, Mapping):
        return (dict, *[(name, _frozen(one)) for name, one in value.items()])
    if isinstance(value, Promise):
        return _frozen(str(value))
    raise _Unlike
