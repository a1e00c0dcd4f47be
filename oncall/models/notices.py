"""When an organisation's administrators are told next of what would go wrong, and which alarms they know of."""

from django.db import models

from tenants.time import now
from tenants.walled import TenantOwned


class ReadinessNotice(TenantOwned):
    """The next weekly notice. A queue of one row an organisation: what was told is an event, so it has no history of its own."""

    next_at = models.DateTimeField(default=now)
    standing = models.JSONField(default=dict, db_default={})
    """The alarms that administrators were told of and that are not over: code -> since when, last seen, and the sentence."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_notice")]
        indexes = [models.Index(fields=["next_at"], name="notice_due")]
