"""The standard's verbs: adopting, drafting and publishing it, saying what one thinks of it, and reviewing it each quarter."""

from standard.actions.adopt import adopt_shipped
from standard.actions.drafts import change_draft, discard_draft, publish_draft, restore_draft, start_draft, withdraw_version
from standard.actions.feedback import give_feedback, settle_feedback
from standard.actions.reviews import open_due, open_review, sign_review, write_review

__all__ = [
    "adopt_shipped",
    "change_draft",
    "discard_draft",
    "give_feedback",
    "open_due",
    "open_review",
    "publish_draft",
    "restore_draft",
    "settle_feedback",
    "sign_review",
    "start_draft",
    "withdraw_version",
    "write_review",
]
