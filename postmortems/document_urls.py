"""The pages of the document, below an organisation's address."""

from django.urls import path

from postmortems import document_views as v

_ONE = "incidents/<str:ref>/postmortem/"
_SECTION = f"{_ONE}sections/<str:section>/"

urlpatterns = [
    path("postmortems/", v.postmortem_list, name="postmortem-list"),
    path(_ONE, v.postmortem, name="postmortem"),
    path(f"{_ONE}panels/", v.panels, name="postmortem-panels"),
    path(f"{_ONE}mark/", v.mark, name="postmortem-mark"),
    path(f"{_ONE}read/", v.read, name="postmortem-read"),
    path(f"{_ONE}versions/<int:number>/", v.published, name="postmortem-version"),
    path(_SECTION, v.section, name="postmortem-section"),
    path(f"{_SECTION}preview/", v.section_preview, name="postmortem-section-preview"),
    path(f"{_SECTION}history/", v.section_history, name="postmortem-section-history"),
    path(f"{_ONE}do/<slug:verb>/", v.document_verb, name="postmortem-verb"),
]
