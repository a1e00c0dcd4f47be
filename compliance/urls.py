"""The pages of this room, below an organisation's address: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("compliance.access_urls")),
]
