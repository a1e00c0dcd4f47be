"""The law as data: one version of the incident standard, read strictly from plain data into frozen values.

`shipped()` gives the version that comes with the portal. An organisation's own version is the same data with its own values,
stored as JSON; `Law.from_data` reads either, or refuses it with a sentence that names the place. An incident is judged by the
version in force when it was declared (people.process-owner), so data once accepted stays readable: `edition` says which shipped
list of clauses it follows.

Pure but for reading the shipped file: no Django, no database, no clock.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Self, cast

import yaml

from standard.law_shape import in_order, record
from standard.law_types import (
    Checklists,
    Clause,
    ClockRule,
    FixInDays,
    Flag,
    ImpactQuestion,
    LawError,
    Move,
    Scripts,
    Section,
    Severity,
    State,
    Suggestion,
    Term,
)

LATEST_EDITION = 1
LEVELS = (1, 2, 3, 4)
TEMPLATE_CLAUSE = "postmortem.template"  # what a section cites that no clause of its own asks for
MOST: Mapping[str, int] = {"minutes": 525_600, "business_days": 250, "sprints": 52, "quarters": 8}  # a limit that can be met

_SHIPPED = Path(__file__).parent / "shipped"
_PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "triage_question": frozenset(),
    "handing_over": frozenset({"name"}),
    "taking_command": frozenset(),
    "executive": frozenset({"executive", "summary", "ol", "cl"}),
}


def shipped(edition: int = LATEST_EDITION) -> dict[str, Any]:
    """The standard as it comes with the portal: plain JSON-serialisable data, a copy of the caller's own.

    Raises LawError where no such edition ships.
    """
    return copy.deepcopy(_load(edition))


@cache
def _load(edition: int) -> dict[str, Any]:
    file = _SHIPPED / f"v{edition}.yaml"
    if not file.is_file():
        raise LawError("edition", f"there is no shipped edition {edition}.")
    return cast(dict[str, Any], yaml.safe_load(file.read_text(encoding="utf-8")))


def ordered(content: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a standard in the order in which it is written and read."""
    found: dict[str, Any] = in_order(Law, content)
    return found


@dataclass(frozen=True, slots=True)
class Law:
    """One version of the incident standard. Every field is a key of the data, in the shapes of `standard.law_types`."""

    edition: int
    title: str
    owner: str
    audience: str
    effective_date: date
    contact: str
    severities: tuple[Severity, ...]
    impact_questions: tuple[ImpactQuestion, ...]
    severity_suggestions: tuple[Suggestion, ...]
    flags: tuple[Flag, ...]
    clocks: tuple[ClockRule, ...]
    lifecycle: tuple[State, ...]
    clauses: tuple[Clause, ...]
    checklists: Checklists
    postmortem_template: tuple[Section, ...]
    scripts: Scripts
    glossary: tuple[Term, ...]

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Self:
        """Read `data` (as from JSON or YAML) or raise LawError naming the first place that is wrong.

        First the shape (unknown and missing keys, types, choices, entries given twice), then the sense (four severities, every
        clause of the edition, references that lead somewhere, limits that can be met).
        """
        law = record(cls, data, "")
        for check in _CHECKS:
            check(law)
        return law

    def severity(self, level: int) -> Severity:
        """The severity of `level` 1 to 4. Raises LawError for any other."""
        return _entry(self.severities, "severities", "level", level)

    def clause(self, clause_id: str) -> Clause:
        """The clause of this id, such as `severity.sev1-cadence`. Raises LawError where there is none."""
        return _entry(self.clauses, "clauses", "id", clause_id)

    def clock(self, key: str) -> ClockRule:
        """The clock of this key, such as `command`. Raises LawError where there is none."""
        return _entry(self.clocks, "clocks", "key", key)

    def minutes(self, clock_key: str) -> int:
        """When the clock of this key is due, in minutes. Raises LawError where there is none or it counts in another unit."""
        clock = self.clock(clock_key)
        if clock.unit != "minutes":
            raise LawError(f"clocks[{clock_key}].unit", f"counts in {clock.unit}, not in minutes.")
        return clock.due

    def flag(self, key: str) -> Flag:
        """The legal flag of this key, such as `personal_data`. Raises LawError where there is none."""
        return _entry(self.flags, "flags", "key", key)

    def state(self, key: str) -> State:
        """The state of this key, such as `monitoring`. Raises LawError where there is none."""
        return _entry(self.lifecycle, "lifecycle", "key", key)

    def move(self, source: str, to: str) -> Move | None:
        """The move from state `source` to state `to`, or None where there is none. Raises LawError for a false `source`."""
        return next((move for move in self.state(source).moves if move.to == to), None)

    def suggest(self, answers: Mapping[str, str]) -> Suggestion | None:
        """The first suggestion that follows from `answers` (question key -> answer key), or None where they say too little.

        Raises LawError for an answer that was never offered.
        """
        for pair in answers.items():
            if pair not in _offered_answers(self):
                raise LawError("impact_questions", f"offer no answer {pair[1]!r} to {pair[0]!r}.")
        return next((suggestion for suggestion in self.severity_suggestions if suggestion.follows_from(answers)), None)


