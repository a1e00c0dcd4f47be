"""What each kind of event says on an incident's timeline. What a kind that is not here says is its name: nothing is left out."""

from incidents.sentences import (
    access,
    command,
    comms,
    document,
    door,
    duties,
    ending,
    holds,
    items,
    packs,
    record,
    restriction,
    review,
    signals,
    work,
)
from incidents.sentences.kind import Kind

__all__ = ["KINDS", "Kind"]

_ALL = (signals, command, record, comms, ending, work, restriction, document, review, items, duties, holds, access, packs, door)

KINDS: dict[str, Kind] = {name: kind for part in _ALL for name, kind in part.KINDS.items()}
