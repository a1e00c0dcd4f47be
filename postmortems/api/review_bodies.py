"""Bodies of reviews, wordings, waivers and releases: shape only; rules are the actions'."""

from rest_framework import serializers

from incidents.api.bodies.fields import Reason
from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text

_MINUTES = 2**31 - 1


class CallBody(StrictSerializer):
    """Call the review."""

    starts_at = serializers.DateTimeField(help_text="When it begins; a time to come.")
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=_MINUTES, help_text="60 where nothing is said.")
    place = Reason(help_text="A room, or the address of a call.")
    guests = serializers.ListField(child=Email(), required=False, max_length=50, help_text="Besides who is asked by themselves.")


class MoveBody(CallBody):
    """Move the review that is called. How long and where stay as they are where nothing is said."""


class WhyBody(StrictSerializer):
    """A verb that asks why."""

    reason = Text()


class CameBody(StrictSerializer):
    """Whether somebody who was invited came."""

    person = Email()
    came = serializers.BooleanField()
    excuse = Reason(help_text="Where they did not come.")


class HoldBody(StrictSerializer):
    """Who came, and what was decided."""

    attendance = serializers.ListField(child=CameBody(), max_length=50, help_text="Each who was invited, once.")
    decisions = Text(help_text="Markdown.")
    guests = serializers.ListField(child=Email(), required=False, max_length=50, help_text="Who came unasked.")
    held_at = serializers.DateTimeField(required=False, help_text="When it took place; without it, when it was called for.")
    reason = Reason(help_text="Why it is written down only now, where its clock was past by then.")


class CorrectHeldBody(StrictSerializer):
    """Correct when a review took place."""

    held_at = serializers.DateTimeField(help_text="When it took place.")
    reason = Text()
    review = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Its id, where several were held; without it the last one."
    )


class WordingBody(StrictSerializer):
    """A wording that was found, in its place."""

    place = Text(max_length=60, help_text="Where it stands, as the list of findings says it: section:summary, why:3.")
    phrase = Text(max_length=200, help_text="The wording, as the list of findings says it.")


class KeepBody(WordingBody):
    """Keep a wording, with a reason."""

    reason = Text()


class ReleasePolicyBody(StrictSerializer):
    """Say whether a reason lets out what is found."""

    overrides_allowed = serializers.BooleanField()
    reason = Text()


class ReleaseBody(StrictSerializer):
    """The public text."""

    title = Text()
    text = Text(help_text="Markdown, without names and internals.")
    overrides = serializers.DictField(
        child=Text(), required=False, help_text="A written reason for what is found in it and stays: gives_away."
    )
    covers = serializers.ListField(
        child=Text(),
        required=False,
        max_length=500,
        help_text="What that reason is for: each that was found, as the refusal quotes it. Anything else that is found is refused.",
    )
