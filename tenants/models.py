"""Who is there: organisations, people, what they may do in each organisation, and the tokens their machines carry."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from tenants.actors import Duty, Role
from tenants.credentials import public_id
from tenants.time import now
from tenants.walled import History, TenantKey, TenantOwned


class Organisation(models.Model):
    """A tenant. Everything else that belongs to it carries its id and stands behind its walls."""

    slug = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]{1,39}$", "Lower-case letters, digits and hyphens.")],
    )
    name = models.CharField(max_length=120)
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="slug_is_plain", condition=models.Q(slug__regex=r"^[a-z][a-z0-9-]{1,39}$"))]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this e-mail address. Raises User.DoesNotExist."""
        return self.get(email__iexact=username or "")

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> "User":
        """Make a person who can sign in with `password` (or, without one, only by a reset link)."""
        user = self.model(email=email.strip().lower(), name=name or email.split("@")[0])
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person. One sign-in opens every organisation they are a member of; what they may do stands on the membership."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.CheckConstraint(name="an_email_in_lower_case", condition=models.Q(email=Lower("email")))]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Django's admin asks this; who may administer is a matter of membership (portal/admin.py)."""
        return False

    def get_full_name(self) -> str:
        """The name shown beside what the person did."""
        return self.name


AN_AUDITOR_ONLY_AUDITS = "An auditor holds no other role in the same organisation (clause people.auditor)."


class Membership(TenantOwned):
    """A person in an organisation, with roles."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=[(r.value, r.label) for r in Role]), default=list)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=now, editable=False)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_a_person"),
            models.CheckConstraint(
                name="an_auditor_only_audits",
                condition=~models.Q(roles__contains=["auditor"]) | models.Q(roles__contained_by=["auditor"]),
                violation_error_message=AN_AUDITOR_ONLY_AUDITS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({', '.join(self.role_labels)})"

    @property
    def role_labels(self) -> list[str]:
        """The roles' names for people."""
        return [Role(role).label for role in self.roles]


class DutyHolder(TenantOwned):
    """A person on a duty's seat, such as the Engineering Director whom a SEV 1 pages. Several may share one."""

    duty = models.CharField(max_length=30, choices=[(d.value, d.label) for d in Duty])
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "duty", "user"], name="a_duty_once_a_person")]

    def __str__(self) -> str:
        return f"{Duty(self.duty).label}: {self.user}"


class ApiToken(TenantOwned):
    """A machine's way in, as one person, with scopes and an end. Its secret lies in a side table that has no history."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=20, choices=[("read", "Read"), ("write", "Write")]), default=list)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = History()

    def __str__(self) -> str:
        return self.name


class ApiTokenSecret(TenantOwned):
    """The hash of a token's secret, and when it was last used. Not audited: a secret's hash belongs in no history or pack."""

    token = TenantKey(ApiToken, related_name="secrets")
    digest = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "digest"], name="token_digest_once")]
