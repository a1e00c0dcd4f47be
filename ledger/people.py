"""Organisations, members and tokens: the verbs on the lowest room's rows. They stand here because a verb leaves an event.

Run by commands as the owner role, outside a request (see manage.py organisation), or by the admin through `configure`.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from ledger.actions import configure, record
from ledger.verbs import verb
from tenants import credentials
from tenants.actors import Actor, Duty, Role, Via, system
from tenants.models import ApiToken, ApiTokenSecret, DutyHolder, Membership, Organisation, User
from tenants.refusals import Reason, Refused
from tenants.scope import scope
from tenants.time import now

PREFIX = "mst"  # what an API token begins with


@verb("found", kind="organisation.founded", who="platform command", subject="organisation")
def found_organisation(slug: str, name: str) -> Organisation:
    """Make an organisation: as the owner role, for there is no scope before it exists. Raises ValidationError for a bad slug."""
    organisation = Organisation(slug=slug, name=name)
    organisation.full_clean()
    organisation.save()
    by = system(organisation.pk, Via.COMMAND)
    with scope(organisation.pk, surface=Via.COMMAND, actor=by):
        record("organisation.founded", organisation, by=by, slug=slug, name=name)
    return organisation


def person(email: str, name: str, password: str | None) -> User:
    """The user with this e-mail address, made if need be. An existing user's name and password are left alone."""
    user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email, password, name=name)
    with connection.cursor() as cursor:  # what django-allauth signs in by
        cursor.execute(
            'INSERT INTO account_emailaddress (user_id, email, verified, "primary") SELECT %s, %s, true, true '
            "WHERE NOT EXISTS (SELECT 1 FROM account_emailaddress WHERE user_id = %s)",
            [user.pk, user.email, user.pk],
        )
    return user


def enrol(user: User, roles: Sequence[Role], *, by: Actor, duties: Sequence[Duty] = ()) -> Membership:
    """Make a person a member with roles and duties. Refuses a mixture that the standard forbids (people.auditor)."""
    membership = configure(Membership(user=user), {"roles": [role.value for role in roles]}, by=by)
    for duty in duties:
        configure(DutyHolder(user=user), {"duty": duty.value}, by=by)
    return membership


@verb("issue-token", kind="token.issued", who="administrator", subject="API token")
def issue_token(
    user: User, name: str, *, by: Actor, scopes: Sequence[str] = ("read", "write"), days: int = 90
) -> tuple[ApiToken, str]:
    """Make an API token for a member. Returns it with its credential, which is shown this once and never again."""
    organisation = Organisation.objects.get(pk=by.organisation_id)
    credential = credentials.mint(PREFIX, organisation.public_id)
    token = ApiToken.objects.create(user=user, name=name, scopes=list(scopes), expires_at=now() + timedelta(days=days))
    ApiTokenSecret.objects.create(token=token, digest=credentials.digest(credential))
    record("token.issued", token, by=by, name=name, owner=user.name, scopes=list(scopes), expires_at=token.expires_at.isoformat())
    return token, credential


@verb("revoke-token", kind="token.revoked", who="administrator, its owner", subject="API token")
def revoke_token(token: ApiToken, *, by: Actor) -> ApiToken:
    """Make a token open nothing any more, for good."""
    token = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is not None:
        raise Refused(Reason("revoked", f"This token was revoked at {token.revoked_at:%Y-%m-%d %H:%M:%S} UTC already."))
    token.revoked_at = now()
    token.save()
    record("token.revoked", token, by=by, name=token.name)
    return token
