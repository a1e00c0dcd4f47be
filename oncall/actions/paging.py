"""Paging: who is called, who is next, and what stops it."""

from datetime import timedelta

from django.db import models

from ledger.actions import record
from ledger.verbs import verb
from oncall import subjects
from oncall.actions.calling import (
    ESCALATION,
    advance,
    call,
    call_all,
    direct_plan,
    go_on,
    hold,
    in_hours,
    opening,
    plan_for,
    plan_of,
    reach,
    restarts,
)
from oncall.escalation import Plan
from oncall.models import Page, PageDecline, Service, Team
from oncall.rules import paging as rules
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

REASON_MAX = 200
LOW_URGENCY = "severity.sev3-low-urgency"


@verb(
    "page",
    kind="page.started",
    who="a routing rule; declaring, raising or reopening",
    subject="page",
    sometimes=("page.person_paged", "page.withheld", "page.exhausted"),
    starts=(ESCALATION,),
    clauses=("mobilize.page-out", ESCALATION, LOW_URGENCY),
)
def page_team(
    team: Team,
    subject: models.Model,
    *,
    by: Actor,
    service: Service | None = None,
    incident_id: int | None = None,
    reason: str = "",
    urgency: Page.Urgency = Page.Urgency.HIGH,
) -> Page:
    """Page a team about `subject`: the first of its policy now; who follows, and when, is the policy's.

    Without a policy it is the standard's: primary, the secondary after 15 minutes, the team's manager after 30. A page of low
    urgency waits for business hours where they are over (severity.sev3-low-urgency).
    """
    plan = plan_for(team, service, incident_id)
    page = Page(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        incident_id=incident_id,
        team=team,
        service=service,
        reason=reason,
        clause=LOW_URGENCY if urgency == Page.Urgency.LOW else "mobilize.page-out",
        urgency=urgency,
        plan=plan.data(),
    )
    if urgency == Page.Urgency.LOW and (begins := opening(now())) > now():
        page.next_at = begins
        page.save()
        _started(page, by)
        return page
    return _begin(page, plan, by)


def _begin(page: Page, plan: Plan, by: Actor) -> Page:
    """Store a new page with its first step, and call that step's people."""
    found = reach(plan, 0, page.team, by=by, incident_id=page.incident_id, without=frozenset())
    if found.people:
        advance(page, plan, found)
    page.save()
    _started(page, by)
    call_all(page, plan, found, by=by)
    return page


def _started(page: Page, by: Actor) -> None:
    record(
        "page.started",
        page,
        by=by,
        incident_id=page.incident_id,
        reason=page.reason,
        team=page.team.name if page.team else "",
        service=page.service.name if page.service else "",
        policy=page.plan["name"],
        urgency=page.urgency,
        begins_at=page.next_at.isoformat() if page.next_at else None,
    )


@verb(
    "page-person",
    kind="page.started",
    who="declaring, raising to or reopening as SEV 1; a flag",
    subject="page",
    sometimes=("page.person_paged", "page.withheld", "page.exhausted"),
    starts=(ESCALATION,),
    clauses=("severity.sev1-page", "breach.page-privacy-legal"),
)
def page_person(
    user_id: int,
    subject: models.Model,
    *,
    by: Actor,
    clause: str,
    reason: str,
    incident_id: int | None = None,
    chased: bool = False,
) -> Page:
    """Page one person, such as the holder of a duty, about `subject`. `chased`: again where they do not answer, then it is on record."""
    plan = direct_plan(user_id, incident_id, chased=chased)
    page = Page(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        incident_id=incident_id,
        reason=reason,
        clause=clause,
        plan=plan.data(),
    )
    return _begin(page, plan, by)


@verb(
    "escalate",
    kind="page.person_paged",
    who="the clock",
    subject="page",
    sometimes=("page.withheld", "page.exhausted"),
    starts=(ESCALATION,),
    stops=(ESCALATION,),
    clauses=(ESCALATION,),
)
def escalate(page: Page, *, by: Actor) -> None:
    """Nobody acknowledged in time: call the next of the plan, or say that there is nobody left."""
    page = hold(page)
    if page.state == Page.State.OPEN:
        clocks.fall_away(page, ESCALATION, why=Away.PASSED_ON)  # it is broken by now, and stays so
        go_on(page, plan_of(page), by=by)


