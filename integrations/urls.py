"""The integrations' pages, below an organisation's address."""

from django.urls import path

from integrations import views
from integrations.generic.views import mapping

urlpatterns = [
    path("integrations/", views.integration_list, name="integration-list"),
    path("integrations/add/", views.integration_add, name="integration-add"),
    path("integrations/<int:integration_id>/", views.integration_detail, name="integration"),
    path("integrations/<int:integration_id>/key/", views.integration_key, name="integration-key"),
    path("integrations/<int:integration_id>/mapping/", mapping, name="integration-mapping"),
]
