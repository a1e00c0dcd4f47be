"""Fields that bodies of every room are made of."""

from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """Text as it was typed; its length and characters are judged by the action. A number or a truth is no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Email(Text):
    """A member's e-mail address; whose it is, the gate says."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 254)
        options.setdefault("help_text", "The e-mail address of a member.")
        super().__init__(**options)
