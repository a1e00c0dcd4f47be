"""Accesses as they come in, by CSV or API: read, judged line by line, and compared with what is known. Nothing here writes."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from compliance.models import AccessFact, AccessRun, AccessSystem
from tenants.refusals import Reason, Refused
from tenants.words import line

LINES_MOST = 5_000
FAULTS_SHOWN = 50
COLUMNS = ("principal", "entitlement", "privileged", "valid_from", "valid_until")
NEEDED = ("principal", "entitlement", "privileged")
_TRUE, _FALSE = frozenset({"yes", "true", "1", "y", "x"}), frozenset({"no", "false", "0", "n", ""})
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One access as a source names it. Times are None where it says none."""

    principal: str
    entitlement: str
    privileged: bool
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same access from one list to the next."""
        return self.principal, self.entitlement


@dataclass(frozen=True, slots=True)
class Change:
    """A known access, and how the list names it now. `again`: it was, or is, privileged; the old one ends and a new one begins."""

    fact: AccessFact
    line: Line
    again: bool


@dataclass(slots=True)
class Changes:
    """What a list would change: what is new, what is named otherwise, what ends, and how much stays as it is."""

    added: list[Line] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    ended: list[AccessFact] = field(default_factory=list)
    kept: int = 0


def read_csv(text: str) -> list[Line]:
    """The accesses of a CSV document with a heading. Refuses (422) all of it with a sentence for each bad line, in `document`."""
    clean = text.removeprefix("\ufeff")
    if not clean.strip():
        raise Refused(_fault("document", "The list is empty: its first line names the columns.", "required"))
    first = clean.lstrip().partition("\n")[0]
    rows = csv.reader(io.StringIO(clean), delimiter=";" if ";" in first and "," not in first else ",", strict=True)
    found: list[tuple[str, Mapping[str, Any]]] = []
    faults: list[Reason] = []
    headings: list[str] = []
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if not headings:
                headings = [cell.strip().lower().replace(" ", "_") for cell in row]
                faults += _headings(headings)
                if faults:
                    raise Refused(*faults)
            elif len(row) != len(headings):
                sentence = f"Line {rows.line_num} has {len(row)} cells; the heading has {len(headings)}."
                faults.append(_fault("document", sentence, "cells"))
            else:
                found.append((f"Line {rows.line_num}", dict(zip(headings, row, strict=True))))
    except csv.Error as error:
        faults.append(_fault("document", f"Line {rows.line_num} is no CSV: {error}.", "no_csv"))
    return _judged(found, faults, lambda where, name, sentence: _fault("document", f"{where}, {name}: {sentence}"))


def read_rows(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The same of the API's objects; each fault names its field, such as `facts.3.principal`."""
    found = [(str(index), row) for index, row in enumerate(rows)]
    return _judged(found, [], lambda where, name, sentence: _fault(f"facts.{where}.{name}", sentence))


def _headings(headings: Sequence[str]) -> list[Reason]:
    faults = [
        _fault("document", f"There is no column “{name}” in the first line.", "no_column")
        for name in NEEDED
        if name not in headings
    ]
    faults += [
        _fault("document", f"There is no such column as “{name[:40]}”; the columns are {', '.join(COLUMNS)}.", "unknown_column")
        for name in headings
        if name not in COLUMNS
    ]
    if len(set(headings)) != len(headings):
        faults.append(_fault("document", "A column is named twice in the first line.", "column_twice"))
    return faults


def _fault(where: str, sentence: str, code: str = "invalid") -> Reason:
    return Reason(code, sentence, field=where, status=422)


def _judged(found: Sequence[tuple[str, Mapping[str, Any]]], faults: list[Reason], fault: Any) -> list[Line]:
    """Judge every line; refuse all where any is bad, naming each (the first FAULTS_SHOWN)."""
    if len(found) > LINES_MOST:
        raise Refused(fault("0", "principal", f"These are {len(found):,} accesses; at most {LINES_MOST:,} come at once."))
    lines: list[Line] = []
    seen: dict[tuple[str, str], str] = {}
    for where, raw in found:
        made, wrong = _line(raw)
        faults += [fault(where, name, sentence) for name, sentence in wrong]
        if made is not None and not wrong:
            if made.key in seen:
                faults.append(fault(where, "principal", f"The same principal and entitlement stand at {seen[made.key]} already."))
            seen.setdefault(made.key, where.lower() if where.startswith("Line") else f"number {where}")
            lines.append(made)
    if faults:
        more = len(faults) - FAULTS_SHOWN
        rest = [fault("0", "principal", f"{more} more faults are not shown.")] if more > 0 else []
        raise Refused(*faults[:FAULTS_SHOWN], *rest)
    return lines


