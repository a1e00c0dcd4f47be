"""Whom an open page calls next, and when, as it looks now: until then people decline, leave and swap shifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from oncall import whom
from oncall.escalation import ESCALATION, Plan, Target
from oncall.models import Page, PageDecline
from standard.models import Clock
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Coming:
    """The next step of a page: when it is due, and the names of those it calls. Nobody: then it is on record that nobody is left."""

    at: datetime
    people: tuple[str, ...]


def foreseen(pages: QuerySet[Page]) -> QuerySet[Page]:
    """Pages with what `coming` asks of each, in the same query."""
    waits = Clock.objects.filter(
        subject_type=Page._meta.label_lower, subject_id=OuterRef("pk"), clause=ESCALATION, stopped_at=None, next_at__isnull=False
    )
    declined = PageDecline.objects.filter(page=OuterRef("pk"))
    return pages.annotate(
        passed_on_at=Subquery(waits.order_by("-id").values("due_at")[:1]), declined_by=ArraySubquery(declined.values("user_id"))
    )


def coming(pages: Iterable[Page], present: dict[int, whom.OnCall] | None = None) -> dict[int, Coming]:
    """Page id -> its next step, of those `foreseen` that call on. Who answers is asked once for each team and target, not for each page.

    Who was found to be on call for a team is left in `present`, by the team's id.
    """
    asked: dict[tuple[tuple[Target, ...], int | None], list[User]] = {}
    found: dict[int, Coming] = {}
    for page in pages:
        row: Any = page
        due: datetime | None = page.next_at or row.passed_on_at
        if page.state != Page.State.OPEN or due is None or not page.plan:
            continue
        plan, position = Plan.from_data(page.plan), page.position + 1
        names: tuple[str, ...] = ()
        while not names and (step := plan.step(position)) is not None:
            key = (step.targets, page.team_id)
            if key not in asked:
                asked[key] = whom.who(step, page.team, present)
            names = tuple(person.name for person in asked[key] if person.pk not in row.declined_by)
            position += 1
        found[page.pk] = Coming(due, names)
    return found
