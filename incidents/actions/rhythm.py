"""What keeps a room going: the assessment, the bridge, the check-ins, and calling people in."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.mobilising import RHYTHM_CLOCK, keep_rhythm
from incidents.items import Named
from incidents.models import Incident
from incidents.rules import rhythm as rules
from ledger.verbs import verb
from oncall.actions import ESCALATION, ladder, page_again, page_person, page_team
from oncall.models import Page, Service
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.refusals import check, invalid

URL_MAX = 500
PAGE_REASON_MAX = 120
_HOST = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", re.IGNORECASE)


@verb("assess", kind="incident.assessed", who="IC", clauses=("roles.ic-assesses", "checklist.ic"))
def assess(incident: Incident, *, by: Actor, text: str) -> Incident:
    """Say how bad it is: the judgement of severity and impact, in words, with the severity as it stands."""
    incident, facts = lock(incident)
    check(rules.why_not_assess(incident, facts, by))
    clean = fields.text("text", text)
    enter(incident, facts, by)
    tell(incident, "incident.assessed", by=by, severity=incident.severity, text=clean)
    return incident


@verb("bridge", kind="incident.bridge_opened", who="anyone in the room", clauses=("mobilize.war-room", "checklist.ic"))
def open_bridge(incident: Incident, *, by: Actor, url: str) -> Incident:
    """Say where the room meets on video. A later one takes its place; both stay in the record."""
    incident, facts = lock(incident)
    check(rules.why_not_bridge(incident, facts, by))
    before, incident.bridge_url = incident.bridge_url, bridge_address(url)
    incident.save()
    tell(incident, "incident.bridge_opened", by=by, url=incident.bridge_url, before=before)
    return incident


def bridge_address(value: str) -> str:
    """A bridge's address, clean. Refuses (422) all but https to a named host, without a name or password in it."""
    clean = fields.line("url", value, most=URL_MAX)
    try:
        parts = urlsplit(clean)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if " " in clean or not clean.isascii() or not _HOST.match(host) or parts.scheme != "https":
        raise invalid("url", "This is no address of a bridge: it begins with https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise invalid("url", "This address carries a name or password, which everybody in the room would see.")
    return clean


@verb(
    "rhythm",
    kind="incident.check_in_set",
    who="IC",
    starts=(RHYTHM_CLOCK,),
    stops=(RHYTHM_CLOCK,),
    clauses=("roles.ic-rhythm", "checklist.ic"),
)
def set_rhythm(incident: Incident, *, by: Actor, minutes: int) -> Incident:
    """Set how often the Operations Lead checks in; the room counts down to it from now."""
    incident, facts = lock(incident)
    check(rules.why_not_set_rhythm(incident, facts, by))
    if not 1 <= minutes <= 120:
        raise invalid("minutes", "The room checks in every 1 to 120 minutes.")
    before, incident.check_in_minutes = incident.check_in_minutes, minutes
    incident.save()
    enter(incident, facts, by)
    tell(incident, "incident.check_in_set", by=by, before=before, minutes=minutes)
    keep_rhythm(incident, instead=Away.ANEW)
    return incident


@verb(
    "check-in",
    kind="incident.checked_in",
    who="OL",
    starts=(RHYTHM_CLOCK,),
    stops=(RHYTHM_CLOCK,),
    clauses=("roles.ic-rhythm",),
)
def check_in(incident: Incident, *, by: Actor, text: str) -> Incident:
    """Tell the commander how things stand. The countdown to the next check-in starts again."""
    incident, facts = lock(incident)
    check(rules.why_not_check_in(incident, facts, by))
    tell(incident, "incident.checked_in", by=by, text=fields.text("text", text))
    keep_rhythm(incident)
    return incident


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """A clock of an incident ran out. A missed check-in is kept as it is, and the next one is counted down to."""
    if clock.clause == RHYTHM_CLOCK:
        keep_rhythm(Incident.objects.get(pk=clock.subject_id), instead=Away.ANEW)


@verb(
    "page",
    kind="page.started, page.person_paged",
    who="IC, OL (SEV 3: the owner team; SEV 4: nobody)",
    starts=(ESCALATION,),
    clauses=("roles.ol-leads", "mobilize.page-out", "severity.sev4-ticket"),
)
def page(incident: Incident, *, by: Actor, reason: str, people: Sequence[Named] = (), service: Service | None = None) -> Incident:
    """Call people to the incident: persons (one, or a duty's), or the on-call of a service with its escalation.

    Who was called for it already and has not acknowledged is called again; no second ladder begins beside the first.
    """
    incident, facts = lock(incident)
    named = _ladder(service) if service else people
    check(rules.why_not_page(incident, facts, by, named))
    clean = fields.line("reason", reason, most=PAGE_REASON_MAX)
    waiting = Page.objects.filter(incident_id=incident.pk, state=Page.State.OPEN).order_by("-id")
    if service is not None:
        again = waiting.filter(team=service.team).first()
        if again is None:
            page_team(service.team, incident, by=by, service=service, incident_id=incident.pk, reason=clean)
        else:
            page_again(again, by=by, incident_id=incident.pk, reason=clean)
    for person in people:
        again = waiting.filter(team=None, steps__user_id=person.user_id).first()
        if again is None:
            page_person(person.user_id, incident, by=by, clause="mobilize.page-out", reason=clean, incident_id=incident.pk)
        else:
            page_again(again, by=by, incident_id=incident.pk, reason=clean)
    enter(incident, facts, by)
    return incident


def _ladder(service: Service) -> list[Named]:
    """Whom paging a service may call."""
    return [Named(user.pk, user.name, user.email) for user in ladder(service.team)]
