"""The pages of this room, below an organisation's address: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from compliance import conformance_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/<str:ref>/conformance/", conformance_views.conformance, name="conformance"),
    path("conformance/", conformance_views.conformance_quarter, name="conformance-quarter"),
    path("conformance/incidents/", conformance_views.conformance_incidents, name="conformance-incidents"),
    path("", include("compliance.audit_urls")),
    path("", include("compliance.holds_urls")),
    path("", include("compliance.access_urls")),
    path("", include("compliance.packs_urls")),
    path("", include("compliance.seal_urls")),
]
