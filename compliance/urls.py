"""The pages of this room, below an organisation's address: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance import packs_urls, seal_urls

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += packs_urls.urlpatterns
urlpatterns += seal_urls.urlpatterns
