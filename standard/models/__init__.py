"""The organisation's standard, its calendar, the clocks that every "within" of it keeps, and how the process itself is reviewed."""

from standard.models.calendar import SPRINT_DAYS_MOST, Calendar, CalendarDay
from standard.models.clock import Clock, ClockFailure
from standard.models.process import Feedback, ProcessReview, ReviewOpening, SignedFigures
from standard.models.version import StandardDraft, StandardVersion, StandardWithdrawal, _is_law

__all__ = [
    "SPRINT_DAYS_MOST",
    "Calendar",
    "CalendarDay",
    "Clock",
    "ClockFailure",
    "Feedback",
    "ProcessReview",
    "ReviewOpening",
    "SignedFigures",
    "StandardDraft",
    "StandardVersion",
    "StandardWithdrawal",
    "_is_law",
]
