"""What this room does. `paging` calls people; `schedules`, `overrides`, `swaps` and `calendars` say who is on call when."""

from oncall.actions.paging import (
    ESCALATION,
    acknowledge,
    end,
    end_all,
    escalate,
    ladder,
    on_clock_broken,
    page_again,
    page_person,
    page_team,
)

__all__ = [
    "ESCALATION",
    "acknowledge",
    "end",
    "end_all",
    "escalate",
    "ladder",
    "on_clock_broken",
    "page_again",
    "page_person",
    "page_team",
]
