"""The pages of this room, below an organisation's address."""

from django.urls import path

from oncall import schedule_views as schedules
from oncall import views
from oncall.readiness_views import readiness

urlpatterns = [
    path("readiness/", readiness, name="readiness"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<int:page_id>/acknowledge/", views.page_acknowledge, name="page-acknowledge"),
    path("inbox/<int:page_id>/decline/", views.page_decline, name="page-decline"),
    path("oncall/", schedules.oncall, name="oncall"),
    path("oncall/my-shifts/", schedules.my_shifts, name="my-shifts"),
    path("oncall/new/", schedules.schedule_new, name="schedule-new"),
    path("oncall/calendar-links/<int:link_id>/revoke/", schedules.calendar_revoke, name="calendar-revoke"),
    path("oncall/overrides/<int:override_id>/cancel/", schedules.override_cancel, name="override-cancel"),
    path("oncall/swaps/<int:swap_id>/accept/", schedules.swap_accept, name="swap-accept"),
    path("oncall/swaps/<int:swap_id>/end/", schedules.swap_end, name="swap-end"),
    path("oncall/s/<str:schedule>/", schedules.schedule_page, name="schedule"),
    path("oncall/s/<str:schedule>/override/", schedules.override, name="schedule-override"),
    path("oncall/s/<str:schedule>/swap/", schedules.swap, name="schedule-swap"),
    path("oncall/s/<str:schedule>/change/", schedules.schedule_change, name="schedule-change"),
    path("oncall/s/<str:schedule>/import/", schedules.schedule_import, name="schedule-import"),
    path("oncall/s/<str:schedule>/layers/new/", schedules.layer_new, name="layer-new"),
    path("oncall/s/<str:schedule>/layers/<int:layer>/", schedules.layer_change, name="layer-change"),
    path("oncall/s/<str:schedule>/layers/<int:layer>/end/", schedules.layer_end, name="layer-end"),
]
