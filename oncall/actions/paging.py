"""Paging: who is called, who is next, and what stops it."""

from datetime import timedelta

from django.db import models

from ledger.actions import record
from ledger.verbs import verb
from oncall import subjects
from oncall.models import Page, PageStep, Service, Team
from oncall.rotas import on_call
from oncall.rules import paging as rules
from standard import clocks
from standard.models import Clock
from standard.queries import in_force_id, law
from tenants.actors import Actor
from tenants.models import User
from tenants.refusals import check
from tenants.time import now

ESCALATION = "oncall.escalate-15-30"


@verb(
    "page",
    kind="page.started",
    who="a routing rule; declaring or raising to SEV 1/2",
    subject="page",
    starts=(ESCALATION,),
    clauses=("mobilize.page-out", ESCALATION),
)
def page_team(
    team: Team,
    subject: models.Model,
    *,
    by: Actor,
    service: Service | None = None,
    incident_id: int | None = None,
    reason: str = "",
) -> Page:
    """Page a team about `subject`, its first member now; who follows, and when, is the standard's.

    The team's members in their order, then its manager: the second after 15 minutes, the manager after 30.
    """
    people = ladder(team)
    page = Page.objects.create(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        incident_id=incident_id,
        team=team,
        service=service,
        reason=reason,
        clause="mobilize.page-out",
        position=min(len(people), 1),
    )
    record(
        "page.started",
        page,
        by=by,
        incident_id=incident_id,
        team=team.name,
        service=service.name if service else "",
        reason=reason,
    )
    if people:
        _call_step(page, people, by=by)
    else:
        _nobody_left(page, team, by=by)
    return page


@verb(
    "page-person",
    kind="page.started",
    who="declaring or raising to SEV 1; a flag",
    subject="page",
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
    page = Page.objects.create(
        subject_type=subject._meta.label_lower, subject_id=subject.pk, incident_id=incident_id, reason=reason, clause=clause
    )
    record("page.started", page, by=by, incident_id=incident_id, reason=reason)
    _call(page, User.objects.get(pk=user_id), 1, "direct", by=by)
    if chased:
        _wait(page)
    return page


@verb("escalate", kind="page.person_paged", who="the clock", subject="page", starts=(ESCALATION,), clauses=(ESCALATION,))
def escalate(page: Page, *, by: Actor) -> None:
    """Nobody acknowledged in time: call the next one, or say that there is nobody left."""
    page = Page.objects.select_for_update().get(pk=page.pk)
    if page.state == Page.State.OPEN:
        _call_next(page, by=by)


@verb(
    "page-again",
    kind="page.person_paged",
    who="declaring SEV 1/2",
    subject="page",
    clauses=("severity.sev1-page", "severity.sev2-page"),
)
def page_again(page: Page, *, by: Actor, incident_id: int, reason: str) -> None:
    """Call everybody again who was called and has not acknowledged: what was an alert is now an incident."""
    page = Page.objects.select_for_update().get(pk=page.pk)
    if page.state == Page.State.OPEN:
        page.incident_id, page.reason = incident_id, reason
        page.save()
        steps = {(step.position, step.user): None for step in page.steps.select_related("user")}
        for position, person in steps:
            _call(page, person, position, "again", by=by)


@verb(
    "acknowledge",
    kind="page.acknowledged",
    who="the one paged; by e-mail link, portal or API",
    subject="page",
    stops=(ESCALATION,),
    clauses=(ESCALATION,),
)
def acknowledge(page: Page, *, by: Actor) -> Page:
    """Say "I have it": the escalation stops, on every surface."""
    page = Page.objects.select_for_update(of=("self",)).select_related("acknowledged_by").get(pk=page.pk)
    check(rules.why_not_acknowledge(page, by))
    page.state, page.acknowledged_by_id, page.acknowledged_at = Page.State.ACKNOWLEDGED, by.user_id, now()
    page.save()
    clocks.stop(page, ESCALATION)
    seconds = (page.acknowledged_at - page.started_at).total_seconds()
    record("page.acknowledged", page, by=by, incident_id=page.incident_id, seconds=round(seconds, 3))
    return page


@verb("end", kind="page.ended", who="resolving or dismissing what it was about", subject="page", stops=(ESCALATION,))
def end(page: Page, *, by: Actor) -> None:
    """Stop calling: what the page was about has ended without anybody acknowledging."""
    page = Page.objects.select_for_update().get(pk=page.pk)
    if page.state == Page.State.OPEN:
        page.state = Page.State.ENDED
        page.save()
        clocks.stop(page, ESCALATION)
        record("page.ended", page, by=by, incident_id=page.incident_id)


def end_all(subject: models.Model, *, by: Actor) -> None:
    """End every open page about `subject`."""
    for page in Page.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk, state=Page.State.OPEN):
        end(page, by=by)


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """A page's clock ran out (portal/reactions.py names this for pages)."""
    escalate(Page.objects.get(pk=clock.subject_id), by=by)


