"""How the process itself is looked after: what people say of it, and the review of each quarter."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class ProcessReview(TenantOwned):
    """The review of one quarter: the process owner looks at its figures and the feedback, decides, and signs (improve.quarterly-review).

    `begins_on` is the quarter's first day on the organisation's calendar; `starts_at` and `ends_at` are its instants. `revision`
    counts the changes of notes and decisions, so that nobody overwrites another's.
    """

    begins_on = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField(default=now)
    notes = models.TextField(blank=True)
    decisions = models.TextField(blank=True)
    revision = models.IntegerField(default=1)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    unsettled_reason = models.TextField(blank=True)  # why it was signed although feedback was still open

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "begins_on"], name="one_review_a_quarter"),
            models.CheckConstraint(name="who_signs_is_known", condition=Q(signed_at__isnull=True) | Q(signed_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Process review of {self.quarter}"

    @property
    def quarter(self) -> str:
        """The quarter as people say it: `2026 Q4`."""
        return quarter_name(self.begins_on)


class SignedFigures(TenantOwned):
    """The figures that were signed off with a review, as data: written once, with the sign-off, and never changed.

    They are those of the stretch from `covers_from` to `covers_until`, as everybody may read them: without what is restricted. `figures`
    are tables as standard.figures.Figures has them: [{title, columns, rows, note, clauses}].
    """

    review = TenantKey(ProcessReview, related_name="signed_figures")
    covers_from = models.DateTimeField()
    covers_until = models.DateTimeField()
    figures: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField()
    signed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "signed figures"
        constraints = [models.UniqueConstraint(fields=["organisation", "review"], name="figures_signed_once")]

    def __str__(self) -> str:
        return f"Figures signed with {self.review}"


def quarter_name(day: date) -> str:
    """The quarter of a day as people say it: `2026 Q4`."""
    return f"{day.year} Q{(day.month + 2) // 3}"


class ReviewOpening(TenantOwned):
    """When the next quarter's review is opened. A queue of one row an organisation: the review itself is audited."""

    next_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_opening")]
        indexes = [models.Index(fields=["next_at"], name="opening_due")]


class Feedback(TenantOwned):
    """What a member says of the process (improve.feedback). It waits for the next review, where it is answered with a sentence.

    `about` is the kind of page on which it was said, `clause` the clause that it is about, where it is about one. `review` is the
    one at which it was settled.
    """

    class About(models.TextChoices):
        """The page of the process on which it was said."""

        STANDARD = "standard", "The standard"
        CHECKLISTS = "checklists", "The checklists"
        POSTMORTEM = "postmortem", "Post-mortems"
        ACTION_ITEMS = "action_items", "Action items"
        METRICS = "metrics", "The metrics"
        CONFORMANCE = "conformance", "How well the clauses are kept"
        REVIEW = "review", "The process review"
        CHAT = "chat", "Said in chat"
        OTHER = "other", "Something else"

    about = models.CharField(max_length=20, choices=About.choices, default=About.STANDARD)
    clause = models.CharField(max_length=60, blank=True)
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=now)
    answer = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    review = TenantKey(ProcessReview, related_name="settled", null=True)

    history = History()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                name="settled_with_an_answer",
                condition=Q(settled_at__isnull=True) | (~Q(answer="") & Q(settled_by__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "given_at"], name="feedback_by_time"),
            models.Index(fields=["organisation", "id"], name="feedback_open", condition=Q(settled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Feedback {self.pk}"
