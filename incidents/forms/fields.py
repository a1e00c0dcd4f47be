"""The fields and widgets that the forms share."""

from typing import Any

from django import forms

from ledger.form_fields import PersonField, text_area

__all__ = ["EmptyForm", "LinesField", "MomentField", "PersonField", "ReasonField", "number_field", "text_area"]


class MomentField(forms.DateTimeField):
    """A time of day or a date and time, in UTC, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
        )
        options.setdefault("input_formats", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**options)


class LinesField(forms.CharField):
    """Some lines of text, each a value of its own."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", text_area(3))
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """The lines that have something on them."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def number_field(label: str, *, required: bool = True, most: int = 2**31 - 1, help_text: str = "") -> forms.IntegerField:
    """A whole number from one."""
    return forms.IntegerField(label=label, required=required, min_value=1, max_value=most, help_text=help_text)


class ReasonField(forms.CharField):
    """A written reason that is not always needed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label="Reason", required=False, widget=text_area(2), **options)


class EmptyForm(forms.Form):
    """A verb that needs nothing."""
