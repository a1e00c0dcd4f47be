"""What goes in and comes out: versions, the draft, feedback, reviews."""

from typing import Any

from rest_framework import serializers

from ledger.api import StrictSerializer
from ledger.api_fields import Text
from standard.differences import Difference
from standard.kept import Kept
from standard.law import ordered
from standard.models import Feedback, ProcessReview, StandardDraft, StandardVersion


class Revision(serializers.IntegerField):
    """The revision that a change was made from."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, **options)


class NoBody(StrictSerializer):
    """Nothing is needed."""


class StartDraftBody(StrictSerializer):
    """A new draft."""

    base = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="The number of the version to copy; without, the newest."
    )


class StandardDraftBody(StrictSerializer):
    """The whole draft, as it shall be: `content` (JSON) or `yaml`."""

    revision = Revision(help_text="The revision that this was made from.")
    content = serializers.DictField(required=False)
    yaml = Text(required=False, allow_blank=True)


class DiscardDraftBody(StrictSerializer):
    """Giving the draft up."""

    revision = Revision()
    reason = Text(required=False, allow_blank=True)


class PublishStandardBody(StrictSerializer):
    """Publishing the draft."""

    revision = Revision()
    summary = Text(allow_blank=True, help_text="What changed, and why.")
    effective_at = serializers.DateTimeField(required=False, help_text="From when on it is in force; without, from now on.")


class WithdrawVersionBody(StrictSerializer):
    """Withdrawing a version."""

    reason = Text(allow_blank=True)


class FeedbackBody(StrictSerializer):
    """What somebody thinks of the process."""

    text = Text(allow_blank=True)
    about = serializers.ChoiceField(choices=Feedback.About.choices, required=False)
    clause = Text(required=False, allow_blank=True, max_length=60)


class SettleFeedbackBody(StrictSerializer):
    """The answer to feedback."""

    answer = Text(allow_blank=True)


class ProcessReviewBody(StrictSerializer):
    """What was noted and decided."""

    revision = Revision()
    notes = Text(required=False, allow_blank=True)
    decisions = Text(required=False, allow_blank=True)


class SignReviewBody(StrictSerializer):
    """Signing off; `overrides` has the reason why feedback still waits: `{"feedback_unsettled": "…"}`."""

    overrides = serializers.DictField(child=Text(allow_blank=True), required=False)


class ClauseKeptOut(serializers.Serializer[Any]):
    """How well a clause was kept this quarter."""

    kept = serializers.IntegerField()
    broken = serializers.IntegerField()
    n = serializers.IntegerField()
    percent = serializers.IntegerField()


class StandardVersionOut(serializers.Serializer[Any]):
    """A version, without its content."""

    number = serializers.IntegerField()
    standing = serializers.CharField(help_text="in force, to come, over, withdrawn")
    effective_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField(allow_null=True)
    summary = serializers.CharField(allow_blank=True)
    withdrawn = serializers.CharField(allow_null=True, help_text="Why it was withdrawn.")


class WholeStandardVersionOut(StandardVersionOut):
    """A version with its content."""

    content = serializers.DictField()


class StandardOut(WholeStandardVersionOut):
    """The standard in force, and how well its clauses were kept this quarter."""

    quarter = serializers.CharField()
    kept = serializers.DictField(child=ClauseKeptOut())


class StandardDifferenceOut(serializers.Serializer[Any]):
    """A place that says something else."""

    path = serializers.CharField()
    place = serializers.CharField()
    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)
    text = serializers.CharField()


class StandardDraftOut(serializers.Serializer[Any]):
    """The draft."""

    revision = serializers.IntegerField()
    base = serializers.IntegerField()
    state = serializers.CharField()
    started_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    changed_by = serializers.CharField()
    changed_at = serializers.DateTimeField()
    content = serializers.DictField()
    differences = StandardDifferenceOut(many=True)


class FeedbackOut(serializers.Serializer[Any]):
    """What somebody thinks of the process, and what came of it."""

    id = serializers.IntegerField()
    about = serializers.CharField()
    clause = serializers.CharField(allow_blank=True)
    text = serializers.CharField()
    author = serializers.CharField()
    given_at = serializers.DateTimeField()
    answer = serializers.CharField(allow_blank=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField(allow_null=True)
    review = serializers.IntegerField(allow_null=True)


class ProcessFiguresOut(serializers.Serializer[Any]):
    """A table of a quarter's figures."""

    title = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    note = serializers.CharField(allow_blank=True)


