"""The API of this room."""

from django.urls import path

from oncall.api import views as v

urlpatterns = [
    path("pages/", v.Pages.as_view(), name="api-pages"),
    path("pages/<int:page_id>/acknowledge/", v.Acknowledge.as_view(), name="api-page-acknowledge"),
    path("pages/<int:page_id>/decline/", v.Decline.as_view(), name="api-page-decline"),
    path("escalation-policies/", v.Policies.as_view(), name="api-escalation-policies"),
    path("services/", v.Services.as_view(), name="api-services"),
    path("teams/", v.Teams.as_view(), name="api-teams"),
]
