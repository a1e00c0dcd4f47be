"""The clocks that every "within" of the standard keeps."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from tenants.walled import History, TenantKey, TenantOwned


class Clock(TenantOwned):
    """One "within" of the standard, running on one subject.

    `next_at` is the next moment at which something has to be done about it (prompt, then break), or None; the sweep reads
    only its index. `owner_role` says whom it prompts. `fell_away` (standard/away.py) says what stopped it without the act that it
    asks for, "" where that act did. Only what stopped with neither that nor a break was kept; a break with it was never made good.
    """

    clause = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    incident_id = models.BigIntegerField(null=True)
    owner_role = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField()
    prompt_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    prompted_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    fell_away = models.CharField(max_length=20, blank=True, default="", db_default="")

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject_type", "subject_id", "clause"],
                condition=Q(stopped_at__isnull=True, broken_at__isnull=True),
                name="one_running_clock_a_clause",
            ),
            models.CheckConstraint(
                name="prompted_before_due", condition=Q(prompt_at__isnull=True) | Q(prompt_at__lte=models.F("due_at"))
            ),
            models.CheckConstraint(
                name="a_stopped_clock_waits_for_nothing", condition=Q(stopped_at__isnull=True) | Q(next_at__isnull=True)
            ),
            models.CheckConstraint(name="what_runs_fell_not_away", condition=Q(fell_away="") | Q(stopped_at__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="clock_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["organisation", "incident_id"], name="clock_by_incident"),
            models.Index(fields=["organisation", "started_at"], name="clock_by_start"),
            models.Index(fields=["organisation", "subject_type", "subject_id"], name="clock_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.clause}, due {self.due_at:%H:%M:%S}"

    @property
    def at_least(self) -> bool:
        """Whether it runs until something has lasted long enough, and nothing is due from anybody."""
        return self.next_at is None and self.stopped_at is None and self.broken_at is None

    @property
    def done_at(self) -> datetime | None:
        """When what it asks for was done, in time or too late; None where it was not."""
        return None if self.fell_away else self.stopped_at

    @property
    def state(self) -> str:
        """ "running", "prompted", "broken" (done too late, not yet or never), "kept", or "fell_away" (owed no more before its time)."""
        if self.broken_at:
            return "broken"
        if self.fell_away:
            return "fell_away"
        if self.stopped_at:
            return "kept"
        return "prompted" if self.prompted_at else "running"


class ClockFailure(TenantOwned):
    """A clock whose moment has come and that could not be struck: when it is tried next. None: it was set aside, and is shown.

    A queue, deleted once the clock was struck: it has no history of its own.
    """

    clock = TenantKey(Clock, related_name="trouble")
    incident_id = models.BigIntegerField(null=True)
    failures = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock"], name="one_trouble_a_clock")]

    def __str__(self) -> str:
        return f"{self.clock}: {self.last_error[:80]}"
