"""The timeline of a room: which entries are shown, what was struck, and replies folded below what they answer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from incidents.timeline import FILTERS, Entry


def arranged(entries: Iterable[Entry], show: str) -> list[Entry]:
    """The entries of one filter ("" for all), newest first; what was corrected is struck, and replies stand below their entry.

    Nothing is left out for having been corrected (warroom.bot-hygiene), and a thread keeps detail off the main line
    (warroom.no-crosstalk). A filter shows its entries without folding.
    """
    found = list(entries)
    if show in FILTERS:
        return _newest_first(entry for entry in found if show in entry.groups.split())
    under = {entry.seq: entry.thread or 0 for entry in found}
    replies: dict[int, list[Entry]] = {}
    for entry in found:
        if under[entry.seq] in under:
            replies.setdefault(_root(entry.seq, under), []).append(entry)
    tree = (
        replace(entry, replies=tuple(sorted(replies[entry.seq], key=_place))) if entry.seq in replies else entry
        for entry in found
        if under[entry.seq] not in under
    )
    return _newest_first(tree)


def _root(seq: int, under: Mapping[int, int]) -> int:
    """The entry that a thread began with: an answer always has a higher number than what it answers."""
    while under[seq] in under and under[seq] < seq:
        seq = under[seq]
    return seq


def _place(entry: Entry) -> tuple[object, int]:
    return entry.at, entry.seq


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=_place, reverse=True)
