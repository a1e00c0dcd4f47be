"""Fetch or refuse, for people: the members of the organisation whom a verb names by their address."""

from collections.abc import Sequence

from incidents.items import Member, Named
from tenants.actors import Actor, Role
from tenants.models import Membership, User
from tenants.refusals import Reason, Refused

EMAIL_MAX = 254


def executive_for(by: Actor, email: str) -> str:
    """The name of the executive with this e-mail address; "" for none. Refuses (422) who is no executive of the organisation."""
    if not email:
        return ""
    executives = Membership.objects.filter(organisation_id=by.organisation_id, roles__contains=[Role.EXECUTIVE], is_active=True)
    found = executives.select_related("user").filter(user__email=email.lower()).first() if "\x00" not in email else None
    if found is None:
        raise Refused(Reason("no_such_executive", "There is no executive with this address.", field="executive", status=422))
    return found.user.name


def member_for(by: Actor, email: str, *, field: str = "person") -> Member:
    """The member of the organisation with this address, gone or not. Refuses (422) an address that is nobody's, in `field`."""
    wanted = email.strip()
    found = (
        Membership.objects.filter(organisation_id=by.organisation_id, user__email__iexact=wanted).select_related("user").first()
        if "\x00" not in wanted and len(wanted) <= EMAIL_MAX
        else None
    )
    if found is None:
        named = wanted if len(wanted) <= EMAIL_MAX and wanted.isprintable() else "that address"
        raise Refused(Reason("no_such_person", f"There is nobody here with {named}.", field=field, status=422))
    user = found.user
    practises = Role.PRACTITIONER.value in found.roles
    return Member(user.pk, user.name, user.email, is_active=found.is_active, is_practitioner=practises)


def active_for(by: Actor, email: str, *, field: str = "person") -> Member:
    """The same, but refuses (422) who has left."""
    found = member_for(by, email, field=field)
    if not found.is_active:
        raise Refused(Reason("has_left", f"{found.name} has left the organisation.", field=field, status=422))
    return found


def people_for(by: Actor, user_ids: Sequence[int]) -> list[Named]:
    """Members by their ids, in this order."""
    found = User.objects.in_bulk(list(user_ids))
    return [Named(pk, found[pk].name, found[pk].email) for pk in user_ids if pk in found]
