"""The integrations' API."""

from django.urls import path

from integrations import api

urlpatterns = [
    path("integrations/", api.Integrations.as_view(), name="api-integrations"),
    path("integrations/<int:integration_id>/key/", api.Key.as_view(), name="api-integration-key"),
    path("integrations/<int:integration_id>/mapping/", api.Mapping.as_view(), name="api-integration-mapping"),
    path("integrations/<int:integration_id>/mapping/try/", api.TryMapping.as_view(), name="api-integration-mapping-try"),
]