def _entry[T](entries: Iterable[T], path: str, identity: str, wanted: object) -> T:
    for entry in entries:
        if getattr(entry, identity) == wanted:
            return entry
    raise LawError(f"{path}[{wanted}]", "is not in this standard.")


# --- Sense --------------------------------------------------------------------------------------------------------------------


def _check_severities(law: Law) -> None:
    """Each level exactly once; a level that pages nobody says so throughout; only a war room has a bridge."""
    _check_same("severities", {severity.level for severity in law.severities}, LEVELS)
    for severity in law.severities:
        path = f"severities[{severity.level}]"
        for name in ("urgency", "hours"):
            if (getattr(severity, name) == "none") is severity.pages_on_call:
                raise LawError(f"{path}.{name}", "is 'none' exactly where the on-call is not paged.")
        if severity.pages_duties and not severity.pages_on_call:
            raise LawError(f"{path}.pages_duties", "must be empty where the on-call is not paged.")
        if severity.bridge != "none" and not severity.mobilises:
            raise LawError(f"{path}.bridge", "must be 'none' where the severity does not mobilise.")


def _check_limits(law: Law) -> None:
    """A prompt comes before the limit that it warns of."""
    for severity in law.severities:
        path = f"severities[{severity.level}]"
        if (cadence := severity.cadence) and cadence.prompt_minutes >= cadence.break_minutes:
            raise LawError(f"{path}.cadence.prompt_minutes", "must be less than break_minutes.")
        fix = severity.fix
        if isinstance(fix, FixInDays) and fix.prompt_business_days >= fix.break_business_days:
            raise LawError(f"{path}.fix.prompt_business_days", "must be less than break_business_days.")
    for clock in law.clocks:
        if clock.prompt is not None and clock.prompt >= clock.due:
            raise LawError(f"clocks[{clock.key}].prompt", "must be less than due.")


def _check_reach(law: Law) -> None:
    """No limit lies further ahead than somebody could wait for, or the calendar could count."""
    limits = [(f"clocks[{clock.key}].due", clock.due, clock.unit) for clock in law.clocks]
    for severity in law.severities:
        path = f"severities[{severity.level}]"
        if severity.cadence:
            limits.append((f"{path}.cadence.break_minutes", severity.cadence.break_minutes, "minutes"))
        if isinstance(severity.fix, FixInDays):
            limits.append((f"{path}.fix.break_business_days", severity.fix.break_business_days, "business_days"))
        elif severity.fix:
            limits.append((f"{path}.fix.sprints", severity.fix.sprints, "sprints"))
        limits.append((f"{path}.action_item_sprints", severity.action_item_sprints or 1, "sprints"))
    for path, amount, unit in limits:
        if amount > MOST[unit]:
            raise LawError(path, f"must be at most {MOST[unit]:,} {unit.replace('_', ' ')}.")


