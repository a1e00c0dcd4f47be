"""Reading plain data into the dataclasses of the law: the annotations are the schema (standard/law_types.py).

Every refusal is a LawError that names the place. Pure: no Django, no database, no clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from standard.law_types import LawError, Pairs


def record[T](kind: type[T], data: object, path: str) -> T:
    """An instance of the dataclass `kind` from a mapping with exactly its fields as keys."""
    given = _mapping(data, path)
    hints = _hints(cast(type, kind))
    for key in given:
        if key not in hints:
            raise LawError(inside(path, key), "is not a key of the standard.")
    for key in hints:
        if key not in given:
            raise LawError(inside(path, key), "is missing.")
    return kind(**{key: _value(hint, given[key], inside(path, key)) for key, hint in hints.items()})


def in_order(hint: Any, data: Any) -> Any:
    """Data of a standard with the keys of each record in the order of its fields: PostgreSQL keeps JSON in an order of its own."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(data, list) and origin is tuple:
        return [in_order(arguments[0], one) for one in data]
    if not isinstance(data, Mapping):
        return data
    if hint == Pairs:
        return dict(sorted(data.items()))
    records = [one for one in (*arguments, hint) if is_dataclass(one)]
    known = {name: one for record_ in records for name, one in _hints(cast(type, record_)).items()}
    return {
        name: in_order(known.get(name), data[name])
        for name in (*(n for n in known if n in data), *(n for n in data if n not in known))
    }


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, data: object, path: str) -> object:
    """`data` read as the annotation `hint` wants it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == Pairs:
        return tuple((key, _text(value, inside(path, key))) for key, value in sorted(_mapping(data, path).items()))
    if origin is tuple:
        return _list(arguments[0], data, path)
    if origin in (Union, UnionType):
        return _either(arguments, data, path)
    if origin is Literal:
        return _choice(arguments, data, path)
    if is_dataclass(hint):
        return record(cast(type[Any], hint), data, path)
    return _SCALARS[hint](data, path)


def _list(item: Any, data: object, path: str) -> tuple[Any, ...]:
    """A tuple of `item` from a list. No entry occurs twice; a dataclass is told apart by its first field."""
    if not isinstance(data, list | tuple):
        raise LawError(path, "must be a list.")
    identity = fields(item)[0].name if is_dataclass(item) else None
    seen: set[object] = set()
    entries = []
    for index, entry in enumerate(data):
        name = entry.get(identity) if isinstance(entry, Mapping) else None
        label = name if isinstance(name, str | int) else f"#{index}"
        value = _value(item, entry, f"{path}[{label}]")
        own = getattr(value, identity) if identity else value
        if own in seen:
            raise LawError(f"{path}[{label}]", "is given twice.")
        seen.add(own)
        entries.append(value)
    return tuple(entries)


def _either(options: tuple[Any, ...], data: object, path: str) -> object:
    """The one of `options` that the data mean: nothing, or the dataclass with which a mapping shares most keys."""
    if data is None:
        return None
    records = [option for option in options if is_dataclass(option)]
    if not records:
        return _value(next(option for option in options if option is not type(None)), data, path)
    keys = set(_mapping(data, path))
    best = max(records, key=lambda option: len(keys & {field.name for field in fields(option)}))
    return _value(best, data, path)


def _choice(choices: tuple[Any, ...], data: object, path: str) -> object:
    if not isinstance(data, str) or data not in choices:
        raise LawError(path, f"{data!r} is not one of {', '.join(choices)}.")
    return data


def _mapping(data: object, path: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise LawError(path, "must be a mapping with text keys.")
    return data


def inside(path: str, key: str) -> str:
    """The path of a key within a place."""
    return f"{path}.{key}" if path else key


def _text(data: object, path: str) -> str:
    if not isinstance(data, str) or not data.strip():
        raise LawError(path, "must be text, and not blank.")
    return data


def _whole_number(data: object, path: str) -> int:
    if type(data) is not int or data < 1:
        raise LawError(path, "must be a whole number of at least 1.")
    return data


def _yes_or_no(data: object, path: str) -> bool:
    if type(data) is not bool:
        raise LawError(path, "must be true or false.")
    return data


def _date(data: object, path: str) -> date:
    try:
        return date.fromisoformat(_text(data, path))
    except ValueError:
        raise LawError(path, "must be a date as text, such as 2024-01-31.") from None


_SCALARS: Mapping[type, Callable[[object, str], object]] = {str: _text, int: _whole_number, bool: _yes_or_no, date: _date}
