"""The pages of this room below an organisation's address."""

from django.urls import path

from status import views

urlpatterns = [
    path("status-page/", views.inside, name="status-page"),
    path("status-page/set/", views.set_page, name="status-page-set"),
]
