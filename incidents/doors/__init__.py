"""The verbs of an incident as the doors offer them: one table for pages, API, chat and `allowed_actions`.

A row says how a verb is shown, what body it takes, which rule stands before it, and which action it is.
"""

from incidents.doors import command, comms, ending, handover, record, restriction, roles, work
from incidents.doors.door import Body, Door

__all__ = ["DOORS", "Body", "Door"]

_ALL = (command, roles, handover, comms, ending, record, work, restriction)

DOORS: dict[str, Door] = {door.name: door for part in _ALL for door in part.DOORS}
