"""Who reads a post-mortem before it is published, and who meets over it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from incidents.models import Incident
from postmortems.models.document import PostMortem
from postmortems.states import ReviewSeat, Verdict
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class Comment(TenantOwned):
    """A remark on a section, until somebody settles it."""

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="comments")
    section = models.CharField(max_length=40)
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    history = History()

    class Meta:
        indexes = [models.Index(fields=["organisation", "postmortem", "id"], name="comment_by_postmortem")]


class ReviewRequest(TenantOwned):
    """Somebody was asked to read it; what they said."""

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="requests")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    text = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "postmortem", "reader"],
                condition=Q(answered_at__isnull=True),
                name="a_reader_is_asked_once",
            )
        ]
        indexes = [models.Index(fields=["organisation", "reader"], name="asked_to_read", condition=Q(answered_at__isnull=True))]


class Review(TenantOwned):
    """The review meeting (clause postmortem.review-5-days): when, where, what was decided. One that is called at a time.

    `sequence` counts its invitations, as iCalendar wants it: who has an older one knows that it was moved. `held_at` is when it took
    place, `recorded_at` when that was written down (None of what was held before Muster kept the two apart), `record_reason` why
    only then, where that rights a clock. One that nobody had called is called and written down at once.
    """

    incident = TenantKey(Incident, related_name="+")
    postmortem = TenantKey(PostMortem, related_name="reviews")
    starts_at = models.DateTimeField()
    minutes = models.IntegerField(default=60)
    place = models.CharField(max_length=500, blank=True)
    sequence = models.IntegerField(default=0)
    called_at = models.DateTimeField(default=now)
    called_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    held_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)
    record_reason = models.TextField(blank=True, default="")
    decisions = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField(blank=True)

    history = History()

    @property
    def is_uncalled(self) -> bool:
        """Whether it took place without having been called: both were written down at once."""
        return self.recorded_at is not None and self.called_at == self.recorded_at

    @property
    def frees_its_slot(self) -> bool:
        """Whether it was held before it was called for, and that was written down while the slot was still in calendars."""
        if self.held_at is None or self.recorded_at is None or self.is_uncalled:
            return False
        return self.held_at < self.starts_at and self.recorded_at < self.starts_at + timedelta(minutes=self.minutes)

    @property
    def took_place_at(self) -> datetime | None:
        """When it took place, by what is in force: the last correction, else as it was written down first. Prefetch `corrections`."""
        told = [one.held_at for one in self.corrections.all()]
        return told[-1] if told else self.held_at

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "postmortem"],
                condition=Q(held_at__isnull=True, cancelled_at__isnull=True),
                name="one_review_is_called",
            ),
            models.CheckConstraint(name="a_review_takes_its_time", condition=Q(minutes__gte=5, minutes__lte=480)),
        ]


class ReviewCorrection(TenantOwned):
    """That a review took place at another time than was written down: a fact of its own, beside that (docs/decisions/0026).

    Written once. The last one is in force; `recorded_at` is the database's to say.
    """

    incident = TenantKey(Incident, related_name="+")
    review = TenantKey(Review, related_name="corrections")
    held_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    reason = models.TextField()
    corrected_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="a_review_is_corrected_for_a_reason", condition=~Q(reason=""))]
        indexes = [models.Index(fields=["organisation", "review", "id"], name="corrections_of_a_review")]
        ordering = ["id"]


class Attendee(TenantOwned):
    """Who is asked to a review, in which seats, and whether they came (clause postmortem.attendance).

    A row is never deleted, since a legal hold may keep it: a seat that is given up makes its row a guest's, beside another one of theirs
    perhaps. A person is shown once whatever rows they have (postmortems/seats.py, `named`).
    """

    incident = TenantKey(Incident, related_name="+")
    review = TenantKey(Review, related_name="attendees")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=20, choices=ReviewSeat.choices)
    attended = models.BooleanField(null=True)
    excuse = models.CharField(max_length=200, blank=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "review", "user", "seat"], condition=~Q(seat="guest"), name="a_seat_once_a_person"
            )
        ]
