"""The parts of a room as its rules and pages look at them: plain values, read in one statement with everything else (facts.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.states import ChangeState, Verdict
from tenants.time import now

LATE = timedelta(seconds=60)  # recorded later than it happened by more than this is shown


@dataclass(frozen=True, slots=True)
class Named:
    """A person."""

    user_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Member(Named):
    """A member of the organisation that a verb names, whether or not they fit it (members.member_for)."""

    is_active: bool
    is_practitioner: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """A role of the room with its holder."""

    role: str
    since: datetime
    user_id: int
    name: str
    email: str
    stays: bool  # False: they have left the organisation or are no practitioner any more, and can act in the room no longer


@dataclass(frozen=True, slots=True)
class OfferItem:
    """A role that waits for its new holder's answer."""

    role: str
    user_id: int
    name: str
    email: str
    offered_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class HandoverItem:
    """The handover that is under way, with the time of each step that was taken."""

    outgoing_id: int
    outgoing: str
    incoming_id: int
    incoming: str
    incoming_email: str
    offered_at: datetime
    shadowing_since: datetime | None
    sitrep: str
    reported_at: datetime | None
    announced_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """An order of the IC to one person."""

    number: int
    text: str
    issued_by: str
    recipient_id: int
    recipient: str
    eta_minutes: int | None
    issued_at: datetime
    acknowledged_at: datetime | None
    chased_at: datetime | None
    done_at: datetime | None
    outcome: str
    withdrawn_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still asks something of its recipient."""
        return self.done_at is None and self.withdrawn_at is None

    @property
    def waits(self) -> bool:
        """Whether it is not acknowledged yet."""
        return self.is_open and self.acknowledged_at is None

    @property
    def expected_at(self) -> datetime | None:
        """When it should be done, by its ETA, counted from the acknowledgement; None without one."""
        if self.eta_minutes is None:
            return None
        return (self.acknowledged_at or self.issued_at) + timedelta(minutes=self.eta_minutes)


@dataclass(frozen=True, slots=True)
class HypothesisItem:
    """What may be the cause, and what testing it showed."""

    number: int
    text: str
    author_id: int
    author: str
    stated_at: datetime
    verdict: str
    seen: str
    verified_by: str
    verified_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a test."""
        return self.verdict == Verdict.OPEN


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """Something that is done to the system."""

    number: int
    text: str
    hypothesis: int | None
    eta_minutes: int | None
    proposed_by_id: int
    proposed_by: str
    proposed_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    executed_by: str
    executed_at: datetime | None
    outcome: str
    deviation: bool
    deviation_reason: str
    verified_by: str
    verified_at: datetime | None
    seen: str

    @property
    def waits(self) -> bool:
        """Whether it waits for the IC's decision."""
        return self.state == ChangeState.PROPOSED

    @property
    def expected_at(self) -> datetime | None:
        """When it should be executed, by its ETA, counted from the approval; None before that, or without one."""
        if self.eta_minutes is None or self.decided_at is None or self.state == ChangeState.REJECTED:
            return None
        return self.decided_at + timedelta(minutes=self.eta_minutes)


@dataclass(frozen=True, slots=True)
class FlagItem:
    """A flag that stands."""

    key: str
    kinds: str
    reason: str
    raised_by: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class HoldItem:
    """A legal hold that was not released."""

    id: int
    matter: str
    reason: str
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class SnapshotItem:
    """A request to preserve a database's state, and where the copy lies."""

    id: int
    what: str
    requested_by: str
    requested_at: datetime
    fulfilled_by: str
    fulfilled_at: datetime | None
    location: str
    sha256: str

    @property
    def waits(self) -> bool:
        """Whether the copy is still to be made."""
        return self.fulfilled_at is None


@dataclass(frozen=True, slots=True)
class AdmittedItem:
    """A person who may see a restricted incident; after `expires_at` not any more."""

    user_id: int
    name: str
    email: str
    reason: str
    added_at: datetime
    expires_at: datetime | None
    via: str = ""

    @property
    def knows(self) -> bool:
        """Whether the person may see it now."""
        return self.expires_at is None or self.expires_at > now()


@dataclass(frozen=True, slots=True)
class TickItem:
    """A step of a checklist that is done."""

    role: str
    key: str
    ticked_at: datetime
    ticked_by_name: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class UpdateItem:
    """The latest status update of an audience that went out, or one that waits for its approval."""

    id: int
    audience: str
    status: str
    state: str
    known: str
    impact: str
    doing: str
    next_update_at: datetime | None
    states_cause: bool
    components: dict[str, str]
    awaits: list[str]
    author_id: int
    author: str
    posted_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class DutyItem:
    """A person on a duty's seat, who is a member still."""

    duty: str
    user_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ComponentItem:
    """A component as customers know it, with what this incident did to it: "" and None where nothing.

    `suggested` by which of the affected services it is, in their names; "" where by none.
    """

    slug: str
    name: str
    condition: str
    since: datetime | None
    suggested: str = ""


@dataclass(frozen=True, slots=True)
class LookItem:
    """An executive who opened the incident's page, and when they did so last."""

    user_id: int
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AbsorbedItem:
    """What was merged into it, with the worst severity that it had. Mergings of before wrote none down, and are not among them."""

    ref: str
    worst: int


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file filed with the record."""

    number: int
    name: str
    content_type: str
    size: int
    sha256: str
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class EntryItem:
    """An entry of the record that somebody would correct. `corrected_by` is who has struck it already, or ""."""

    seq: int
    kind: str
    author_id: int | None
    author: str
    corrected_by: str


@dataclass(frozen=True, slots=True)
class StepItem:
    """A step of a role's checklist."""

    role: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class EndItem:
    """Who ended the incident, and when."""

    actor_name: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class FiringItem:
    """Alerts of one name and service that still fire."""

    name: str
    service: str | None
    count: int


@dataclass(frozen=True, slots=True)
class TimeItem:
    """A correction of a key time: what the record said then, when it really was, and why."""

    which: str
    original: datetime | None
    occurred_at: datetime
    recorded_at: datetime
    reason: str
    corrected_by: str

    @property
    def late_seconds(self) -> float | None:
        """How much later than it happened it was written down, where that is more than a minute."""
        late = self.recorded_at - self.occurred_at
        return late.total_seconds() if late > LATE else None


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """When something happened of which the record keeps but the moment: a first acknowledgement, a coming back. None: never."""

    at: datetime | None
