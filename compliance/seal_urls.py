"""The pages of the sealed log, below an organisation's address."""

from django.urls import path

from compliance import seal_views as v

urlpatterns = [
    path("evidence/log/", v.log, name="evidence-log"),
    path("evidence/log/checkpoint", v.checkpoint, name="evidence-log-checkpoint"),
]
