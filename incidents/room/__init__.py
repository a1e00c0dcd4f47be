"""A war room as its page shows it: put together from facts, queries and the doors. It holds no rules."""

from incidents.room.choices import choices
from incidents.room.context import afterwards, context, head
from incidents.room.verbs import Failure, Offered, allowed_actions, blank

__all__ = ["Failure", "Offered", "afterwards", "allowed_actions", "blank", "choices", "context", "head"]
