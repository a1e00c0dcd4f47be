"""The fields that bodies are made of."""

from typing import Any

from rest_framework import serializers

from incidents.fields import ETA_MOST
from incidents.states import Severity
from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text

__all__ = ["SEVERITIES", "Email", "EmptyBody", "Eta", "Nth", "Reason", "SeverityField", "Text"]

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


class Nth(serializers.IntegerField):
    """The number of a part of the incident, as people say it: "approve 3"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, **options)


class Eta(serializers.IntegerField):
    """How many minutes it may take."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(min_value=1, max_value=ETA_MOST, **options)


class Reason(Text):
    """A written reason that is not always needed."""

    def __init__(self, help_text: str = "", **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, help_text=help_text or None, **options)


class EmptyBody(StrictSerializer):
    """A verb that needs nothing."""
