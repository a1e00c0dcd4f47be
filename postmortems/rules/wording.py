"""Who settles what the blameless check finds (clause principle.blameless)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postmortems.rules.common import writer
from tenants.actors import Actor
from tenants.refusals import Reason

if TYPE_CHECKING:
    from postmortems.models import KeptWording
    from postmortems.standing import Standing

CLAUSE = "principle.blameless"


def why_not_keep(standing: Standing, by: Actor) -> list[Reason]:
    """A writer keeps a wording, while the document is written."""
    postmortem = standing.postmortem
    reasons = writer(postmortem, by, "Keeping a wording", CLAUSE, known=standing.writers)
    if not reasons and not postmortem.is_draft:
        reasons = [Reason("published", "It is published: take it up again first, with a reason.", clause="postmortem.template")]
    return reasons


def why_not_take_back(standing: Standing, by: Actor, kept: KeptWording | None) -> list[Reason]:
    """A writer takes such a decision back."""
    reasons = why_not_keep(standing, by)
    if not reasons and kept is None:
        reasons = [Reason("not_kept", "This wording is not kept.", clause=CLAUSE)]
    return reasons
