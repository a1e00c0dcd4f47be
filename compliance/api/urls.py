"""The API of this room: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from compliance.api import conformance

urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/<str:ref>/conformance/", conformance.ConformanceOf.as_view(), name="api-conformance"),
    path("conformance/", conformance.ConformanceByQuarter.as_view(), name="api-conformance-quarter"),
    path("", include("compliance.api.audit_urls")),
    path("", include("compliance.api.holds_urls")),
    path("", include("compliance.api.access_urls")),
    path("", include("compliance.api.packs_urls")),
    path("", include("compliance.api.seal")),
]
