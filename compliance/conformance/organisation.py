"""The clauses whose subject is no incident: each judged over an organisation's quarter, by a pure function of a plain record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.conformance.clauses.shared import fell_away, plural, undone
from compliance.conformance.table import QUARTER
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span

KEPT, BROKEN, NOT_APPLICABLE, OPEN = Verdict.KEPT, Verdict.BROKEN, Verdict.NOT_APPLICABLE, Verdict.OPEN
PASSED_ON = timedelta(seconds=10)  # within which the sweep, that comes by each second, has called the next one
UNMANNED = {
    "no_primary": "has no primary",
    "no_secondary": "has no secondary",
    "gap": "has a gap in the next 14 days",
    "same_person": "has one person as primary and secondary at once",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that waited for the answer to "is this an incident?"."""

    what: str
    opened_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call that nobody acknowledged in time: when it was due, and when the next thing became of it (None: nothing)."""

    what: str
    due_at: datetime
    passed_on_at: datetime | None
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What was found wrong on call, at one of the weekly looks: (code, about)."""

    at: datetime
    faults: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """A clock of what is owed: of an action item, or of the review of the process."""

    what: str
    by: str
    due_at: datetime
    stopped_at: datetime | None
    broken_at: datetime | None
    incident: str = ""
    fell_away: str = ""  # what stopped it without being done (standard/away.py), "" for nothing


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done by somebody who had not the role for it."""

    what: str
    at: datetime
    by: str
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Deeds:
    """How much was done of one sort, and which of it by somebody without the role for it."""

    n: int = 0
    wrong: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """An incident that has not the figure that it should have."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Measured:
    """How many incidents a figure is of, and which lack it."""

    n: int = 0
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """A component: what was aimed at (SLO), what was promised (SLA), in percent, and the share measured (SLI), of one."""

    name: str
    slo: float | None
    sla: float | None
    sli: float | None


@dataclass(frozen=True, slots=True)
class QuarterRecord:
    """What an organisation's quarter is judged on. `over`: the quarter is."""

    start: datetime
    end: datetime
    over: bool
    asked: tuple[Asked, ...] = ()
    pages: int = 0
    unanswered: tuple[Unanswered, ...] = ()
    notices: tuple[Notice, ...] = ()
    items: tuple[Owed, ...] = ()
    reviews: tuple[Owed, ...] = ()
    standard: Deeds = Deeds()
    practice: Deeds = Deeds()
    audit: Deeds = Deeds()
    resolved: Measured = Measured()
    detected: Measured = Measured()
    components: tuple[Aim, ...] = ()


type JudgeQuarter = Callable[[QuarterRecord], Judgement]


@dataclass(frozen=True, slots=True)
class JudgedOver:
    """One clause judged over a quarter: by what, which verdicts that can give, and why not over an incident."""

    clause: str
    by: str
    gives: frozenset[Verdict]
    judge: JudgeQuarter
    because: str


def judges_quarter(clause: str, by: str, because: str, *gives: Verdict) -> Callable[[JudgeQuarter], JudgeQuarter]:
    """Enter a function of a quarter's record into the table. It may always answer "no evidence" too."""

    def enter(function: JudgeQuarter) -> JudgeQuarter:
        QUARTER[clause] = JudgedOver(clause, by, frozenset({*gives, Verdict.NO_EVIDENCE}), function, because)
        return function

    return enter


@judges_quarter(
    "triage.is-it-an-incident",
    "Every alert and report of the quarter that was not suppressed by a rule was answered: declared, attached or dismissed.",
    "What is answered with “no” belongs to no incident.",
    *(KEPT, BROKEN, OPEN),
)
def is_it_an_incident(record: QuarterRecord) -> Judgement:
    """Every question is answered."""
    if not record.asked:
        return no_evidence("No alert and no report of this quarter is on record.")
    waiting = [one for one in record.asked if not one.answered]
    if waiting and not record.over:
        return still_open(f"{len(waiting)} of {len(record.asked)} wait for an answer.")
    found = [Finding(f"Never answered: {one.what}", one.opened_at, "nobody") for one in waiting]
    return judged(found, kept(f"{plural(len(record.asked), 'question')} answered."))


@judges_quarter(
    "oncall.primary-secondary",
    "No weekly look at what would go wrong found a team without a primary or a secondary, a gap in the next 14 days, or one person as both.",
    "Schedules are a team's, whatever happens.",
    *(KEPT, BROKEN),
)
def primary_secondary(record: QuarterRecord) -> Judgement:
    """Every team has a primary and a secondary."""
    if not record.notices:
        return no_evidence("Nobody looked in this quarter, as far as is on record.")
    first: dict[tuple[str, str], datetime] = {}
    for notice in record.notices:
        for fault in notice.faults:
            if fault[0] in UNMANNED:
                first.setdefault(fault, notice.at)
    found = [Finding(f"{about} {UNMANNED[code]}", at, "administrators, team leads") for (code, about), at in first.items()]
    return judged(found, kept(f"Looked {plural(len(record.notices), 'time')}, and nothing was wrong."))


@judges_quarter(
    "oncall.escalate-15-30",
    "Each call that nobody acknowledged in time was passed on within 10 seconds: the next was called, or it was said that nobody is left.",
    "Calls begin before there is an incident, and many never become one.",
    *(KEPT, BROKEN),
)
def escalate(record: QuarterRecord) -> Judgement:
    """Who does not answer is followed by the next."""
    if not record.pages:
        return no_evidence("Nobody was called in this quarter.")
    found = []
    for one in record.unanswered:
        late = (one.passed_on_at - one.due_at).total_seconds() if one.passed_on_at else None
        if late is None or late > PASSED_ON.total_seconds():
            told = f"passed on {span(late)} late" if late is not None else "not passed on"
            found.append(Finding(f"{one.what}: {told}", one.due_at, "Muster", seconds=late, incident=one.incident))
    told = f"{plural(record.pages, 'call')}, {len(record.unanswered)} of them not acknowledged in time and passed on."
    return judged(found, kept(told))


