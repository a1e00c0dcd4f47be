"""The shapes of the API's answers about the document."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from incidents.api.bodies.fields import SeverityField
from incidents.api.serializers import AllowedOut, PersonOut, ReasonOut
from incidents.states import KeyTime
from postmortems.durations import not_known
from postmortems.states import DocumentState, Verdict


class PostmortemRow(serializers.Serializer[Any]):
    """A post-mortem in a list. `complete` of its sections lack nothing."""

    ref = serializers.CharField(help_text="The incident's reference.")
    title = serializers.CharField()
    severity = SeverityField(help_text="That it had last.")
    worst = SeverityField(help_text="That it had at its worst, or what was merged into it: what it owes goes by that.")
    state = serializers.ChoiceField(choices=DocumentState.choices)
    waived = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Of what is published; 0: nothing yet.")
    author = serializers.CharField(allow_blank=True)
    opened_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    after_review = serializers.BooleanField(
        allow_null=True, help_text="Whether its review had been held by then; null: nothing is published."
    )
    due_at = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField()
    section_count = serializers.IntegerField()
    complete = serializers.IntegerField()


class SectionOut(serializers.Serializer[Any]):
    """A section. `lacks` says what it needs before the post-mortem is published."""

    key = serializers.CharField()
    title = serializers.CharField()
    clause = serializers.CharField()
    prompt = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField(allow_null=True)
    saved_by = serializers.CharField(allow_blank=True)
    lacks = ReasonOut(many=True, required=False)
    outdated = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="The text as it would be by now, where it tells times as Muster drafted them and they were corrected since.",
    )
    unknown_links = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Numbers in `[[ev-…]]` that the record does not have."
    )


class CorrectedTimeOut(serializers.Serializer[Any]):
    """A key time that was corrected: what the record said (null: nothing), when it was, why, and whether that is in force."""

    which = serializers.ChoiceField(choices=KeyTime.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    original = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    recorded_at = serializers.DateTimeField()
    holds = serializers.BooleanField()


class LineOut(serializers.Serializer[Any]):
    """A line of the timeline: an entry of the record (`seq`), or one that was added."""

    id = serializers.IntegerField()
    seq = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    late = serializers.BooleanField(help_text="Recorded more than a minute after it happened.")
    label = serializers.CharField()  # type: ignore[assignment]
    actor = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    written = serializers.BooleanField(help_text="The text is a person's Markdown.")
    facts = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    annotation = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    corrected_by = serializers.IntegerField(allow_null=True)
    restated = serializers.CharField(allow_blank=True)
    corrected_times = CorrectedTimeOut(
        many=True, required=False, help_text="Key times that the entry tells and that were corrected since."
    )


class WhyOut(serializers.Serializer[Any]):
    """A why. `below` is the number of the one that it answers; null: it says why the incident happened."""

    number = serializers.IntegerField()
    below = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()
    text = serializers.CharField()


class ImpactOut(serializers.Serializer[Any]):
    """What it did to others. `seconds` is computed; what is not known yet is null."""

    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    users_affected = serializers.IntegerField(allow_null=True)
    users_note = serializers.CharField(allow_blank=True)
    cost_amount = serializers.CharField(allow_null=True)
    cost_currency = serializers.CharField(allow_blank=True)
    not_known = serializers.SerializerMethodField(help_text="Each part that is null, with why.")

    def get_not_known(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Why it is not known yet, in a sentence."""
        return not_known(row)


class DurationsOut(serializers.Serializer[Any]):
    """Seconds, null where not known yet."""

    detect = serializers.FloatField(allow_null=True)
    acknowledge = serializers.FloatField(allow_null=True)
    mitigate = serializers.FloatField(allow_null=True)
    resolve = serializers.FloatField(allow_null=True)
    impact = serializers.FloatField(allow_null=True)
    not_known = serializers.SerializerMethodField(help_text="Each part that is null, with why.")

    def get_not_known(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Why it is not known yet, in a sentence."""
        return not_known(row)


class CommentOut(serializers.Serializer[Any]):
    """A comment on a section."""

    id = serializers.IntegerField()
    section = serializers.CharField()
    text = serializers.CharField()
    author = serializers.CharField()
    written_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField(allow_blank=True)


class ReaderOut(serializers.Serializer[Any]):
    """Somebody who was asked to read the draft, and what they said ("" and null: not yet)."""

    person = PersonOut()
    asked_by = serializers.CharField(allow_blank=True)
    asked_at = serializers.DateTimeField()
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class WriterOut(serializers.Serializer[Any]):
    """Somebody who writes it, and as what."""

    name = serializers.CharField()
    email = serializers.EmailField()
    seats = serializers.CharField()


class PublishedRow(serializers.Serializer[Any]):
    """A published version."""

    number = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField(allow_blank=True)
    after_review = serializers.BooleanField(help_text="Whether its review had been held by then.")
    review_at = serializers.DateTimeField(
        allow_null=True, help_text="The review that it came after, or else the first that was held since; null: none yet."
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why there is another version.")


class ContentOut(serializers.Serializer[Any]):
    """The whole document."""

    incident = serializers.DictField()
    roles = serializers.ListField(child=serializers.DictField())
    sections = SectionOut(many=True)
    linked = serializers.ListField(
        child=serializers.IntegerField(), help_text="The entries that the sections name by `[[ev-…]]` and the record has."
    )
    timeline = LineOut(many=True)
    whys = WhyOut(many=True)
    few_whys_reason = serializers.CharField(allow_blank=True)
    impact = ImpactOut()
    durations = DurationsOut()
    corrections = CorrectedTimeOut(many=True, required=False, help_text="Key times that were corrected; not in what is older.")
    hypotheses = serializers.ListField(child=serializers.DictField(), help_text="Those that were confirmed.")
    changes = serializers.ListField(child=serializers.DictField())
    missed = serializers.ListField(child=serializers.DictField(), help_text="The clocks that were missed.")
    items = serializers.ListField(child=serializers.DictField(), help_text="The action items.")
    no_items_reason = serializers.CharField(
        allow_blank=True, default="", help_text="Why nothing is to be done, where that is so."
    )
    reviews = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="The reviews that were held: when, who came, who was missing, what was decided; not in what is older.",
    )


class PublicationOut(PublishedRow):
    """A published version, word for word."""

    content = ContentOut()


class PostmortemOut(PostmortemRow, ContentOut):
    """A post-mortem as it stands, with what the caller may do."""

    revision = serializers.IntegerField(help_text="Of its facts: users affected and cost.")
    reason = serializers.CharField(allow_blank=True, help_text="Why it was taken up again.")
    writers = WriterOut(many=True)
    comments = CommentOut(many=True)
    readers = ReaderOut(many=True)
    publications = PublishedRow(many=True)
    allowed_actions = serializers.DictField(child=AllowedOut())


class SavedOut(serializers.Serializer[Any]):
    """A text as it was saved."""

    version = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    saved_at = serializers.DateTimeField()
    saved_by = serializers.CharField(allow_blank=True)


class SectionHistoryOut(SectionOut):
    """A section with its versions, the newest first."""

    versions = SavedOut(many=True)
