"""What past incidents are found again by (postmortems/similar.py)."""

from django.db import models

from incidents.models import Incident
from tenants.walled import TenantKey, TenantOwned


class Trait(TenantOwned):
    """One thing by which an incident is recognised: "word:checkout", "service:7", "alert:HighErrorRate". Derived, and rewritten."""

    incident = TenantKey(Incident, related_name="+")
    trait = models.CharField(max_length=80)

    class Meta:
        constraints = [
            # Leads the search too: by equality only, which row level security lets the index answer (docs/decisions/0017).
            models.UniqueConstraint(fields=["organisation", "trait", "incident"], name="a_trait_once_an_incident")
        ]
        indexes = [models.Index(fields=["organisation", "incident"], name="trait_by_incident")]

    def __str__(self) -> str:
        return self.trait