def _check_fixed(law: Law) -> None:
    """What code names by key is the edition's own: a version may change its words and amounts, never lose or invent one."""
    edition = _load(law.edition)
    for path, identity in (("clauses", "id"), ("clocks", "key"), ("lifecycle", "key"), ("flags", "key")):
        given = {getattr(entry, identity) for entry in getattr(law, path)}
        _check_same(path, given, [entry[identity] for entry in edition[path]])
    for entry in edition["clocks"]:
        for name in ("unit", "bound"):
            if getattr(law.clock(entry["key"]), name) != entry[name]:
                raise LawError(f"clocks[{entry['key']}].{name}", f"must be {entry[name]}.")
    for entry in edition["postmortem_template"]:  # those with a clause of their own; the others an organisation may do without
        if entry["clause"] != TEMPLATE_CLAUSE and all(section.key != entry["key"] for section in law.postmortem_template):
            raise LawError(f"postmortem_template[{entry['key']}]", "is missing.")


def _check_same(path: str, given: set[Any], wanted: Iterable[Any]) -> None:
    for identity in wanted:
        if identity not in given:
            raise LawError(f"{path}[{identity}]", "is missing.")
    for identity in sorted(given.difference(wanted)):
        raise LawError(f"{path}[{identity}]", "is not part of the standard.")


def _check_clauses(law: Law) -> None:
    """Every clause has a kind, and every clause that is cited exists."""
    for clause in law.clauses:
        if not clause.kinds:
            raise LawError(f"clauses[{clause.id}].kinds", "needs at least one kind.")
    known = {clause.id for clause in law.clauses}
    for path, clause_id in _citations(law):
        if clause_id not in known:
            raise LawError(path, f"cites {clause_id!r}, which is no clause.")


def _citations(law: Law) -> Iterator[tuple[str, str]]:
    for severity in law.severities:
        for name in ("cadence", "fix"):
            if limit := getattr(severity, name):
                yield f"severities[{severity.level}].{name}.clause", limit.clause
    for flag in law.flags:
        yield from ((f"flags[{flag.key}].clauses", clause_id) for clause_id in flag.clauses)
    yield from ((f"clocks[{clock.key}].clause", clock.clause) for clock in law.clocks)
    yield from ((f"postmortem_template[{section.key}].clause", section.clause) for section in law.postmortem_template)


def _check_moves(law: Law) -> None:
    """Every move leads to another state of the lifecycle."""
    keys = {state.key for state in law.lifecycle}
    for state in law.lifecycle:
        for move in state.moves:
            if move.to not in keys - {state.key}:
                raise LawError(f"lifecycle[{state.key}].moves[{move.to}]", "does not lead to another state.")


def _check_suggestions(law: Law) -> None:
    """Suggestions and flags name severities that exist; a suggestion follows from answers that can be given."""
    offered = _offered_answers(law)
    for suggestion in law.severity_suggestions:
        path = f"severity_suggestions[{suggestion.key}]"
        if suggestion.level not in LEVELS:
            raise LawError(f"{path}.level", f"{suggestion.level} is no severity.")
        if not suggestion.when:
            raise LawError(f"{path}.when", "needs at least one answer.")
        for question, answer in suggestion.when:
            if (question, answer) not in offered:
                raise LawError(f"{path}.when.{question}", f"no question offers the answer {answer!r}.")
    for flag in law.flags:
        if flag.raises_to is not None and flag.raises_to not in LEVELS:
            raise LawError(f"flags[{flag.key}].raises_to", f"{flag.raises_to} is no severity.")


def _offered_answers(law: Law) -> frozenset[tuple[str, str]]:
    return frozenset((question.key, answer.key) for question in law.impact_questions for answer in question.answers)


def _check_scripts(law: Law) -> None:
    """Each script has its own placeholders, all of them and nothing cleverer: no attribute, conversion or format reaches in."""
    for name, wanted in _PLACEHOLDERS.items():
        path = f"scripts.{name}"
        try:
            parts = [part[1:] for part in Formatter().parse(getattr(law.scripts, name)) if part[1] is not None]
        except ValueError as error:
            raise LawError(path, f"has a brace out of place ({error}).") from None
        if {part[0] for part in parts} != wanted or any(spec or conversion for _, spec, conversion in parts):
            allowed = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(wanted)) or "none"
            raise LawError(path, f"needs exactly these placeholders: {allowed}.")


_CHECKS: tuple[Callable[[Law], None], ...] = (
    _check_severities,
    _check_limits,
    _check_fixed,
    _check_reach,
    _check_clauses,
    _check_moves,
    _check_suggestions,
    _check_scripts,
)
