"""The API of this room."""

from django.urls import path

from status.api import views as v

urlpatterns = [path("status-page/", v.StatusPageView.as_view(), name="api-status-page")]
