"""Bodies and shapes of access and break glass: shape only; rules are the actions'."""

from typing import Any

from rest_framework import serializers

from compliance.access import export
from compliance.models import AccessFact, AccessReview, AccessSystem, BreakGlass, Decision, Verdict, Way
from compliance.rules.access_glass import MINUTES_MOST
from incidents.api.serializers import AllowedOut, PersonOut
from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text


class AccessSystemBody(StrictSerializer):
    """Register a production system."""

    name = Text()
    note = Text(required=False, allow_blank=True)


class AccessLine(StrictSerializer):
    """One access, as a source names it."""

    principal = Text()
    entitlement = Text()
    privileged = serializers.BooleanField()
    valid_from = serializers.DateTimeField(required=False, allow_null=True)
    valid_until = serializers.DateTimeField(required=False, allow_null=True)


class AccessTakeBody(StrictSerializer):
    """Who has access to a system, as one source names them: all of it is taken in, or nothing."""

    source = Text(help_text="Where it is from, always by the same name.")  # type: ignore[assignment]
    whole = serializers.BooleanField(
        help_text="Whether it is all that the source knows: what it does not name any more has ended."
    )
    facts = AccessLine(many=True, help_text="At most 5,000.")


class AccessNameBody(StrictSerializer):
    """Whose a principal is; without a person, that it is no member's."""

    principal = Text()
    person = Email(required=False, allow_blank=True)


class AccessDecideBody(StrictSerializer):
    """What is decided of some accesses of a review, all or none."""

    accesses = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1_000)
    decision = serializers.ChoiceField(choices=Decision.choices)
    note = Text(required=False, allow_blank=True, help_text="Needed to revoke or to investigate.")


class AccessSignBody(StrictSerializer):
    """Sign a review."""

    note = Text(required=False, allow_blank=True, help_text="Needed where a system is not covered.")


class GlassBody(StrictSerializer):
    """Open a restricted incident that you are not named on."""

    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its number alone: 42 of INC-42.")
    reason = Text()
    minutes = serializers.IntegerField(min_value=1, max_value=MINUTES_MOST)


class GlassJudgeBody(StrictSerializer):
    """Whether breaking the glass was justified."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    note = Text()


class AccessSystemOut(serializers.ModelSerializer[AccessSystem]):
    """A production system."""

    class Meta:
        model = AccessSystem
        fields = ("slug", "name", "note", "registered_at", "retired_at")


class AccessRunOut(serializers.Serializer[Any]):
    """One taking in of accesses."""

    id = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    way = serializers.ChoiceField(choices=Way.choices)
    whole = serializers.BooleanField()
    taken_at = serializers.DateTimeField()
    named = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    ended = serializers.IntegerField()
    sha256 = serializers.CharField()


class CoveredSystemOut(serializers.Serializer[Any]):
    """A production system with its sources' last lists; one without a source is not covered."""

    slug = serializers.CharField(source="system.slug")
    name = serializers.CharField(source="system.name")
    note = serializers.CharField(source="system.note")
    registered_at = serializers.DateTimeField(source="system.registered_at")
    retired_at = serializers.DateTimeField(source="system.retired_at", allow_null=True)
    covered = serializers.BooleanField()
    sources = AccessRunOut(many=True)


class CoveredSystemsOut(serializers.Serializer[Any]):
    """Every production system."""

    results = CoveredSystemOut(many=True)


class AccessFactOut(serializers.ModelSerializer[AccessFact]):
    """An access that a source names now."""

    class Meta:
        model = AccessFact
        fields = ("id", "source", "principal", "entitlement", "privileged", "valid_from", "valid_until")


class AccessNameOut(serializers.Serializer[Any]):
    """Whose a principal is; null: no member's."""

    principal = serializers.CharField()
    person = PersonOut(source="user", allow_null=True)


class AccessReviewRow(serializers.Serializer[Any]):
    """An access review."""

    id = serializers.IntegerField()
    incident = serializers.CharField(source="incident.ref")
    number = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)
    signed_by = PersonOut(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)


class ReviewedAccessOut(serializers.Serializer[Any]):
    """An access as it was in the window, and what was decided of it."""

    id = serializers.IntegerField()
    system = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    principal = serializers.CharField()
    entitlement = serializers.CharField()
    privileged = serializers.BooleanField()
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    subject = PersonOut(allow_null=True)
    decision = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    decided_by = PersonOut(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class CoverageOut(serializers.Serializer[Any]):
    """What a production system was covered by when the review was opened."""

    slug = serializers.CharField()
    name = serializers.CharField()
    covered = serializers.BooleanField()
    sources = serializers.ListField(child=serializers.DictField())


class AccessReviewOut(AccessReviewRow):
    """An access review, with its accesses and what you may do."""

    systems = CoverageOut(many=True)
    accesses = serializers.SerializerMethodField()
    allowed_actions = serializers.DictField(child=AllowedOut())

    def get_accesses(self, review: AccessReview) -> ReviewedAccessOut(many=True):  # type: ignore[valid-type]
        """Privileged ones first."""
        return ReviewedAccessOut(export.accesses(review), many=True).data


class GlassOut(serializers.Serializer[Any]):
    """Broken glass, of an incident that you see."""

    id = serializers.IntegerField()
    incident = serializers.CharField(source="incident.ref")
    person = PersonOut(source="user")
    reason = serializers.CharField()
    minutes = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    review_due_at = serializers.DateTimeField()
    verdict = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = PersonOut(allow_null=True)


def glass_out(glass: BreakGlass) -> Any:
    """Broken glass as the API shows it."""
    return GlassOut(glass).data
