"""A refusal as an answer: RFC 9457 JSON for machines, a page for people. The sentence is the same."""

from http import HTTPStatus
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response

from tenants.refusals import Conflict, NotFound, Reason, Refused

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_TITLES = {
    401: "Sign in",
    403: "Not you",
    404: "Not here",
    409: "Not now",
    413: "Too large",
    422: "Not like this",
    429: "Slow down",
}


def body(refused: Refused, request_id: str = "") -> dict[str, Any]:
    """The problem document of a refusal: the first reason in the members every reader knows, all of them in `reasons`."""
    first = refused.reasons[0]
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(refused.status) or HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "code": first.code,
        "detail": str(refused),
        "reasons": [reason_body(reason) for reason in refused.reasons],
        **refused.more,
    }
    if first.clause:
        document["clause"] = first.clause
    if fields := {reason.field: reason.sentence for reason in refused.reasons if reason.field}:
        document["fields"] = fields
    if isinstance(refused, Conflict):
        document["current"] = refused.current
    if request_id:
        document["request_id"] = request_id
    return document


def reason_body(reason: Reason) -> dict[str, Any]:
    """One reason as JSON."""
    out: dict[str, Any] = {"code": reason.code, "sentence": reason.sentence}
    if reason.clause:
        out["clause"] = reason.clause
    if reason.field:
        out["field"] = reason.field
    if reason.overridable:
        out["overridable"] = True
    return out


def wants_json(request: HttpRequest) -> bool:
    """Whether a machine asks: an API path, or a client that takes no HTML."""
    by_path = "/api/v1/" in request.path or request.path.startswith(("/hooks/", "/v2/"))
    return by_path or request.headers.get("Accept", "") == "application/json"


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The answer to a refused request, in the caller's language."""
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        response: HttpResponse = JsonResponse(body(refused, request_id), status=refused.status, content_type=CONTENT_TYPE)
    else:
        known = refused.status in (403, 404, 409, 413, 429)
        template = f"{refused.status}.html" if known else "409.html"
        context = {
            "reason": str(refused),
            "reasons": refused.reasons,
            "request_id": request_id,
            "title": _TITLES.get(refused.status, "Refused"),
        }
        response = render(request, template, context, status=refused.status)
    if refused.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="muster"'
    if refused.status == 503:
        response["Retry-After"] = "1"
    return response


def too_large(limit: int) -> Refused:
    """A body over the limit."""
    return WithStatus(Reason("too_large", f"The body is larger than the limit of {limit // 1024:,} KiB.", status=413))


def away() -> Refused:
    """The database does not answer just now."""
    sentence = "Muster's database does not answer just now. Nothing was changed; try again in a moment."
    return WithStatus(Reason("try_again", sentence, status=503))


class WithStatus(Refused):
    """A refusal whose status is its first reason's, whatever it is."""

    @property
    def status(self) -> int:
        """The first reason's."""
        return self.reasons[0].status


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler: every refusal, ours and the framework's, in one shape."""
    refused = _as_refused(error)
    if refused is None:
        return None  # a bug: Django answers 500 and logs it
    request = context["request"]
    response = Response(
        body(refused, getattr(request, "request_id", "")), status=_status(error, refused), content_type=CONTENT_TYPE
    )
    response.data["status"] = response.status_code
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="muster"'
    if isinstance(error, exceptions.Throttled) and (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def _status(error: Exception, refused: Refused) -> int:
    return (
        error.status_code
        if isinstance(error, exceptions.APIException)
        and not isinstance(error, exceptions.ValidationError | exceptions.ParseError)
        else refused.status
    )


def _as_refused(error: Exception) -> Refused | None:
    if isinstance(error, Refused):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, exceptions.ValidationError):
        return Refused(*_fields(error.detail))
    if isinstance(error, exceptions.ParseError):
        return Refused(Reason("malformed", f"The body cannot be read: {error.detail}", status=422))
    if isinstance(error, exceptions.APIException):
        code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
        return Refused(Reason(str(code), str(error.detail), status=error.status_code))
    return None


def _fields(detail: Any, path: str = "") -> list[Reason]:
    """Flatten the framework's errors into one reason a field."""
    if isinstance(detail, dict):
        return [reason for name, inner in detail.items() for reason in _fields(inner, f"{path}.{name}" if path else str(name))]
    if isinstance(detail, list):
        return [reason for inner in detail for reason in _fields(inner, path)]
    field = "" if path in ("non_field_errors", "detail") else path
    return [Reason(str(getattr(detail, "code", "invalid")), str(detail), field=field, status=422)]
