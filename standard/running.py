"""A clock that runs, as a plain value: what reads clocks together with something else reads them as this."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from standard.models import Clock


@dataclass(frozen=True, slots=True)
class Running:
    """A running clock. What each field is `Clock` says."""

    clause: str
    subject_type: str
    owner_role: str
    started_at: datetime
    prompt_at: datetime | None
    due_at: datetime
    prompted_at: datetime | None
    broken_at: datetime | None
    next_at: datetime | None

    stopped_at: ClassVar[None] = None
    fell_away: ClassVar[str] = ""

    @property
    def at_least(self) -> bool:
        """Whether it runs until something has lasted long enough, and nothing is due from anybody."""
        return self.next_at is None and self.broken_at is None

    @property
    def state(self) -> str:
        """ "running", "prompted", or "broken" (not done yet): those of `Clock.state` that a running one can be in."""
        return "broken" if self.broken_at else "prompted" if self.prompted_at else "running"


type Shown = Clock | Running
