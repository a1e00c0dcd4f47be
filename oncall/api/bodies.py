"""Bodies of schedules: shape only; rules are the actions'."""

import re
from datetime import datetime, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text
from oncall.models import Layer
from oncall.moments import FIRST, LAST
from oncall.rota import OnCallDuty

DUTIES = [duty.value for duty in OnCallDuty]
UNITS = Layer.Unit.values
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?")


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "09:00"})
class WallTime(serializers.Field[Any, Any, Any, Any]):
    """A time of day by the wall clock, "09:00"."""

    def to_internal_value(self, data: Any) -> time:
        """The time."""
        match = _CLOCK.fullmatch(data) if isinstance(data, str) and data.isascii() else None
        if match is None:
            raise serializers.ValidationError("A time of day is written like 09:00.")
        return time(int(match[1]), int(match[2]))

    def to_representation(self, value: time) -> str:
        """As it is written."""
        return f"{value:%H:%M}"


class Moment(serializers.DateTimeField):
    """An instant in RFC 3339; without an offset it is the schedule's wall time."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """As it came: which instant a wall time means is the action's to say."""
        return value


class Twice(serializers.ChoiceField):
    """Which is meant of a wall time that comes twice."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("choices", [FIRST, LAST])
        options.setdefault("required", False)
        options.setdefault("help_text", "Where start or end is a wall time that the clocks show twice: which of them.")
        super().__init__(**options)


class ScheduleBody(StrictSerializer):
    """A schedule."""

    name = Text()
    slug = Text(max_length=40, help_text="Its short name, in addresses.")
    team = Text(required=False, allow_blank=True, max_length=40, help_text="The team's short name; none: the organisation's own.")
    time_zone = Text(max_length=60, help_text="Such as Europe/Berlin.")


class ChangeScheduleBody(StrictSerializer):
    """What is to be another."""

    name = Text(required=False)
    time_zone = Text(required=False, max_length=60)
    is_active = serializers.BooleanField(required=False)


class LayerBody(StrictSerializer):
    """A layer: people who take turns."""

    name = Text(required=False, allow_blank=True)
    duty = serializers.ChoiceField(choices=DUTIES, required=False)
    people = serializers.ListField(child=Email(), max_length=100, help_text="E-mail addresses, in the order of their turns.")
    every = serializers.IntegerField(required=False, min_value=1, max_value=10_000, help_text="How many units a turn lasts.")
    unit = serializers.ChoiceField(choices=UNITS, required=False)
    starts_on = serializers.DateField(required=False, help_text="When the first one's first turn begins; today, if left out.")
    handover_at = WallTime(required=False, help_text="By the wall clock of the layer's zone.")
    opens_at = WallTime(required=False, allow_null=True, help_text="The layer applies from then only …")
    closes_at = WallTime(required=False, allow_null=True, help_text="… until then (on the next day, if that is not later).")
    weekdays = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=7, help_text="1 is Monday, 7 is Sunday."
    )
    time_zone = Text(required=False, allow_blank=True, max_length=60, help_text="The schedule's, if left out.")
    priority = serializers.IntegerField(required=False, help_text="Of two layers of a duty the higher goes before.")


class ChangeLayerBody(LayerBody):
    """A layer as it is to be, all of it; what is left out is as in a new one."""

    row = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The layer's `row` as you read it: where another holds by now, nothing is changed (409).",
    )


class OverrideBody(StrictSerializer):
    """Somebody takes a duty for a while: you, if nobody is named."""

    duty = serializers.ChoiceField(choices=DUTIES, required=False)
    start = Moment()
    end = Moment()
    person = Email(required=False)
    replaced = Email(required=False, help_text="Only in this person's place; else in anybody's.")
    reason = Text(required=False, allow_blank=True)
    twice = Twice()


class SwapBody(StrictSerializer):
    """You offer a stretch of your duty."""

    duty = serializers.ChoiceField(choices=DUTIES, required=False)
    start = Moment()
    end = Moment()
    to = Email(required=False, help_text="Whom you ask; nobody: everybody of the schedule.")
    return_start = Moment(required=False, help_text="The stretch of theirs that you take in return.")
    return_end = Moment(required=False)
    reason = Text(required=False, allow_blank=True)
    twice = Twice()


class ImportBody(StrictSerializer):
    """An iCalendar file: `multipart/form-data`, at most 512 KiB."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    duty = serializers.ChoiceField(choices=DUTIES, required=False)


class LinkBody(StrictSerializer):
    """A calendar link."""

    schedule = Text(
        required=False, allow_blank=True, max_length=40, help_text="The schedule's short name; none: your own shifts."
    )
