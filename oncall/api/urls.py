"""The API of this room."""

from django.urls import path

from oncall.api import changing_hands as c
from oncall.api import schedules as s
from oncall.api import views as v

urlpatterns = [
    path("oncall/now/", s.OnCall.as_view(), name="api-oncall"),
    path("schedules/", s.Schedules.as_view(), name="api-schedules"),
    path("schedules/<str:schedule>/", s.OneSchedule.as_view(), name="api-schedule"),
    path("schedules/<str:schedule>/change/", s.ChangeSchedule.as_view(), name="api-schedule-change"),
    path("schedules/<str:schedule>/layers/", s.Layers.as_view(), name="api-layers"),
    path("schedules/<str:schedule>/layers/<int:layer>/change/", s.ChangeLayer.as_view(), name="api-layer-change"),
    path("schedules/<str:schedule>/layers/<int:layer>/end/", s.EndLayer.as_view(), name="api-layer-end"),
    path("schedules/<str:schedule>/spans/", s.Spans.as_view(), name="api-schedule-spans"),
    path("schedules/<str:schedule>/gaps/", s.Gaps.as_view(), name="api-schedule-gaps"),
    path("schedules/<str:schedule>/load/", s.LoadBehind.as_view(), name="api-schedule-load"),
    path("schedules/<str:schedule>/overrides/", c.Overrides.as_view(), name="api-overrides"),
    path("schedules/<str:schedule>/swaps/", c.Swaps.as_view(), name="api-swaps"),
    path("schedules/<str:schedule>/import/", c.ImportCalendar.as_view(), name="api-schedule-import"),
    path("overrides/<int:override_id>/cancel/", c.CancelOverride.as_view(), name="api-override-cancel"),
    path("swaps/<int:swap_id>/accept/", c.AcceptSwap.as_view(), name="api-swap-accept"),
    path("swaps/<int:swap_id>/end/", c.EndSwap.as_view(), name="api-swap-end"),
    path("calendar-links/", c.CalendarLinks.as_view(), name="api-calendar-links"),
    path("calendar-links/<int:link_id>/revoke/", c.RevokeCalendar.as_view(), name="api-calendar-revoke"),
    path("readiness/", v.Readiness.as_view(), name="api-readiness"),
    path("pages/", v.Pages.as_view(), name="api-pages"),
    path("pages/<int:page_id>/acknowledge/", v.Acknowledge.as_view(), name="api-page-acknowledge"),
    path("pages/<int:page_id>/decline/", v.Decline.as_view(), name="api-page-decline"),
    path("escalation-policies/", v.Policies.as_view(), name="api-escalation-policies"),
    path("services/", v.Services.as_view(), name="api-services"),
    path("teams/", v.Teams.as_view(), name="api-teams"),
]
