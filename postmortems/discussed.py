"""Whether what was published had been discussed by then: the standard wants it published after its review, and shows where it was not.

Publishing does not wait for the meeting (docs/decisions/0019), so which of the two came first is a fact that stands wherever a version does.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident
from incidents.sentences.kind import span
from ledger.models import Event
from postmortems.models import PostMortem, Publication, Review

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Order:
    """A version's publishing, and the review that it came after; where it came after none, the first that was held since, or None."""

    published_at: datetime
    review_at: datetime | None

    @property
    def after_review(self) -> bool:
        """Whether it was discussed first."""
        return self.review_at is not None and self.review_at <= self.published_at

    @property
    def ahead(self) -> str:
        """How long before the review it was published: "3 days", "1 day", "2 h 5 min"; "" where it was not."""
        if self.review_at is None or self.after_review:
            return ""
        early = self.review_at - self.published_at
        days = early // DAY
        return f"{days} day{'' if days == 1 else 's'}" if days else span(early.total_seconds())

    @property
    def words(self) -> str:
        """The same as it follows "published"."""
        if self.review_at is None:
            return "before its review, which is not held yet"
        return "after its review" if self.after_review else f"{self.ahead} before its review was held"


@dataclass(frozen=True, slots=True)
class Course:
    """What publishings of a post-mortem are placed in: when its incident was resolved, each time, and when its reviews took place."""

    resolved: Sequence[datetime]
    held: Collection[datetime]

    def order(self, published_at: datetime) -> Order:
        """Place a publishing among the reviews of the resolution that it tells of: what lies before another one is another story."""
        told = self._which(published_at)
        held = [at for at in self.held if self._which(at) == told]
        before = [at for at in held if at <= published_at]
        return Order(published_at, max(before) if before else min(held, default=None))

    def _which(self, at: datetime) -> int:
        """The last resolution by then, counted from one; 0 before the first."""
        return bisect_right(self.resolved, at)


def courses(postmortems: Iterable[PostMortem]) -> dict[int, Course]:
    """Of each post-mortem, by its id: two queries, and one more where an incident was reopened; none without post-mortems."""
    found = list(postmortems)
    held: dict[int, list[Review]] = defaultdict(list)
    if found:
        for review in Review.objects.filter(postmortem__in=found, held_at__isnull=False).prefetch_related("corrections"):
            held[review.postmortem_id].append(review)
    ended = _resolutions(one.incident for one in found)
    return {one.pk: Course(ended[one.incident_id], _took_place(held[one.pk])) for one in found}


def course(postmortem: PostMortem, reviews: Iterable[Review]) -> Course:
    """Of one whose reviews were read already: one query, where its incident was reopened."""
    return Course(_resolutions([postmortem.incident])[postmortem.incident_id], _took_place(reviews))


def _took_place(reviews: Iterable[Review]) -> list[datetime]:
    """When each of these took place, by what is in force; without those that are not held."""
    return [at for review in reviews if (at := review.took_place_at) is not None]


def _resolutions(incidents: Iterable[Incident]) -> dict[int, list[datetime]]:
    """Incident's id -> when it was resolved, each time, the first first: a reopening tells which resolution it took back."""
    found = {one.pk: one for one in incidents}
    ended: dict[int, list[datetime]] = {pk: [] for pk in found}
    reopened = [pk for pk, one in found.items() if one.reopened]
    if reopened:
        told = Event.objects.filter(incident_id__in=reopened, kind="incident.reopened").order_by("seq")
        for pk, at in told.values_list("incident_id", "data__resolved_at"):
            if pk is not None and at is not None:
                ended[pk].append(datetime.fromisoformat(at))
    for pk, one in found.items():
        if one.resolved_at is not None:
            ended[pk].append(one.resolved_at)
    return ended


def last(postmortem: PostMortem, of: Course) -> Order | None:
    """Of its last version; None where nothing is published."""
    return of.order(postmortem.published_at) if postmortem.published_at is not None else None


def each(postmortem: PostMortem, publications: Iterable[Publication]) -> dict[int, Order]:
    """Of versions of one post-mortem, by their number."""
    placing = courses([postmortem])[postmortem.pk]
    return {one.number: placing.order(one.published_at) for one in publications}


def of(publication: Publication) -> Order:
    """Of one version."""
    return each(publication.postmortem, [publication])[publication.number]
