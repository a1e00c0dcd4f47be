"""The verdicts of an incident, kept so that a quarter's are counted in a moment. Derived: the report itself is made anew each time."""

from django.db import models

from incidents.models import Incident
from tenants.walled import TenantKey, TenantOwned


class ConformanceFigure(TenantOwned):
    """The verdict on each clause of one incident, as its record was when `last_seq` was its last entry.

    A row whose incident has later entries says nothing any more (compliance/conformance/quarter.py). `manage.py judge` makes every
    row again, the same.
    """

    incident = TenantKey(Incident, related_name="+")
    last_seq = models.IntegerField()
    verdicts: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident"], name="one_conformance_an_incident")]
