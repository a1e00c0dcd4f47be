"""The pages of action items, below an organisation's address."""

from django.urls import path

from postmortems import item_views as v

urlpatterns = [
    path("actions/", v.actions, name="actions"),
    path("actions/export.csv", v.actions_csv, name="actions-csv"),
    path("actions/remind/", v.actions_remind, name="actions-remind"),
    path("actions/of/<str:ref>/", v.action_items_of, name="action-items-of"),
    path("actions/<str:item>/", v.action_item, name="action-item"),
    path("actions/<str:item>/<slug:verb>/", v.action_item_verb, name="action-item-verb"),
    path("similar/<str:ref>/", v.similar, name="similar"),
]
