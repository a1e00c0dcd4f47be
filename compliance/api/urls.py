"""The API of this room: each of its parts brings its own."""

from django.urls import URLPattern, URLResolver

from compliance.api import seal

urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += seal.urlpatterns
