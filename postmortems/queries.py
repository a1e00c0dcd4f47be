"""Reading post-mortems: the list, and the clock of each draft."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.gravity import at_its_worst, counting_of
from incidents.queries import clock_row
from incidents.rules.outside import outside
from incidents.states import Severity, State
from postmortems import discussed
from postmortems.actions.base import DRAFT_CLOCK
from postmortems.models import PostMortem
from postmortems.rules.completeness import Chapter, chapters
from postmortems.standing import Standing
from standard.models import Clock
from tenants.actors import Actor

SUBJECT = "postmortems.postmortem"
_ELSEWHERE = (State.FALSE_POSITIVE, State.MERGED)  # what ended so has no post-mortem of its own


def postmortems(by: Actor) -> QuerySet[PostMortem]:
    """The post-mortems that the actor may read: outside the room what is published, and what they are named on."""
    found = PostMortem.objects.select_related("incident", "author", "waived_by").exclude(incident__state__in=_ELSEWHERE)
    if outside(by):
        found = found.filter(Q(version__gte=1) | Q(incident__restricted=True))
    return found


def due_clocks() -> QuerySet[Clock]:
    """The clocks of drafts that are due, or were and are not published yet; of the post-mortem of an outer query."""
    return Clock.objects.filter(subject_type=SUBJECT, subject_id=OuterRef("pk"), clause=DRAFT_CLOCK, stopped_at=None)


def late(found: QuerySet[PostMortem]) -> QuerySet[PostMortem]:
    """Those whose draft is overdue."""
    return found.filter(Exists(due_clocks().filter(broken_at__isnull=False)))


def clocks(found: Sequence[PostMortem]) -> dict[int, Clock]:
    """The last clock of each draft, running, broken or kept: post-mortem's id -> clock."""
    rows = Clock.objects.filter(subject_type=SUBJECT, subject_id__in=[one.pk for one in found], clause=DRAFT_CLOCK)
    return {clock.subject_id: clock for clock in rows.order_by("id")}


def rows(found: Sequence[PostMortem]) -> list[dict[str, Any]]:
    """Post-mortems as lists show them, each with its clock, how much of it is there, and whether it was discussed before it was published.

    Nine queries, however many, and one more where incidents were reopened.
    """
    ticking, parts, placing = clocks(found), chapters(found), discussed.courses(found)
    counts = counting_of(one.incident for one in found)
    return [
        _row(one, counts[one.incident_id], ticking.get(one.pk), parts[one.pk], discussed.last(one, placing[one.pk]))
        for one in found
    ]


def row(standing: Standing) -> dict[str, Any]:
    """The same of one, by what of it was read already: one query more, for its clock."""
    postmortem = standing.postmortem
    placed = discussed.last(postmortem, discussed.course(postmortem, standing.material.reviews))
    return _row(postmortem, standing.material.counts, clocks([postmortem]).get(postmortem.pk), standing.chapters, placed)


def _row(
    postmortem: PostMortem, counts: Severity, clock: Clock | None, parts: list[Chapter], placed: discussed.Order | None
) -> dict[str, Any]:
    incident = postmortem.incident
    running = clock is not None and clock.stopped_at is None
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "severity_label": incident.level,
        "worst": counts,
        "worst_label": at_its_worst(incident, counts),
        "exercise": incident.exercise,
        "restricted": incident.restricted,
        "state": postmortem.state,
        "state_label": "Waived" if postmortem.is_waived else postmortem.get_state_display(),
        "waived": postmortem.is_waived,
        "version": postmortem.version,
        "author": postmortem.author.name if postmortem.author else "",
        "opened_at": postmortem.opened_at,
        "published_at": postmortem.published_at,
        "published": placed.words if placed else "",
        "after_review": placed.after_review if placed else None,
        "due_at": clock.due_at if clock and running else None,
        "late": clock is not None and running and clock.broken_at is not None,
        "section_count": len(parts),
        "complete": sum(not chapter.lacks for chapter in parts),
        "clock": clock_row(clock) if clock and running else None,
    }
