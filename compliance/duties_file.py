"""Reading a file of duties: every mistake in it named in a sentence, none silently mended (compliance/duties_law.py says what rules mean)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from compliance.duties_law import FILED, ORGANISATION, STARTS, From, Roll, Trigger, Unit
from standard.calendar import why_no_holidays
from standard.law_types import LawError
from standard.yaml_text import read
from tenants.refusals import Refused, invalid
from tenants.words import line, text

SHIPPED = Path(__file__).parent / "shipped" / "duties.yaml"
FIELD = "content"  # what a refusal is about
FILE_MAX, RULES_MOST, LIMITS_MOST, AMOUNT_MOST = 200_000, 100, 5, 10_000
_KEY = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_WORDS = {"regime": 80, "stage": 120, "recipient": 200, "citation": 300}
_NEEDED = ("key", *_WORDS, "trigger", "limits")
_OTHERS = ("calendar", "roll", "roll_until", "valid_from", "valid_to", "note")


@dataclass(frozen=True, slots=True)
class RuleData:
    """One rule as a file gives it, checked. `limits` are {start, amount, unit}, and `from` where that is not the start."""

    key: str
    regime: str
    stage: str
    trigger: str
    limits: list[dict[str, Any]]
    recipient: str
    citation: str
    calendar: str = ORGANISATION
    roll: str = Roll.NONE.value
    roll_until: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    def values(self) -> dict[str, Any]:
        """Its fields by name."""
        return asdict(self)


@lru_cache(maxsize=1)
def shipped() -> str:
    """The file of the rules that are shipped."""
    return SHIPPED.read_text(encoding="utf-8")


def rules_of(content: str, *, known: Mapping[str, Iterable[str]] | None = None) -> list[RuleData]:
    """The rules of a file. `known`: keys of rules that are there already, each with the keys it waits for.

    Refuses (422) what is wrong, naming the rule: unknown fields, units, calendars, triggers and starts, a rule without citation, a stage
    that waits for one that is not there, and stages that wait for each other.
    """
    if len(content) > FILE_MAX:
        raise invalid(FIELD, f"This file has {len(content):,} characters; at most {FILE_MAX:,} fit.", code="too_long")
    try:
        found = read(content)
    except LawError as error:
        raise invalid(FIELD, f"The file {str(error).strip(': ')}", code="unreadable") from error
    rows = found.get("rules")
    if set(found) != {"rules"} or not isinstance(rows, list) or not rows:
        raise invalid(FIELD, 'A file of duties has one key, "rules", with a list of rules below it.', code="no_rules")
    if len(rows) > RULES_MOST:
        raise invalid(FIELD, f"These are {len(rows)} rules; at most {RULES_MOST} fit in a file.", code="too_many")
    rules = [_rule(row, n) for n, row in enumerate(rows, 1)]
    _once(rules)
    _judge_stages(rules, known or {})
    return rules


def _wrong(where: str, sentence: str, code: str) -> Refused:
    return invalid(FIELD, f"{where}: {sentence}", code=code)


def _rule(row: Any, number: int) -> RuleData:
    where = f"Rule {number}"
    if not isinstance(row, dict):
        raise _wrong(where, "it must be a mapping.", "no_mapping")
    key = row.get("key")
    if not isinstance(key, str) or len(key) > 60 or not _KEY.fullmatch(key):
        raise _wrong(
            where, 'its key is small letters, digits, dots and hyphens, at most 60, such as "gdpr.authority".', "bad_key"
        )
    where = f"Rule {key}"
    if unknown := [str(name)[:40] for name in row if name not in (*_NEEDED, *_OTHERS)]:
        raise _wrong(where, f"there is no field {', '.join(unknown)}.", "unknown_field")
    if missing := [name for name in _NEEDED if not row.get(name)]:
        code = "no_citation" if missing == ["citation"] else "missing"
        raise _wrong(where, f"it says nothing for {', '.join(missing)}; every rule needs that.", code)
    words = {name: _words(where, name, row[name], most) for name, most in _WORDS.items()}
    roll = _one_of(where, "roll", row.get("roll", Roll.NONE.value), Roll)
    valid_from, valid_to = (_day(where, name, row.get(name)) for name in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_to < valid_from:
        raise _wrong(where, "it ends before it begins to be valid.", "ends_before")
    return RuleData(
        key=key,
        **words,
        trigger=_one_of(where, "trigger", row["trigger"], Trigger),
        limits=_limits(where, row["limits"]),
        calendar=_calendar(where, row.get("calendar", ORGANISATION)),
        roll=roll,
        roll_until=_until(where, row.get("roll_until", ""), roll),
        valid_from=valid_from,
        valid_to=valid_to,
        note=_words(where, "note", row["note"], 2_000) if row.get("note") else "",
    )


def _words(where: str, name: str, value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise _wrong(where, f"{name} must be a text.", "no_text")
    try:
        return text(name, value, most=most) if name == "note" else line(name, value, most=most)
    except Refused as refused:
        raise _wrong(where, f"{name}: {refused.reasons[0].sentence}", refused.reasons[0].code) from refused


def _one_of(where: str, name: str, value: Any, kinds: Any) -> str:
    allowed = [kind.value for kind in kinds]
    if value not in allowed:
        raise _wrong(where, f"there is no {name} {str(value)[:40]!r}; there are {', '.join(allowed)}.", f"no_such_{name}")
    return str(value)


def _limits(where: str, rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= LIMITS_MOST:
        raise _wrong(where, f"its limits are a list of 1 to {LIMITS_MOST}, each with start, amount and unit.", "no_limits")
    found: list[dict[str, Any]] = []
    for row in rows:
        if not isinstance(row, dict) or set(row) - {"from"} != {"start", "amount", "unit"}:
            sentence = "each limit has a start, an amount and a unit, perhaps what it is counted from, and nothing else."
            raise _wrong(where, sentence, "no_limits")
        amount, start = row["amount"], row["start"]
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= AMOUNT_MOST:
            raise _wrong(where, f"an amount is a whole number from 1 to {AMOUNT_MOST:,}.", "bad_amount")
        if not isinstance(start, str) or (start not in STARTS and not _KEY.fullmatch(start.removeprefix(FILED))):
            raise _wrong(where, f"there is no start {str(start)[:60]!r}.", "no_such_start")
        if start not in STARTS and not start.startswith(FILED):
            raise _wrong(
                where,
                f"there is no start {start[:60]!r}; there are {', '.join(STARTS)}, or filed:<key of a rule>.",
                "no_such_start",
            )
        unit = _one_of(where, "unit", row["unit"], Unit)
        if any(one["start"] == start for one in found):
            raise _wrong(where, f"two of its limits start at {start}.", "start_twice")
        counted = _one_of(where, "from", row.get("from", From.START.value), From)
        found.append({"start": start, "amount": amount, "unit": unit, **({"from": counted} if counted != From.START else {})})
    return found


def _calendar(where: str, value: Any) -> str:
    name = str(value)
    country, _, subdivision = name.partition("-")
    if name != ORGANISATION and (not country or why_no_holidays(country, subdivision)):
        sentence = f'there is no calendar {name[:40]!r}; write "organisation", or a country such as US or DE-BE.'
        raise _wrong(where, sentence, "no_such_calendar")
    return name


def _until(where: str, value: Any, roll: str) -> str:
    if not value:
        return ""
    if roll == Roll.NONE:
        raise _wrong(where, "roll_until says nothing where nothing rolls.", "bad_roll_until")
    if not isinstance(value, str) or not re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise _wrong(where, 'roll_until is a time of day in quotation marks, such as "12:00".', "bad_roll_until")
    return f"{time.fromisoformat(value):%H:%M}"


def _day(where: str, name: str, value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(where, f"{name} is a date such as 2018-05-25.", "no_date") from error


def _once(rules: list[RuleData]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.key in seen:
            raise _wrong(f"Rule {rule.key}", "this key stands in the file twice.", "key_twice")
        seen.add(rule.key)


def waits_for(limits: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of the rules whose filing starts these limits."""
    return [one["start"].removeprefix(FILED) for one in limits if one["start"].startswith(FILED)]


def _judge_stages(rules: list[RuleData], known: Mapping[str, Iterable[str]]) -> None:
    """Refuse a stage that waits for one that is not there, and stages that wait for each other."""
    graph = {**{key: list(keys) for key, keys in known.items()}, **{rule.key: waits_for(rule.limits) for rule in rules}}
    for rule in rules:
        for key in graph[rule.key]:
            if key not in graph:
                raise _wrong(f"Rule {rule.key}", f"it waits for {key}, which is no rule here.", "no_such_stage")
    for rule in rules:
        ahead, seen = list(graph[rule.key]), set[str]()
        while ahead:
            key = ahead.pop()
            if key == rule.key:
                raise _wrong(
                    f"Rule {rule.key}", "it waits for itself, directly or by other stages: it could never start.", "loop"
                )
            if key not in seen:
                seen.add(key)
                ahead += graph.get(key, ())
