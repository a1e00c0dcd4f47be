"""What goes in and comes out: legal holds, custodians, retention, erasures."""

from typing import Any

from rest_framework import serializers

from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text


class HoldPlaceBody(StrictSerializer):
    """A legal hold: of an incident, a person, or a period (one of the three)."""

    matter = Text(max_length=200)
    reason = Text()
    incident = Text(required=False, max_length=24, help_text="Its reference.")
    person = Email(required=False)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False, help_text="Of a period; without, it has no end yet.")


class HoldReasonBody(StrictSerializer):
    """A reason."""

    reason = Text()


class HoldNoBody(StrictSerializer):
    """Nothing is needed."""


class CustodianAskBody(StrictSerializer):
    """Who is to keep what: a member (`person`), or somebody outside (`name` and `email`), who is sent a link to answer by."""

    what = Text(help_text="What they are to keep, in words for their eyes: they see nothing of the incident.")
    person = Email(required=False)
    name = Text(required=False, max_length=120)
    email = Text(required=False, max_length=254)


class CustodianProofBody(StrictSerializer):
    """Where what is kept lies."""

    location = Text(max_length=500)
    sha256 = Text(required=False, allow_blank=True, max_length=64)
    said = Text(required=False, allow_blank=True)


class CustodianFileBody(StrictSerializer):
    """What shows that it is kept: `multipart/form-data`, at most 8 MiB. `location` and `sha256` are of the copy itself, where it lies elsewhere."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    location = Text(required=False, allow_blank=True, max_length=500)
    sha256 = Text(required=False, allow_blank=True, max_length=64)
    said = Text(required=False, allow_blank=True)


class RetentionPeriodBody(StrictSerializer):
    """The period of a class."""

    key = Text(max_length=40, help_text="The class, by its key.")
    days = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class ErasureAskBody(StrictSerializer):
    """Whose data, on which ground."""

    person = Email(help_text="The e-mail address of somebody who has left, or of a custodian outside.")
    ground = Text()


class ErasureDecisionBody(StrictSerializer):
    """The decision."""

    erase = serializers.BooleanField()
    reason = Text()


class CustodianFileOut(serializers.Serializer[Any]):
    """What was attached as a custodian's proof."""

    id = serializers.IntegerField(help_text="For `custodian-files/<id>/`.")
    name = serializers.CharField()
    content_type = serializers.CharField(help_text="By what is in it.")
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    received_at = serializers.DateTimeField()


class CustodianTaskOut(serializers.Serializer[Any]):
    """What a custodian is asked to keep, and what they answered."""

    id = serializers.IntegerField()
    hold = serializers.IntegerField()
    custodian = serializers.CharField()
    email = serializers.CharField()
    is_member = serializers.BooleanField()
    what = serializers.CharField()
    answer = serializers.CharField(help_text="waits, acknowledged, proven, over, withdrawn")
    asked_at = serializers.DateTimeField()
    chased = serializers.IntegerField(help_text="How often they were reminded.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_null=True)
    proven_at = serializers.DateTimeField(allow_null=True)
    proven_by = serializers.CharField(allow_null=True)
    location = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)
    said = serializers.CharField(allow_blank=True)
    file = CustodianFileOut(allow_null=True)
    link = serializers.CharField(
        allow_null=True, help_text="Of somebody outside: queued, sent, failed, expired, over, none. Null of a member."
    )
    link_until = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(allow_null=True)
    erased_at = serializers.DateTimeField(allow_null=True, help_text="Since when name and address are gone.")


class LegalHoldOut(serializers.Serializer[Any]):
    """A legal hold."""

    id = serializers.IntegerField()
    matter = serializers.CharField()
    reason = serializers.CharField()
    scope = serializers.CharField(help_text="incident, person, period")
    incident = serializers.CharField(allow_null=True)
    person = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    state = serializers.CharField(help_text="stands, release asked for, released")
    placed_by = serializers.CharField(allow_null=True)
    placed_at = serializers.DateTimeField()
    release_asked_by = serializers.CharField(allow_null=True)
    release_asked_at = serializers.DateTimeField(allow_null=True)
    release_reason = serializers.CharField(allow_blank=True)
    second_person = serializers.CharField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)


class WholeLegalHoldOut(LegalHoldOut):
    """A legal hold with its custodians."""

    custodians = CustodianTaskOut(many=True)


class RetentionClassOut(serializers.Serializer[Any]):
    """A class of rows, for how long it is kept, and what would go next."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    removable = serializers.BooleanField()
    days = serializers.IntegerField(allow_null=True)
    floor_days = serializers.IntegerField(allow_null=True)
    over_age = serializers.IntegerField(allow_null=True, help_text="Removed by the next run.")
    held = serializers.IntegerField(allow_null=True, help_text="Over age too, and kept by a legal hold.")
    why = serializers.CharField(allow_blank=True, help_text="Why no period can be set.")


class RetentionOut(serializers.Serializer[Any]):
    """All classes."""

    results = RetentionClassOut(many=True)


class ErasureOut(serializers.Serializer[Any]):
    """An erasure that was asked for, and what became of it."""

    id = serializers.IntegerField()
    person = serializers.CharField()
    ground = serializers.CharField()
    state = serializers.CharField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    outcome = serializers.DictField()
