"""Who outside an incident keeps what is theirs to keep: custodians of a legal hold, such as the owner of a log."""

from django.db import models
from django.db.models import Q

from incidents.models import LegalHold
from tenants.models import User
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


def _not_yet(answer: str) -> Q:
    """Whether an answer is still to come."""
    return Q(**{f"{answer}_at__isnull": True, f"{answer}_by__isnull": True, f"{answer}_link__isnull": True})


def _by_one(answer: str) -> Q:
    """Whether it was given, by a person with an account or by a link: by one of the two."""
    by, link = f"{answer}_by__isnull", f"{answer}_link__isnull"
    return Q(**{f"{answer}_at__isnull": False}) & (Q(**{by: False, link: True}) | Q(**{by: True, link: False}))


class CustodianTask(TenantOwned):
    """What one custodian has to keep under a legal hold: asked for, acknowledged, and proven to be kept (breach.preserve-logs).

    A custodian is a member (`person`), or somebody outside by `name` and `email`, who answers by a link, or for whom Legal answers.
    They may know nothing of the incident: they see `what`, in words that were written for them, and no more. `chased` counts how often
    they were reminded; `over_at` is when the hold was released, which they may not see either, or what was asked was taken back.

    Of somebody outside, `link_number` is the one link that is good, until `link_until` (0: none was ever sent; compliance/custody_links.py),
    and `acknowledged_link` and `proven_link` are the links by which they answered: there is no account to name.

    Once `erased_at` is set, name and address are gone, of somebody outside what they typed and attached too (compliance/erasing_sql.py).
    """

    hold = TenantKey(LegalHold, related_name="custodians")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    what = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    chased = models.IntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proven_at = models.DateTimeField(null=True)
    proven_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    location = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    said = models.TextField(blank=True)
    over_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    link_number = models.IntegerField(default=0)
    link_until = models.DateTimeField(null=True)
    acknowledged_link = models.IntegerField(null=True)
    proven_link = models.IntegerField(null=True)
    erased_at = models.DateTimeField(null=True)

    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="custodian_answered",
                condition=_not_yet("acknowledged") | _by_one("acknowledged"),
            ),
            models.CheckConstraint(
                name="proven_says_where",
                condition=_not_yet("proven") | (_by_one("proven") & Q(acknowledged_at__isnull=False) & ~Q(location="")),
            ),
            models.CheckConstraint(
                name="only_outside_by_link",
                condition=Q(person__isnull=True)
                | Q(link_number=0, link_until__isnull=True, acknowledged_link__isnull=True, proven_link__isnull=True),
            ),
            models.CheckConstraint(
                name="taken_back_is_over",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, over_at__isnull=False),
            ),
            models.CheckConstraint(name="erased_once_it_is_over", condition=Q(erased_at__isnull=True) | Q(over_at__isnull=False)),
        ]
        indexes = [models.Index(fields=["organisation", "hold"], name="custodian_by_hold")]

    def __str__(self) -> str:
        return f"Custodian task {self.pk}"


class CustodianFile(TenantOwned):
    """What a custodian attached as proof, or Legal for one outside, with the SHA-256 of its bytes. Written once, served only as a download."""

    task = TenantKey(CustodianTask, related_name="files")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=now)
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "task"], name="one_file_a_custodian")]

    def __str__(self) -> str:
        return f"File {self.pk} of {self.task_id}"