_LADDER = """
SELECT u.*, schedule.id AS schedule_id FROM (SELECT 1) one
LEFT JOIN oncall_schedule schedule ON schedule.team_id = %(team)s AND schedule.is_active
LEFT JOIN (
  (SELECT m.user_id, m.position FROM oncall_teammember m WHERE m.team_id = %(team)s ORDER BY m.position LIMIT 2)
  UNION ALL SELECT %(manager)s, 2147483647 WHERE %(manager)s IS NOT NULL) step
  JOIN tenants_membership s ON s.user_id = step.user_id AND s.is_active JOIN tenants_user u ON u.id = step.user_id ON true
ORDER BY step.position
"""


def ladder(team: Team) -> list[User]:
    """Whom to call, in order: primary, secondary, manager, those who are members still.

    Primary and secondary are who is on call now by the team's schedule; of a team without one, or while nobody of it is on
    call, the first two of its fixed order. One query without a schedule.
    """
    rows = list(User.objects.raw(_LADDER, {"team": team.pk, "manager": team.manager_id}))
    fixed = [row for row in rows if row.pk is not None]
    schedule_id: int | None = rows[0].schedule_id  # type: ignore[attr-defined]
    if schedule_id is None:
        return fixed
    duty = on_call(schedule_id, now())
    manager = [person for person in fixed if person.pk == team.manager_id]
    return list({person.pk: person for person in [*duty, *manager]}.values()) if duty else fixed


def _call_next(page: Page, *, by: Actor) -> None:
    """Call the next person of the ladder and start the clock for the one after."""
    if page.team is None:
        _chase(page, by=by)
        return
    people = ladder(page.team)
    if page.position >= len(people):
        _nobody_left(page, page.team, by=by)
        return
    page.position += 1
    page.save()
    clocks.stop(page, ESCALATION)
    _call_step(page, people, by=by)


def _nobody_left(page: Page, team: Team, *, by: Actor) -> None:
    """Say that the ladder has no further step."""
    record("page.exhausted", page, by=by, incident_id=page.incident_id, team=team.name)


def _call_step(page: Page, people: list[User], *, by: Actor) -> None:
    """Call the person of the page's position, and start the clock for the next. No clock of it runs."""
    last = page.position >= len(people)
    called = people[page.position - 1]
    _call(page, called, page.position, "first" if page.position == 1 else "escalated", by=by)
    wait = law(in_force_id()).minutes("page_manager" if 1 < page.position < len(people) else "page_secondary")
    # After the last one the wait is as long again: then it is on record that nobody is left.
    due = (now() if last else page.started_at) + timedelta(minutes=wait)
    clocks.begin(ESCALATION, page, due=max(due - now(), timedelta()), incident_id=page.incident_id)


def _chase(page: Page, *, by: Actor) -> None:
    """Call the one person of a page again, once; then it is on record that they did not answer."""
    first = page.steps.select_related("user").order_by("id").first()
    if first is None or page.position:
        record("page.exhausted", page, by=by, incident_id=page.incident_id, team=page.reason)
        return
    page.position = 1
    page.save()
    _call(page, first.user, 1, "again", by=by)
    _wait(page)


def _wait(page: Page) -> None:
    """Give the one person of a page as long as the first of a team has."""
    due = timedelta(minutes=law(in_force_id()).minutes("page_secondary"))
    clocks.start(ESCALATION, page, due=due, incident_id=page.incident_id)


def _call(page: Page, person: User, position: int, reason: str, *, by: Actor) -> None:
    if page.incident_id is not None:
        subjects.before_a_call(page.incident_id, person.pk, by)
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
    )