class LinkedFiguresOut(ProcessFiguresOut):
    """A table of a quarter's figures, as they are counted today."""

    links = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text="Of each row, the address of the page that each of its cells leads to, where what it counts is listed; null: nowhere.",
    )


class ProcessReviewOut(serializers.Serializer[Any]):
    """A quarter's review."""

    id = serializers.IntegerField()
    quarter = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)
    signed_by = serializers.CharField(allow_null=True)


class WholeProcessReviewOut(ProcessReviewOut):
    """A quarter's review with what it lays out."""

    revision = serializers.IntegerField()
    notes = serializers.CharField(allow_blank=True)
    decisions = serializers.CharField(allow_blank=True)
    unsettled_reason = serializers.CharField(allow_blank=True)
    broken = serializers.BooleanField()
    covers_from = serializers.DateTimeField(help_text="Where the review before ended, or the quarter begins.")
    covers_until = serializers.DateTimeField(help_text="The sign-off, or the quarter's end where that was sooner.")
    figures = LinkedFiguresOut(many=True, help_text="Of that stretch, as they are counted today, of what you may see.")
    signed_figures = ProcessFiguresOut(
        many=True, allow_null=True, help_text="What was signed off, for good; null before that. Nothing restricted is in them."
    )
    feedback = FeedbackOut(many=True)
    versions = serializers.ListField(child=serializers.IntegerField())


def version_row(row: dict[str, Any]) -> dict[str, Any]:
    """A version as `standard.reading.versions` gives it."""
    version: StandardVersion = row["version"]
    withdrawal = row["withdrawal"]
    return {
        "number": version.number,
        "standing": row["standing"],
        "effective_at": version.effective_at,
        "published_at": version.published_at,
        "published_by": version.published_by.name if version.published_by else None,
        "summary": version.summary,
        "withdrawn": withdrawal.reason if withdrawal else None,
    }


def difference_row(one: Difference) -> dict[str, Any]:
    """A difference."""
    return {"path": one.path, "place": one.place, "old": one.old, "new": one.new, "unit": one.unit, "text": str(one)}


def draft_row(draft: StandardDraft, found: list[Difference]) -> dict[str, Any]:
    """The draft, and what it says otherwise than the version that it would follow."""
    return {
        "revision": draft.revision,
        "base": draft.base.number,
        "state": draft.state,
        "started_by": draft.started_by.name,
        "started_at": draft.started_at,
        "changed_by": draft.changed_by.name,
        "changed_at": draft.changed_at,
        "content": ordered(draft.content),
        "differences": [difference_row(one) for one in found],
    }


def feedback_row(row: Feedback) -> dict[str, Any]:
    """One piece of feedback."""
    return {
        "id": row.pk,
        "about": row.about,
        "clause": row.clause,
        "text": row.text,
        "author": row.author.name,
        "given_at": row.given_at,
        "answer": row.answer,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by.name if row.settled_by else None,
        "review": row.review_id,
    }


def review_row(row: ProcessReview) -> dict[str, Any]:
    """A review, without what it lays out."""
    names = ("quarter", "starts_at", "ends_at", "due_at", "signed_at")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "signed_by": row.signed_by.name if row.signed_by else None,
    }


def kept_row(kept: Kept) -> dict[str, int]:
    """How well a clause was kept."""
    return {"kept": kept.kept, "broken": kept.broken, "n": kept.n, "percent": kept.percent}
