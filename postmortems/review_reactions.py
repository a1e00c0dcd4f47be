"""What follows for review meetings from events (portal/reactions.py says from which). Each runs once an event, inside the scope."""

from incidents.announcements import may_hear
from ledger.models import Event
from notifications.actions import notify
from postmortems.actions import meeting
from postmortems.actions.base import DRAFT_CLOCK, REVIEW_CLOCK
from postmortems.models import Attendee, PostMortem
from postmortems.people import writers
from standard.models import Clock
from tenants.actors import Actor, Role
from tenants.queries import members


def open_review(event: Event, by: Actor) -> None:
    """A post-mortem was opened: its review is due, counted from where its draft is (clause postmortem.review-5-days)."""
    draft = Clock.objects.filter(
        clause=DRAFT_CLOCK, subject_type=PostMortem._meta.label_lower, subject_id=event.subject_id, stopped_at=None
    ).first()
    meeting.open_review(event.subject_id, draft.started_at if draft else event.occurred_at)


def invite(event: Event, by: Actor) -> None:
    """A review was called, moved or cancelled: everybody who is asked to it has an invitation, and what takes it back.

    Held before it was called for, what was invited to is taken back too, of those who had been asked to it.
    """
    if event.kind == "review.held":
        invited = set(event.data.get("slot_freed", []))
    else:
        invited = set(Attendee.objects.filter(review__pk=event.subject_id).values_list("user_id", flat=True))
    if event.incident_id is not None and (wanted := may_hear(event.incident_id, invited)):
        notify(event, wanted, template="review", subject_id=event.subject_id)


def tell_late(event: Event, by: Actor) -> None:
    """The time of a review runs out, or has: those who write the post-mortem hear of it; once it is broken the process owner too."""
    if event.data.get("clause") != REVIEW_CLOCK or event.incident_id is None:
        return
    postmortem = PostMortem.objects.select_related("incident").filter(incident_id=event.incident_id).first()
    if postmortem is None:
        return
    wanted = {writer.user_id for writer in writers(postmortem)}
    if event.kind == "clock.broken":
        wanted.update(members(Role.PROCESS_OWNER))
    if told := may_hear(event.incident_id, wanted):
        notify(event, told, template="review-late", subject_id=postmortem.pk)
