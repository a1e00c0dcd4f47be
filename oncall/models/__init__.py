"""Whom we wake: teams and services, who is on call when, and the pages that go out."""

from oncall.models.calendars import CalendarLink, CalendarLinkSecret
from oncall.models.notices import ReadinessNotice
from oncall.models.paging import SLUG, Page, PageDecline, PageStep, Service, Team, TeamMember
from oncall.models.policies import EscalationPolicy, EscalationTarget
from oncall.models.schedules import Layer, LayerMember, Override, Schedule, Swap

__all__ = [
    "SLUG",
    "CalendarLink",
    "CalendarLinkSecret",
    "EscalationPolicy",
    "EscalationTarget",
    "Layer",
    "LayerMember",
    "Override",
    "Page",
    "PageDecline",
    "PageStep",
    "ReadinessNotice",
    "Schedule",
    "Service",
    "Swap",
    "Team",
    "TeamMember",
]
