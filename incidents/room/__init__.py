"""A war room as its page shows it: put together from facts, queries and the doors. It holds no rules."""

from incidents.room.context import context, head
from incidents.room.verbs import allowed_actions, blank

__all__ = ["allowed_actions", "blank", "context", "head"]
