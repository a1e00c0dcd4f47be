"""Fields and widgets that forms of every room are made of."""

from typing import Any

from django import forms


def text_area(rows: int = 3) -> forms.Textarea:
    """A text area of some lines."""
    return forms.Textarea(attrs={"rows": rows})


class PersonField(forms.CharField):
    """A member, by e-mail address."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 254)
        options.setdefault("help_text", "Their e-mail address.")
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"})
        )
        super().__init__(**options)
