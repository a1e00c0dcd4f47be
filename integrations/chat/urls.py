"""The command bar, below an organisation's address."""

from django.urls import path

from integrations.chat.views import commands

urlpatterns = [path("commands/", commands, name="commands")]
