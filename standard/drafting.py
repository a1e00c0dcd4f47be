"""What somebody wants the standard to say, checked before it is kept: sizes, characters, and that it is a standard at all."""

import json
from collections.abc import Mapping
from typing import Any

from standard.law import Law
from standard.law_types import LawError
from tenants.refusals import Reason, Refused
from tenants.words import text

BYTES_MOST = 256 * 1024
WORDS_MOST = 4_000  # characters of one text of it
KEY_MOST = 60
ENTRIES_MOST = 300
DEPTH_MOST = 12
PATH_MOST = 200


def cleaned(data: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a standard, clean and readable. Refuses (422) with the place that is wrong and a sentence about it."""
    try:
        found: dict[str, Any] = _clean(dict(data), "", 0)
        size = len(json.dumps(found, ensure_ascii=False).encode())
        if size > BYTES_MOST:
            raise LawError("", f"is {size // 1024:,} KiB large; at most {BYTES_MOST // 1024} KiB fit.")
        Law.from_data(found)
    except LawError as error:
        raise refused(error) from error
    return found


def refused(error: LawError) -> Refused:
    """A place of the standard that cannot be so, as a refusal."""
    sentence = error.sentence if error.path else f"This {error.sentence}"
    return Refused(Reason("no_standard", sentence, field=error.path[:PATH_MOST] or "content", status=422))


def _clean(value: Any, path: str, depth: int) -> Any:
    if depth > DEPTH_MOST:
        raise LawError(path, "is nested too deeply.")
    if isinstance(value, str):
        return _words(value, path)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or len(key) > KEY_MOST or not key.isprintable():
                raise LawError(path, f"has a key that is none: keys are text of at most {KEY_MOST} characters.")
        return {key: _clean(one, f"{path}.{key}".lstrip("."), depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        if len(value) > ENTRIES_MOST:
            raise LawError(path, f"has {len(value):,} entries; at most {ENTRIES_MOST} fit.")
        return [_clean(one, f"{path}[{_name(one, n)}]", depth + 1) for n, one in enumerate(value)]
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    raise LawError(path, "must be text, a whole number, true, false or nothing.")


def _name(entry: Any, number: int) -> str:
    """What an entry of a list is called in a path: its first value, as standard/law_shape.py has it."""
    first = next(iter(entry.values()), None) if isinstance(entry, dict) else None
    return str(first)[:KEY_MOST] if isinstance(first, str | int) else f"#{number}"


def _words(value: str, path: str) -> str:
    try:
        value.encode()
        return text(path, value, most=WORDS_MOST, required=False)
    except UnicodeEncodeError:
        raise LawError(path, "has half a character (a lone surrogate), which is no text.") from None
    except Refused as refusal:
        sentence = refusal.reasons[0].sentence
        raise LawError(path, sentence[0].lower() + sentence[1:] if not sentence.startswith("This ") else sentence[5:]) from None
