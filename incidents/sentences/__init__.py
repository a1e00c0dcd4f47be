"""What each kind of event says on an incident's timeline. What a kind that is not here says is its name: nothing is left out."""

from incidents.sentences import command, comms, ending, record, restriction, signals
from incidents.sentences.kind import Kind

__all__ = ["KINDS", "Kind"]

KINDS: dict[str, Kind] = {**signals.KINDS, **command.KINDS, **record.KINDS, **comms.KINDS, **ending.KINDS, **restriction.KINDS}
