"""Handing out what is filed with the record: as a download, and as nothing else."""

from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from incidents import gate
from ledger.exports import give
from tenants.actors import Actor


class Filed(Protocol):
    """A file as the database keeps it."""

    name: Any
    content_type: Any
    sha256: Any
    body: Any


def download(file: Filed) -> HttpResponse:
    """The bytes of a file, so that no browser shows or runs them here: whatever is in it, and whatever it is called."""
    response = HttpResponse(bytes(file.body), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["X-SHA-256"] = file.sha256
    return response


def handed_out(by: Actor, ref: str, number: int) -> HttpResponse:
    """A file of an incident, to those of its room; on record before it is given, by its number: what it is called may name somebody."""
    incident = gate.room_for(by, ref)
    file = gate.file_for(incident, number)
    give(bytes(file.body), f"{incident.ref}-file-{number}", by=by, about=file, incident_id=incident.pk)
    return download(file)


@require_GET
def incident_file(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """A file of an incident, to those of its room."""
    return handed_out(request.actor, ref, number)  # type: ignore[attr-defined]
