"""What follows from this room's events (portal/reactions.py says from which). Each runs once an event, inside the scope."""

from django.db.models import QuerySet

from incidents import called, ruling
from incidents.actions.base import tell
from incidents.duties import holders, label
from incidents.models import Incident, Signal
from incidents.states import SignalState
from ledger.models import Event
from notifications.actions import notify
from oncall.actions import calm, page_again, page_person, page_team
from oncall.models import Page, Service, Team
from tenants import prepared
from tenants.actors import Actor

REOPENED, RAISED = "incident.reopened", "incident.severity_changed"
_DONE = {REOPENED: "reopened"}  # what was done to it, as the page says it

# On the way of every page: worded here, since the ORM takes longer to word them than PostgreSQL to answer.
_SIGNAL = "SELECT s.* FROM incidents_signal s WHERE s.id = %s FOR NO KEY UPDATE"  # it is answered before this, or after
_SERVICE = "SELECT s.* FROM oncall_service s WHERE s.id = %s"
_TEAM = "SELECT t.* FROM oncall_team t WHERE t.id = %s"
_AFFECTED = """
SELECT s.* FROM incidents_incidentservice a JOIN oncall_service s ON s.id = a.service_id WHERE a.incident_id = %s ORDER BY a.id
"""
_TEAMS = "SELECT t.* FROM oncall_team t WHERE t.id = ANY(%s::bigint[])"
_DEFAULT_TEAM = "SELECT t.* FROM oncall_team t WHERE t.is_default"


def page_for_signal(event: Event, by: Actor) -> None:
    """A new signal pages the team of its service (the default team where it has none), so that somebody asks the question.

    Where its rule answers it by itself, what the rule did calls whom it needs. Clauses mobilize.page-out, triage.is-it-an-incident.
    """
    rule = event.data.get("rule")
    if rule is not None:
        ruling.hold_what_it_joins(Signal.objects.get(pk=event.subject_id), rule)
    (signal,) = prepared.rows(Signal, _SIGNAL, [event.subject_id])
    if ruling.follow(signal, rule, by=by):
        return
    if signal.service_id is not None:
        (signal.service,) = prepared.rows(Service, _SERVICE, [signal.service_id])
        (signal.service.team,) = prepared.rows(Team, _TEAM, [signal.service.team_id])
    team = signal.service.team if signal.service else prepared.row(Team, _DEFAULT_TEAM)
    if team is not None and signal.state == SignalState.WAITING:  # once answered, declaring calls whom it needs
        page_team(team, signal, by=by, service=signal.service, incident_id=signal.incident_id, reason="Is this an incident?")


def mobilise(event: Event, by: Actor) -> None:
    """Declaring, raising or reopening as SEV 1/2 calls the on-call of every affected service and the duties the severity names.

    Whoever was paged for it already and has not acknowledged is called again; who has, is not, but where it was a SEV 3 or 4 until
    now. An incident that has ended or was lowered before this ran calls nobody.
    A SEV 3 is put to the owner team with low urgency, in business hours; what rang for it until now wakes nobody any more.
    Clauses severity.sev1-page, severity.sev2-page, severity.sev3-low-urgency, mobilize.page-out.
    """
    incident = called.held(event.subject_id)
    if not incident.is_open:
        return
    if not incident.mobilises and incident.law.severity(incident.severity).urgency == "low":
        _call_quietly(incident, by, event)
    if not (incident.mobilises and event.data.get("mobilise")):
        return
    severity = incident.law.severity(event.data["severity"])
    clause = f"severity.sev{severity.level}-page"
    standing = _standing(incident, event)
    if event.kind == RAISED and not incident.law.severity(event.data["before"]).mobilises:
        standing = standing.filter(state=Page.State.OPEN)  # who took a small one in hand, hours ago, is not out of bed now
    if severity.pages_on_call:
        _call_on_call(incident, standing, by, reason=f"{incident.level} {_DONE.get(event.kind, 'declared')}")
    for duty in severity.pages_duties:
        for user_id in holders(incident, duty):
            _call_duty(user_id, incident, standing, by, clause=clause, duty=duty)
    told = {user_id for duty in severity.notifies_duties for user_id in holders(incident, duty)}
    notify(event, sorted(told), template="notice", subject_id=incident.pk)


