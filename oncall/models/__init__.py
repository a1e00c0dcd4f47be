"""Whom we wake: teams and services, who is on call when, and the pages that go out. (Escalation policies come to this room next.)"""

from oncall.models.calendars import CalendarLink, CalendarLinkSecret
from oncall.models.paging import SLUG, Page, PageStep, Service, Team, TeamMember
from oncall.models.schedules import Layer, LayerMember, Override, Schedule, Swap

__all__ = [
    "SLUG",
    "CalendarLink",
    "CalendarLinkSecret",
    "Layer",
    "LayerMember",
    "Override",
    "Page",
    "PageStep",
    "Schedule",
    "Service",
    "Swap",
    "Team",
    "TeamMember",
]
