"""The pages of this room, below an organisation's address."""

from django.urls import path

from metrics import views

urlpatterns = [
    path("metrics/", views.home, name="metrics-home"),
    path("metrics/incidents/", views.incidents, name="metrics-incidents"),
    path("metrics/<slug:table>.csv", views.as_csv, name="metrics-csv"),
]
