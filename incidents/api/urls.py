"""The API of this room."""

from django.urls import path

from incidents.api import routing as r
from incidents.api import views as v
from incidents.api.parts import PARTS
from incidents.api.sitrep import SitrepMarkdown, SitrepText
from incidents.api.suggestion import SuggestionView

urlpatterns = [
    path("alerts/", v.Alerts.as_view(), name="api-alerts"),
    path("triage/", v.Triage.as_view(), name="api-triage"),
    path("triage/<int:signal_id>/", v.OneSignal.as_view(), name="api-signal"),
    path("triage/<int:signal_id>/declare/", v.TriageDeclare.as_view(), name="api-signal-declare"),
    path("triage/<int:signal_id>/attach/", v.TriageAttach.as_view(), name="api-signal-attach"),
    path("triage/<int:signal_id>/dismiss/", v.TriageDismiss.as_view(), name="api-signal-dismiss"),
    path("triage/<int:signal_id>/ask/", v.TriageAsk.as_view(), name="api-signal-ask"),
    path("routing-rules/", r.Rules.as_view(), name="api-routing-rules"),
    path("routing-rules/try/", r.TryRule.as_view(), name="api-routing-rule-try"),
    path("routing-rules/<int:rule_id>/", r.OneRule.as_view(), name="api-routing-rule"),
    path("routing-rules/<int:rule_id>/remove/", r.RemoveRule.as_view(), name="api-routing-rule-remove"),
    path("maintenance/", r.Maintenance.as_view(), name="api-maintenance"),
    path("maintenance/<int:window_id>/end/", r.EndMaintenance.as_view(), name="api-maintenance-end"),
    path("reports/", v.Reports.as_view(), name="api-reports"),
    path("standard/suggestion/", SuggestionView.as_view(), name="api-suggestion"),
    path("incidents/", v.Incidents.as_view(), name="api-incidents"),
    path("incidents/<str:ref>/", v.OneIncident.as_view(), name="api-incident"),
    path("incidents/<str:ref>/timeline/", v.Timeline.as_view(), name="api-timeline"),
    path("incidents/<str:ref>/sitrep.md", SitrepMarkdown.as_view(), name="api-sitrep-markdown"),
    path("incidents/<str:ref>/sitrep.txt", SitrepText.as_view(), name="api-sitrep-text"),
    *(path(f"incidents/<str:ref>/{name}/", view, name=f"api-{name}") for name, view in v.VERB_VIEWS.items()),
    *(path(f"incidents/<str:ref>/{part}/", v.Parts.as_view(), {"part": part}, name=f"api-incident-{part}") for part in PARTS),
    path("incidents/<str:ref>/files/<int:number>/", v.IncidentFile.as_view(), name="api-incident-file"),
]
