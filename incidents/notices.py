"""Who was told of an incident because of their duty, and what became of each message (clauses severity.sev1-page, finance.notify-cfo)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from incidents.duties import label
from incidents.facts import Facts
from incidents.models import Incident
from notifications.models import Attempt
from notifications.queries import Sent, sent

NOTICE, FLAG = "notice", "flag"  # the templates of what is sent to a duty: it became this severe, or was flagged
_BECAME = {"incident.declared": "Declared as", "incident.reopened": "Reopened as"}


def of(incident: Incident) -> Q:
    """The messages that tell a duty of this incident, for what reads messages."""
    return Q(template__in=(NOTICE, FLAG), subject_id=incident.pk)


def told(incident: Incident, facts: Facts, messages: Iterable[Sent] | None = None) -> list[dict[str, Any]]:
    """Each person who was told, once an occasion, with the ways that it went and every try. One query where `messages` are not given.

    Nothing is asked of them, so nothing is acknowledged: that they read it is known where they looked at the incident, or came in.
    """
    looks = {look.user_id: look.at for look in facts.looks}
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for message in sent(of(incident)) if messages is None else messages:
        fresh = {
            "name": message.name,
            "email": message.email,
            "duty": _duty(incident, facts, message),
            "because": _because(message),
            "at": message.at,
            "ways": [],
            "gave_up": False,
            "looked_at": looks.get(message.recipient_id),
            "in_the_room": message.recipient_id in facts.room,
        }
        row = rows.setdefault((message.event_id, message.recipient_id), fresh)
        gave_up = message.came_to == Attempt.Outcome.GAVE_UP
        way = {"channel": message.channel, "at": message.at, "gave_up": gave_up, "attempts": list(message.tries.values())}
        row["ways"].append(way)
        row["gave_up"] |= gave_up
    return list(rows.values())


def _duty(incident: Incident, facts: Facts, message: Sent) -> str:
    """As what somebody was told. Where several duties are told at once: those on whose seat they are; all, if they are on none by now."""
    if message.template == FLAG:
        duties = incident.law.flag(message.because["flag"]).notifies_duties
    else:
        duties = incident.law.severity(message.because["severity"]).notifies_duties
    theirs = {seat.duty for seat in facts.duties if seat.user_id == message.recipient_id}
    named = [duty for duty in duties if duty in theirs] or duties
    return " or ".join(label(duty) for duty in named)


def _because(message: Sent) -> str:
    """What they were told of."""
    if message.template == FLAG:
        return f"Flagged: {message.because['label']}"
    return f"{_BECAME.get(message.event_kind, 'Raised to')} SEV {message.because['severity']}"
