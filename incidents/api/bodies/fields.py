"""The fields that bodies are made of."""

from typing import Any

from rest_framework import serializers

from incidents.states import Severity
from ledger.api import StrictSerializer

SEVERITIES = [severity.code for severity in Severity]


class SeverityField(serializers.ChoiceField):
    """ "SEV1" to "SEV4" outside, Severity inside."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("choices", SEVERITIES)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """The severity of a code."""
        code: str = super().to_internal_value(data)
        return Severity(int(code[-1]))

    def to_representation(self, value: Any) -> str:
        """The code of a severity."""
        return Severity(value).code


class Text(serializers.CharField):
    """Text as it was typed; its length and characters are judged by the action. A number or a truth is no text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class EmptyBody(StrictSerializer):
    """A verb that needs nothing."""
