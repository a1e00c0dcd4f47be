"""A person's data, and the wish that they be erased."""

from typing import Any

from django.db import models
from django.db.models import Q

from compliance.models.holds import CustodianTask
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class ErasureRequest(TenantOwned):
    """That the personal data of somebody who has left be erased: asked for by an administrator, decided by Legal or Privacy.

    Of somebody outside, who has no account, it names one of the tasks that they were asked by as custodians (`custodian`): the request
    holds no name that would have to be erased in turn.

    `outcome` counts what was removed, and says what stays and why; it names nobody.
    """

    class State(models.TextChoices):
        """What became of it."""

        ASKED = "asked", "Asked for"
        REFUSED = "refused", "Refused"
        DONE = "done", "Done"

    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    custodian = TenantKey(CustodianTask, null=True, related_name="+")
    ground = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    outcome: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person"], condition=Q(state="asked"), name="one_open_erasure_a_person"
            ),
            models.UniqueConstraint(
                fields=["organisation", "custodian"], condition=Q(state="asked"), name="one_open_erasure_a_custodian"
            ),
            models.CheckConstraint(
                name="an_erasure_is_of_one",
                condition=Q(custodian__isnull=True, person__isnull=False) | Q(custodian__isnull=False, person__isnull=True),
            ),
            models.CheckConstraint(
                name="a_decided_erasure_says_when", condition=both_or_neither(Q(state="asked"), Q(decided_at__isnull=True))
            ),
            models.CheckConstraint(
                name="erased_by_two", condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("asked_by"))
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure {self.pk}"

    @property
    def whose(self) -> str:
        """The name of whom it is about, as far as there is one still."""
        if self.custodian is not None:
            return str(self.custodian.name)
        return self.person.name if self.person else ""