def call_for_flag(event: Event, by: Actor) -> None:
    """A flag calls the duties that the standard names for it, and tells others: Privacy and Legal, or the CFO.

    Each is called by a page of their own, again where they do not answer. A seat that nobody holds is itself an event.
    Clauses breach.page-privacy-legal, finance.notify-cfo.
    """
    incident = called.held(event.subject_id)
    rule = incident.law.flag(event.data["flag"])
    for duty in rule.pages_duties:
        for user_id in _seated(incident, duty, by):
            page_person(
                user_id,
                incident,
                by=by,
                clause="breach.page-privacy-legal",
                reason=label(duty),
                incident_id=incident.pk,
                chased=True,
            )
    told = [user_id for duty in rule.notifies_duties for user_id in _seated(incident, duty, by)]
    notify(event, told, template="flag", subject_id=incident.pk)


def _seated(incident: Incident, duty: str, by: Actor) -> list[int]:
    """A duty's holders; where there are none, that is recorded, and administrators are told."""
    found = holders(incident, duty)
    if not found:
        tell(incident, "incident.duty_unfilled", by=by, duty=duty, label=label(duty))
    return found


def _standing(incident: Incident, event: Event | None = None) -> QuerySet[Page]:
    """The calls that count as made: those that ended without an answer do not, nor do answers from before it was reopened."""
    pages = Page.objects.filter(incident_id=incident.pk).exclude(state=Page.State.ENDED).order_by("id")
    return pages.filter(state=Page.State.OPEN) if event is not None and event.kind == REOPENED else pages


def _call_on_call(incident: Incident, standing: QuerySet[Page], by: Actor, *, reason: str) -> None:
    """Page each affected service's team once; without any service, the default team."""
    paged = {page.team_id: page for page in standing.filter(team__isnull=False)}
    for team_id, (team, service) in _owners(incident).items():
        if team_id in paged:
            page_again(paged[team_id], by=by, incident_id=incident.pk, reason=reason)
        else:
            page_team(team, incident, by=by, service=service, incident_id=incident.pk, reason=reason)


def _call_quietly(incident: Incident, by: Actor, event: Event) -> None:
    """Put a SEV 3 to each affected service's team with low urgency, unless somebody of it was called or has it already."""
    paged = {page.team_id: page for page in _standing(incident, event).filter(team__isnull=False)}
    for page in paged.values():
        calm(page, by=by)
    for team_id, (team, service) in _owners(incident).items():
        if team_id not in paged:
            page_team(
                team,
                incident,
                by=by,
                service=service,
                incident_id=incident.pk,
                reason=f"{incident.level} declared",
                urgency=Page.Urgency.LOW,
            )


def _owners(incident: Incident) -> dict[int, tuple[Team, Service | None]]:
    """The teams of the affected services, each with the first of them; without any service, the default team."""
    affected = prepared.rows(Service, _AFFECTED, [incident.pk])
    teams = (
        {team.pk: team for team in prepared.rows(Team, _TEAMS, [[service.team_id for service in affected]])} if affected else {}
    )
    targets: dict[int, tuple[Team, Service | None]] = {}
    for service in affected:
        targets.setdefault(service.team_id, (teams[service.team_id], service))
    if not targets and (team := prepared.row(Team, _DEFAULT_TEAM)) is not None:
        targets[team.pk] = (team, None)
    return targets


def call_for_services(event: Event, by: Actor) -> None:
    """What joined an incident (a signal, or another incident) brought services along: their on-call is called, unless they were already."""
    incident = called.held(event.subject_id)
    if incident.is_open and incident.mobilises and event.data.get("services"):
        paged = set(_standing(incident).filter(team__isnull=False).values_list("team_id", flat=True))
        how = "merged" if event.kind == "incident.absorbed" else "affects it too"
        for team_id, (team, service) in sorted(_owners(incident).items()):
            if team_id not in paged and service is not None:
                page_team(team, incident, by=by, service=service, incident_id=incident.pk, reason=f"{incident.level} {how}")


def _call_duty(user_id: int, incident: Incident, standing: QuerySet[Page], by: Actor, *, clause: str, duty: str) -> None:
    """Page a duty's holder, or call them again where they were paged for this incident and have not acknowledged."""
    paged = standing.filter(team=None, clause=clause, steps__user_id=user_id).last()
    if paged is None:
        page_person(user_id, incident, by=by, clause=clause, reason=label(duty), incident_id=incident.pk)
    else:
        page_again(paged, by=by, incident_id=incident.pk, reason=label(duty))
