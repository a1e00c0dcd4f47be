"""The organisation's standard: published versions, the one that is being drafted, and those that were withdrawn again."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from standard.law import Law
from standard.law_types import LawError
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


def _is_law(data: Any) -> None:
    try:
        Law.from_data(data)
    except LawError as error:
        raise ValidationError(str(error)) from error


class StandardVersion(TenantOwned):
    """One published version of an organisation's incident standard. An incident pins the one in force when it is declared."""

    number = models.IntegerField()
    effective_at = models.DateTimeField()
    content: "models.JSONField[Any, Any]" = models.JSONField(validators=[_is_law])
    published_at = models.DateTimeField(default=now)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    summary = models.TextField(blank=True)  # what changed and why, in the words of whoever published it

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="a_number_once")]

    def __str__(self) -> str:
        return f"Standard, version {self.number}"

    @cached_property
    def law(self) -> Law:
        """The content, typed."""
        return Law.from_data(self.content)


class StandardWithdrawal(TenantOwned):
    """That a version, published but not yet in force, never comes into force. A fact: the version itself stays as it was published."""

    version = TenantKey(StandardVersion, related_name="withdrawals")
    reason = models.TextField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "version"], name="withdrawn_once")]

    def __str__(self) -> str:
        return f"{self.version}, withdrawn"


class StandardDraft(TenantOwned):
    """The next version while the process owner works on it. `revision` counts its changes, so that nobody overwrites another's.

    `base` is the version that it was copied from. It is always a standard that can be read: what is not, is not kept.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        PUBLISHED = "published", "Published"
        DISCARDED = "discarded", "Discarded"

    base = TenantKey(StandardVersion, related_name="+")
    content: "models.JSONField[Any, Any]" = models.JSONField(validators=[_is_law])
    revision = models.IntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)
    reason = models.TextField(blank=True)  # why it was discarded

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], condition=Q(state="open"), name="one_open_draft"),
        ]
        indexes = [models.Index(fields=["organisation", "changed_at"], name="drafts_by_change")]

    def __str__(self) -> str:
        return f"Draft from {self.base}, revision {self.revision}"
