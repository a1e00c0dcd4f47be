"""The pages of this room, below an organisation's address."""

from django.urls import path

from oncall import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<int:page_id>/acknowledge/", views.page_acknowledge, name="page-acknowledge"),
    path("inbox/<int:page_id>/decline/", views.page_decline, name="page-decline"),
]
