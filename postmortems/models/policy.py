"""What an organisation lets go out of its post-mortems."""

from django.db import models

from tenants.walled import History, TenantOwned


class ReleasePolicy(TenantOwned):
    """One row an organisation; without it the defaults hold (`ReleasePolicy()` has them).

    `overrides_allowed`: whether what the check finds in a public rendering may go out for a written reason. Where not, nothing that
    is found goes out at all. `reason` is why the process owner has it so.
    """

    overrides_allowed = models.BooleanField(default=True)
    reason = models.TextField(blank=True, default="")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_release_policy")]
        verbose_name_plural = "release policies"

    def __str__(self) -> str:
        return "What is found may go out with a reason" if self.overrides_allowed else "What is found never goes out"


def release_policy() -> ReleasePolicy:
    """What holds in the organisation of the open scope: one query."""
    return ReleasePolicy.objects.first() or ReleasePolicy()
