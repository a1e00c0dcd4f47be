"""What the rules of a post-mortem look at: the document with its incident, whose it is, and what it still lacks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.utils.module_loading import import_string

from postmortems.found import Settled, settled
from postmortems.material import Material
from postmortems.models import PostMortem, Publication
from postmortems.people import Writer, is_among, writers
from postmortems.rules import completeness
from postmortems.rules.completeness import Chapter
from postmortems.unwritten import unwritten_since
from tenants.actors import Actor
from tenants.refusals import Reason


@dataclass(frozen=True)
class Standing:
    """One post-mortem as it stands now. What costs a query is asked for once, when a rule wants it."""

    postmortem: PostMortem

    @cached_property
    def material(self) -> Material:
        """What it is made of."""
        return Material(self.postmortem)

    @cached_property
    def writers(self) -> list[Writer]:
        """Who writes it."""
        return writers(self.postmortem, self.material.holdings)

    def writes(self, by: Actor) -> bool:
        """Whether the actor is one of its writers."""
        return is_among(self.writers, by)

    @cached_property
    def chapters(self) -> list[Chapter]:
        """Its sections, each with what it lacks."""
        return completeness.chapters_of(self.material)

    @cached_property
    def wordings(self) -> list[Settled]:
        """What the blameless check finds in it, settled or not."""
        return settled(self.material)

    @cached_property
    def unwritten_since(self) -> Publication | None:
        """The published version beyond which a draft of the next one says nothing; None where there is none."""
        return unwritten_since(self.material)

    @cached_property
    def objections(self) -> list[Reason]:
        """What else stands in the way of publishing it, besides an empty section (portal/reactions.py, POSTMORTEM_READY)."""
        found: list[Reason] = []
        for name in import_string(settings.MUSTER_POSTMORTEM_READY):
            question: Callable[[Standing], list[Reason]] = import_string(name)
            found += question(self)
        return found
