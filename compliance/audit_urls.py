"""The addresses of audits, below an organisation's address."""

from django.urls import path

from compliance import audit_views as v

urlpatterns = [
    path("audit/", v.home, name="audit"),
    path("audit/log/", v.log_page, name="audit-log"),
    path("audit/engagements/new/", v.make, name="audit-make"),
    path("audit/engagements/<int:engagement_id>/end/", v.end, name="audit-end"),
    path("audit/engagements/<int:engagement_id>/population/", v.population_page, name="audit-population"),
    path("audit/engagements/<int:engagement_id>/sample/", v.sample_page, name="audit-sample"),
    path("audit/engagements/<int:engagement_id>/controls/", v.controls_page, name="audit-controls"),
    path("audit/engagements/<int:engagement_id>/controls/<slug:control>/", v.control_page, name="audit-control"),
]
