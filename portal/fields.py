"""Form fields, drawn once: a war room has seventy, of which nearly all look as they did when it was last opened.

Django draws each from five templates, which was a third of the room's time. What a widget's template shows is nothing but the plain
values that it is given, so the same values give the same text, and the last thousand texts are kept in the process. They have the
names that a list offers, of people and services, and nobody is given a text but for asking with the very same names.
"""

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

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


def _of_field(field: Any) -> Hashable:
    """What templates/django/forms/field.html asks of a field of an empty form: its words, and its widget as it is drawn."""
    if field.form.is_bound or field.errors:  # it was filled in by somebody, and may be wrong
        raise _Unlike
    if hasattr(field.field.widget, "optgroups"):
        choices = field.field.widget.choices
        if not isinstance(choices, list) or len(choices) > MOST_OPTIONS:  # or of rows, which asking would read
            raise _Unlike
    else:
        _refuse_typed(field.value())
    return (
        _frozen((field.label, field.help_text, field.css_classes(), field.auto_id, field.id_for_label, field.aria_describedby)),
        (field.use_fieldset, field.widget_type, field.field.required),
        str(field),
    )


def _refuse_typed(value: object) -> None:
    if value not in (None, "", False, True):
        raise _Unlike


def _frozen(value: Any) -> Hashable:
    """A value with its types, since what is equal need not look the same: 1 and True, a text and one that is safe.

    Raises `_Unlike` for what is no plain value.
    """
    if type(value) in _PLAIN:
        return (type(value), value)
    if isinstance(value, Mapping):
        return (dict, *((name, _frozen(one)) for name, one in value.items()))
    if isinstance(value, (list, tuple)):
        return (list, *map(_frozen, value))
    if isinstance(value, Promise):
        return _frozen(str(value))
    raise _Unlike
