"""The work that follows from an incident: who does what, by when (clauses postmortem.action-items, actions.tags, actions.sla)."""

from django.db import models
from django.db.models import Q

from incidents.models import Incident
from postmortems.states import OPEN_ITEMS, ItemKind, ItemState
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


def kept() -> "models.QuerySet[ActionItem]":
    """The items that follow from their incidents: all but those that were dropped, which nobody does."""
    return ActionItem.objects.exclude(state=ItemState.DROPPED)


class ActionItem(TenantOwned):
    """One thing to be done so that it cannot recur, or is noticed sooner. Numbered within its incident: INC-42-3.

    `due_at` is the end of the sprint that the incident's severity allows; where the standard sets no limit, the end of the day that
    somebody promised, or None; it is the date in force, which may be earlier than the standard allows, or moved. `judged_at` is the
    one that it is judged by, and never moves: the standard's limit, else the first date that was promised. `told_next_at` is when its
    owner is told next that the date in force comes, or is past; None where the clock of the standard's limit tells of that very date.
    `reminded_at` is when its owner was last reminded by a person (the clock's reminders are its own).
    """

    incident = TenantKey(Incident, related_name="action_items")
    number = models.IntegerField()
    title = models.CharField(max_length=200)
    details = models.TextField(blank=True)
    kind = models.CharField(max_length=12, choices=ItemKind.choices)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.OPEN)
    ticket_url = models.CharField(max_length=500, blank=True)
    filed_at = models.DateTimeField(default=now)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    told_next_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True)
    reminded_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "incident", "number"], name="an_item_has_its_number"),
            models.CheckConstraint(name="an_item_is_one_of_both", condition=Q(kind__in=["prevention", "detection"])),
            models.CheckConstraint(
                name="an_item_ends_when_it_ends",
                condition=(Q(state__in=["done", "dropped"]) & Q(ended_at__isnull=False))
                | (Q(state__in=["open", "started"]) & Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "due_at"], name="item_by_state"),
            models.Index(fields=["organisation", "owner", "state"], name="item_by_owner"),
            models.Index(fields=["told_next_at"], name="item_told_next", condition=Q(told_next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.state in OPEN_ITEMS

    @property
    def ref(self) -> str:
        """How people name it: INC-42-3."""
        return f"{self.incident.ref}-{self.number}"
