"""What the readers of every provider's JSON share. Their refusals say what is wrong, and where."""

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

import orjson

from tenants.refusals import invalid
from tenants.words import disarmed

LABELS_MOST = 64
VALUE_MOST = 4096
KEY_MOST = 255  # of what an alert or a group is known by
WHOLE = sys.maxsize  # of what is cut nowhere: a body's own limit holds
DEEP_MOST = 254  # levels that orjson writes
LABEL_MOST = 200  # of a detail that a rule may ask for; longer ones explain, and are annotations


def document(body: bytes, sender: str) -> dict[str, Any]:
    """The object that a body is. Raises Refused (422) for what is none."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid("body", f"This is not JSON: {error}.", code="malformed") from error
    if not isinstance(data, dict):
        raise invalid("body", f"{sender} sends an object, not a list or a value.", code="malformed")
    return data


def written(value: Any) -> bytes:
    """A value as JSON. Raises Refused (422) for what is nested deeper than is written: `document` reads what is four times as deep."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        sentence = f"A value in it is nested too deep: more than {DEEP_MOST} lists or objects lie one in the other."
        raise invalid("body", sentence, code="too_deep") from error


def text(value: Any, most: int = VALUE_MOST) -> str:
    """A value as text: numbers as they are written, nothing for null, nothing that would deceive a reader, cut at `most` characters."""
    if value is None:
        return ""
    said = value if isinstance(value, str) else written(value).decode()
    said = disarmed(said).strip()
    return said if len(said) <= most else f"{said[: most - 1]}…"


def identity(value: Any) -> str:
    """What an alert or a group is known by: a text as it is, or a long one's beginning with the hash of all of it.

    Addresses and ARNs begin alike and differ at their end: cut, one alert's key would be another's too.
    """
    said = text(value, WHOLE)
    if len(said) <= KEY_MOST:
        return said
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{said[: KEY_MOST - len(digest) - 1]}…{digest}"


def line(value: Any, most: int) -> str:
    """A value as text of one line: what is a title, or a name."""
    return text(" ".join(text(value).split()), most)


def details(given: Any, labels: dict[str, str], annotations: dict[str, str]) -> None:
    """Sort free details: what is short and plain becomes a label, which a rule can ask for; the rest an annotation.

    No detail takes the place of a label that is there. Those beyond LABELS_MOST are in the raw request only.
    """
    if not isinstance(given, Mapping):
        if said := text(given):
            annotations["details"] = said
        return
    for name, value in given.items():
        said, called = text(value), text(str(name), LABEL_MOST)
        plain = not isinstance(value, dict | list) and len(said) <= LABEL_MOST and "\n" not in said
        kept = labels if plain else annotations
        if said and called and called not in kept and len(kept) < LABELS_MOST:
            kept[called] = said
