"""The review of the process each quarter: it opens by itself, is written, and is signed off (improve.quarterly-review)."""

from collections.abc import Mapping

from ledger.actions import record
from ledger.verbs import verb
from standard import clocks, figures, reviewed, rules
from standard.models import Feedback, ProcessReview, ReviewOpening, SignedFigures
from standard.quarters import Quarter, quarter_of
from standard.queries import calendar, in_force_id, law
from standard.rules import ASKED_BEFORE, REVIEW
from tenants.actors import Actor, Role
from tenants.refusals import Conflict, check
from tenants.time import now
from tenants.walled import tenant_of
from tenants.words import text

CLOCK = "process_review"  # the law's clock
REASON_MAX = 2_000


@verb(
    "open", kind="process_review.opened", who="adopting the standard, signing off, the sweep", subject="process review",
    starts=(REVIEW,), clauses=(REVIEW,),
)  # fmt: skip
def open_review(quarter: Quarter, *, by: Actor) -> ProcessReview:
    """Open the review of a quarter, with its clock; what is there already stays as it is."""
    due = quarter.due(law(in_force_id()).clock(CLOCK).due)
    times = {"starts_at": quarter.start, "ends_at": quarter.end, "due_at": due, "opened_at": now()}
    own = {"organisation_id": by.organisation_id, "begins_on": quarter.first_day}  # the owner role, who founds, sees others' too
    review, made = ProcessReview.objects.get_or_create(**own, defaults=times)
    if made:
        began = min(now(), quarter.start) if due <= now() else now()
        left = due - began
        asked = left - ASKED_BEFORE if left > ASKED_BEFORE else left / 2  # who begins late in a quarter is asked halfway
        clocks.begin(REVIEW, review, due=left, prompt=asked, owner_role=Role.PROCESS_OWNER, at=began)
        record("process_review.opened", review, by=by, quarter=review.quarter, due_at=due.isoformat())
    return review


def begin_reviews(*, by: Actor) -> None:
    """Open the running quarter's review, and have each later one open when its quarter begins."""
    running = quarter_of(calendar().hours.zone, now())
    open_review(running, by=by)
    ReviewOpening.objects.get_or_create(organisation_id=by.organisation_id, defaults={"next_at": running.end})


def open_due(row: ReviewOpening, *, by: Actor) -> bool:
    """Open the review of the quarter that has begun, and of any that was passed over. Returns whether it was time.

    Where none was ever opened it is the running quarter's alone: what nobody asked for is not owed.
    """
    row = ReviewOpening.objects.select_for_update().get(pk=row.pk)
    if row.next_at > now():
        return False
    running = quarter_of(calendar().hours.zone, now())
    newest = ProcessReview.objects.order_by("-begins_on").first()
    quarter = Quarter(running.zone, newest.begins_on).later(1) if newest else running
    while quarter.first_day <= running.first_day:
        open_review(quarter, by=by)
        quarter = quarter.later(1)
    row.next_at = running.end
    row.save()
    return True


@verb("write", kind="process_review.written", who="process owner", subject="process review", clauses=(REVIEW,))
def write_review(review: ProcessReview, *, by: Actor, notes: str, decisions: str, revision: int) -> ProcessReview:
    """Keep what was noted and decided. Raises Conflict where somebody else wrote since `revision`."""
    review = _locked(review)
    check(rules.why_not_write_review(review, by))
    if revision != review.revision:
        sentence = (
            f"Somebody wrote in this review meanwhile: it is at revision {review.revision}, and yours was made from {revision}."
        )
        current = {"revision": review.revision, "notes": review.notes, "decisions": review.decisions}
        raise Conflict(f"{sentence} Nothing of either is lost: look at both, then save again.", current, clause=REVIEW)
    review.notes, review.decisions = text("notes", notes, required=False), text("decisions", decisions, required=False)
    review.revision += 1
    review.save()
    record("process_review.written", review, by=by, quarter=review.quarter, revision=review.revision)
    return review


@verb(
    "sign-off", kind="process_review.signed", who="process owner", subject="process review",
    starts=(REVIEW,), stops=(REVIEW,), clauses=(REVIEW,), sometimes=("process_review.opened",),
)  # fmt: skip
def sign_review(review: ProcessReview, *, by: Actor, overrides: Mapping[str, str] | None = None) -> ProcessReview:
    """Sign a quarter's review off: its clock stops, and the next quarter's opens. Feedback that waits needs a reason to go on waiting.

    The figures that it covers are kept as they are now, for good: as everybody may read them, without what is restricted.
    """
    review = _locked(review)
    waiting = Feedback.objects.filter(settled_at__isnull=True).count()
    given = {code: text(f"overrides.{code}", why, most=REASON_MAX, required=False) for code, why in (overrides or {}).items()}
    used = check(rules.why_not_sign(review, by, now=now(), open_feedback=waiting), given)
    review.signed_at, review.signed_by_id = now(), by.person_id
    review.unsettled_reason = used.get("feedback_unsettled", "")
    review.save()
    signed = _keep_figures(review)
    clocks.stop(review, REVIEW)
    record(
        "process_review.signed",
        review,
        by=by,
        quarter=review.quarter,
        waiting=waiting,
        overrides=used,
        covers_from=signed.covers_from.isoformat(),
        covers_until=signed.covers_until.isoformat(),
    )
    open_review(Quarter(calendar().hours.zone, review.begins_on).later(1), by=by)
    return review


def _keep_figures(review: ProcessReview) -> SignedFigures:
    """Keep what a review that has just been signed off covers, with its figures."""
    start, end = reviewed.covered(review)
    tables = [table.as_data for table in figures.for_everybody(tenant_of(review), start, end)]
    when = {"covers_from": start, "covers_until": end, "signed_at": review.signed_at}
    return SignedFigures.objects.create(review=review, figures=tables, **when)


def _locked(review: ProcessReview) -> ProcessReview:
    return ProcessReview.objects.select_for_update(of=("self",)).select_related("signed_by").get(pk=review.pk)
