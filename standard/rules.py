"""Why not: what of the standard and its process is refused now, each with its clause. Pages, API and chat ask here alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from standard.models import Feedback, ProcessReview, StandardDraft, StandardVersion
from tenants.actors import Actor, Role
from tenants.models import Membership
from tenants.refusals import Reason

OWNER = "people.process-owner"
REVIEW = "improve.quarterly-review"
FEEDBACK = "improve.feedback"
LATE = timedelta(minutes=5)  # what was typed a moment ago is not the past
AHEAD = timedelta(days=366)
ASKED_BEFORE = timedelta(days=14)  # the law counts a review in quarters; process owners are asked so long before it is due


def why_not_write(by: Actor) -> list[Reason]:
    """Auditors read; a token without the scope "write" reads too."""
    if by.has(Role.AUDITOR):
        return [Reason("read_only", "An auditor reads and changes nothing.", clause="people.auditor", status=403)]
    if "write" not in by.scopes:
        return [Reason("scope", 'This token may only read: it has not the scope "write".', status=403)]
    return []


def why_not_own(by: Actor, what: str = "the standard is theirs to change") -> list[Reason]:
    """The process owner's alone, and nobody's by being an administrator (clause people.process-owner)."""
    if refused := why_not_write(by):
        return refused
    if by.has(Role.PROCESS_OWNER):
        return []
    known = Membership.objects.filter(is_active=True, user__is_active=True, roles__contains=[Role.PROCESS_OWNER])
    names = list(known.order_by("user__name").values_list("user__name", flat=True)[:5])
    who = f"{', '.join(names)} may" if names else "nobody is one here yet, an administrator can name one"
    return [Reason("not_process_owner", f"Only a process owner may: {what} ({who}).", clause=OWNER, status=403)]


def why_not_start(by: Actor, running: StandardDraft | None) -> list[Reason]:
    """There is one open draft at a time."""
    if refused := why_not_own(by):
        return refused
    if running is not None:
        sentence = f"{running.started_by.name} has a draft open already: work on that one, or discard it first."
        return [Reason("draft_open", sentence, clause=OWNER)]
    return []


def why_not_change(draft: StandardDraft, by: Actor) -> list[Reason]:
    """A draft is worked on while it is open."""
    return why_not_own(by) or ended(draft)


def ended(draft: StandardDraft) -> list[Reason]:
    """Somebody published or discarded it already."""
    if draft.state == StandardDraft.State.OPEN:
        return []
    sentence = f"This draft was {draft.state} by {draft.changed_by.name} at {draft.changed_at:%Y-%m-%d %H:%M:%S} UTC."
    return [Reason("draft_ended", sentence, clause=OWNER)]


def why_not_restore(draft: StandardDraft, by: Actor, running: StandardDraft | None, newest: StandardVersion) -> list[Reason]:
    """What was discarded is taken up again where nothing has taken its place."""
    if refused := why_not_own(by):
        return refused
    if draft.state != StandardDraft.State.DISCARDED:
        return [Reason("not_discarded", "This draft was not discarded.", clause=OWNER)]
    if running is not None:
        return [Reason("draft_open", f"{running.started_by.name} has started another draft since.", clause=OWNER)]
    if newest.published_at > draft.changed_at:
        return [Reason("published_since", f"Version {newest.number} was published since: start from that one.", clause=OWNER)]
    return []


def why_not_publish(
    draft: StandardDraft, by: Actor, *, effective: datetime, now: datetime, last: StandardVersion, changed: bool
) -> list[Reason]:
    """A version comes into force now or later, after the one before it, and says something else than that."""
    if refused := why_not_change(draft, by):
        return refused
    found = []
    if effective < now - LATE:
        found.append(_bad("effective_at", "past", "This lies in the past: what was in force then is not rewritten."))
    if effective > now + AHEAD:
        found.append(_bad("effective_at", "too_far", f"A version is published at most {AHEAD.days} days ahead."))
    if effective <= last.effective_at:
        when = f"{last.effective_at:%Y-%m-%d %H:%M} UTC"
        sentence = f"Version {last.number} comes into force at {when}: choose a later time, or withdraw that version first."
        found.append(_bad("effective_at", "too_early", sentence))
    if not changed:
        found.append(Reason("no_change", f"The draft says what version {last.number} says.", clause=OWNER))
    return found


def why_not_withdraw(version: StandardVersion, by: Actor, *, now: datetime, withdrawn: bool) -> list[Reason]:
    """What is in force, or was, stays: incidents are judged by it."""
    if refused := why_not_own(by):
        return refused
    if withdrawn:
        return [Reason("withdrawn", f"Version {version.number} was withdrawn already.", clause=OWNER)]
    if version.effective_at <= now:
        sentence = f"Version {version.number} has been in force since {version.effective_at:%Y-%m-%d %H:%M} UTC: publish another."
        return [Reason("in_force", sentence, clause=OWNER)]
    return []


def why_not_settle(feedback: Feedback, by: Actor, review: ProcessReview | None) -> list[Reason]:
    """Feedback is answered once, at a review that is open."""
    if refused := why_not_own(by, "feedback is answered by them"):
        return refused
    if feedback.settled_at is not None:
        who = feedback.settled_by.name if feedback.settled_by else "Somebody"
        return [Reason("settled", f"{who} answered this at {feedback.settled_at:%Y-%m-%d %H:%M:%S} UTC.", clause=FEEDBACK)]
    if review is None:
        return [Reason("no_review", "No review is open yet: it opens by itself in a moment.", clause=REVIEW)]
    return []


def why_not_write_review(review: ProcessReview, by: Actor) -> list[Reason]:
    """A review is written until it is signed off."""
    if refused := why_not_own(by, "the review is theirs to hold"):
        return refused
    if review.signed_at is not None:
        who = review.signed_by.name if review.signed_by else "Somebody"
        sentence = f"{who} signed the review of {review.quarter} off at {review.signed_at:%Y-%m-%d %H:%M:%S} UTC."
        return [Reason("signed", sentence, clause=REVIEW)]
    return []


def why_not_sign(review: ProcessReview, by: Actor, *, now: datetime, open_feedback: int) -> list[Reason]:
    """It is signed off once its quarter has begun, something was decided, and all feedback is answered (or a reason says why not)."""
    if refused := why_not_write_review(review, by):
        return refused
    if review.starts_at > now:
        sentence = f"{review.quarter} has not begun: there is nothing to review yet."
        return [Reason("not_begun", sentence, clause=REVIEW)]
    found: list[Reason] = []
    if not review.decisions:
        sentence = "Write down first what was decided, be it that nothing changes."
        found.append(Reason("no_decisions", sentence, clause=REVIEW, field="decisions"))
    if open_feedback:
        what = "piece of feedback is" if open_feedback == 1 else "pieces of feedback are"
        sentence = f"{open_feedback} {what} not answered yet: answer each, or give a reason why that waits."
        found.append(Reason("feedback_unsettled", sentence, clause=FEEDBACK, overridable=True))
    return found


def sentences(reasons: Sequence[Reason]) -> str:
    """Reasons as the line beside a button that is off."""
    return " ".join(reason.sentence for reason in reasons)


def _bad(field: str, code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=OWNER, field=field, status=422)
