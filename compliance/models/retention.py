"""How long an organisation keeps what need not be kept for ever."""

from django.db import models

from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantOwned


class RetentionPeriod(TenantOwned):
    """The days that an organisation keeps a class of rows (compliance/shipped/retention.yaml names them); without a row, the default."""

    key = models.CharField(max_length=40)
    days = models.IntegerField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="a_period_once_a_class"),
            models.CheckConstraint(name="a_period_is_some_days", condition=models.Q(days__gte=1, days__lte=36_500)),
        ]
