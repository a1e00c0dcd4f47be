"""Who is named on a restricted incident: whoever works on it when it becomes one, and whoever is called to it later.

The walls of the database read these rows (tenants/walls.py): a name is there before a call goes out, or its recipient could see
nothing of what they are called to.
"""

import secrets
from datetime import datetime

from incidents import called
from incidents.actions.base import tell
from incidents.duties import holders, label, stayed
from incidents.facts import Facts, gather
from incidents.models import Incident, NeedToKnow
from incidents.models.restriction import VIA_GLASS
from incidents.states import RoomRole
from oncall.models import Page
from tenants.actors import Actor
from tenants.models import User
from tenants.time import now

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32: 50 bits in 10 of them
REF_LETTERS = 10


def restrict(incident: Incident, facts: Facts, *, by: Actor) -> Incident:
    """Hide it from everybody but those who work on it and the duties of its flags; give it a reference that nobody guesses.

    Belongs to a verb (`flag`, `declare`), which records it. The names come first: its own writer has to see the row it changes.
    What was merged into it speaks of the same matter, so it is hidden with it, under the same names and its own people's.
    """
    parts = merged_into(incident)
    named = working(incident, facts, by)
    for part in parts:
        named = working(part, gather(part), by) | named
    for user_id, reason in named.items():
        name(incident, user_id, reason=reason, by=by)
    for part in parts:
        if not part.restricted:
            _hide(part)
            tell(part, "incident.restricted", by=by, into=incident.number)
    return _hide(incident)


def _hide(incident: Incident) -> Incident:
    incident.restricted = True
    incident.ref = "INC-" + "".join(secrets.choice(ALPHABET) for _ in range(REF_LETTERS))
    incident.save()
    return incident


def merged_into(incident: Incident) -> list[Incident]:
    """What was merged into an incident, and into that, locked, in the order of their numbers."""
    found: list[Incident] = []
    ids = [incident.pk]
    while ids:
        layer = list(Incident.objects.select_for_update(of=("self",)).filter(merged_into_id__in=ids).order_by("pk"))
        found += layer
        ids = [part.pk for part in layer]
    return sorted(found, key=lambda part: part.number)


def working(incident: Incident, facts: Facts, by: Actor) -> dict[int, str]:
    """User id -> why they need to know: who flagged it, the room, its roles and who is asked for one, orders, calls, duties.

    Of those who were called, the ones who acknowledged and the ones whose call is still open: somebody has to answer it.
    """
    found: dict[int, str] = {}
    if by.user_id is not None:
        found[by.user_id] = "Flagged it"
    found |= {seat.user_id: RoomRole(seat.role).label for seat in facts.roles.values()}
    for person in facts.people:
        found.setdefault(person.user_id, "In the room")
    for offer in facts.offers:
        found.setdefault(offer.user_id, f"Asked to be {RoomRole(offer.role).label}")
    if facts.handover is not None:
        found.setdefault(facts.handover.incoming_id, "Takes over command")
    for order in facts.orders:
        if order.is_open:
            found.setdefault(order.recipient_id, "Has an order")
    for page in Page.objects.filter(incident_id=incident.pk).prefetch_related("steps").order_by("id"):
        if page.acknowledged_by_id is not None:
            found.setdefault(page.acknowledged_by_id, "Acknowledged a page")
        elif page.state == Page.State.OPEN:
            for step in page.steps.all():
                found.setdefault(step.user_id, "Is paged")
    for item in facts.flags:
        rule = incident.law.flag(item.key)
        for duty in (*rule.pages_duties, *rule.notifies_duties):
            for user_id in holders(incident, duty):
                found.setdefault(user_id, label(duty))
    members = set(stayed(found))
    return {user_id: reason for user_id, reason in found.items() if user_id in members}


