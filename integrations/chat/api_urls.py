"""The chat grammar by API."""

from django.urls import path

from integrations.chat.api import Commands

urlpatterns = [path("commands/", Commands.as_view(), name="api-commands")]
