"""Bodies of the record."""

from rest_framework import serializers

from incidents.api.bodies.fields import Nth, Text
from incidents.states import KeyTime
from ledger.api import StrictSerializer


class NoteBody(StrictSerializer):
    """Write in the timeline."""

    text = Text()
    occurred_at = serializers.DateTimeField(required=False, help_text="When it happened, if that was earlier than now.")
    thread = Nth(required=False, help_text="The seq of the entry that it answers.")


class CorrectBody(StrictSerializer):
    """Strike an entry, and say what is right."""

    entry = Nth(help_text="Its seq.")
    text = Text()


class CorrectTimeBody(StrictSerializer):
    """Say when something really happened that the record has another time for. What was recorded stays beside it."""

    which = serializers.ChoiceField(choices=KeyTime.choices)
    occurred_at = serializers.DateTimeField(help_text="When it really was.")
    reason = Text(help_text="How you know.")


class DecideBody(StrictSerializer):
    """Make a decision."""

    text = Text()
    options = serializers.ListField(child=Text(), required=False, max_length=20, help_text="What there was to choose from.")
    reason = Text()


class AttachFileBody(StrictSerializer):
    """File something with the record: `multipart/form-data`, at most 8 MiB."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    caption = Text(required=False, allow_blank=True)


class TickBody(StrictSerializer):
    """Tick a step of a checklist by hand."""

    role = serializers.ChoiceField(choices=["ic", "ol", "cl"])
    key = Text(max_length=40)


class ImpactBody(StrictSerializer):
    """Say when the harm began or ended."""

    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)
