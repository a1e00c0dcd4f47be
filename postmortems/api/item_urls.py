"""The API of action items and of similar incidents."""

from django.urls import path

from postmortems.api import items as v

urlpatterns = [
    path("action-items/", v.ActionItems.as_view(), name="api-action-items"),
    path("action-items/remind/", v.RemindOwners.as_view(), name="api-action-items-remind"),
    path("action-items/<str:item>/", v.OneActionItem.as_view(), name="api-action-item"),
    *(path(f"action-items/<str:item>/{name}/", view, name=f"api-action-item-{name}") for name, view in v.VERB_VIEWS.items()),
    path("incidents/<str:ref>/similar/", v.SimilarIncidents.as_view(), name="api-similar"),
]
