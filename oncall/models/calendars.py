"""Secret addresses at which calendars read who is on call."""

from django.db import models

from oncall.models.schedules import Schedule
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class CalendarLink(TenantOwned):
    """A secret address that a calendar reads: a schedule's, or without one the shifts of its owner. It ends with their membership."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    schedule = TenantKey(Schedule, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["organisation", "user"], name="calendar_link_by_owner")]

    def __str__(self) -> str:
        return f"Calendar of {self.schedule.name}" if self.schedule else f"Shifts of {self.user}"


class CalendarLinkSecret(TenantOwned):
    """The hash of a calendar link's secret. Not audited: a secret's hash belongs in no history or pack."""

    link = TenantKey(CalendarLink, related_name="secrets")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "digest"], name="calendar_link_digest_once")]
