"""What the clauses of one incident are judged on: its record as plain frozen values. No Django, no database, no clock.

Nothing here asks what time it is: whether something is still running is what the record says. So a report made again from an
evidence pack, years later, is the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from standard.gravity import gravest
from standard.law import Law

LATE = timedelta(seconds=60)  # what was written down later than this after it happened is shown with both times
AT_ONCE = timedelta(seconds=60)  # what the standard wants "immediately" has this long
INBOX = "inbox"
OVER = ("resolved", "closed")
ENDED = (*OVER, "false_positive", "merged")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the incident's record."""

    id: int
    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor_id: int | None
    actor: str
    actor_kind: str
    data: Mapping[str, Any]
    subject_id: int | None = None  # what it is about, such as the page

    @property
    def written(self) -> datetime | None:
        """When it was written down, where that is more than a minute from when it happened."""
        return self.recorded_at if abs(self.recorded_at - self.at) > LATE else None

    def says(self, **wanted: Any) -> bool:
        """Whether its data have these values."""
        return all(self.data.get(name) == value for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One "within" of the standard, as it ran."""

    id: int
    clause: str
    subject_type: str
    subject_id: int
    owner_role: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    broken_at: datetime | None
    fell_away: str = ""  # what stopped it without the act that it asks for (standard/away.py), "" for nothing

    @property
    def runs(self) -> bool:
        """Whether it goes on, in time as far as the record says."""
        return self.stopped_at is None and self.broken_at is None

    @property
    def late(self) -> float | None:
        """By how many seconds it was done too late; None where it never was, or is not yet."""
        done = self.stopped_at is not None and not self.fell_away
        return round((self.stopped_at - self.due_at).total_seconds(), 3) if done and self.stopped_at else None

    @property
    def counts(self) -> bool:
        """Whether it decides anything: what fell away before its time was neither kept nor broken."""
        return not self.fell_away or self.broken_at is not None


@dataclass(frozen=True, slots=True)
class Held:
    """Who held a role of the room, from when until when."""

    id: int
    role: str
    user_id: int
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether it was theirs at this instant; both ends are."""
        return self.since <= at and (self.until is None or at <= self.until)


@dataclass(frozen=True, slots=True)
class PageRow:
    """One call. `position` 0: nobody was called by it (yet)."""

    id: int
    team_id: int | None
    clause: str
    reason: str
    state: str
    urgency: str
    position: int
    started_at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that was made because of an event, by one of the ways that it went.

    Somebody was notified once it stands in the portal's inbox: it arrived there with this row, and nothing on the way can lose it. An
    e-mail's row says only that it was queued, and what came of it is not among the rows that a report is made of; so it is not counted,
    and one that was refused for good breaks nothing. The room, the API and the paging log show what came of each.
    """

    event_id: int
    template: str
    recipient_id: int
    created_at: datetime
    channel: str

    @property
    def arrived(self) -> bool:
        """Whether it reached where the person is told."""
        return self.channel == INBOX


@dataclass(frozen=True, slots=True)
class Tick:
    """A step of a checklist that is done."""

    role: str
    key: str
    ticked_at: datetime


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A legal hold on the incident's records."""

    placed_at: datetime
    released_at: datetime | None
    released_by_id: int | None
    second_person_id: int | None
    release_reason: str


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who may know of a restricted incident, from when until when."""

    user_id: int
    added_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """Work that follows from the incident."""

    number: int
    kind: str
    state: str
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """A published version of the post-mortem, word for word."""

    number: int
    at: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """From when on which audiences' updates had to be approved."""

    since: datetime
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """Everything about one incident that a clause is judged on."""

    ref: str
    number: int
    state: str
    severity: int
    exercise: bool
    restricted: bool
    declared_at: datetime
    impact_end: datetime | None
    law: Law
    version: int
    entries: tuple[Entry, ...] = ()
    clocks: tuple[ClockRow, ...] = ()
    held: tuple[Held, ...] = ()
    pages: tuple[PageRow, ...] = ()
    notices: tuple[Notice, ...] = ()
    ticks: tuple[Tick, ...] = ()
    holds: tuple[HoldRow, ...] = ()
    named: tuple[Named, ...] = ()
    items: tuple[Item, ...] = ()
    published: tuple[Published, ...] = ()
    policies: tuple[Policy, ...] = ()
    teams: Mapping[int, str] = field(default_factory=dict)  # id of a team -> the first affected service that it answers for
    kept_wordings: frozenset[str] = frozenset()

    # --- the record itself -------------------------------------------------------------------------------------------------

    @cached_property
    def gaps(self) -> tuple[int, ...]:
        """The seqs that are missing: entries that were there, or should have been. `(0,)` where there is no declaration."""
        there = {entry.seq for entry in self.entries}
        missing = tuple(seq for seq in range(1, max(there, default=0) + 1) if seq not in there)
        return missing or (() if self.of("incident.declared") else (0,))

    def of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, in the order in which they were written."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def before(self, entry: Entry, *kinds: str) -> list[Entry]:
        """The entries of these kinds that were written before this one."""
        return [other for other in self.of(*kinds) if other.seq < entry.seq]

    def after(self, entry: Entry, *kinds: str) -> list[Entry]:
        """The entries of these kinds (of all, where none is named) that were written after this one."""
        return [other for other in self.entries if other.seq > entry.seq and (not kinds or other.kind in kinds)]

    @cached_property
    def last_at(self) -> datetime:
        """The latest moment of which the record tells."""
        return max([entry.at for entry in self.entries], default=self.declared_at)

    # --- how far it went ---------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.state not in ENDED

    @property
    def is_over(self) -> bool:
        """Whether it was resolved, and still is."""
        return self.state in OVER

    @property
    def ended_otherwise(self) -> str:
        """How it ended where that was no resolution, in words; "" elsewhere."""
        return {"false_positive": "it was a false positive", "merged": "it was merged into another"}.get(self.state, "")

    @cached_property
    def levels(self) -> list[tuple[Entry, int]]:
        """Each severity that it had, with the entry since when."""
        found = [(e, e.data.get("severity")) for e in self.of("incident.declared", "incident.severity_changed")]
        return [(entry, level) for entry, level in found if isinstance(level, int)]

    def level_at(self, seq: int) -> int:
        """The severity that it had when this entry was written."""
        before = [level for entry, level in self.levels if entry.seq <= seq]
        return before[-1] if before else self.severity

    def was(self, *levels: int) -> bool:
        """Whether it ever had one of these severities."""
        return any(level in levels for _, level in self.levels)

    def runs_a_room(self, level: int) -> bool:
        """Whether a severity mobilises (SEV 1 and 2 as shipped)."""
        return self.law.severity(level).mobilises

    @cached_property
    def mobilised(self) -> bool:
        """Whether it ever ran a war room."""
        return any(self.runs_a_room(level) for _, level in self.levels)

    @cached_property
    def worst(self) -> int:
        """The worst severity that it had, or what was merged into it had, as `incidents.gravity.worst` says it."""
        absorbed = (entry.data.get("worst") for entry in self.of("incident.absorbed"))
        return gravest(self.severity, [*(level for _, level in self.levels), *absorbed])

    @cached_property
    def counting(self) -> int:
        """The severity by which it is learnt from, as `incidents.gravity.counting` says it: the worst, as its resolution wrote it down."""
        resolved = self.of("incident.resolved")[-1:]
        return gravest(self.severity, [entry.data.get("worst") for entry in resolved])

    @cached_property
    def in_a_room(self) -> list[Entry]:
        """The entries that were written while it ran a war room."""
        return [entry for entry in self.entries if self.runs_a_room(self.level_at(entry.seq))]

    def in_room(self, *kinds: str) -> list[Entry]:
        """Of those, the entries of these kinds."""
        return [entry for entry in self.in_a_room if entry.kind in kinds]

    @property
    def small(self) -> str:
        """Why a clause of the war room does not apply: it never had one."""
        return f"It never was a SEV 1 or 2 (it is a SEV {self.severity}): there was no war room."

    # --- who ---------------------------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[int, str]:
        """User id -> the name, as the entries have it."""
        found = {entry.actor_id: entry.actor for entry in self.entries if entry.actor_id is not None}
        for entry in self.entries:
            person, name = entry.data.get("user_id"), entry.data.get("person") or entry.data.get("to")
            if isinstance(person, int) and isinstance(name, str):
                found.setdefault(person, name)
        return found

    def name(self, user_id: int | None) -> str:
        """Somebody's name, or "nobody"."""
        return "nobody" if user_id is None else self.names.get(user_id, f"person {user_id}")

    def holdings(self, role: str) -> list[Held]:
        """Who held a role, in the order of time."""
        return sorted((one for one in self.held if one.role == role), key=lambda one: (one.since, one.id))

    def holder(self, role: str, at: datetime) -> int | None:
        """Who held a role at an instant; whoever came last, where it passed at that very instant."""
        found = [one for one in self.holdings(role) if one.covers(at)]
        return found[-1].user_id if found else None

    def commands(self, user_id: int | None, at: datetime) -> bool:
        """Whether somebody commanded at an instant."""
        return any(one.user_id == user_id and one.covers(at) for one in self.holdings("ic"))

    def owner(self, role: str, at: datetime) -> str:
        """Whose a clock was: who held its role, else the commander, else nobody."""
        user_id = self.holder(role, at) if role else None
        return self.name(user_id if user_id is not None else self.holder("ic", at))

    # --- clocks ------------------------------------------------------------------------------------------------------------

    def clocks_of(self, *clauses: str) -> list[ClockRow]:
        """The clocks of these clauses, in the order in which they started."""
        return sorted((c for c in self.clocks if c.clause in clauses), key=lambda c: (c.started_at, c.id))

    def break_of(self, clock: ClockRow) -> Entry | None:
        """The entry that tells of a clock's break."""
        for entry in self.of("clock.broken"):
            if entry.data.get("clause") == clock.clause and datetime.fromisoformat(entry.data["due_at"]) == clock.due_at:
                return entry
        return None

    def pairs(self, role: str) -> Iterator[tuple[Held, Held]]:
        """Each holder of a role with the next one."""
        rows = self.holdings(role)
        yield from pairwise(rows)
