"""The verbs of an incident as the doors offer them: one table for pages, API, chat and `allowed_actions`.

A row says how a verb is shown, what body it takes, which rule stands before it, and which action it is.
"""

from incidents.doors import command, comms, ending, record, restriction
from incidents.doors.door import Body, Door

__all__ = ["DOORS", "Body", "Door"]

DOORS: dict[str, Door] = {
    door.name: door for door in (*command.DOORS, *comms.DOORS, *ending.DOORS, *record.DOORS, *restriction.DOORS)
}