def name(incident: Incident, user_id: int, *, reason: str, by: Actor, expires_at: datetime | None = None) -> bool:
    """Put a person on the list of an incident and of what was merged into it, unless they are on it. Returns whether they were not.

    A place that expired, or that would before the new one does, gives way to it: who is given a role must not lose sight of it.
    """
    new = _place(incident, user_id, reason=reason, by=by, expires_at=expires_at)
    for part in merged_into(incident):
        if _place(part, user_id, reason=reason, by=by, expires_at=expires_at) and part.restricted:
            _tell_admitted(part, user_id, reason=reason, by=by, expires_at=expires_at)
    return new


def look_in(incident: Incident, user_id: int, *, reason: str, by: Actor, expires_at: datetime) -> NeedToKnow | None:
    """Put somebody on the list through break glass, until `expires_at`, of what was merged into it too. Returns their place.

    None where they may not: whom Legal, Privacy or the IC took off the list does not come back by themselves. The caller holds the
    incident, runs as Muster's own work (the walls hide it from its person still), and records it.
    """
    last = NeedToKnow.objects.filter(incident=incident, user_id=user_id).order_by("-id").first()
    if last is not None and last.removed_by_id is not None:
        return None
    for part in (incident, *merged_into(incident)):
        _place(part, user_id, reason=reason, by=by, expires_at=expires_at, via=VIA_GLASS)
    return NeedToKnow.objects.get(incident=incident, user_id=user_id, removed_at=None)


def _place(incident: Incident, user_id: int, *, reason: str, by: Actor, expires_at: datetime | None, via: str = "") -> bool:
    place = NeedToKnow.objects.filter(incident=incident, user_id=user_id, removed_at=None).first()
    if place is not None:
        if place.via and place.expires_at is not None and place.expires_at > now():
            return _named_at_last(place, reason=reason, by=by, expires_at=expires_at)
        if place.expires_at is None or (place.expires_at > now() and expires_at is not None and expires_at <= place.expires_at):
            return False
        if place.expires_at > now():  # it lasts longer now: one row all the while, so that nobody is blind in between
            place.expires_at = expires_at
            place.save()
            return True
        place.removed_at = place.expires_at
        place.save()
    NeedToKnow.objects.create(
        incident=incident, user_id=user_id, reason=reason, added_by_id=by.user_id, expires_at=expires_at, added_at=now(), via=via
    )
    return True


def _named_at_last(place: NeedToKnow, *, reason: str, by: Actor, expires_at: datetime | None) -> bool:
    """Somebody who looks in through break glass is named by another, in the same row: nobody makes their own last longer."""
    if by.user_id == place.user_id:
        return False
    place.via, place.reason, place.added_by_id, place.added_at, place.expires_at = "", reason, by.user_id, now(), expires_at
    place.save()
    return True


def let_know(incident: Incident, user_id: int, *, by: Actor, reason: str, expires_at: datetime | None = None) -> None:
    """Name a person on a restricted incident before something is asked of them there, and record it; else do nothing.

    Verbs that give somebody a role, an order, command or a call use it within their own transaction.
    """
    if incident.restricted and name(incident, user_id, reason=reason, by=by, expires_at=expires_at):
        _tell_admitted(incident, user_id, reason=reason, by=by, expires_at=expires_at)


def _tell_admitted(incident: Incident, user_id: int, *, reason: str, by: Actor, expires_at: datetime | None) -> None:
    person = User.objects.values_list("name", flat=True).get(pk=user_id)
    until = expires_at.isoformat() if expires_at else None
    tell(incident, "incident.person_admitted", by=by, user_id=user_id, person=person, reason=reason, expires_at=until)


def admit_called(incident_id: int, user_id: int, by: Actor) -> bool:
    """Somebody is about to be paged for an incident (portal/reactions.py names this for pages). Returns whether they may be.

    Whom Legal, Privacy or the IC took off the list is not put on it again by a ladder: who did that decides (breach.need-to-know).
    """
    if not called.is_restricted(incident_id):
        return True
    incident = called.incident(incident_id)
    last = NeedToKnow.objects.filter(incident=incident, user_id=user_id).order_by("-id").first()
    if last is not None and last.removed_by_id is not None:
        return False
    let_know(incident, user_id, by=by, reason="Is paged")
    return True
