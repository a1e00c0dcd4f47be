"""Fetch or refuse: the one way an edge obtains an object of this room. A stranger's and a missing one answer alike."""

import re
from collections.abc import Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from incidents.items import Member, Named
from incidents.models import Attachment, Incident, IncidentService, Integration, Signal
from incidents.rules.outside import why_not_enter
from oncall.models import Service
from tenants.actors import Actor, Role
from tenants.models import Membership, User
from tenants.refusals import NotFound, Reason, Refused, check

EMAIL_MAX = 254

_PLAIN = re.compile(r"INC-([1-9][0-9]{0,8})")


def _named() -> QuerySet[Incident]:
    """Incidents that come with the names of their services, in one query."""
    services = IncidentService.objects.filter(incident=OuterRef("pk")).order_by("id").values("service__name")
    return Incident.objects.annotate(service_names=ArraySubquery(services))


def incident_for(by: Actor, ref: str) -> Incident:
    """The incident with this reference, if the actor may see it. Raises NotFound otherwise."""
    asked = ref.upper()[:24]
    named = _named().filter(organisation_id=by.organisation_id)
    incident = named.filter(ref=asked).first() if "\x00" not in ref else None
    if incident is None and (plain := _PLAIN.fullmatch(asked)):  # the reference that it had before it was restricted
        incident = named.filter(number=int(plain[1]), restricted=True).first()
    if incident is None:
        raise NotFound("incident")
    return incident


def room_for(by: Actor, ref: str) -> Incident:
    """The same, for its room's record. Refuses (403) executives and Support, who read a summary (clause warroom.exec-swoop)."""
    incident = incident_for(by, ref)
    check(why_not_enter(incident, by))
    return incident


def executive_for(by: Actor, email: str) -> str:
    """The name of the executive with this e-mail address; "" for none. Refuses (422) who is no executive of the organisation."""
    if not email:
        return ""
    executives = Membership.objects.filter(organisation_id=by.organisation_id, roles__contains=[Role.EXECUTIVE], is_active=True)
    found = executives.select_related("user").filter(user__email=email.lower()).first() if "\x00" not in email else None
    if found is None:
        raise Refused(Reason("no_such_executive", "There is no executive with this address.", field="executive", status=422))
    return found.user.name


def signal_for(by: Actor, signal_id: int) -> Signal:
    """The signal with this id, if the actor may see it. Raises NotFound otherwise."""
    found = (
        Signal.objects.filter(organisation_id=by.organisation_id, pk=signal_id) if signal_id < 2**63 else Signal.objects.none()
    )
    signal = found.select_related("service", "decided_by", "reporter", "incident").first()
    if signal is None:
        raise NotFound("signal")
    return signal


def services_for(by: Actor, slugs: Sequence[str], *, field: str = "services") -> list[Service]:
    """The services with these slugs, in their order. Refuses (422) naming the ones that are not there, in `field`."""
    found = {s.slug: s for s in Service.objects.filter(organisation_id=by.organisation_id, slug__in=slugs).select_related("team")}
    missing = [slug for slug in slugs if slug not in found]
    if missing:
        raise Refused(Reason("no_such_service", f"There is no service {', '.join(missing)}.", field=field, status=422))
    return [found[slug] for slug in slugs]


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


def file_for(incident: Incident, number: int) -> Attachment:
    """The file of this number, with its bytes. Raises NotFound otherwise."""
    found = Attachment.objects.filter(incident=incident, number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound("file")
    return found


def integration_for(by: Actor, integration_id: int) -> Integration:
    """The integration with this id. Raises NotFound otherwise."""
    found = (
        Integration.objects.filter(organisation_id=by.organisation_id, pk=integration_id).first()
        if integration_id < 2**63
        else None
    )
    if found is None:
        raise NotFound("integration")
    return found
