"""The page as data: how the components are, and what was said of each incident. A constant number of queries, however much there is.

It reads what is public (status/models.py) and, of the rooms below, the components and how they are because of what is on the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from incidents.actions.conditions import FROM_WELL_TO_WORST
from incidents.models import Component, ComponentState
from incidents.states import Condition, PublicStatus
from status.models import PublicIncident, PublicPostmortem, PublicUpdate, StatusPage

MOST = 200  # incidents on one page
NAMED_MOST = 3  # components in the name of an incident
UNNAMED = "Incident"
ANY = Q()  # every incident that is on the page


def worst(conditions: Iterable[str]) -> Condition:
    """The worst of some conditions; of none, that all is well."""
    return max((Condition(one) for one in conditions), key=FROM_WELL_TO_WORST.index, default=Condition.OPERATIONAL)


@dataclass(frozen=True, slots=True)
class Part:
    """A component, as it is now. `since` is None where it is well; `changed_at` is when it became so, None where it always was."""

    slug: str
    name: str
    position: int
    condition: Condition = Condition.OPERATIONAL
    since: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an update said of a component: what it was called before, and then."""

    slug: str
    name: str
    before: Condition
    after: Condition


@dataclass(frozen=True, slots=True)
class Said:
    """One update."""

    public_id: str
    status: PublicStatus
    known: str
    impact: str
    doing: str
    next_update_at: datetime | None
    at: datetime
    changes: tuple[Change, ...]

    @property
    def texts(self) -> list[str]:
        """What it says, part by part."""
        return [text for text in (self.known, self.impact, self.doing) if text]


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one incident, the newest first. `name` is made of components: its title was written for those who work on it."""

    public_id: str
    name: str
    condition: Condition
    began_at: datetime
    ended_at: datetime | None
    said: tuple[Said, ...]
    postmortem: PublicPostmortem | None = None

    @property
    def status(self) -> PublicStatus:
        """How far it is, in the last word of it; one that is over is resolved."""
        return self.said[0].status if self.ended_at is None and self.said else PublicStatus.RESOLVED

    @property
    def ended_unsaid(self) -> bool:
        """Whether it ended without a word that says so."""
        return self.ended_at is not None and bool(self.said) and self.said[0].status != PublicStatus.RESOLVED

    @property
    def next_update_at(self) -> datetime | None:
        """When the next word is promised, while it goes on."""
        return self.said[0].next_update_at if self.ended_at is None and self.said else None

    @property
    def updated_at(self) -> datetime:
        """When something of it changed last."""
        return max(moment for moment in (self.began_at, self.ended_at, *(one.at for one in self.said)) if moment is not None)

    @property
    def slugs(self) -> set[str]:
        """The components that it was about."""
        return {change.slug for one in self.said for change in one.changes}


@dataclass(frozen=True, slots=True)
class Board:
    """The page: its organisation, the components, and some of its incidents, the newest first."""

    page: StatusPage
    parts: tuple[Part, ...]
    told: tuple[Told, ...]

    @property
    def going_on(self) -> list[Told]:
        """What goes on."""
        return [one for one in self.told if one.ended_at is None]

    @property
    def over(self) -> list[Told]:
        """What is over."""
        return [one for one in self.told if one.ended_at is not None]

    @property
    def condition(self) -> Condition:
        """The worst of the components now."""
        return worst(part.condition for part in self.parts)

    @property
    def updated_at(self) -> datetime:
        """When something changed last. That it is well again is a change too, and so is what is shown no more."""
        changed = [getattr(self.page, "changed_at", None), *(part.changed_at for part in self.parts)]
        moments = [one.updated_at for one in self.told] + [moment for moment in changed if moment is not None]
        return max(moments, default=self.page.organisation.created_at)


def board(page: StatusPage, which: Q | None = None, most: int = MOST) -> Board:
    """The page with those incidents, at most so many, the newest first: five queries. Without `which` it is what goes on."""
    parts = components()
    found = PublicIncident.objects.filter(Q(ended_at=None) if which is None else which).order_by("-began_at", "-id")[:most]
    return Board(page, parts, told(found, parts))


def components() -> tuple[Part, ...]:
    """Every component with its worst condition now, because of what is on the page, and when that changed last: two queries."""
    public = ComponentState.objects.filter(incident_id__in=PublicIncident.objects.values("incident_id"))
    states: dict[int, list[ComponentState]] = {}
    for state in public.filter(until=None).order_by("since"):
        states.setdefault(state.component_id, []).append(state)
    ended = public.filter(component=OuterRef("pk")).exclude(until=None).order_by("-until").values("until")[:1]
    found = Component.objects.order_by("position", "id").annotate(last_ended=Subquery(ended))
    return tuple(_part(component, component.last_ended, states.get(component.pk, [])) for component in found)


def _part(component: Component, ended: datetime | None, states: Sequence[ComponentState]) -> Part:
    condition = worst(state.condition for state in states)
    since = next((state.since for state in states if state.condition == condition), None)
    changed = max((moment for moment in (since, ended) if moment is not None), default=None)
    return Part(component.slug, component.name, component.position, condition, since, changed)


def told(threads: QuerySet[PublicIncident] | Sequence[PublicIncident], parts: Sequence[Part]) -> tuple[Told, ...]:
    """What was said of some incidents: three queries. One of which nothing stands any more is left out."""
    found = list(threads)
    updates: dict[int, list[PublicUpdate]] = {}
    standing = PublicUpdate.objects.filter(thread__in=found, taken_off=None).order_by("published_at", "id")
    for row in standing if found else ():
        updates.setdefault(row.thread_id, []).append(row)
    released = PublicPostmortem.objects.filter(thread__in=found, withdrawn_at=None)
    papers = {row.thread_id: row for row in released} if found else {}
    return tuple(
        _told(thread, updates.get(thread.pk, []), papers.get(thread.pk), parts)
        for thread in found
        if thread.pk in updates or thread.pk in papers
    )


def _told(thread: PublicIncident, rows: Sequence[PublicUpdate], paper: PublicPostmortem | None, parts: Sequence[Part]) -> Told:
    names = {part.slug: part.name for part in parts}
    now: dict[str, Condition] = {}
    said: list[Said] = []
    for row in rows:
        given: dict[str, Any] = {slug: condition for slug, condition in row.components.items() if slug in names}
        if row.status == PublicStatus.RESOLVED:  # it makes whole what was broken
            given = (
                dict.fromkeys((slug for slug, one in now.items() if one != Condition.OPERATIONAL), Condition.OPERATIONAL) | given
            )
        changes = tuple(
            Change(slug, names[slug], now.get(slug, Condition.OPERATIONAL), Condition(given[slug]))
            for slug in names
            if slug in given
        )
        now |= {change.slug: change.after for change in changes}
        said.append(
            Said(
                row.public_id,
                PublicStatus(row.status),
                row.known,
                row.impact,
                row.doing,
                row.next_update_at,
                row.published_at,
                changes,
            )
        )
    condition = worst(change.after for one in said for change in one.changes)
    touched = {change.slug for one in said for change in one.changes if change.after != Condition.OPERATIONAL}
    name = _name(condition, [names[slug] for slug in names if slug in touched])
    return Told(thread.public_id, name, condition, thread.began_at, thread.ended_at, tuple(reversed(said)), paper)


def _name(condition: Condition, names: Sequence[str]) -> str:
    """What an incident is called in public: "Major outage: Payments and API"."""
    if not names:
        return UNNAMED
    return f"{condition.label}: {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "Payments, API, iOS and 2 more"."""
    shown = list(names[:NAMED_MOST])
    if len(names) > NAMED_MOST:
        return f"{', '.join(shown)} and {len(names) - NAMED_MOST} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
