"""The mechanics of a page: the plan it goes through, the step that comes next, and calling people. The verbs are in `paging`."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.apps import apps

from ledger.actions import record
from oncall import escalation, subjects, whom
from oncall.escalation import Plan
from oncall.models import EscalationPolicy, Page, PageDecline, PageStep, Service, Team
from standard import clocks
from standard.models import Calendar, Clock
from standard.queries import calendar, in_force_id, law
from tenants import prepared
from tenants.actors import Actor
from tenants.models import User
from tenants.time import now

ESCALATION = escalation.ESCALATION
FORGOTTEN = timedelta(minutes=30)  # where no policy says another

# On the way of every page: worded here, since the ORM takes longer to word them than PostgreSQL to answer.
_POLICY = "SELECT p.* FROM oncall_escalationpolicy p WHERE p.id = %s"
_DEFAULT_POLICY = "SELECT p.* FROM oncall_escalationpolicy p WHERE p.is_default"


def plan_for(team: Team, service: Service | None, incident_id: int | None) -> Plan:
    """What a page to a team goes through: its service's policy, its team's, the default, or the standard's own times.

    Those are the times of the version that the incident pinned, or of the one in force where there is none yet.
    """
    named = (service.policy_id if service is not None else None) or team.policy_id
    for policy in prepared.rows(EscalationPolicy, *((_POLICY, [named]) if named else (_DEFAULT_POLICY,))):
        plan = policy.plan()
        if plan.steps:
            return plan
    secondary, lead = _waits(incident_id, "page_secondary", "page_manager")
    return escalation.standard(secondary, lead, FORGOTTEN)


def direct_plan(user_id: int, incident_id: int | None, *, chased: bool) -> Plan:
    """What a page to one person goes through."""
    return escalation.direct(user_id, _waits(incident_id, "page_secondary")[0] if chased else None)


def _waits(incident_id: int | None, *clocks: str) -> list[timedelta]:
    version = law(in_force_id() if incident_id is None else subjects.standard_of(incident_id))
    return [timedelta(minutes=version.minutes(clock)) for clock in clocks]


def hold(page: Page) -> Page:
    """Lock a page, after the incident it belongs to: everybody locks in this order, so that nobody waits for each other in a ring."""
    incident_id = Page.objects.filter(pk=page.pk).values_list("incident_id", flat=True).get()
    if incident_id is not None:
        incidents = apps.get_model("incidents.incident")._default_manager
        list(incidents.select_for_update(of=("self",)).filter(pk=incident_id).values_list("pk"))
    rows = Page.objects.select_for_update(of=("self",)).select_related("team", "service", "acknowledged_by")
    return rows.get(pk=page.pk)


def restarts(page: Page) -> bool:
    """Whether nothing waits for the next step of an open page any more: it was calmed, or had run out."""
    running = Clock.objects.filter(subject_type=page._meta.label_lower, subject_id=page.pk, clause=ESCALATION)
    return not running.filter(stopped_at=None, next_at__isnull=False).exists()


def in_hours(page: Page, due: datetime) -> datetime:
    """When a step that is planned for `due` may come: one of low urgency waits for business hours (severity.sev3-low-urgency)."""
    return opening(due) if page.urgency == Page.Urgency.LOW else due


def opening(moment: datetime) -> datetime:
    """When business hours begin from a moment on: itself within them.

    Without a calendar, or on one on which no day comes, the moment itself: better at night than never.
    """
    try:
        return calendar().hours.next_opening(moment)
    except (Calendar.DoesNotExist, ValueError):
        return moment


def plan_of(page: Page) -> Plan:
    """A page's plan; of one that began before pages kept theirs, what it would be."""
    if page.plan:
        return Plan.from_data(page.plan)
    if page.team is not None:
        return plan_for(page.team, page.service, page.incident_id)
    first = page.steps.order_by("id").values_list("user_id", flat=True).first()
    return direct_plan(first, page.incident_id, chased=True) if first else Plan((), None)


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a page that somebody answers: its position, and whom it calls. Nobody: the plan has run out.

    `withheld` are those of it, and of the steps passed over, who may not be told of what the page is about.
    """

    position: int
    people: list[User] = field(default_factory=list)
    withheld: list[User] = field(default_factory=list)


def reach(plan: Plan, after: int, team: Team | None, *, by: Actor, incident_id: int | None, without: frozenset[int]) -> Next:
    """Find the first step after a position that calls somebody, passing over those where nobody is.

    `without` are those who declined. Who is called to an incident is named on it first, where it is restricted; who was taken off
    its list is not called (clause breach.need-to-know).
    """
    withheld: list[User] = []
    position = after + 1
    while (step := plan.step(position)) is not None:
        people = []
        for person in whom.who(step, team):
            if person.pk in without:
                continue
            if incident_id is None or subjects.before_a_call(incident_id, person.pk, by):
                people.append(person)
            else:
                withheld.append(person)
        if people:
            return Next(position, people, withheld)
        position += 1
    return Next(position, [], withheld)


def go_on(page: Page, plan: Plan, *, by: Actor) -> None:
    """Call the next step of a page, or say that nobody is left. No clock of it runs."""
    declined = frozenset(PageDecline.objects.filter(page=page).values_list("user_id", flat=True))
    found = reach(plan, page.position, page.team, by=by, incident_id=page.incident_id, without=declined)
    if found.people:
        advance(page, plan, found)
        page.save()
    call_all(page, plan, found, by=by)


def advance(page: Page, plan: Plan, found: Next) -> None:
    """Put a page at the step that is called now (not saved)."""
    moment = now()
    if plan.begins_round(found.position):
        page.began_at, page.ahead = moment, timedelta()
    elif page.urgency == Page.Urgency.LOW:  # it may have waited for business hours: the steps after it keep their distance
        page.began_at, page.ahead = moment - plan.after(found.position), timedelta()
    else:
        page.ahead = plan.ahead_at(found.position, began=page.began_at, ahead=page.ahead, moment=moment)
    page.position = found.position


def call_all(page: Page, plan: Plan, found: Next, *, by: Actor) -> None:
    """Call the people of a step, and start the clock for the next one."""
    for person in found.withheld:
        record("page.withheld", page, by=by, incident_id=page.incident_id, person=person.name)
    if not found.people:
        record("page.exhausted", page, by=by, incident_id=page.incident_id, team=page.team.name if page.team else page.reason)
        return
    first = "direct" if page.team is None else "first"
    reason = first if page.position == 1 else "again" if page.team is None else "escalated"
    for person in found.people:
        call(page, person, page.position, reason, by=by)
    moment = now()
    due = plan.due_after(page.position, began=page.began_at, ahead=page.ahead, moment=moment)
    if due is not None:
        clocks.begin(ESCALATION, page, due=in_hours(page, due) - moment, incident_id=page.incident_id)


def call(page: Page, person: User, position: int, reason: str, *, by: Actor) -> None:
    """Call one person: a row, and the event from which the message follows."""
    PageStep.objects.create(page=page, incident_id=page.incident_id, position=position, user=person, reason=reason)
    record(
        "page.person_paged",
        page,
        by=by,
        incident_id=page.incident_id,
        user_id=person.pk,
        person=person.name,
        position=position,
        reason=reason,
        urgency=page.urgency,
    )
