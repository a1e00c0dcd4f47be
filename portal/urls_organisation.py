"""The addresses below /o/<slug>/: the middleware makes that a script prefix, so none of them carries the slug."""

from django.urls import include, path

from portal.admin_base import site
from portal.pages import profile, token_revoke

urlpatterns = [
    path("", include("compliance.duties_urls")),
    path("", include("postmortems.document_urls")),  # before the verbs of an incident, whose addresses are of the same shape
    path("", include("postmortems.review_urls")),
    path("", include("compliance.urls")),
    path("", include("incidents.urls")),
    path("", include("oncall.urls")),
    path("", include("notifications.urls")),
    path("", include("metrics.urls")),
    path("", include("standard.urls")),
    path("", include("postmortems.item_urls")),
    path("", include("status.portal_urls")),
    path("", include("integrations.urls")),
    path("", include("integrations.chat.urls")),
    path("me/", profile, name="profile"),
    path("me/tokens/<int:token_id>/revoke/", token_revoke, name="token-revoke"),
    path("admin/", site.urls),
    path("api/v1/", include("portal.urls_api")),
]
handler403 = "portal.errors.denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.broken"
