"""The address that a calendar reads. Whoever has it needs no session; it writes nothing."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from oncall import feeds, gate
from tenants import credentials
from tenants.actors import Via
from tenants.refusals import NotFound
from tenants.scope import scope
from tenants.time import now


@require_safe
def calendar_feed(request: HttpRequest, credential: str, name: str) -> HttpResponse:
    """Who is on call, as iCalendar: of a schedule, or one person's shifts. A wrong, revoked or orphaned address is not there."""
    organisation_id = credentials.organisation_of(credential)
    if organisation_id is None:
        raise NotFound("calendar")
    with scope(organisation_id, surface=Via.API, read_only=True):
        body = feeds.calendar(gate.calendar_link_for(credential, name), now())
    etag = quote_etag(hashlib.sha256(body).hexdigest())
    response: HttpResponse = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"], response["Cache-Control"], response["X-Robots-Tag"] = etag, "private, max-age=300", "noindex"
    answer: HttpResponse | None = get_conditional_response(request, etag=etag, response=response)
    return answer or response
