"""Fetch or refuse: the one way an edge obtains a version, a draft, feedback or a review."""

from standard.models import Feedback, ProcessReview, StandardDraft, StandardVersion
from tenants.actors import Actor
from tenants.refusals import NotFound


def version_for(by: Actor, number: int) -> StandardVersion:
    """The version of this number. Raises NotFound where the organisation has none."""
    found = StandardVersion.objects.filter(organisation_id=by.organisation_id, number=number) if number < 2**31 else None
    version = found.select_related("published_by").first() if found is not None else None
    if version is None:
        raise NotFound("version of the standard")
    return version


def open_draft(by: Actor) -> StandardDraft:
    """The draft that is open. Raises NotFound where there is none."""
    draft = running_draft(by)
    if draft is None:
        raise NotFound("open draft of the standard")
    return draft


def running_draft(by: Actor) -> StandardDraft | None:
    """The draft that is open, if there is one."""
    rows = StandardDraft.objects.filter(organisation_id=by.organisation_id, state=StandardDraft.State.OPEN)
    return rows.select_related("base", "started_by", "changed_by").first()


def last_draft(by: Actor) -> StandardDraft:
    """The draft that was worked on last. Raises NotFound where there never was one."""
    draft = StandardDraft.objects.filter(organisation_id=by.organisation_id).order_by("-changed_at", "-id").first()
    if draft is None:
        raise NotFound("draft of the standard")
    return draft


def feedback_for(by: Actor, feedback_id: int) -> Feedback:
    """Feedback by its id. Raises NotFound where it is not the organisation's."""
    rows = Feedback.objects.filter(organisation_id=by.organisation_id, pk=feedback_id) if feedback_id < 2**63 else None
    found = rows.select_related("author", "settled_by", "review").first() if rows is not None else None
    if found is None:
        raise NotFound("feedback")
    return found


def review_for(by: Actor, review_id: int) -> ProcessReview:
    """A review by its id. Raises NotFound where it is not the organisation's."""
    rows = ProcessReview.objects.filter(organisation_id=by.organisation_id, pk=review_id) if review_id < 2**63 else None
    found = rows.select_related("signed_by").first() if rows is not None else None
    if found is None:
        raise NotFound("process review")
    return found
