"""Error pages for what Django itself refuses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal import problems
from tenants.refusals import NotFound, Reason, Refused


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, as JSON or as a page."""
    return problems.answer(request, NotFound())


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, as JSON or as a page."""
    return problems.answer(request, Refused(Reason("forbidden", "You may not do this here.", status=403)))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old: what was typed is still in the browser."""
    sentence = (
        "This form is too old, or cookies are switched off. Go back, reload the page and send it again: what you typed is kept."
    )
    return problems.answer(request, Refused(Reason("csrf", sentence, status=403)))


def broken(request: HttpRequest) -> HttpResponse:
    """500: says what is safe and gives the id to quote. Uses no database."""
    request_id = getattr(request, "request_id", "")
    if problems.wants_json(request):
        refused = Refused(Reason("broken", "Muster failed at this. Nothing was changed; trying again is safe.", status=500))
        document = {**problems.body(refused, request_id), "status": 500, "title": "Broken"}
        from django.http import JsonResponse

        return JsonResponse(document, status=500, content_type=problems.CONTENT_TYPE)
    return render(None, "500.html", {"request_id": request_id}, status=500)
