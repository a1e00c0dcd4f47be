"""What a post-mortem is made of, each part read once: a page that shows it, checks it and judges it asks for the same rows each time."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch

from incidents.gravity import counting
from incidents.models import Change, Hypothesis, RoleHolding
from incidents.states import Severity, Verdict
from postmortems import entries, whys
from postmortems.models import ActionItem, Attendee, PostMortem, Review, Section
from postmortems.people import holdings


@dataclass(frozen=True)
class Material:
    """The parts of one post-mortem, in the order in which a reader meets them; each is asked for when somebody wants it first.

    It is as old as its first reading: what changes something reads anew, under its lock.
    """

    postmortem: PostMortem

    @cached_property
    def counts(self) -> Severity:
        """The severity by which its incident is learnt from."""
        return counting(self.postmortem.incident)

    @cached_property
    def holdings(self) -> list[RoleHolding]:
        """Who held which role, from when until when."""
        return holdings(self.postmortem.incident_id)

    @cached_property
    def sections(self) -> list[Section]:
        """The sections, with who saved each."""
        rows = Section.objects.filter(postmortem=self.postmortem).select_related("saved_by")
        return list(rows.order_by("position", "id"))

    @cached_property
    def lines(self) -> list[entries.Line]:
        """The timeline."""
        return entries.lines(self.postmortem)

    @cached_property
    def whys(self) -> list[whys.Node]:
        """The whys that stand, as a tree."""
        return whys.nodes(self.postmortem)

    @cached_property
    def hypotheses(self) -> list[Hypothesis]:
        """What contributed: the hypotheses that were confirmed."""
        confirmed = Hypothesis.objects.filter(incident=self.postmortem.incident, verdict=Verdict.CONFIRMED)
        return list(confirmed.order_by("number"))

    @cached_property
    def changes(self) -> list[Change]:
        """What was done to the system."""
        made = Change.objects.filter(incident=self.postmortem.incident, executed_at__isnull=False)
        return list(made.order_by("executed_at", "number"))

    @cached_property
    def items(self) -> list[ActionItem]:
        """The work that follows, with its owners; what was dropped too."""
        found = ActionItem.objects.filter(incident=self.postmortem.incident).select_related("owner")
        return list(found.order_by("number"))

    @cached_property
    def reviews(self) -> list[Review]:
        """The meetings that were held, by when they took place, each with who was asked and with its corrections."""
        asked = Prefetch("attendees", Attendee.objects.select_related("user").order_by("id"))
        held = Review.objects.filter(postmortem=self.postmortem, held_at__isnull=False)
        found = held.prefetch_related(asked, "corrections")
        return sorted(found, key=lambda review: (review.took_place_at, review.pk))
