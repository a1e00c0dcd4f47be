"""The pages of this room, below an organisation's address."""

from django.urls import path

from metrics import views
from metrics.listed import LISTINGS

ADDRESSES = {
    "metrics-home": "",
    "metrics-clocks": "clocks/",
    "metrics-pages": "pages/",
    "metrics-items": "items/",
    "metrics-availability": "availability/",
}

urlpatterns = [
    *(path(f"metrics/{ADDRESSES[view.name]}", views.page(view), name=view.name) for view in views.VIEWS),
    path("metrics/incidents/", views.incidents, name="metrics-incidents"),
    *(path(f"metrics/{key}/", views.listing(key), name=f"metrics-{key}") for key in LISTINGS),
    path("metrics/<slug:table>.csv", views.as_csv, name="metrics-csv"),
]
