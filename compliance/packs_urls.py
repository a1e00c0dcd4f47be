"""The pages of evidence packs, below an organisation's address."""

from django.urls import path

from compliance import packs_views as v

urlpatterns = [
    path("evidence-packs/", v.packs, name="evidence-packs"),
    path("evidence-packs/of/<str:ref>/", v.packs_of, name="evidence-packs-of"),
    path("audit/engagements/<int:engagement_id>/packs/", v.packs_of_engagement, name="evidence-packs-of-engagement"),
    path("evidence-packs/<int:pack_id>/", v.pack, name="evidence-pack"),
    path("evidence-packs/<int:pack_id>/file/", v.pack_file, name="evidence-pack-file"),
]
