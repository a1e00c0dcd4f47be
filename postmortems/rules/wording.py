"""Who settles what the blameless check finds (clause principle.blameless)."""

from postmortems.models import KeptWording, PostMortem
from postmortems.rules.common import writer
from tenants.actors import Actor
from tenants.refusals import Reason

CLAUSE = "principle.blameless"


def why_not_keep(postmortem: PostMortem, by: Actor) -> list[Reason]:
    """A writer keeps a wording, while the document is written."""
    reasons = writer(postmortem, by, "Keeping a wording", CLAUSE)
    if not reasons and not postmortem.is_draft:
        reasons = [Reason("published", "It is published: take it up again first, with a reason.", clause="postmortem.template")]
    return reasons


def why_not_take_back(postmortem: PostMortem, by: Actor, kept: KeptWording | None) -> list[Reason]:
    """A writer takes such a decision back."""
    reasons = why_not_keep(postmortem, by)
    if not reasons and kept is None:
        reasons = [Reason("not_kept", "This wording is not kept.", clause=CLAUSE)]
    return reasons
