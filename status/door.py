"""The door for everybody: who asks is nobody in particular, so the walls show nothing that is restricted; nothing is written.

An organisation without a public page and one that is not there answer alike. Answers are the same for all, so that whatever stands in
front of Muster may keep them for some seconds.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from status import addresses
from status.gate import page_for_all
from status.models import StatusPage
from tenants import credentials
from tenants.refusals import NotFound
from tenants.scope import scope

log = structlog.get_logger(__name__)

SURFACE = "status"  # no surface of Muster's own work: what is restricted is hidden on it
MAX_AGE = 15  # seconds; what is taken off the page may be seen for so long where somebody keeps it
MISSING = "There is nothing at this address."
AWAY = "This page cannot be shown just now. Try again in a moment."

type View = Callable[..., HttpResponse]


def for_all(view: View) -> View:
    """A view of (page, request, …) that everybody may ask, below /status/<organisation>/. What is not there is said in its own kind."""

    @wraps(view)
    def opened(request: HttpRequest, status_of: str, **asked: Any) -> HttpResponse:
        try:
            organisation_id = credentials.organisation_by_slug(status_of)
            if organisation_id is None:
                return _missing(request)
            with scope(organisation_id, surface=SURFACE, read_only=True):
                return _kept(request, view(page_for_all(), request, **asked))
        except NotFound:
            return _missing(request)
        except (OperationalError, InterfaceError) as error:
            log.warning("status.database_away", error=str(error))
            response = _plain(request, 503, AWAY)
            response["Retry-After"] = "5"
            return response

    return require_safe(opened)


def shown(page: StatusPage, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of it. It is rendered without the request: nothing of who asks is in it."""
    slug = page.organisation.slug
    frame = {"organisation": page.organisation.name, "home_url": addresses.home(slug)}
    return HttpResponse(render_to_string(template, {**frame, **context}), status=status)


def gone(page: StatusPage, sentence: str) -> HttpResponse:
    """What was here once and was taken back: 410, with a sentence."""
    return shown(page, "status/gone.html", {"sentence": sentence, "title": "Taken back"}, status=410)


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let it be kept for a while, and say whether it is as it was."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"public, max-age={MAX_AGE}"
    if response.status_code != 200:
        return response
    etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    response["ETag"] = etag
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response) or response
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _missing(request: HttpRequest) -> HttpResponse:
    response = _plain(request, 404, MISSING)
    response["X-Robots-Tag"] = "noindex"
    return response


def _plain(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """A refusal that says nothing of any organisation."""
    if request.path.endswith(".json"):
        response: HttpResponse = JsonResponse({"status": status, "detail": sentence}, status=status)
    else:
        title = "Not here" if status == 404 else "Not just now"
        response = HttpResponse(render_to_string("status/gone.html", {"sentence": sentence, "title": title}), status=status)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response
