"""The mapping of a generic integration: where in its JSON everything is, as an administrator writes it.

Places are JSON Pointers (RFC 6901): `/event/id`, `/labels/0`. They only ever name a place: nothing is computed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsonpointer import EndOfList, JsonPointer, JsonPointerException

from incidents.states import Severity
from tenants.refusals import Reason, Refused, invalid

PLACES = ("key", "title", "status", "severity", "summary", "url", "group", "labels", "alerts")
NEEDED = ("key", "title")
MOST = 30  # entries of a list or table
LENGTH_MOST = 200
_LEVEL = re.compile(r"^(?:sev)?[- ]?([1-4])$", re.IGNORECASE)
ENDED = ("resolved", "ok", "closed", "recovered")


@dataclass(frozen=True, slots=True)
class Map:
    """Where everything is. `places` by what is there; `extra` are labels with places of their own.

    Values of the status are compared in lower case: `ended` say that it is over, `acknowledged` that somebody has seen it, any
    other that it fires. `levels` turn a value of the severity into a level.
    """

    places: Mapping[str, JsonPointer]
    ended: frozenset[str] = frozenset(ENDED)
    acknowledged: frozenset[str] = frozenset()
    levels: Mapping[str, Severity] = field(default_factory=dict)
    extra: Mapping[str, JsonPointer] = field(default_factory=dict)

    def at(self, data: Any, what: str) -> Any:
        """What lies at a place, or None."""
        pointer = self.places.get(what)
        return found(pointer, data) if pointer is not None else None


def found(pointer: JsonPointer, data: Any) -> Any:
    """What lies at one place, or None: there is nothing behind the end of a list either, which is what `-` names in one."""
    value = pointer.resolve(data, None)
    return None if isinstance(value, EndOfList) else value


def read(data: Mapping[str, Any]) -> Map:
    """Read a mapping as it is kept. Raises Refused (422) with every field that is wrong."""
    reasons: list[Reason] = []
    places: dict[str, JsonPointer] = {}
    extra: dict[str, JsonPointer] = {}
    for name in PLACES:
        if value := data.get(name):
            _pointer(name, value, places, name, reasons)
        elif name in NEEDED:
            reasons.append(Reason("required", f"Say where the {name} is.", field=name, status=422))
    labels = _table(data, "extra", reasons)
    for name, value in labels.items():
        _pointer("extra", value, extra, name, reasons)
    levels: dict[str, Severity] = {}
    for name, value in _table(data, "levels", reasons).items():
        match = _LEVEL.match(str(value).strip())
        if match is None:
            reasons.append(Reason("invalid", f"{name}: a level is SEV1, SEV2, SEV3 or SEV4.", field="levels", status=422))
        else:
            levels[name.lower()] = Severity(int(match[1]))
    ended, acknowledged = _words(data, "ended", reasons, ENDED), _words(data, "acknowledged", reasons, ())
    if both := ended & acknowledged:
        sentence = f"{', '.join(sorted(both))} cannot both end it and acknowledge it."
        reasons.append(Reason("invalid", sentence, field="acknowledged", status=422))
    if unknown := set(data) - {*PLACES, "extra", "levels", "ended", "acknowledged"}:
        reasons.append(Reason("unknown", f"Unknown in a mapping: {', '.join(sorted(unknown))}.", field="mapping", status=422))
    if reasons:
        raise Refused(*reasons)
    return Map(places=places, ended=ended, acknowledged=acknowledged, levels=levels, extra=extra)


def _pointer(field_name: str, value: Any, into: dict[str, JsonPointer], name: str, reasons: list[Reason]) -> None:
    try:
        if not isinstance(value, str) or len(value) > LENGTH_MOST:
            raise JsonPointerException("no text, or too long")
        into[name] = JsonPointer(value)
    except JsonPointerException:
        sentence = f"{str(value)[:60]} is no place: write it like /event/id, each step after a slash."
        reasons.append(Reason("no_place", sentence, field=field_name, status=422))


def _table(data: Mapping[str, Any], name: str, reasons: list[Reason]) -> Mapping[str, Any]:
    table = data.get(name) or {}
    if isinstance(table, Mapping) and len(table) <= MOST and all(0 < len(str(key)) <= LENGTH_MOST for key in table):
        return {str(key): value for key, value in table.items()}
    reasons.append(Reason("invalid", f"At most {MOST} lines, each a name and a value.", field=name, status=422))
    return {}


def _words(data: Mapping[str, Any], name: str, reasons: list[Reason], default: Sequence[str]) -> frozenset[str]:
    words = data.get(name)
    if words is None:
        return frozenset(default)
    if isinstance(words, list) and len(words) <= MOST and all(isinstance(w, str) and len(w) <= LENGTH_MOST for w in words):
        return frozenset(word.strip().lower() for word in words if word.strip())
    reasons.append(Reason("invalid", f"At most {MOST} words.", field=name, status=422))
    return frozenset()


def missing(what: str, where: str) -> Refused:
    """A body has nothing where the mapping says that something needed is."""
    return invalid(what, f"There is no {what} at {where}.", code="nothing_there")
