"""What an organisation settles about access: which incidents have who had access reviewed, and who may break the glass."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from incidents.states import Severity
from standard.queries import in_force_id, law
from tenants.actors import Duty, Role
from tenants.walled import History, TenantOwned

# Who may be let to break the glass. Auditors are not among them: theirs is an engagement, which says what they see.
MAY_OPEN = [
    *((role.value, role.label) for role in (Role.ADMINISTRATOR, Role.PROCESS_OWNER, Role.PRACTITIONER)),
    *((duty.value, duty.label) for duty in Duty),
]


def openers() -> list[str]:
    """Who breaks the glass unless the organisation says otherwise: administrators, and whoever holds a duty."""
    return [Role.ADMINISTRATOR.value, *(duty.value for duty in Duty)]


REVIEWED = [(level.value, level.label) for level in Severity if level >= Severity.SEV2]


def no_later_than_the_standard(days: int) -> None:
    """Refuse more business days than the standard in force gives a review."""
    most = law(in_force_id()).clock("access_review").due
    if days > most:
        raise ValidationError(f"The standard gives a review {most} business days: it may take fewer, not more.", code="laxer")


class AccessPolicy(TenantOwned):
    """One row an organisation; without it the defaults hold (`AccessPolicy()` has them).

    `review_from` is the least severity whose incidents are reviewed (2: SEV 1 and 2); what is flagged is reviewed whatever it is.
    A review is due at the close of the `review_days`-th business day. Neither is ever laxer than the standard: it has what opens a war
    room reviewed, within its own business days (evidence.access-review); what was settled otherwise before counts as those do.
    """

    review_from = models.IntegerField(
        "Review from",
        choices=REVIEWED,
        default=Severity.SEV2,
        help_text="The standard asks for SEV 1 and 2, and for what is flagged: more may be reviewed, not less.",
    )
    review_days = models.IntegerField(
        "Business days for a review",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(60), no_later_than_the_standard],
        help_text="At most as many as the standard gives.",
    )
    glass_openers = ArrayField(
        models.CharField(max_length=30, choices=MAY_OPEN), verbose_name="Who may break the glass", default=openers, blank=True
    )

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], name="one_access_policy"),
            models.CheckConstraint(name="access_is_reviewed_in_time", condition=models.Q(review_days__range=(1, 60))),
        ]
        verbose_name_plural = "access policies"

    def __str__(self) -> str:
        return f"Access reviewed from {Severity(self.review_from).label}, within {self.review_days} business days"
