"""The live feed's content: the ticket a room's page carries, and the record's entries rendered once for everybody of one audience.

Who may see an incident is asked at one place only, `gate.room_for`, inside the scope of the person who watches: need-to-know
walls are the database's and go by the person.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core import signing
from django.db.models import Max
from django.urls import reverse

from incidents import lines, queries
from incidents.api import serializers
from incidents.models import Incident
from incidents.timeline import Entry
from ledger.models import Event
from tenants.actors import Actor
from tenants.refusals import Reason, Refused

SALT = "incidents.live"
TICKET_SECONDS = 300  # to open a stream with it; the panels, which a session gets anew, bring the next one

# Entries after which a room's panels are what they were. All other kinds change some.
_ONLY_TOLD = frozenset({"incident.noted"})


class Audience(StrEnum):
    """Whom an entry is rendered for. Everybody of one audience gets the same bytes."""

    RESPONDER = "responder"


class Shape(StrEnum):
    """What an entry is rendered as: a line of the page's timeline, or the API's JSON."""

    PAGE = "page"
    API = "api"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may open which stream, from which session."""

    organisation_id: int
    person_id: int
    incident_id: int
    session: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry, ready to be sent: its number, its document, and whether the room's panels change with it."""

    seq: int
    document: dict[str, Any]
    changes: bool


def session_digest(session_key: str) -> str:
    """What a ticket and the database's notice say of a session instead of its key: the SHA-256 in hex."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def ticket(by: Actor, incident: Incident, session_key: str) -> str:
    """A ticket for the room of this incident, good for one session of one person, for five minutes."""
    return signing.dumps([by.organisation_id, by.person_id, incident.pk, session_digest(session_key)], salt=SALT)


def read_ticket(text: str) -> Ticket:
    """What a ticket says. Refuses (403) one that is missing, forged or older than five minutes."""
    try:
        organisation_id, person_id, incident_id, session = signing.loads(text, salt=SALT, max_age=TICKET_SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise ticket_refused() from error
    return Ticket(organisation_id, person_id, incident_id, session)


def ticket_refused() -> Refused:
    """The one answer to every ticket that opens nothing."""
    return Refused(Reason("ticket_refused", "This page is too old to follow the room: load it again.", status=403))


def context(by: Actor, incident: Incident, session_key: str, entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """What components/live.html and incidents/panels.html need to keep a room's page live."""
    return {
        "url": reverse("incident", args=[incident.ref]) + "stream",
        "room_url": reverse("incident", args=[incident.ref]),
        "panels_url": reverse("incident-panels", args=[incident.ref]),
        "ticket": ticket(by, incident, session_key),
        "after": max((entry.seq for entry in entries), default=0),
    }


def latest(incident: Incident) -> int:
    """The number of the record's last entry, 0 where there is none."""
    return Event.objects.filter(incident_id=incident.pk).aggregate(last=Max("seq"))["last"] or 0


def entries(incident: Incident, after: int, most: int, *, shape: Shape, audience: Audience) -> list[Shown]:
    """At most `most` entries of the record after number `after`, in its order, rendered for an audience."""
    found = queries.entries(incident, after, most)
    return [Shown(entry.seq, _RENDERED[shape](entry), entry.kind not in _ONLY_TOLD) for entry in found]


def _line(entry: Entry) -> dict[str, Any]:
    return {"seq": entry.seq, "anchor": entry.anchor, "html": lines.html(entry).strip()}


def _json(entry: Entry) -> dict[str, Any]:
    return dict(serializers.EntryOut(entry).data)


_RENDERED = {Shape.PAGE: _line, Shape.API: _json}
