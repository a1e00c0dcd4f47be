"""The API of the document."""

from django.urls import path

from postmortems.api import document as d

_ONE = "incidents/<str:ref>/postmortem/"

urlpatterns = [
    path("postmortems/", d.Postmortems.as_view(), name="api-postmortems"),
    path(_ONE, d.OnePostmortem.as_view(), name="api-postmortem"),
    path(f"{_ONE}sections/<str:section>/", d.PostmortemSection.as_view(), name="api-postmortem-section"),
    path(f"{_ONE}published/", d.LatestPublication.as_view(), name="api-postmortem-published"),
    path(f"{_ONE}published/<int:number>/", d.Publications.as_view(), name="api-postmortem-publication"),
    *(path(f"{_ONE}{name}/", view, name=f"api-postmortem-{name}") for name, view in d.VERB_VIEWS.items()),
]
