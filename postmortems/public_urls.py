"""The public post-mortem, below /status/: no session, no organisation's portal."""

from django.urls import path

from postmortems import public_views as v

_AT = "<slug:status_of>/post-mortems/<slug:public_id>"

urlpatterns = [
    path(f"{_AT}/", v.public_postmortem, name="status-postmortem"),
    path(f"{_AT}.md", v.public_markdown, name="status-postmortem-markdown"),
    path(f"{_AT}.pdf", v.public_pdf, name="status-postmortem-pdf"),
]
