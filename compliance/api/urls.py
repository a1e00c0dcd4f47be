"""The API of this room: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance.api import packs_urls, seal

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += packs_urls.urlpatterns
urlpatterns += seal.urlpatterns
