"""The fields and widgets that the forms share."""

from typing import Any

from django import forms


class MomentField(forms.DateTimeField):
    """A time of day or a date and time, in UTC, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
        )
        options.setdefault("input_formats", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**options)


def text_area(rows: int = 3) -> forms.Textarea:
    """A text area of some lines."""
    return forms.Textarea(attrs={"rows": rows})


class EmptyForm(forms.Form):
    """A verb that needs nothing."""
