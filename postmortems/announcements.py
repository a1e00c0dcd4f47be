"""Who is told what of a post-mortem, and what the messages say when they are sent."""

from collections.abc import Iterable
from datetime import datetime

from incidents.announcements import may_hear, message
from incidents.duties import stayed
from incidents.sentences import KINDS
from ledger.models import Event
from notifications.actions import notify
from notifications.models import Delivery
from notifications.transports import Message
from postmortems.actions.base import DRAFT_CLOCK
from postmortems.models import PostMortem
from postmortems.people import writers
from standard.models import Clock
from tenants.actors import Actor, Role
from tenants.queries import members

LABEL = "The post-mortem"
_SUBJECTS = {
    "postmortem.opened": "Yours to write: the post-mortem of",
    "postmortem.author_named": "You are the author of the post-mortem of",
    "postmortem.reading_asked": "Please read the post-mortem of",
    "postmortem.commented": "A comment on the post-mortem of",
    "postmortem.read": "An answer about the post-mortem of",
}


def prompt_author(event: Event, by: Actor) -> None:
    """The time of a draft runs out, or has: whoever answers for it is told (clause postmortem.draft-24h).

    That is its author; where there is none any more, its other writers; where they have all left, the process owners.
    """
    if event.data["clause"] != DRAFT_CLOCK:
        return
    postmortem = PostMortem.objects.select_related("author", "incident").get(pk=_subject(event))
    _tell(event, _answerable(postmortem), postmortem, "postmortem-due")


def tell_author(event: Event, by: Actor) -> None:
    """Whoever answers for a draft hears what was said of it, or that it is theirs to write."""
    postmortem = _of(event)
    _tell(event, _answerable(postmortem), postmortem, "postmortem")


def tell_named(event: Event, by: Actor) -> None:
    """The one who is asked, or named, hears of it."""
    _tell(event, [event.data["user_id"]], _of(event), "postmortem")


def _of(event: Event) -> PostMortem:
    """The post-mortem of the incident that an event belongs to."""
    return PostMortem.objects.select_related("author", "incident").get(incident__pk=event.incident_id or 0)


def _subject(event: Event) -> int:
    """The id of what a clock's event is about."""
    return Clock.objects.values_list("subject_id", flat=True).get(pk=event.subject_id)


def _answerable(postmortem: PostMortem) -> list[int]:
    """Who answers for a draft, whoever is there first: its author, its other writers, the process owners."""
    found = [writer.user_id for writer in writers(postmortem)]
    there = stayed(found)
    if postmortem.author_id in there:
        return [postmortem.author_id]
    return there or members(Role.PROCESS_OWNER)


def _tell(event: Event, people: Iterable[int], postmortem: PostMortem, template: str) -> None:
    if wanted := may_hear(postmortem.incident_id, set(people) - {event.actor_id}):
        notify(event, wanted, template=template, subject_id=postmortem.pk)


def render(delivery: Delivery) -> Message | None:
    """An event of a post-mortem as the timeline tells it. None for "yours to write" once it is waived."""
    postmortem = PostMortem.objects.select_related("incident").get(pk=delivery.subject_id)
    incident, event = postmortem.incident, delivery.event
    if event.kind == "postmortem.opened" and postmortem.is_waived:
        return None  # it was waived meanwhile: it is nobody's to write
    kind = KINDS[event.kind]
    facts = [f"{name}: {value}" for name, value in kind.facts(event.data)]
    text = "\n".join([f"{event.actor_name}: {kind.sentence(event.data)}", *facts])
    subject = f"{_SUBJECTS[event.kind]} {incident.level} {incident.ref}: {incident.title}"
    return message(delivery, incident, subject, text, below="postmortem/", label=LABEL)


def render_due(delivery: Delivery) -> Message | None:
    """Somebody is reminded of a draft. None once it is published, or nothing is owed of it any more."""
    postmortem = PostMortem.objects.select_related("incident").get(pk=delivery.subject_id)
    incident, event = postmortem.incident, delivery.event
    if not postmortem.is_draft or postmortem.is_waived or incident.is_open:
        return None
    late = event.kind == "clock.broken"
    due = datetime.fromisoformat(event.data["due_at"])
    what = "is past" if late else "is running out"
    says = incident.law.clause(DRAFT_CLOCK).says
    text = f"{says}\nDue at {due:%Y-%m-%d %H:%M:%S} UTC: the time {what}.\nFill what is missing, and publish it."
    subject = f"The post-mortem of {incident.ref} is {'overdue' if late else 'due soon'}: {incident.title}"
    return message(delivery, incident, subject, text, below="postmortem/", label=LABEL)
