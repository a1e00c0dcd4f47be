"""What the API shows of reviews, wordings, waivers and releases."""

from typing import Any

from rest_framework import serializers

from postmortems.models import PostMortem, Release
from postmortems.states import REQUIRED_SEATS


class InvitedOut(serializers.Serializer[Any]):
    """Somebody who is asked to a review, with their seats; `attended` is null until it was held."""

    name = serializers.CharField()
    email = serializers.CharField()
    seats: Any = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]
    attended = serializers.BooleanField(allow_null=True)
    excuse = serializers.CharField(allow_blank=True)


class ReviewCorrectionOut(serializers.Serializer[Any]):
    """A correction of when a review took place: a fact beside what was written down."""

    held_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    reason = serializers.CharField()
    by = serializers.CharField(allow_blank=True)


class ReviewOut(serializers.Serializer[Any]):
    """One review meeting. `missing` names who was required and did not come, `vacant` the seats that nobody was asked to.

    `held_at` is when it took place, `recorded_at` when that was written down; more than a day later is `recorded_late`. Where the
    time was corrected, `held_at` is the one in force, and `first_said_at` what was written down first.
    """

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["called", "held", "cancelled"])
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    place = serializers.CharField(allow_blank=True)
    called_by = serializers.CharField(allow_blank=True)
    held_at = serializers.DateTimeField(allow_null=True)
    first_said_at = serializers.DateTimeField(allow_null=True)
    corrections = ReviewCorrectionOut(many=True)
    recorded_at = serializers.DateTimeField(allow_null=True)
    recorded_late = serializers.BooleanField()
    record_reason = serializers.CharField(allow_blank=True, help_text="Why only then, where its clock was past.")
    uncalled = serializers.BooleanField(help_text="It took place without having been called.")
    decisions = serializers.CharField(allow_blank=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField(allow_blank=True)
    people = InvitedOut(many=True)
    missing: Any = serializers.ListField(child=serializers.CharField())
    vacant: Any = serializers.ListField(child=serializers.CharField())


class SeatedOut(serializers.Serializer[Any]):
    """A member."""

    name = serializers.CharField()
    email = serializers.CharField()


class SeatOut(serializers.Serializer[Any]):
    """A required seat, as it is filled now; `vacant` says why nobody is on it."""

    seat = serializers.ChoiceField(choices=[seat.value for seat in REQUIRED_SEATS])
    people = SeatedOut(many=True)
    vacant = serializers.CharField(allow_blank=True)


class DueOut(serializers.Serializer[Any]):
    """The clock of the review."""

    clause = serializers.CharField()
    due_at = serializers.DateTimeField()
    state = serializers.CharField()


class MeetingOut(serializers.Serializer[Any]):
    """All of a post-mortem's review: its rule, its clock, who has to come, every meeting (the newest first), and what can be done now."""

    rule = serializers.CharField()
    due = DueOut(allow_null=True)
    suggested = serializers.DateTimeField(allow_null=True)
    required = SeatOut(many=True)  # type: ignore[assignment]
    reviews = ReviewOut(many=True)
    allowed_actions = serializers.SerializerMethodField()

    def get_allowed_actions(self, shown: dict[str, Any]) -> list[str]:
        """The verbs that you can do now."""
        return [verb for verb, reasons in shown["allowed"].items() if not reasons]


class KeptWordingOut(serializers.Serializer[Any]):
    """Why a wording stays."""

    reason = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class FindingOut(serializers.Serializer[Any]):
    """A wording that blames, or names a person as a cause. `kept` is null until it is kept with a reason."""

    place = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=["phrase", "name", "role"])
    quote = serializers.CharField()
    phrase = serializers.CharField()
    offset = serializers.IntegerField(help_text="In characters, from the beginning of its place.")
    suggestion = serializers.CharField()
    kept = KeptWordingOut(allow_null=True)


class FindingsOut(serializers.Serializer[Any]):
    """Everything that the check finds, in the document's order."""

    results = FindingOut(many=True)


class WaiverOut(serializers.Serializer[Any]):
    """What stands in for a post-mortem, and for action items."""

    waived_at = serializers.DateTimeField(allow_null=True)
    waived_by = serializers.SerializerMethodField()
    waiver_reason = serializers.CharField(allow_blank=True)
    no_items_reason = serializers.CharField(allow_blank=True)

    def get_waived_by(self, postmortem: PostMortem) -> str | None:
        """The process owner's name."""
        return postmortem.waived_by.name if postmortem.waived_by else None


class ReleasePolicyOut(serializers.Serializer[Any]):
    """What the organisation lets go out of its post-mortems."""

    overrides_allowed = serializers.BooleanField(help_text="Whether a written reason lets out what is found in a public text.")
    reason = serializers.CharField(allow_blank=True, help_text="Why the process owner has it so.")


class ReleaseOut(serializers.Serializer[Any]):
    """The public rendering that is out, made of a published version."""

    title = serializers.CharField()
    text = serializers.CharField()
    version = serializers.IntegerField(source="publication.number")
    released_at = serializers.DateTimeField()
    released_by = serializers.SerializerMethodField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)

    def get_released_by(self, release: Release) -> str | None:
        """The name of who let it out."""
        return release.released_by.name if release.released_by else None
