"""Which alerts a routing rule means: conditions on labels, that all hold.

A label's value equals a text, is one of several, or matches a regular expression as a whole. Expressions run on RE2, whose time
grows with the text and never with the expression's nesting: no rule can hold up the intake.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import re2
from django.core.exceptions import ValidationError

MOST, VALUES_MOST, LENGTH_MOST = 20, 50, 200
_LINE = re.compile(r"^\s*(?P<label>[^\s=~]+(?:\s*!(?=[=~]))?)\s*(?:(?P<op>=|~)|(?P<word>in)\s)\s*(?P<value>.*?)\s*$")

type Test = Callable[[str], bool]
type Conditions = tuple[tuple[str, Test], ...]


def compiled(labels: Mapping[str, Any]) -> Conditions:
    """A rule's conditions, ready to be asked many times."""
    return tuple((name, _test(wanted)) for name, wanted in labels.items())


def holds(conditions: Conditions, labels: Mapping[str, str]) -> bool:
    """Whether every condition holds. A label that is missing has the value ""."""
    return all(test(labels.get(name, "")) for name, test in conditions)


def _test(wanted: Any) -> Test:
    if isinstance(wanted, str):
        return wanted.__eq__
    if isinstance(wanted, list):
        return frozenset(wanted).__contains__
    pattern = expression(str(wanted["matches"]))
    return lambda value: pattern.fullmatch(value) is not None


@lru_cache(maxsize=1000)
def expression(text: str) -> Any:
    """A compiled expression. Raises re2.error for what is none."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(text, options)


def validate_labels(labels: Any) -> None:
    """Refuse (ValidationError) conditions that cannot be asked, with a sentence for each."""
    if not isinstance(labels, dict) or len(labels) > MOST:
        raise ValidationError(f"Conditions are an object of at most {MOST} labels.")
    problems = [sentence for name, wanted in labels.items() if (sentence := _problem(name, wanted))]
    if problems:
        raise ValidationError(problems)


def _problem(name: str, wanted: Any) -> str:
    if not name or len(name) > LENGTH_MOST:
        return f"{name[:40] or 'An empty name'} is no label's name."
    if isinstance(wanted, str) and len(wanted) <= LENGTH_MOST and "\x00" not in wanted:
        return ""
    if isinstance(wanted, list) and 0 < len(wanted) <= VALUES_MOST and all(_fits(value) for value in wanted):
        return ""
    if isinstance(wanted, dict) and set(wanted) == {"matches"} and _fits(wanted["matches"]):
        try:
            expression(wanted["matches"])
        except re2.error as error:
            return f"{name}: {wanted['matches']} is no expression: {_said(error)}."
        return ""
    return f"{name}: say a value, a list of values, or an expression, each of at most {LENGTH_MOST} characters."


def _fits(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LENGTH_MOST and "\x00" not in value


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else "it cannot be read"
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def read_lines(text: str) -> dict[str, Any]:
    r"""Conditions as an administrator types them, a line each: `team = payments`, `env in prod, stage`, `host ~ db-\d+`.

    Raises ValidationError that names the lines which are none.
    """
    labels: dict[str, Any] = {}
    problems: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        match = _LINE.match(line)
        if match is None:
            problems.append(f"“{line.strip()[:60]}” is no condition: write team = payments, env in prod, stage or host ~ db-.*")
        elif match["label"] in labels:
            problems.append(f"There are two conditions for {match['label']}: one is enough.")
        elif meant := _monitorings_own(match["label"], match["op"], match["value"]):
            problems.append(f"“{line.strip()[:60]}” is how monitoring writes it: {meant}.")
        elif match["op"] == "=":
            labels[match["label"]] = match["value"]
        elif match["op"] == "~":
            labels[match["label"]] = {"matches": match["value"]}
        else:
            labels[match["label"]] = [value.strip() for value in match["value"].split(",") if value.strip()]
    if problems:
        raise ValidationError(problems)
    validate_labels(labels)
    return labels


def _monitorings_own(label: str, op: str | None, value: str) -> str:
    """What to write instead of a matcher as Prometheus and Alertmanager have it; "" where it is none."""
    if label.endswith("!"):
        return "a condition here says what a label is, not what it is not; name the values, as in env in prod, stage"
    if op and value[:1] in ("~", "="):
        return f"write {label} {value[0]} {_unquoted(value[1:])}"
    values = [value] if op else [one.strip() for one in value.split(",")]
    plain = [_unquoted(one) for one in values]
    return "" if plain == values else f"leave the quotes out, {label} {op or 'in'} {', '.join(plain)}"


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def as_lines(labels: Mapping[str, Any]) -> str:
    """Conditions as they are typed."""
    return "\n".join(_line(name, wanted) for name, wanted in labels.items())


def _line(name: str, wanted: Any) -> str:
    if isinstance(wanted, list):
        return f"{name} in {', '.join(map(str, wanted))}"
    return f"{name} ~ {wanted['matches']}" if isinstance(wanted, dict) else f"{name} = {wanted}"
