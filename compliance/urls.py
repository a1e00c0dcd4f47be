"""The pages of this room, below an organisation's address: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance import seal_urls

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += seal_urls.urlpatterns
