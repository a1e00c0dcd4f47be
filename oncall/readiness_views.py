"""The page of readiness: what would go wrong in the next incident. Parse, respond."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from standard.faults import all_faults


@require_GET
def readiness(request: HttpRequest) -> HttpResponse:
    """Everything that is to be mended before the next incident, each with where (oncall.primary-secondary)."""
    return render(request, "oncall/readiness.html", {"faults": all_faults()})