@verb(
    "page-again",
    kind="page.person_paged",
    who="declaring SEV 1/2",
    subject="page",
    sometimes=("page.withheld", "page.exhausted"),
    starts=(ESCALATION,),
    clauses=("severity.sev1-page", "severity.sev2-page"),
)
def page_again(page: Page, *, by: Actor, incident_id: int, reason: str) -> None:
    """Call everybody again who was called and has not acknowledged: what was an alert is now an incident.

    One of low urgency that waits for business hours waits no more.
    """
    page = hold(page)
    if page.state != Page.State.OPEN:
        return
    if page.urgency == Page.Urgency.LOW:  # its next step may wait for business hours: it goes through its plan again, at any hour
        clocks.fall_away(page, ESCALATION, why=Away.PASSED_ON)
    page.incident_id, page.reason, page.urgency, page.next_at = incident_id, reason, Page.Urgency.HIGH, None
    page.save()
    before = list(page.steps.select_related("user"))
    called = {step.user: step.position for step in before}
    if restarts(page):  # it waits for business hours, was calmed, or had run out: the plan begins anew
        page.position = 0
        page.save()
        go_on(page, plan_of(page), by=by)
        anew = page.steps.exclude(pk__in=[step.pk for step in before]).values_list("user_id", flat=True)
        called = {person: position for person, position in called.items() if person.pk not in set(anew)}
    for person, position in called.items():
        if subjects.before_a_call(incident_id, person.pk, by):
            call(page, person, position, "again", by=by)
        else:
            record("page.withheld", page, by=by, incident_id=incident_id, person=person.name)


@verb(
    "calm",
    kind="page.calmed",
    who="declaring as or lowering to a severity of low urgency",
    subject="page",
    starts=(ESCALATION,),
    stops=(ESCALATION,),
    clauses=(LOW_URGENCY,),
)
def calm(page: Page, *, by: Actor) -> None:
    """What a page is about turned out to be of low urgency: it wakes nobody now, and begins anew when business hours do."""
    page = hold(page)
    if page.state != Page.State.OPEN or page.urgency == Page.Urgency.LOW:
        return
    page.urgency, page.clause = Page.Urgency.LOW, LOW_URGENCY
    begins = opening(now())
    waits = begins > now()
    running = Clock.objects.filter(subject_type=page._meta.label_lower, subject_id=page.pk, clause=ESCALATION, stopped_at=None)
    due = running.filter(next_at__isnull=False).values_list("due_at", flat=True).first()
    if waits:
        page.next_at, page.position = begins, 0
        clocks.fall_away(page, ESCALATION, why=Away.CALMED)
    page.save()
    if not waits and due is not None:  # the step that comes next waits for business hours too
        clocks.start(ESCALATION, page, due=max(opening(due) - now(), timedelta()), incident_id=page.incident_id)
    record("page.calmed", page, by=by, incident_id=page.incident_id, begins_at=begins.isoformat() if waits else None)


@verb(
    "begin",
    kind="page.person_paged",
    who="the sweep",
    subject="page",
    sometimes=("page.forgotten", "page.withheld", "page.exhausted"),
    starts=(ESCALATION,),
    clauses=(LOW_URGENCY,),
)
def look_at(page: Page, *, by: Actor) -> bool:
    """A page's moment has come: one of low urgency begins, one that was acknowledged is asked about where nothing was done.

    Returns whether there was something to do.
    """
    page = hold(page)
    if page.next_at is None or page.next_at > now():
        return False
    page.next_at = None
    if page.state == Page.State.OPEN:
        page.save()
        go_on(page, plan_of(page), by=by)
    elif subjects.is_answered(page.subject_type, page.subject_id):
        page.save()
    else:
        _ask_again(page, by=by)
    return True


