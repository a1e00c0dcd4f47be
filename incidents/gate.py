"""Fetch or refuse: the one way an edge obtains an object of this room. A stranger's and a missing one answer alike."""

import re
from collections.abc import Sequence
from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, QuerySet

from incidents.actions.restriction import opened
from incidents.models import Attachment, Incident, IncidentService, Integration, MaintenanceWindow, RoutingRule, Signal
from incidents.rules.outside import why_not_enter
from oncall.models import Service
from tenants import prepared
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, check

_PLAIN = re.compile(r"INC-([1-9][0-9]{0,8})")


def _named() -> QuerySet[Incident]:
    """Incidents that come with the names of their services, in one query."""
    services = IncidentService.objects.filter(incident=OuterRef("pk")).order_by("id").values("service__name")
    return Incident.objects.annotate(service_names=ArraySubquery(services))


@cache
def _statement(field: str) -> str:
    """The statement that finds one by this field. Kept, since the ORM takes longer to word it than PostgreSQL to answer it."""
    sql, _ = _named().filter(organisation_id=0).filter(**{field: 0}).order_by("pk")[:1].query.sql_with_params()
    return sql


def _find(by: Actor, field: str, value: object) -> Incident | None:
    return prepared.row(Incident, _statement(field), [by.organisation_id, value])


def incident_for(by: Actor, ref: str, *, beside: object = None) -> Incident:
    """The incident with this reference, if the actor may see it. Raises NotFound otherwise.

    That somebody obtains a restricted one is put on record here, so that no door can show it and forget (clause breach.need-to-know).
    `beside`: the reference of another that the same request is about, as it was typed. To record a reading locks the incident, so both
    are read in the order in which all who need two of them lock them: A into B and B into A wait for each other in turn.
    """
    incident = _asked(by, ref)
    if incident is None:
        raise NotFound("incident")
    other = _asked(by, beside.strip()) if isinstance(beside, str) else None
    for one in sorted({one.pk: one for one in (incident, other) if one is not None}.values(), key=lambda one: one.pk):
        opened(one, by=by)
    return incident


def _asked(by: Actor, ref: str) -> Incident | None:
    """The incident with this reference, or with the one that it had before it was restricted; None for none that they may see."""
    asked = ref.upper()[:24]
    incident = _find(by, "ref", asked) if "\x00" not in ref else None
    if incident is None and (plain := _PLAIN.fullmatch(asked)):  # the reference that it had before it was restricted
        incident = _find(by, "number", int(plain[1]))
        incident = incident if incident is not None and incident.restricted else None
    return incident


def room_for(by: Actor, ref: str) -> Incident:
    """The same, for its room's record. Refuses (403) executives and Support, who read a summary (clause warroom.exec-swoop)."""
    incident = incident_for(by, ref)
    check(why_not_enter(incident, by))
    return incident


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


def file_for(incident: Incident, number: int) -> Attachment:
    """The file of this number, with its bytes. Raises NotFound otherwise."""
    found = Attachment.objects.filter(incident=incident, number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound("file")
    return found


def _own[M: Model](model: type[M], by: Actor, pk: int, what: str) -> M:
    """A row of the organisation by its id. Raises NotFound otherwise."""
    rows = model._default_manager.filter(organisation_id=by.organisation_id, pk=pk) if pk < 2**63 else None
    found = rows.first() if rows is not None else None
    if found is None:
        raise NotFound(what)
    return found


def rule_for(by: Actor, rule_id: int) -> RoutingRule:
    """The routing rule with this id. Raises NotFound otherwise."""
    return _own(RoutingRule, by, rule_id, "routing rule")


def window_for(by: Actor, window_id: int) -> MaintenanceWindow:
    """The maintenance window with this id. Raises NotFound otherwise."""
    return _own(MaintenanceWindow, by, window_id, "maintenance window")


def integration_for(by: Actor, integration_id: int) -> Integration:
    """The integration with this id. Raises NotFound otherwise."""
    return _own(Integration, by, integration_id, "integration")
