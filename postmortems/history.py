"""The versions of a section, from its guarded history, and what changed between two of them."""

import difflib
import re
from dataclasses import dataclass
from datetime import datetime

from postmortems.models import Section
from tenants.models import User

WORDS_MOST = 20_000  # characters of a text up to which words are compared; beyond it, lines
_WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Saved:
    """A text as it was saved. Version 0 is what Muster drafted."""

    version: int
    text: str
    saved_at: datetime
    saved_by: str


def versions(section: Section) -> list[Saved]:
    """Every version of a section, the newest first."""
    rows = list(section.history.order_by("-history_id"))
    names = User.objects.in_bulk([row.saved_by_id for row in rows if row.saved_by_id])
    found: dict[int, Saved] = {}
    for row in rows:
        by = names[row.saved_by_id].name if row.saved_by_id in names else "Muster"
        found.setdefault(row.version, Saved(row.version, row.text, row.saved_at, by))
    return list(found.values())


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """What changed, as pieces in their order: ("same" | "gone" | "new", text). By words; long texts by lines."""
    whole = len(before) + len(after) > 2 * WORDS_MOST
    old, new = (text.splitlines(keepends=True) if whole else _WORDS.findall(text) for text in (before, after))
    pieces: list[tuple[str, str]] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(old[i:j])))
        else:
            pieces += [(kind, text) for kind, text in (("gone", "".join(old[i:j])), ("new", "".join(new[k:m]))) if text]
    return pieces
