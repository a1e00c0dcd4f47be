"""The pages of this room, below an organisation's address: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance import holds_urls

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += holds_urls.urlpatterns
