"""The public post-mortem for everybody, below the status page: as a page that prints well, as Markdown, as PDF."""

from django.http import HttpRequest, HttpResponse

from postmortems import pdf
from status import addresses
from status.door import for_all, gone, shown
from status.gate import postmortem_for_all
from status.models import PublicPostmortem, StatusPage
from status.writing import html
from tenants.refusals import NotFound


def _taken_back(page: StatusPage, found: PublicPostmortem) -> HttpResponse:
    return gone(page, f"This post-mortem was withdrawn on {found.withdrawn_at:%-d %B %Y}.")


@for_all
def public_postmortem(page: StatusPage, request: HttpRequest, public_id: str) -> HttpResponse:
    """What was released, to be read or printed."""
    found, slug = postmortem_for_all(public_id), page.organisation.slug
    if found.withdrawn_at is not None:
        return _taken_back(page, found)
    context = {
        "title": found.title,
        "released_at": found.released_at,
        "html": html(found.text),
        "incident_url": addresses.incident(slug, public_id),
        "markdown_url": addresses.postmortem(slug, public_id, "md"),
        "pdf_url": addresses.postmortem(slug, public_id, "pdf") if pdf.is_there() else "",
    }
    return shown(page, "status/postmortem.html", context)


@for_all
def public_markdown(page: StatusPage, request: HttpRequest, public_id: str) -> HttpResponse:
    """The same as a Markdown file."""
    found = postmortem_for_all(public_id)
    if found.withdrawn_at is not None:
        return _taken_back(page, found)
    body = f"# {found.title}\n\nReleased {found.released_at:%Y-%m-%d %H:%M} UTC.\n\n{found.text.rstrip()}\n"
    return _file(body.encode(), "text/markdown; charset=utf-8", f"post-mortem-{public_id}.md")


@for_all
def public_pdf(page: StatusPage, request: HttpRequest, public_id: str) -> HttpResponse:
    """The same as a PDF. Where this installation makes none it is not there: the page prints well."""
    found = postmortem_for_all(public_id)
    if found.withdrawn_at is not None:
        return _taken_back(page, found)
    if not pdf.is_there():
        raise NotFound("PDF")
    standing = f"{page.organisation.name}, released {found.released_at:%Y-%m-%d %H:%M} UTC"
    made = pdf.made_of("postmortems/public_pdf.html", {"title": found.title, "standing": standing, "html": html(found.text)})
    return _file(made, "application/pdf", f"post-mortem-{public_id}.pdf")


def _file(body: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
