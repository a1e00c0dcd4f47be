"""That a key time of an incident really was another one: a fact of its own, beside what was recorded then."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from incidents.models.incident import Incident
from incidents.states import KeyTime
from tenants.models import User
from tenants.walled import TenantKey, TenantOwned


class TimeCorrection(TenantOwned):
    """A key time of an incident, corrected: when it really was, who says so, and why (metrics.mttd, metrics.mttr).

    Written once. `original` is what the record said then (None: nothing); the correction holds as long as the record says the
    same, so that an incident which is reopened and resolved again is not judged by what was said of its first end.
    `occurred_at` is when it happened, `recorded_at` when that was written down, which is the database's to say.
    """

    incident = TenantKey(Incident, related_name="time_corrections")
    which = models.CharField(max_length=20, choices=KeyTime.choices)
    original = models.DateTimeField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    reason = models.TextField()
    corrected_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="corrected_for_a_reason", condition=~Q(reason=""))]
        indexes = [models.Index(fields=["organisation", "incident", "id"], name="corrections_of_times")]
