"""Fetch or refuse: the one way an edge obtains a page, a schedule, or who may be on call."""

from django.db.models import QuerySet

from oncall.addresses import MY_SHIFTS
from oncall.coming import foreseen
from oncall.models import CalendarLink, CalendarLinkSecret, Layer, Override, Page, Schedule, Swap, Team
from tenants.actors import Actor, Role
from tenants.credentials import digest
from tenants.models import Membership, User
from tenants.refusals import NotFound, Reason, Refused
from tenants.walled import TenantOwned

EMAIL_MAX = 254


def page_for(by: Actor, page_id: int) -> Page:
    """The page with this id, if it is the organisation's. Raises NotFound otherwise."""
    found = Page.objects.filter(organisation_id=by.organisation_id, pk=page_id) if page_id < 2**63 else Page.objects.none()
    page = foreseen(found.select_related("acknowledged_by", "service", "team").prefetch_related("steps", "declines")).first()
    if page is None:
        raise NotFound("page")
    return page


def schedule_for(by: Actor, slug: str) -> Schedule:
    """The schedule with this short name, if it is the organisation's. Raises NotFound otherwise."""
    found = (
        Schedule.objects.filter(organisation_id=by.organisation_id, slug=slug) if "\x00" not in slug else Schedule.objects.none()
    )
    schedule = found.select_related("team__manager").first()
    if schedule is None:
        raise NotFound("schedule")
    return schedule


def layer_for(by: Actor, slug: str, number: int) -> Layer:
    """The layer of a schedule that has this number now, with its people. Raises NotFound otherwise."""
    schedule = schedule_for(by, slug)
    layer = Layer.objects.filter(schedule=schedule, number=number, until=None).first() if number < 2**31 else None
    if layer is None:
        raise NotFound("layer")
    layer.schedule = schedule
    return layer


def override_for(by: Actor, override_id: int) -> Override:
    """The override with this id. Raises NotFound otherwise."""
    return _one(Override, by, override_id, "override", "schedule__team__manager", "user", "replaced")


def swap_for(by: Actor, swap_id: int) -> Swap:
    """The swap with this id. Raises NotFound otherwise."""
    return _one(Swap, by, swap_id, "swap", "schedule__team__manager", "offered_by", "offered_to", "settled_by")


def link_for(by: Actor, link_id: int) -> CalendarLink:
    """The calendar link with this id: one's own, to administrators anybody's. Raises NotFound otherwise."""
    link = _one(CalendarLink, by, link_id, "calendar link", "schedule", "user")
    if link.user_id != by.user_id and not by.has(Role.ADMINISTRATOR):
        raise NotFound("calendar link")
    return link


def team_for(by: Actor, slug: str) -> Team | None:
    """The team with this short name; None for "". Refuses (422) one that is not there."""
    if not slug:
        return None
    found = Team.objects.filter(organisation_id=by.organisation_id, slug=slug) if "\x00" not in slug else Team.objects.none()
    team = found.select_related("manager").first()
    if team is None:
        raise Refused(Reason("no_such_team", "There is no team of this short name.", field="team", status=422))
    return team


def person_for(by: Actor, email: str, *, field: str = "person") -> User:
    """The practitioner of the organisation with this address: who may be on call. Refuses (422) anybody else, in `field`."""
    wanted = email.strip()
    readable = wanted.isprintable() and len(wanted) <= EMAIL_MAX
    members = Membership.objects.filter(organisation_id=by.organisation_id, user__email__iexact=wanted).select_related("user")
    found = members.first() if readable else None
    if found is None:
        named = wanted if readable else "that address"
        raise Refused(Reason("no_such_person", f"There is nobody here with {named}.", field=field, status=422))
    if not found.is_active:
        raise Refused(Reason("has_left", f"{found.user.name} has left the organisation.", field=field, status=422))
    if Role.PRACTITIONER.value not in found.roles:
        sentence = f"{found.user.name} is no practitioner here, and cannot be on call."
        raise Refused(Reason("no_practitioner", sentence, field=field, status=422))
    return found.user


def _one[M: TenantOwned](model: type[M], by: Actor, pk: int, what: str, *related: str) -> M:
    rows: QuerySet[M] = model._default_manager.filter(organisation_id=by.organisation_id, pk=pk).select_related(*related)
    found = rows.first() if pk < 2**63 else None
    if found is None:
        raise NotFound(what)
    return found


def calendar_link_for(credential: str, name: str) -> CalendarLink:
    """The calendar link whose secret this is, while its owner is a member. Raises NotFound otherwise."""
    secrets = CalendarLinkSecret.objects.filter(digest=digest(credential), link__revoked_at=None)
    secret = secrets.select_related("link__schedule", "link__user").first()
    link: CalendarLink | None = secret.link if secret else None
    known = link and Membership.objects.filter(user_id=link.user_id, user__is_active=True, is_active=True).exists()
    if link is None or not known or name != (link.schedule.slug if link.schedule else MY_SHIFTS):
        raise NotFound("calendar")
    return link
