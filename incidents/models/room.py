"""Who is asked to do what in a room: offers of roles, the handover of command, and the checklists of the roles."""

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from incidents.states import OfferState, RoomRole
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned, both_or_neither


class RoleOffer(TenantOwned):
    """A role that the IC gave to somebody who has not answered yet, or what they answered. Accepting makes them its holder."""

    incident = TenantKey(Incident, related_name="offers")
    role = models.CharField(max_length=10, choices=RoomRole.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(default=now)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.OPEN)
    decided_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident", "role"], condition=Q(state="open"), name="one_open_offer_a_role"
            ),
            models.CheckConstraint(
                name="an_answered_offer_says_when", condition=both_or_neither(Q(state="open"), Q(decided_at__isnull=True))
            ),
        ]


class Handover(TenantOwned):
    """Command on its way from one person to the next, step by step: offered, shadowed, reported, announced, taken.

    The outgoing IC holds command until the incoming one has taken it (clauses handover.*). `ended_at` is set when it was taken
    or called off; one handover runs at a time.
    """

    incident = TenantKey(Incident, related_name="handovers")
    outgoing = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    incoming = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(default=now)
    shadowing_since = models.DateTimeField(null=True)
    sitrep = models.TextField(blank=True)
    reported_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    early_reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "incident"], condition=Q(ended_at__isnull=True), name="one_handover_at_a_time"
            ),
            models.CheckConstraint(name="handed_to_another", condition=~Q(outgoing=models.F("incoming"))),
            models.CheckConstraint(
                name="announced_after_the_report", condition=Q(announced_at__isnull=True) | Q(reported_at__isnull=False)
            ),
            models.CheckConstraint(
                name="taken_after_it_was_announced",
                condition=Q(taken_at__isnull=True) | Q(announced_at__isnull=False, ended_at__isnull=False),
            ),
        ]


class ChecklistTick(TenantOwned):
    """A step of a role's checklist that is done: by itself when its event happened (`seq` names it), or by hand."""

    incident = TenantKey(Incident, related_name="ticks")
    role = models.CharField(max_length=10)
    key = models.CharField(max_length=40)
    ticked_at = models.DateTimeField(default=now)
    ticked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ticked_by_name = models.CharField(max_length=120)
    seq = models.IntegerField(null=True)

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident", "role", "key"], name="a_step_ticked_once")]
