"""Who is at the door: a signed-in member, or a token. Everything is looked up inside the organisation's walls."""

from datetime import timedelta

from django.http import HttpRequest

from tenants import credentials
from tenants.actors import Actor, Role, Via
from tenants.models import ApiToken, ApiTokenSecret, Membership
from tenants.refusals import NotFound, Reason, Refused
from tenants.time import now
from tenants.walled import tenant_of

_USED_EVERY = timedelta(minutes=1)


def bearer(request: HttpRequest) -> str | None:
    """The token of an Authorization header, or None where there is no such header."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def member(request: HttpRequest, person_id: int, via: Via) -> Actor:
    """The signed-in person as a member of this organisation. A stranger's organisation and a missing one answer alike."""
    membership = (
        Membership.objects.select_related("user", "organisation")
        .filter(user_id=person_id, is_active=True, user__is_active=True)
        .first()
    )
    if membership is None:
        raise NotFound()
    request.organisation = membership.organisation  # type: ignore[attr-defined]
    return _person(membership, via, request)


def token_bearer(request: HttpRequest, credential: str) -> Actor:
    """The person whose token this is, limited to its scopes. Raises Refused (401) for an unknown, expired or revoked one."""
    secret = ApiTokenSecret.objects.select_related("token").filter(digest=credentials.digest(credential)).first()
    if secret is None or secret.token.revoked_at is not None:
        raise refused_token()
    token: ApiToken = secret.token
    if token.expires_at <= now():
        raise Refused(Reason("token_expired", f"This token expired on {token.expires_at:%Y-%m-%d}: make a new one.", status=401))
    membership = (
        Membership.objects.select_related("user", "organisation")
        .filter(user_id=token.user_id, is_active=True, user__is_active=True)
        .first()
    )
    if membership is None:
        raise refused_token()
    if secret.last_used_at is None or now() - secret.last_used_at > _USED_EVERY:
        ApiTokenSecret.objects.filter(pk=secret.pk).update(last_used_at=now())
    request.organisation = membership.organisation  # type: ignore[attr-defined]
    return _person(membership, Via.API, request, frozenset(token.scopes))


def refused_token() -> Refused:
    """The one answer to every token that opens nothing."""
    return Refused(
        Reason("unknown_token", "This token opens nothing: it is wrong, was revoked, or its owner has left.", status=401)
    )


def _person(
    membership: Membership, via: Via, request: HttpRequest, scopes: frozenset[str] = frozenset({"read", "write"})
) -> Actor:
    return Actor(
        organisation_id=tenant_of(membership),
        name=membership.user.name,
        via=via,
        user_id=membership.user_id,
        email=membership.user.email,
        roles=frozenset(Role(role) for role in membership.roles),
        scopes=scopes,
        request_id=getattr(request, "request_id", ""),
    )