def _owed(rows: tuple[Owed, ...], none: str) -> Judgement:
    """The verdict of clocks of what is owed; of what fell away nothing was."""
    if not rows:
        return no_evidence(none)
    fallen = tuple(one.fell_away for one in rows if one.fell_away and one.broken_at is None)
    rows = tuple(one for one in rows if not one.fell_away or one.broken_at is not None)
    if not rows:
        return not_applicable(fell_away(fallen))
    found = []
    for one in rows:
        if one.broken_at is not None:
            done = one.stopped_at if not one.fell_away else None
            late = (done - one.due_at).total_seconds() if done else None
            how = f"done {span(late)} late" if late is not None else undone(one.fell_away, "done")
            told = f"{one.what}: due at {one.due_at:%Y-%m-%d %H:%M} UTC, {how}"
            found.append(Finding(told, one.due_at, one.by, seconds=late, incident=one.incident))
    runs = sum(one.stopped_at is None and one.broken_at is None for one in rows)
    more = f" {fell_away(fallen)}" if fallen else ""
    return judged(found, still_open(f"{runs} of {len(rows)} not due yet.") if runs else kept(f"{len(rows)} in time.{more}"))


@judges_quarter(
    "actions.sla",
    "The clocks of action items that were due in the quarter: done by the end of the sprint that the standard allows. What was dropped "
    "before its time counts neither way.",
    "Items are done weeks after their incident, by others; they count in the quarter in which they were due.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sla(record: QuarterRecord) -> Judgement:
    """Action items are done in time."""
    return _owed(record.items, "No action item was due in this quarter.")


@judges_quarter(
    "improve.quarterly-review",
    "The clock of the quarter's review: signed off by the process owner in time.",
    "It is about the process itself.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def quarterly_review(record: QuarterRecord) -> Judgement:
    """The process is reviewed each quarter."""
    return _owed(record.reviews, "No review of the process was due in this quarter.")


def _deeds(deeds: Deeds, none: str, what: str) -> Judgement:
    if not deeds.n:
        return no_evidence(none)
    found = [Finding(one.what, one.at, one.by, incident=one.incident) for one in deeds.wrong]
    return judged(found, kept(what))


@judges_quarter(
    "people.process-owner",
    "Every version of the standard was drafted, published and withdrawn by somebody who was process owner then.",
    "The standard is the organisation's.",
    *(KEPT, BROKEN),
)
def process_owner(record: QuarterRecord) -> Judgement:
    """The process owner keeps the process."""
    n = record.standard.n
    return _deeds(
        record.standard, "Nothing of the standard was changed in this quarter.", f"{plural(n, 'change')}, by process owners."
    )


@judges_quarter(
    "people.practitioner",
    "Whoever claimed, took roles, decided, executed or resolved in the quarter's incidents was a practitioner then.",
    "It is about people over time, not about one incident.",
    *(KEPT, BROKEN),
)
def practitioner(record: QuarterRecord) -> Judgement:
    """Practitioners do the work."""
    n = record.practice.n
    return _deeds(
        record.practice, "Nobody did anything in an incident in this quarter.", f"{plural(n, 'act')}, all by practitioners."
    )


@judges_quarter(
    "people.auditor",
    "There is an auditor, and nobody who was auditor then left anything on record but reading.",
    "An audit is of a period.",
    *(KEPT, BROKEN),
)
def auditor(record: QuarterRecord) -> Judgement:
    """Auditors read, and read only."""
    n = record.audit.n
    return _deeds(record.audit, "Nobody is an auditor.", f"{plural(n, 'auditor')}, and nothing but reading is on record of any.")


def _measured(measured: Measured, what: str) -> Judgement:
    if not measured.n:
        return no_evidence("No incident of this quarter is resolved.")
    found = [Finding(what, one.at, incident=one.ref) for one in measured.missing]
    return judged(found, kept(f"Of {plural(measured.n, 'incident')}."))


@judges_quarter(
    "metrics.mttr",
    "Each resolved incident that counts (no exercise, no false positive, none that was merged) has a time to resolution.",
    "A mean is of many.",
    *(KEPT, BROKEN),
)
def mttr(record: QuarterRecord) -> Judgement:
    """Time to resolution is measured."""
    return _measured(record.resolved, "It has no time to resolution")


@judges_quarter(
    "metrics.mttd",
    "Each resolved incident that counts says when the impact began, so that its time to detection is known.",
    "A mean is of many.",
    *(KEPT, BROKEN),
)
def mttd(record: QuarterRecord) -> Judgement:
    """Time to detection is measured."""
    return _measured(record.detected, "The record does not say when the impact began")


@judges_quarter(
    "metrics.slo",
    "Each component has what is aimed at (SLO), what was promised (SLA) and what was measured (SLI), each of its own.",
    "Availability is of a period.",
    *(KEPT, BROKEN),
)
def slo(record: QuarterRecord) -> Judgement:
    """SLI, SLO and SLA are told apart."""
    if not record.components:
        return no_evidence("There are no components.")
    found = []
    for one in record.components:
        lacks = [name for name, value in (("SLO", one.slo), ("SLA", one.sla), ("SLI", one.sli)) if value is None]
        if lacks:
            found.append(Finding(f"{one.name} has no {' and no '.join(lacks)}", by="administrators"))
    return judged(found, kept(f"{plural(len(record.components), 'component')} with all three."))
