"""What people say of the process, and what comes of it (improve.feedback)."""

from ledger.actions import record
from ledger.verbs import verb
from standard import rules
from standard.models import Feedback, ProcessReview
from standard.queries import clause_ids
from standard.rules import FEEDBACK
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now
from tenants.words import text

WORDS_MAX = 4_000
ANSWER_MAX = 2_000


@verb("give", kind="feedback.given", who="any member", subject="feedback", clauses=(FEEDBACK,))
def give_feedback(*, by: Actor, text_: str, about: str = Feedback.About.STANDARD, clause: str = "") -> Feedback:
    """Say what one thinks of the process. It is laid before the next review, always."""
    check(rules.why_not_write(by))
    if about not in Feedback.About.values:
        raise invalid("about", f"This is one of: {', '.join(Feedback.About.values)}.")
    if clause and clause not in clause_ids():
        raise invalid("clause", "The standard has no such clause.")
    said = text("text", text_, most=WORDS_MAX)
    given = Feedback.objects.create(about=about, clause=clause, text=said, author_id=by.person_id, given_at=now())
    record("feedback.given", given, by=by, about=about, clause=clause)
    return given


@verb("settle", kind="feedback.settled", who="process owner", subject="feedback", clauses=(FEEDBACK, rules.REVIEW))
def settle_feedback(feedback: Feedback, *, by: Actor, answer: str) -> Feedback:
    """Answer feedback with a sentence, at the review that is open; its author is told."""
    feedback = Feedback.objects.select_for_update(of=("self",)).select_related("settled_by").get(pk=feedback.pk)
    review = ProcessReview.objects.filter(signed_at__isnull=True, starts_at__lte=now()).order_by("begins_on").first()
    review = review or ProcessReview.objects.filter(signed_at__isnull=True).order_by("begins_on").first()
    check(rules.why_not_settle(feedback, by, review))
    said = text("answer", answer, most=ANSWER_MAX)
    feedback.answer, feedback.settled_at, feedback.settled_by_id, feedback.review = said, now(), by.person_id, review
    feedback.save()
    record("feedback.settled", feedback, by=by, answer=said, author_id=feedback.author_id)
    return feedback
