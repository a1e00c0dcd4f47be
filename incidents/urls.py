"""The pages of this room, below an organisation's address."""

from django.urls import path

from incidents import routing_views as routing
from incidents import views
from incidents.declare_views import declare
from incidents.files import incident_file

urlpatterns = [
    path("", views.home, name="home"),
    path("incidents/", views.incident_list, name="incident-list"),
    path("incidents/declare/", declare, name="declare"),
    path("incidents/<str:ref>/", views.war_room, name="incident"),
    path("incidents/<str:ref>/panels/", views.room_panels, name="incident-panels"),
    path("incidents/<str:ref>/sitrep.md", views.sitrep, {"kind": "markdown"}, name="sitrep-markdown"),
    path("incidents/<str:ref>/sitrep.txt", views.sitrep, {"kind": "plain"}, name="sitrep-text"),
    path("incidents/<str:ref>/swoop.txt", views.swoop_script, name="swoop"),
    path("incidents/<str:ref>/<slug:verb>/", views.incident_verb, name="incident-verb"),
    path("incidents/<str:ref>/files/<int:number>/", incident_file, name="incident-file"),
    path("triage/", views.triage, name="triage"),
    path("triage/<int:signal_id>/attach/", views.signal_attach, name="signal-attach"),
    path("triage/<int:signal_id>/dismiss/", views.signal_dismiss, name="signal-dismiss"),
    path("triage/<int:signal_id>/ask/", views.signal_ask, name="signal-ask"),
    path("routing/", routing.routing, name="routing"),
    path("routing/add/", routing.rule_add, name="routing-rule-add"),
    path("routing/<int:rule_id>/", routing.rule_edit, name="routing-rule"),
    path("routing/maintenance/", routing.maintenance, name="maintenance"),
    path("routing/maintenance/<int:window_id>/end/", routing.maintenance_end, name="maintenance-end"),
    path("report/", views.report, name="report"),
]
