"""Whom an open page calls next, and when, as it looks now: until then people decline, leave and swap shifts."""

from collections.abc import Iterable, Mapping
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


def coming(pages: Iterable[Page], present: Mapping[int, whom.OnCall] | None = None) -> dict[int, Coming]:
    """Page id -> its next step, of those `foreseen` that call on. Who answers is asked once for each target, not for each page.

    Who is on call for the teams is asked of all of them at once, but for those `present`, by the team's id.
    """
    calling = [(page, Plan.from_data(page.plan), due) for page in pages if (due := _due(page)) is not None]
    present = present or {}
    present = {**present, **whom.of_teams({page.team_id for page, *_ in calling if page.team_id is not None} - present.keys())}
    asked: dict[tuple[tuple[Target, ...], int | None], list[User]] = {}
    found: dict[int, Coming] = {}
    for page, plan, due in calling:
        row: Any = page
        position = page.position + 1
        names: tuple[str, ...] = ()
        while not names and (step := plan.step(position)) is not None:
            key = (step.targets, page.team_id)
            if key not in asked:
                asked[key] = whom.who(step, page.team, present)
            names = tuple(person.name for person in asked[key] if person.pk not in row.declined_by)
            position += 1
        found[page.pk] = Coming(due, names)
    return found


def _due(page: Any) -> datetime | None:
    """When a page takes its next step; None where it takes none."""
    due: datetime | None = page.next_at or page.passed_on_at
    return due if page.state == Page.State.OPEN and page.plan else None
