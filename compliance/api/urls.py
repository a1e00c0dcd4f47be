"""The API of this room: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance.api import holds_urls

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += holds_urls.urlpatterns
