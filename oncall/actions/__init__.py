"""What this room does. `paging` calls people; `schedules`, `overrides`, `swaps` and `calendars` say who is on call when."""

from oncall.actions.calling import ESCALATION
from oncall.actions.paging import (
    acknowledge,
    calm,
    decline,
    end,
    end_all,
    escalate,
    look_at,
    on_clock_broken,
    page_again,
    page_person,
    page_team,
)
from oncall.whom import ladder

__all__ = [
    "ESCALATION",
    "acknowledge",
    "calm",
    "decline",
    "end",
    "end_all",
    "escalate",
    "ladder",
    "look_at",
    "on_clock_broken",
    "page_again",
    "page_person",
    "page_team",
]
