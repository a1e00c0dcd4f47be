"""Who is at the door: a signed-in member, or a token. Everything is looked up inside the organisation's walls."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from oncall.queries import waiting_sql
from tenants import credentials, prepared
from tenants.actors import Actor, Role, Via
from tenants.models import ApiTokenSecret, Organisation
from tenants.refusals import NotFound, Reason, Refused
from tenants.time import now

_USED_EVERY = timedelta(minutes=1)
# A token by its digest, with the person behind it, as long as they are a member. The walls say of which organisation.
_BEARER = """
SELECT s.id, s.last_used_at, t.scopes, t.expires_at, t.revoked_at, t.organisation_id, u.id, u.name, u.email, m.roles
FROM tenants_apitokensecret s
JOIN tenants_apitoken t ON t.organisation_id = s.organisation_id AND t.id = s.token_id
LEFT JOIN (tenants_membership m JOIN tenants_user u ON u.id = m.user_id AND u.is_active)
    ON m.organisation_id = t.organisation_id AND m.user_id = t.user_id AND m.is_active
WHERE s.digest = %s
"""
# A person as a member, with the organisation that the walls let be seen and how many pages call them: whoever it is, one row or none.
_MEMBER = f"""
SELECT o.*, m.roles AS member_roles, u.name AS member_name, u.email AS member_email, ({waiting_sql("m.user_id")}) AS member_waiting
FROM tenants_membership m
JOIN tenants_user u ON u.id = m.user_id AND u.is_active
JOIN tenants_organisation o ON o.id = m.organisation_id
WHERE m.user_id = %s AND m.is_active
"""


def bearer(request: HttpRequest) -> str | None:
    """The token of an Authorization header, or None where there is no such header."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def member(request: HttpRequest, person_id: int, via: Via) -> Actor:
    """The signed-in person as a member of this organisation. A stranger's organisation and a missing one answer alike."""
    organisation: Any = prepared.row(Organisation, _MEMBER, [person_id])
    if organisation is None:
        raise NotFound()
    request.organisation = organisation  # type: ignore[attr-defined]  # its name stands on every page
    request.pages_waiting = organisation.member_waiting  # type: ignore[attr-defined]  # and this beside it
    return Actor(
        organisation_id=organisation.pk,
        name=organisation.member_name,
        via=via,
        user_id=person_id,
        email=organisation.member_email,
        roles=frozenset(Role(role) for role in organisation.member_roles),
        request_id=getattr(request, "request_id", ""),
    )


def token_bearer(request: HttpRequest, credential: str) -> Actor:
    """The person whose token this is, limited to its scopes. Raises Refused (401) for an unknown, expired or revoked one.

    One statement of ours, not two of the ORM's: every request of a machine begins with it.
    """
    row = prepared.one(_BEARER, [credentials.digest(credential)])
    if row is None:
        raise refused_token()
    secret_id, last_used_at, scopes, expires_at, revoked_at, organisation_id, user_id, name, email, roles = row
    if revoked_at is not None:
        raise refused_token()
    if expires_at <= now():
        raise Refused(Reason("token_expired", f"This token expired on {expires_at:%Y-%m-%d}: make a new one.", status=401))
    if user_id is None:  # they have left
        raise refused_token()
    if last_used_at is None or now() - last_used_at > _USED_EVERY:
        ApiTokenSecret.objects.filter(pk=secret_id).update(last_used_at=now())
    return Actor(
        organisation_id=organisation_id,
        name=name,
        via=Via.API,
        user_id=user_id,
        email=email,
        roles=frozenset(Role(role) for role in roles),
        scopes=frozenset(scopes),
        request_id=getattr(request, "request_id", ""),
    )


def refused_token() -> Refused:
    """The one answer to every token that opens nothing."""
    return Refused(
        Reason("unknown_token", "This token opens nothing: it is wrong, was revoked, or its owner has left.", status=401)
    )
