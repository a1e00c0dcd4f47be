"""The page for everybody, below /status/: no session, no organisation's portal."""

from django.urls import path

from status import statuspage, views

_AT = "<slug:status_of>"

urlpatterns = [
    path(f"{_AT}/", views.home, name="status"),
    path(f"{_AT}/history/<slug:month>/", views.month, name="status-month"),
    path(f"{_AT}/incidents/<slug:public_id>/", views.incident, name="status-incident"),
    *(
        path(f"{_AT}/api/v2/{what}.json", views.document, {"what": what}, name=f"status-{what.replace('/', '-')}")
        for what in statuspage.DOCUMENTS
    ),
    path(f"{_AT}/history.atom", views.feed, {"kind": "atom"}, name="status-atom"),
    path(f"{_AT}/history.rss", views.feed, {"kind": "rss"}, name="status-rss"),
]
