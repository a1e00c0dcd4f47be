"""The words of the law: what one version of the incident standard is made of, as frozen values.

These dataclasses are also the schema: `standard.law` reads plain data into them by their annotations. So a field added here
is a key required in the data, an `int` is a whole number of at least 1, and a `str` is never blank. In a list of dataclasses the
first field is the entry's identity (`id`, `key`, `level`, `to`, `term`) and occurs once.

Pure values: no Django, no database, no clock. They hash, compare and pickle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Duty = Literal[
    "engineering_director",
    "engineering_manager",
    "executive_team",
    "privacy_officer",
    "legal_counsel",
    "pr",
    "cfo",
    "product_owner",
]
Kind = Literal["enforce", "automate", "prompt", "measure", "record", "configure"]
Urgency = Literal["high", "low", "none"]
Hours = Literal["always", "business", "none"]
Bridge = Literal["recorded", "plain", "none"]
Unit = Literal["minutes", "business_days", "sprints", "quarters"]
Bound = Literal["at_most", "at_least"]
Reason = Literal["always", "early", "never"]

Pairs = tuple[tuple[str, str], ...]
"""A mapping of text to text in the data, kept as pairs sorted by key: hashable, and the same however JSON was stored."""


class LawError(ValueError):
    """The data is no valid standard, or the standard has no such entry.

    `path` names the place (`severities[1].cadence.break_minutes`; empty for the whole) and `sentence` says what is wrong there in
    words that a process owner understands. `str()` gives both.
    """

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}" if path else sentence)

    def __reduce__(self) -> tuple[type["LawError"], tuple[str, str]]:
        """Pickle by both arguments, so that the error crosses a process unharmed."""
        return type(self), (self.path, self.sentence)


# --- Severities ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a severity wants an internal update, in minutes since the last one: asked for, then broken.

    Serves severity.sev1-cadence and severity.sev2-cadence; `clause` is the one that the clock cites.
    """

    clause: str
    prompt_minutes: int
    break_minutes: int


@dataclass(frozen=True, slots=True)
class FixInDays:
    """A fix owed within business days of the organisation's calendar: asked for, then broken. Serves severity.sev3-fix."""

    clause: str
    prompt_business_days: int
    break_business_days: int


@dataclass(frozen=True, slots=True)
class FixInSprints:
    """A fix owed at the end of the n-th sprint that begins after the declaration. Serves severity.sev4-ticket."""

    clause: str
    sprints: int


@dataclass(frozen=True, slots=True)
class Severity:
    """All that a level causes: whom it wakes and when, who is told, whether a room opens, and which limits run.

    `urgency` and `hours` concern the on-call page and are `none` exactly when nobody is paged. `None` for `cadence`, `fix` or
    `action_item_sprints` means that the standard sets no such limit at this level. Serves every clause named severity.*, and
    actions.sla, mobilize.war-room and tools.zoom-bridge.
    """

    level: int
    name: str
    definition: tuple[str, ...]
    examples: tuple[str, ...]
    mobilises: bool
    urgency: Urgency
    pages_on_call: bool
    hours: Hours
    pages_duties: tuple[Duty, ...]
    notifies_duties: tuple[Duty, ...]
    cadence: Cadence | None
    fix: FixInDays | FixInSprints | None
    bridge: Bridge
    action_item_sprints: int | None

    @property
    def label(self) -> str:
        """The level as people say it: `SEV 1`."""
        return f"SEV {self.level}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that an impact question offers."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class ImpactQuestion:
    """A question about the harm, with its possible answers. Every question may be left open."""

    key: str
    asks: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A level that follows from answers: `when` is (question key, answer key) pairs that must all be given. Never binding."""

    key: str
    level: int
    when: Pairs
    because: str

    def follows_from(self, answers: Mapping[str, str]) -> bool:
        """Whether `answers` (question key -> answer key) meet every condition."""
        return all(answers.get(question) == answer for question, answer in self.when)


@dataclass(frozen=True, slots=True)
class Flag:
    """What marking an incident as legally delicate causes at once: serves the clauses breach.* and finance.*.

    `raises_to` is the severity that it forces and holds, `None` where it forces none; `restricts` hides the incident from all but
    those named on it; `holds_records` starts a legal hold.
    """

    key: str
    label: str
    clauses: tuple[str, ...]
    raises_to: int | None
    pages_duties: tuple[Duty, ...]
    notifies_duties: tuple[Duty, ...]
    holds_records: bool
    restricts: bool


# --- Time and movement --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One "within" of the standard that no severity changes: `due`, and where set an earlier `prompt`, both counted in `unit`.

    `at_most`: broken when it runs past `due`. `at_least`: ending it before `due` needs a reason. Days and sprints are counted on
    the organisation's calendar.
    """

    key: str
    clause: str
    label: str
    bound: Bound
    unit: Unit
    prompt: int | None
    due: int


@dataclass(frozen=True, slots=True)
class Move:
    """A move to state `to`, made by `verb`. It needs a reason always, never, or only `early`: before its condition is met."""

    to: str
    verb: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class State:
    """A state of the lifecycle. `open` ones still want work; serves lifecycle.phases."""

    key: str
    label: str
    meaning: str
    open: bool
    moves: tuple[Move, ...]


# --- Words --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule of the standard: `says` what it wants, `portal` what this software does for it, `ref` its section."""

    id: str
    ref: str
    kinds: tuple[Kind, ...]
    says: str
    portal: str

    @property
    def judged(self) -> bool:
        """Whether a conformance report gives a verdict on it."""
        return "measure" in self.kinds or "enforce" in self.kinds


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One step of a role. An event of kind `ticks_on` whose data carry every pair of `ticks_if` ticks it; `None`: by hand."""

    key: str
    text: str
    ticks_on: str | None
    ticks_if: Pairs

    def ticked_by(self, kind: str, data: Mapping[str, object]) -> bool:
        """Whether an event of this kind, with these data, ticks the item by itself."""
        return kind == self.ticks_on and all(data.get(name) == value for name, value in self.ticks_if)


@dataclass(frozen=True, slots=True)
class Checklists:
    """The steps of each role, in the standard's order. Serves checklist.ic, checklist.ol and checklist.cl."""

    ic: tuple[ChecklistItem, ...]
    ol: tuple[ChecklistItem, ...]
    cl: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section that every post-mortem must fill: `prompt` tells its author what belongs there. Serves postmortem.template."""

    key: str
    clause: str
    title: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the trade: what the letters stand for, and what is meant."""

    term: str
    stands_for: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Scripts:
    """Phrases spoken word for word. `handing_over` is filled with {name}; `executive` with {executive} {summary} {ol} {cl}."""

    triage_question: str
    handing_over: str
    taking_command: str
    executive: str
