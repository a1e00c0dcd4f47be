"""A line as somebody typed it, taken apart bit by bit: people, times, spans, reasons."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from django.db.models import Q

from incidents.facts import Facts
from tenants.actors import Actor
from tenants.models import Membership, User
from tenants.refusals import Reason, Refused
from tenants.time import now

REF = re.compile(r"^INC-[A-Z0-9]{1,20}$", re.IGNORECASE)
_CLOCK = re.compile(r"^(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?$")
_SPAN = re.compile(r"^(?P<count>\d{1,4})\s*(?P<unit>m|min|mins|minutes?|h|hours?)?$", re.IGNORECASE)
_ETA = re.compile(r"[\s,;]+eta:?\s+(?P<span>\d{1,4}\s*(?:m|min|mins|minutes?|h|hours?)?)\s*$", re.IGNORECASE)
_BECAUSE = re.compile(r"^(?P<what>.*?)(?:^|\s)because\s+(?P<why>.+)$", re.IGNORECASE | re.DOTALL)


def not_understood(sentence: str) -> NoReturn:
    """Refuse (422) what cannot be read, with a sentence that teaches the right form."""
    raise Refused(Reason("not_understood", sentence, field="text", status=422))


def _is_number(word: str) -> bool:
    """Whether a word is a number that something can have."""
    return word.isascii() and word.isdigit() and len(word) <= 9


@dataclass(slots=True)
class Line:
    """What follows the word: `rest` shrinks as it is read. `ref` is the incident that was named, `facts` those of the one it is about."""

    rest: str
    by: Actor
    example: str
    ref: str = ""
    facts: Facts = field(default_factory=Facts)

    def teach(self, missing: str) -> NoReturn:
        """Say what is missing and how it is written."""
        not_understood(f"{missing} Write it like: /incident {self.example}")

    def token(self, missing: str) -> str:
        """The next word of it. Without one the right form is taught."""
        if not self.rest:
            self.teach(missing)
        first, _, self.rest = self.rest.partition(" ")
        self.rest = self.rest.strip()
        return first

    def text(self, missing: str) -> str:
        """All that is left."""
        found, self.rest = self.rest, ""
        if not found:
            self.teach(missing)
        return found

    def end(self) -> None:
        """Nothing may be left: what nobody reads is never dropped in silence."""
        if REF.match(self.rest):
            not_understood(f"The incident comes before the word. Write it like: /incident {self.rest.upper()} {self.example}")
        if self.rest:
            self.teach(f"I do not know what to do with “{self.rest[:60]}”.")

    def number(self, missing: str) -> int:
        """A number such as 3 or #3."""
        found = self.token(missing).removeprefix("#")
        if not _is_number(found):
            self.teach(missing)
        return int(found)

    def maybe_number(self) -> int | None:
        """A number, if one comes next."""
        return self.number("") if _is_number(self.rest.partition(" ")[0].removeprefix("#")) else None

    def choice(self, choices: dict[str, str], missing: str) -> str:
        """One of some words, whatever its case; what it stands for."""
        found = choices.get(self.token(missing).lower())
        if found is None:
            self.teach(missing)
        return found

    def because(self) -> str:
        """The reason after "because", taken off the end; "" where none is given."""
        match = _BECAUSE.match(self.rest)
        if match is None:
            return ""
        self.rest = match["what"].strip()
        return match["why"].strip()

    def reason(self, missing: str) -> str:
        """The reason: what follows "because", or all that is left."""
        return self.because() or self.text(missing)

    def eta(self) -> int | None:
        """Minutes of an "eta 5m" at the end, taken off it."""
        match = _ETA.search(self.rest)
        if match is None:
            return None
        self.rest = self.rest[: match.start()].strip()
        return minutes(match["span"])

    def person(self, missing: str) -> str:
        """The address of the member who is meant by "@ana" or "ana@acme.example"."""
        return address_of(self.token(missing), self.by)

    def clock(self) -> datetime | None:
        """A time of day that comes next, as an instant of the past: today's, or yesterday's where today's is still to come."""
        first = self.rest.partition(" ")[0]
        match = _CLOCK.match(first)
        if match is None:
            return None
        self.token("")
        return _latest(int(match["hour"]), int(match["minute"]), int(match["second"] or 0), zone_of(self.by))


def minutes(span: str) -> int:
    """Minutes of "5", "5m", "2 h"."""
    match = _SPAN.match(span.strip())
    if match is None:
        not_understood(f"“{span[:20]}” is no span of time: write 5m or 2h.")
    return int(match["count"]) * (60 if (match["unit"] or "m").lower().startswith("h") else 1)


def zone_of(by: Actor) -> ZoneInfo:
    """The time zone of who types."""
    name = User.objects.filter(pk=by.person_id).values_list("time_zone", flat=True).first()
    return ZoneInfo(name or "UTC")


def _latest(hour: int, minute: int, second: int, zone: ZoneInfo) -> datetime:
    moment = now()
    local = moment.astimezone(zone).replace(hour=hour, minute=minute, second=second, microsecond=0)
    if local.astimezone(UTC) > moment + timedelta(minutes=1):
        local -= timedelta(days=1)
    return local.astimezone(UTC)


def address_of(handle: str, by: Actor) -> str:
    """The e-mail address behind a handle. Refuses (422) nobody and more than one, and names them."""
    wanted = handle.removeprefix("@").strip().lower().rstrip(",.;:")
    if not wanted:
        not_understood("Say whom: @ana, or an e-mail address.")
    if wanted == "me":
        return by.email
    members = Membership.objects.filter(is_active=True).select_related("user").order_by("user__name", "id")
    matches: list[Callable[[], Q]] = [
        lambda: Q(user__email__iexact=wanted),
        lambda: Q(user__email__istartswith=f"{wanted}@"),
        lambda: Q(user__name__istartswith=f"{wanted} ") | Q(user__name__iexact=wanted),
    ]
    for match in matches:
        found = list(members.filter(match())[:4])
        if len(found) == 1:
            return found[0].user.email
        if found:
            names = " or ".join(f"{m.user.name} (@{m.user.email.partition('@')[0]})" for m in found[:3])
            not_understood(f"“{handle[:40]}” could be {names}: say which.")
    not_understood(f"I know nobody called “{handle[:40]}” here. Write the part of their address before the @, such as @ana.")
