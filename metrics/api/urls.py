"""The API of this room."""

from django.urls import path

from metrics.api import views as v

urlpatterns = [
    path("metrics/", v.Metrics.as_view(), name="api-metrics"),
    path("metrics/availability/", v.Available.as_view(), name="api-metrics-availability"),
]
