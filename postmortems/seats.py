"""Who has to sit in a review meeting, and who does (clause postmortem.attendance)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from incidents.announcements import may_hear
from incidents.duties import ENGINEERING_MANAGER, PRODUCT_OWNER, holders, stayed
from incidents.models import Incident, IncidentService
from incidents.states import RoomRole
from oncall.models import Team
from postmortems.models import Attendee
from postmortems.people import last_holders
from postmortems.states import REQUIRED_SEATS, ReviewSeat
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Seat:
    """A required seat and who is to sit on it. `vacant` says why nobody is, or "" where somebody is."""

    seat: ReviewSeat
    people: tuple[User, ...]
    vacant: str = ""

    @property
    def label(self) -> str:
        """The seat for people."""
        return str(self.seat.label)


_NOBODY = {
    ReviewSeat.IC: "nobody who is still a member commanded",
    ReviewSeat.OL: "nobody who is still a member led operations",
    ReviewSeat.ENGINEERING_MANAGER: "no affected team has a manager",
    ReviewSeat.PRODUCT_OWNER: "no affected service has a product owner",
}


def required(incident: Incident) -> list[Seat]:
    """The required seats of an incident's review as they are filled now: who led last, teams' managers, services' product owners.

    Of a restricted incident only who is named on it is asked; the others leave their seat vacant.
    """
    wanted = {seat: _wanted(incident, seat) for seat in REQUIRED_SEATS}
    allowed = set(may_hear(incident.pk, [user_id for ids in wanted.values() for user_id in ids]))
    people = User.objects.in_bulk(allowed)
    return [_seat(seat, ids, people) for seat, ids in wanted.items()]


def _seat(seat: ReviewSeat, ids: Sequence[int], people: dict[int, User]) -> Seat:
    found = tuple(people[user_id] for user_id in ids if user_id in people)
    if found:
        return Seat(seat, found)
    return Seat(seat, (), "who it is is not named on this restricted incident" if ids else _NOBODY[seat])


def _wanted(incident: Incident, seat: ReviewSeat) -> list[int]:
    if seat in (ReviewSeat.IC, ReviewSeat.OL):
        holding = last_holders(incident.pk).get(RoomRole(seat.value))
        return stayed([holding.user_id]) if holding else []
    if seat == ReviewSeat.PRODUCT_OWNER:
        return holders(incident, PRODUCT_OWNER)
    found = holders(incident, ENGINEERING_MANAGER)
    if found or IncidentService.objects.filter(incident=incident).exists():
        return found
    default = Team.objects.filter(is_default=True).values_list("manager_id", flat=True)  # whose what no service is named of is
    return stayed(manager for manager in default if manager is not None)


def missing(attendees: Iterable[Attendee]) -> list[Attendee]:
    """Those who were required and did not come. Who sat on two seats is named once for each."""
    return [one for one in attendees if one.seat != ReviewSeat.GUEST and one.attended is False]


def vacant(attendees: Iterable[Attendee]) -> list[ReviewSeat]:
    """The required seats that nobody was asked to."""
    taken = {one.seat for one in attendees}
    return [seat for seat in REQUIRED_SEATS if seat not in taken]


def named(rows: Iterable[Attendee]) -> list[str]:
    """One person's seats as people read them: each once, and that they are a guest only where they sit on no required one."""
    labels = {str(ReviewSeat(one.seat).label): one.seat for one in rows}
    return [label for label, seat in labels.items() if seat != ReviewSeat.GUEST] or list(labels)


def by_person(rows: Iterable[Attendee]) -> list[list[Attendee]]:
    """The rows of each person, whoever was asked first before the others."""
    found: dict[int, list[Attendee]] = {}
    for one in rows:
        found.setdefault(one.user_id, []).append(one)
    return list(found.values())
