"""A form on a page of its own: as every room has it (ledger/form_pages.py)."""

from ledger.form_pages import Words, actor, blame, send, show

__all__ = ["Words", "actor", "blame", "send", "show"]
