"""The API of evidence packs."""

from django.urls import path

from compliance.api import packs as v

urlpatterns = [
    path("evidence-packs/", v.EvidencePacks.as_view(), name="api-evidence-packs"),
    path("evidence-packs/<int:pack_id>/", v.OneEvidencePack.as_view(), name="api-evidence-pack"),
    path("evidence-packs/<int:pack_id>/file/", v.EvidencePackFile.as_view(), name="api-evidence-pack-file"),
    path(
        "audit/engagements/<int:engagement_id>/evidence-packs/",
        v.EvidencePacksOfEngagement.as_view(),
        name="api-evidence-packs-of-engagement",
    ),
    path("incidents/<str:ref>/evidence-packs/", v.EvidencePacksOf.as_view(), name="api-evidence-packs-of"),
]
