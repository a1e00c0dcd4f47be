"""Access to production: who says what there is, who reviews it, and when it may be signed (evidence.access-review)."""

from collections.abc import Collection, Sequence

from compliance.access.people import reviews, through_glass
from compliance.models import AccessFact, AccessReview, AccessSystem, ReviewedAccess, Way
from incidents.rules.common import reader
from incidents.rules.outside import outside
from tenants.actors import Actor, Role
from tenants.refusals import Reason

CLAUSE = "evidence.access-review"
BY_HAND = "by hand"


def why_not_read_access(by: Actor, held: Collection[str] = ()) -> list[Reason]:
    """Executives and Support read no lists of who has access, but where they review them."""
    if not outside(by) or reviews(by, held):
        return []
    return [Reason("not_yours_to_read", "Who has access to production is not yours to read.", clause=CLAUSE, status=403)]


def why_not_manage_access(by: Actor) -> list[Reason]:
    """Administrators say which production systems there are, and who has access to them."""
    if reasons := reader(by):
        return reasons
    if not by.has(Role.ADMINISTRATOR):
        sentence = "Administrators register production systems and take in who has access to them."
        return [Reason("not_an_administrator", sentence, clause=CLAUSE, status=403)]
    return []


def why_not_take(system: AccessSystem, by: Actor) -> list[Reason]:
    """Accesses are taken in for a system that is in use."""
    return why_not_manage_access(by) or _retired(system)


def why_not_retire(system: AccessSystem, by: Actor) -> list[Reason]:
    """A system is retired once; its accesses stay for the reviews of what was."""
    return why_not_manage_access(by) or _retired(system)


def _retired(system: AccessSystem) -> list[Reason]:
    if system.retired_at is None:
        return []
    sentence = f"{system.name} was retired at {system.retired_at:%Y-%m-%d %H:%M:%S} UTC."
    return [Reason("retired", sentence, clause=CLAUSE)]


def why_not_end_access(fact: AccessFact, by: Actor) -> list[Reason]:
    """What was recorded by hand is ended by hand; what a source says ends when the source names it no more."""
    if reasons := why_not_manage_access(by):
        return reasons
    if fact.source != BY_HAND:
        sentence = f"{fact.source} names this access: it ends when a whole list of that source names it no more."
        return [Reason("of_a_source", sentence, clause=CLAUSE)]
    if fact.ended_run_id is not None:
        return [Reason("ended", f"This access ended at {fact.valid_until:%Y-%m-%d %H:%M:%S} UTC.", clause=CLAUSE)]
    return []


def why_not_source(source: str, way: Way) -> list[Reason]:
    """The name that accesses recorded by hand go under is no list's."""
    if (source.casefold() == BY_HAND) != (way == Way.HAND):
        sentence = f"“{BY_HAND}” is what is recorded by hand: give the list its own source's name."
        return [Reason("by_hand", sentence, clause=CLAUSE, field="source", status=422)]
    return []


def why_not_judge(review: AccessReview, by: Actor, held: Collection[str], asked: Sequence[ReviewedAccess] = ()) -> list[Reason]:
    """Reviewers judge accesses until the review is signed, but nobody their own."""
    if reasons := reader(by):
        return reasons
    if not reviews(by, held):
        sentence = "The Privacy Officer, Legal Counsel, process owners and administrators review who had access."
        return [Reason("not_a_reviewer", sentence, clause=CLAUSE, status=403)]
    if review.signed_at is not None:
        who = review.signed_by.name if review.signed_by else "Somebody"
        return [Reason("signed", f"{who} signed this review at {review.signed_at:%Y-%m-%d %H:%M:%S} UTC.", clause=CLAUSE)]
    if reasons := through_glass(review.incident, by):
        return reasons
    if own := [row for row in asked if is_own(row, by)]:
        sentence = f"{own[0].principal} is you: somebody else judges your own access ({own[0].entitlement})."
        return [Reason("your_own", sentence, clause=CLAUSE, field="accesses", status=403)]
    return []


def is_own(row: ReviewedAccess, by: Actor) -> bool:
    """Whether an access is the actor's own."""
    return row.subject_id is not None and row.subject_id == by.user_id


def why_not_sign(review: AccessReview, by: Actor, held: Collection[str], undecided: int) -> list[Reason]:
    """A review is signed when each privileged access is judged."""
    if reasons := why_not_judge(review, by, held):
        return reasons
    if undecided:
        what = "1 privileged access is" if undecided == 1 else f"{undecided} privileged accesses are"
        return [Reason("undecided", f"{what} not judged yet.", clause=CLAUSE)]
    return []
