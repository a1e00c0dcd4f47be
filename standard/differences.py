"""What one version of the standard says otherwise than another: place by place, old and new, in words that a person reads.

`severities 1 · cadence · broken after: 30 → 20 minutes`. Pure: plain data in, frozen values out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from standard.law import ordered

NOTHING = "none"
_IDENTITIES = ("level", "id", "key", "to", "term")  # what tells the entries of a list apart (standard/law_types.py)
_NAMES = ("term", "title", "label", "asks", "text", "name", "says", "meaning", "because")  # what an entry is called
_NOT_COMPARED = {"edition", "effective_date"}  # which list of clauses it follows, and when: said beside the differences

# Key -> what a person calls it. A key that is not here is its own words.
_WORDS: Mapping[str, str] = {
    "break_minutes": "broken after",
    "break_business_days": "broken after",
    "prompt_minutes": "asked for after",
    "prompt_business_days": "asked for after",
    "prompt": "asked for after",
    "due": "due after",
    "pages_on_call": "pages the on-call",
    "pages_duties": "duties paged",
    "notifies_duties": "duties told",
    "hours": "pages in hours",
    "mobilises": "opens a war room",
    "action_item_sprints": "action items done in",
    "postmortem_template": "post-mortem sections",
    "ticks_on": "ticked by",
    "ticks_if": "ticked if",
    "stands_for": "stands for",
    "impact_questions": "questions about impact",
    "severity_suggestions": "suggested severities",
    "raises_to": "raises to SEV",
    "ic": "Incident Commander",
    "ol": "Operations Lead",
    "cl": "Communications Lead",
}
_UNITS: Mapping[str, str] = {
    "break_minutes": "minutes",
    "prompt_minutes": "minutes",
    "break_business_days": "business days",
    "prompt_business_days": "business days",
    "action_item_sprints": "sprints",
    "sprints": "sprints",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that says something else. `old` or `new` is "" where the place is in only one of the two; `path` is for machines."""

    place: str
    old: str
    new: str
    unit: str = ""
    path: str = ""

    def __str__(self) -> str:
        """In one line, as a person reads it."""
        unit = f" {self.unit}" if self.unit else ""
        if not self.old:
            return f"{self.place}: added “{self.new}”{unit}"
        if not self.new:
            return f"{self.place}: removed “{self.old}”{unit}"
        return f"{self.place}: {self.old} → {self.new}{unit}"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Every place where the data of two standards differ, in the order of the standard."""
    return list(_between(ordered(old), ordered(new), (), "", ""))


def _between(old: Any, new: Any, place: tuple[str, ...], path: str, unit: str) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(old, new, place, path)
    elif _is_entries(old) and _is_entries(new):
        yield from _of_entries(old, new, place, path)
    elif isinstance(old, list) and isinstance(new, list) and set(old) != set(new):
        where = " · ".join(place)
        yield from (Difference(where, said(one), "", path=path) for one in old if one not in new)
        yield from (Difference(where, "", said(one), path=path) for one in new if one not in old)
    else:
        yield _difference(old, new, place, path, unit)


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], place: tuple[str, ...], path: str) -> Iterator[Difference]:
    unit = str(new.get("unit", "")).replace("_", " ")
    for key in dict.fromkeys((*old, *new)):
        if not (place == () and key in _NOT_COMPARED):
            there = (*place, _WORDS.get(key, key.replace("_", " ")))
            own = _UNITS.get(key, unit if key in ("due", "prompt") else "")
            yield from _between(old.get(key), new.get(key), there, f"{path}.{key}".lstrip("."), own)


def _of_entries(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], place: tuple[str, ...], path: str
) -> Iterator[Difference]:
    """Entries are the same where their identity is; what is left over was added or removed, or stands elsewhere."""
    before, after = ({_identity(entry): entry for entry in entries} for entries in (old, new))
    for identity in dict.fromkeys((*before, *after)):
        here = f"{path}[{identity}]"
        if identity not in after:
            yield Difference(" · ".join(place), _name(before[identity]), "", path=here)
        elif identity not in before:
            yield Difference(" · ".join(place), "", _name(after[identity]), path=here)
        else:
            there = (*place[:-1], f"{place[-1]} {_called(before[identity])}")
            yield from _of_mappings(before[identity], after[identity], there, here)
    stayed = [identity for identity in before if identity in after]
    moved = [identity for identity in after if identity in before]
    if stayed != moved:
        told = [", ".join(_called(entries[one]) for one in order) for entries, order in ((before, stayed), (after, moved))]
        yield Difference(f"{' · '.join(place)} · order", told[0], told[1], path=path)


def _difference(old: Any, new: Any, place: tuple[str, ...], path: str, unit: str) -> Difference:
    counted = unit if isinstance(old, int) or isinstance(new, int) else ""
    if unit and (old is None or new is None) and not isinstance(old, Mapping) and not isinstance(new, Mapping):
        told = [f"{value} {unit}" if isinstance(value, int) else said(value) for value in (old, new)]
        return Difference(" · ".join(place), told[0], told[1], path=path)
    return Difference(" · ".join(place), said(old), said(new), counted, path)


def said(value: Any) -> str:
    """A value in words."""
    if value is None or value in ([], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        shown = [(key, one) for key, one in value.items() if key != "clause"]
        return ", ".join(
            f"{_WORDS.get(key, key.replace('_', ' '))} {said(one)} {_UNITS.get(key, '')}".strip() for key, one in shown
        )
    if isinstance(value, list | tuple):
        return "; ".join(said(one) for one in value)
    return str(value)


def _is_entries(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and _identity(one) is not None for one in value)


def _identity(entry: Mapping[str, Any]) -> Any:
    return next((entry[name] for name in _IDENTITIES if name in entry), None)


def _called(entry: Mapping[str, Any]) -> str:
    """What an entry is called in a place: its number or its clause's id, else its words."""
    identity = _identity(entry)
    if isinstance(identity, int) or "id" in entry or "term" in entry or "to" in entry:
        return str(identity)
    return f"“{_name(entry)}”"


def _name(entry: Mapping[str, Any]) -> str:
    return str(next((entry[name] for name in _NAMES if isinstance(entry.get(name), str)), _identity(entry)))
