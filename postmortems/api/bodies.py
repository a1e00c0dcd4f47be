"""Bodies of the document's verbs. Whether what is in them fits is the actions' to judge."""

from typing import Any

from rest_framework import serializers

from incidents.api.bodies.fields import Email, Nth, Reason, Text
from ledger.api import StrictSerializer
from postmortems.fields import SECTION_MAX
from postmortems.states import Verdict

TOO_LONG = f"A section has at most {SECTION_MAX // 1000} kB of text. It was not saved."


class RowId(serializers.IntegerField):
    """The id of a row, as the answers give it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


class Count(serializers.IntegerField):
    """A version or revision, as the answers give it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=2**31 - 1, **options)


class Over(Text):
    """What a text was written over: another one since is a 409 `stale` with `theirs`: {text}."""

    def __init__(self) -> None:
        super().__init__(
            required=False, allow_blank=True, help_text="The text that this was written over; another one since is a 409 `stale`."
        )


class SectionBody(StrictSerializer):
    """Save a section's text as its next version: Markdown, at most 200 kB; `[[ev-31]]` links to entry 31 of the record.

    Where somebody saved another version since, the answer is 409 `stale` with `theirs`: {version, text, saved_by, saved_at}.
    """

    text = Text(allow_blank=True, max_length=SECTION_MAX, error_messages={"max_length": TOO_LONG})
    version = Count(help_text="The version that this was written over.")


class FactsBody(StrictSerializer):
    """Say how many users were affected and what it cost. What is left out stays as it is; `null` says that it is not known."""

    users_affected = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10**12)
    users_note = Text(required=False, allow_blank=True, help_text="How that is known.")
    cost_amount = Text(required=False, allow_null=True, help_text="An amount with at most two decimals: `1250.00`.")
    cost_currency = Text(required=False, allow_blank=True, help_text="Of ISO 4217: `EUR`.")
    revision = Count(required=False, help_text="The revision that this was written over; another one since is a 409 `stale`.")


class PickBody(StrictSerializer):
    """Choose an entry of the record for the timeline."""

    seq = Nth(help_text="Its seq in the incident's timeline.")


class AddEntryBody(StrictSerializer):
    """Add what the record lacks to the timeline."""

    occurred_at = serializers.DateTimeField(help_text="When it happened.")
    text = Text()
    reason = Reason("Why it is recorded only now: needed for what happened more than a minute ago.")
    led_up = serializers.BooleanField(required=False, help_text="It is from before the impact began, and led up to it.")


class AnnotateBody(StrictSerializer):
    """Say something beside an entry of the timeline; the entry stays as it is. An empty text takes the annotation back."""

    entry = RowId(help_text="Its id in `timeline`.")
    text = Text(allow_blank=True)
    over = Over()


class RemoveEntryBody(StrictSerializer):
    """Take an entry out of the timeline. The record keeps its own."""

    entry = RowId(help_text="Its id in `timeline`.")


class AddWhyBody(StrictSerializer):
    """Answer why."""

    text = Text()
    below = Nth(required=False, help_text="The number of the why that this answers; without it: why the incident happened.")


class ChangeWhyBody(StrictSerializer):
    """Say an answer better."""

    why = Nth(help_text="Its number.")
    text = Text()
    over = Over()


class MoveWhyBody(StrictSerializer):
    """Put an answer, with all below it, below another one."""

    why = Nth(help_text="Its number.")
    below = Nth(required=False, help_text="The number of the why above it; without it: at the top.")


class RemoveWhyBody(StrictSerializer):
    """Take an answer back. What hung on it hangs on what was above it then."""

    why = Nth(help_text="Its number.")


class FewWhysBody(StrictSerializer):
    """Say why fewer than five whys are enough; an empty reason takes it back."""

    reason = Text(allow_blank=True)
    over = Over()


class CommentBody(StrictSerializer):
    """Remark on a section."""

    section = Text(help_text="Its key.")
    text = Text()


class SettleBody(StrictSerializer):
    """Settle a comment."""

    comment = RowId(help_text="Its id in `comments`.")


class PersonBody(StrictSerializer):
    """Ask somebody to read the draft, or name its author."""

    person = Email()


class AnswerBody(StrictSerializer):
    """Say what you think of the draft that you were asked to read."""

    verdict = serializers.ChoiceField(choices=Verdict.values)
    text = Text(required=False, allow_blank=True, help_text="Which changes it needs.")


class TakeUpBody(StrictSerializer):
    """Take up again what was published, to make its next version."""

    reason = Text()
