"""What figures are made of: one row an incident, derived from the record, so that years of them are summed up in a moment.

Nothing here is said by anybody: each row is made again from the record whenever that changes (metrics/actions.py). Exercises,
false positives and what was merged into another have none.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from incidents.models import Incident
from tenants.walled import TenantKey, TenantOwned


class IncidentFigure(TenantOwned):
    """An incident's key times as they are in force, and what follows from them, in seconds; None where a time is missing.

    `severity` is the last that it had, `worst` the worst since it was declared (docs/decisions/0032). `service_ids` are the services
    it affects, `team_ids` the teams that answered for them when it was measured.
    """

    incident = TenantKey(Incident, related_name="+")
    severity = models.IntegerField()
    worst = models.IntegerField()
    impact_start = models.DateTimeField(null=True)
    detected_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    mitigated_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    impact_end = models.DateTimeField(null=True)
    to_detect = models.FloatField(null=True)
    to_acknowledge = models.FloatField(null=True)
    to_mitigate = models.FloatField(null=True)
    to_resolve = models.FloatField(null=True)
    service_ids = ArrayField(models.BigIntegerField(), default=list)
    team_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident"], name="one_figure_an_incident")]
        indexes = [models.Index(fields=["organisation", "detected_at"], name="figure_by_detection")]


class ClockFigure(TenantOwned):
    """How often a clause's clocks were kept, and broken, on an incident; those that still run are in neither.

    `detected_at` and `severity` are the incident's.
    """

    incident = TenantKey(Incident, related_name="+")
    clause = models.CharField(max_length=60)
    detected_at = models.DateTimeField()
    severity = models.IntegerField()
    kept = models.IntegerField()
    broken = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "incident", "clause"], name="one_clock_figure_a_clause")]
        indexes = [models.Index(fields=["organisation", "clause", "detected_at"], name="clock_figure_by_clause")]
