"""The API of audits."""

from django.urls import path

from compliance.api import audit as v

urlpatterns = [
    path("audit/engagements/", v.Engagements.as_view(), name="api-audit-engagements"),
    path("audit/engagements/<int:engagement_id>/end/", v.EndEngagement.as_view(), name="api-audit-end"),
    path("audit/engagements/<int:engagement_id>/population/", v.ThePopulation.as_view(), name="api-audit-population"),
    path("audit/engagements/<int:engagement_id>/sample/", v.TheSample.as_view(), name="api-audit-sample"),
    path("audit/engagements/<int:engagement_id>/controls/", v.Controls.as_view(), name="api-audit-controls"),
    path("audit/engagements/<int:engagement_id>/controls/<str:control>/", v.OneControl.as_view(), name="api-audit-control"),
    path("audit/log/", v.AuditLog.as_view(), name="api-audit-log"),
]