def _line(raw: Mapping[str, Any]) -> tuple[Line | None, list[tuple[str, str]]]:
    """One access, and what is wrong with it: [(column, sentence)]."""
    wrong: list[tuple[str, str]] = []
    texts: dict[str, str] = {}
    for name, most in (("principal", 254), ("entitlement", 200)):
        try:
            texts[name] = line(name, str(raw.get(name, "")), most=most)
        except Refused as refused:
            wrong += [(name, reason.sentence) for reason in refused.reasons]
    privileged = _truth(raw.get("privileged", False))
    if privileged is None:
        wrong.append(("privileged", f"“{str(raw.get('privileged'))[:40]}” is neither yes nor no."))
    times: dict[str, datetime | None] = {}
    for name in ("valid_from", "valid_until"):
        try:
            times[name] = _moment(raw.get(name))
        except ValueError:
            said = str(raw.get(name))[:40]
            wrong.append((name, f"“{said}” is no time: write 2026-03-31 or 2026-03-31T14:00:00+02:00; without a zone it is UTC."))
    if not wrong and times["valid_from"] and times["valid_until"] and times["valid_until"] < times["valid_from"]:
        wrong.append(("valid_until", "This is before valid_from."))
    if wrong or privileged is None:
        return None, wrong
    return Line(texts["principal"], texts["entitlement"], privileged, times["valid_from"], times["valid_until"]), []


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    said = str(value).strip().lower()
    return True if said in _TRUE else False if said in _FALSE else None


def _moment(value: Any) -> datetime | None:
    """A time as it was written; a day is its beginning in UTC. Raises ValueError for what is none."""
    if isinstance(value, datetime):
        found = value
    else:
        said = str(value or "").strip()
        if not said:
            return None
        try:
            found = datetime.combine(date.fromisoformat(said), time(), UTC)
        except ValueError:
            found = datetime.fromisoformat(said)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        found = found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(said_of(value)) from error
    if not _EARLIEST <= found <= _LATEST:
        raise ValueError(said_of(value))
    return found


def said_of(value: Any) -> str:
    """A value for a message."""
    return str(value)[:40]


def digest(lines: Sequence[Line]) -> str:
    """SHA-256 of the accesses that a run named, whatever their order."""
    rows = sorted([x.principal, x.entitlement, x.privileged, _iso(x.valid_from), _iso(x.valid_until)] for x in lines)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def compare(system: AccessSystem, source: str, lines: Sequence[Line], *, whole: bool) -> Changes:
    """What a list of a source would change. Where it is whole, what it does not name ends."""
    known = {(fact.principal, fact.entitlement): fact for fact in standing(system, source)}
    changes = Changes()
    for one in lines:
        fact = known.pop(one.key, None)
        if fact is None:
            changes.added.append(one)
        elif fact.privileged != one.privileged:
            changes.changed.append(Change(fact, one, again=True))
        elif (one.valid_from and one.valid_from != fact.valid_from) or one.valid_until != fact.valid_until:
            changes.changed.append(Change(fact, one, again=False))
        else:
            changes.kept += 1
    changes.ended = sorted(known.values(), key=lambda fact: fact.pk) if whole else []
    return changes


def standing(system: AccessSystem, source: str) -> list[AccessFact]:
    """The accesses of a system that a source still names."""
    return list(AccessFact.objects.filter(system=system, source=source, ended_run=None).order_by("pk"))


def last_whole(system: AccessSystem, source: str) -> datetime | None:
    """When the source last named all that it knows: what is new since then began after it at the earliest."""
    runs = AccessRun.objects.filter(system=system, source=source, whole=True).order_by("-pk")
    return runs.values_list("taken_at", flat=True).first()