def _ask_again(page: Page, *, by: Actor) -> None:
    """Acknowledged and forgotten: whoever had it is called again, and where they do not answer the plan begins anew."""
    had, since = page.acknowledged_by, page.acknowledged_at
    page.state, page.acknowledged_by, page.acknowledged_at, page.position = Page.State.OPEN, None, None, 0
    page.save()
    if had is None or since is None:
        return
    forgotten = round((now() - since).total_seconds(), 3)
    record("page.forgotten", page, by=by, incident_id=page.incident_id, person=had.name, seconds=forgotten)
    if page.incident_id is None or subjects.before_a_call(page.incident_id, had.pk, by):
        call(page, had, 0, "forgotten", by=by)
    else:
        record("page.withheld", page, by=by, incident_id=page.incident_id, person=had.name)
    plan = plan_of(page)
    if plan.patience is not None:
        due = in_hours(page, now() + plan.patience) - now()
        clocks.start(ESCALATION, page, due=due, incident_id=page.incident_id)


@verb(
    "acknowledge",
    kind="page.acknowledged",
    who="the one paged; by e-mail link, portal, API or chat",
    subject="page",
    stops=(ESCALATION,),
    clauses=(ESCALATION,),
)
def acknowledge(page: Page, *, by: Actor, link: int | None = None) -> Page:
    """Say "I have it": the escalation stops, on every surface. It is asked about again where nothing was done after a while.

    `link`: how often the page had been forgotten when the link was sent by which they answer, where they do.
    """
    page = hold(page)
    check([*rules.why_not_acknowledge(page, by), *(rules.why_not_by_link(page, link) if link is not None else [])])
    page.state, page.acknowledged_by_id, page.acknowledged_at = Page.State.ACKNOWLEDGED, by.user_id, now()
    forgotten = plan_of(page).forgotten
    page.next_at = None if forgotten is None else page.acknowledged_at + forgotten
    page.save()
    clocks.stop(page, ESCALATION)
    seconds = (page.acknowledged_at - page.started_at).total_seconds()
    record("page.acknowledged", page, by=by, incident_id=page.incident_id, seconds=round(seconds, 3))
    return page


@verb(
    "decline",
    kind="page.declined",
    who="the one paged; by e-mail link, portal, API or chat",
    subject="page",
    sometimes=("page.person_paged", "page.withheld", "page.exhausted"),
    stops=(ESCALATION,),
    starts=(ESCALATION,),
    clauses=(ESCALATION,),
)
def decline(page: Page, *, by: Actor, reason: str = "", link: int | None = None) -> Page:
    """Say "I cannot": once everybody whom the present step called has said so, the next ones are called at once."""
    page = hold(page)
    check([*rules.why_not_decline(page, by), *(rules.why_not_by_link(page, link) if link is not None else [])])
    clean = " ".join(reason.split())
    if len(clean) > REASON_MAX or not clean.isprintable():
        raise invalid("reason", f"At most {REASON_MAX} characters, in one line.")
    PageDecline.objects.create(page=page, incident_id=page.incident_id, user_id=by.person_id, reason=clean)
    record("page.declined", page, by=by, incident_id=page.incident_id, reason=clean)
    declined = set(page.declines.values_list("user_id", flat=True))
    if not set(page.steps.filter(position=page.position).values_list("user_id", flat=True)) - declined:
        clocks.fall_away(page, ESCALATION, why=Away.PASSED_ON)  # nobody acknowledged it: "I cannot" is no "I have it"
        go_on(page, plan_of(page), by=by)
    return page


@verb(
    "end",
    kind="page.ended",
    who="resolving or dismissing what it was about, or lowering it to SEV 4",
    subject="page",
    stops=(ESCALATION,),
    clauses=("severity.sev4-ticket",),
)
def end(page: Page, *, by: Actor) -> None:
    """Stop calling: what the page was about has ended without anybody acknowledging, or is so small now that nobody is called."""
    page = hold(page)
    if page.state == Page.State.OPEN:
        page.state, page.next_at = Page.State.ENDED, None
        page.save()
        clocks.fall_away(page, ESCALATION, why=Away.CALL_ENDED)
        record("page.ended", page, by=by, incident_id=page.incident_id)


def end_all(subject: models.Model, *, by: Actor) -> None:
    """End every open page about `subject`."""
    for page in Page.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk, state=Page.State.OPEN):
        end(page, by=by)


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """A page's clock ran out (portal/reactions.py names this for pages)."""
    escalate(Page.objects.get(pk=clock.subject_id), by=by)
