"""The API, version 1: by token at /api/v1/, by session at /o/<organisation>/api/v1/."""

from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from portal.documentation import Documentation
from portal.me import Me

urlpatterns = [
    path("me/", Me.as_view(), name="api-me"),
    path("", include("postmortems.api.review_urls")),
    path("", include("compliance.api.duties_urls")),
    path("", include("incidents.api.urls")),
    path("", include("metrics.api.urls")),
    path("", include("compliance.api.urls")),
    path("", include("oncall.api.urls")),
    path("", include("postmortems.api.document_urls")),
    path("", include("notifications.api.urls")),
    path("", include("standard.api.urls")),
    path("", include("postmortems.api.item_urls")),
    path("", include("status.api.urls")),
    path("", include("integrations.api_urls")),
    path("", include("integrations.chat.api_urls")),
]

# Open to everybody: what the API is, not what is in it. The middleware lets exactly these two pass.
documentation = [
    path("schema/", Documentation.as_view(), name="api-schema"),
    path(
        "docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="portal/api_docs.html"), name="api-docs"
    ),
]
