"""From a request to a tenant's scope: the one place in the web where walls are opened, around view and rendering."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import get_script_prefix, set_script_prefix

from compliance.audit_gate import check_audit
from ledger.actions import record
from ledger.exports import without_words
from oncall.queries import waiting as pages_waiting
from portal import identity, problems
from tenants import credentials
from tenants.actors import Actor, Role, Via
from tenants.models import Organisation
from tenants.refusals import NotFound, Reason, Refused
from tenants.scope import Scope, scope

log = structlog.get_logger(__name__)

type Answer = Callable[[HttpRequest], HttpResponseBase]

_PORTAL = re.compile(r"^/o/(?P<slug>[a-z][a-z0-9-]{1,39})(?P<rest>/.*)$")
_API = "/api/v1/"
# The doors that take a file; and a page's form with a section of a post-mortem: what is too long comes back to it as it was typed.
_FILES = re.compile(
    r"^(?:(?:/o/[a-z0-9-]+)?(?:/api/v1)?/(?:incidents/[^/]+/(?:attach|duties/[0-9]+/file)|holds/custodians/[0-9]+/prove|custodian-tasks/[0-9]+/attach)"
    r"|/o/[a-z0-9-]+/incidents/[^/]+/postmortem/sections/[^/]+(?:/preview)?"
    r"|/custody/[^/]+)/$"
)
_OPEN_API = ("/api/v1/schema/", "/api/v1/docs/")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestId:
    """Give each request an id: it is in the logs, on the events, in the answer and on the error page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take a proxy's id if it is plain, else make one."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class BodyLimit:
    """Refuse a body over the limit, with the limit, before any of it is read."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Judge by Content-Length; the edge refuses bodies that do not say theirs."""
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        limit = settings.FILE_BODY_LIMIT if _FILES.search(request.path_info) else settings.BODY_LIMIT
        if length > limit:
            return problems.answer(request, problems.too_large(limit))
        return self.get_response(request)


class OrganisationScope:
    """Open the scope of the organisation that a request is for, and undo everything where the answer is a 4xx or 5xx."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """`/o/<slug>/…` is a member's portal, by session; `/api/v1/…` is for tokens; the rest has no tenant."""
        try:
            if match := _PORTAL.match(request.path_info):
                return self._portal(request, match["slug"], match["rest"])
            if request.path_info.startswith(_API) and request.path_info not in _OPEN_API:
                return self._api(request)
        except (OperationalError, InterfaceError) as error:
            log.warning("request.database_away", error=str(error))
            return problems.answer(request, problems.away())
        return self.get_response(request)

    def _portal(self, request: HttpRequest, slug: str, rest: str) -> HttpResponseBase:
        api = rest.startswith(_API)
        if api and identity.bearer(request) is not None:
            sentence = "This address is for a session of the portal. A token's is /api/v1/, without the organisation."
            return problems.answer(request, Refused(Reason("token_elsewhere", sentence, status=401)))
        person_id = request.user.pk
        if person_id is None:
            if api:
                return problems.answer(request, _sign_in())
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        organisation_id = credentials.organisation_by_slug(slug)
        if organisation_id is None:
            return problems.answer(request, NotFound())
        before = get_script_prefix()
        request.urlconf = settings.PORTAL_URLCONF
        request.path_info = rest
        set_script_prefix(f"/o/{slug}/")
        via = Via.API if api else Via.ADMIN if rest.startswith("/admin/") else Via.WEB
        try:
            return self._inside(request, organisation_id, via, person_id, lambda: identity.member(request, person_id, via))
        finally:
            set_script_prefix(before)

    def _api(self, request: HttpRequest) -> HttpResponseBase:
        credential = identity.bearer(request)
        if credential is None:
            return problems.answer(request, _sign_in())
        organisation_id = credentials.organisation_of(credential)
        if organisation_id is None:
            return problems.answer(request, identity.refused_token())
        request.by_token = True  # type: ignore[attr-defined]
        return self._inside(request, organisation_id, Via.API, None, lambda: identity.token_bearer(request, credential))

    def _inside(
        self, request: HttpRequest, organisation_id: int, via: Via, person_id: int | None, identify: Callable[[], Actor]
    ) -> HttpResponseBase:
        try:
            with scope(organisation_id, surface=via, user_id=person_id) as opened:
                actor = identify()
                opened.become(actor)
                if not actor.has(Role.AUDITOR):
                    response = self._respond(request, actor, opened)
                elif request.method not in _SAFE:
                    raise Refused(
                        Reason("read_only", "An auditor reads and changes nothing.", clause="people.auditor", status=403)
                    )
                else:  # what an auditor reads is recorded, and committed, before it is shown
                    organisation = Organisation.objects.get(pk=organisation_id)
                    record("auditor.read", organisation, by=actor, path=_read(request))
            if actor.has(Role.AUDITOR):
                with scope(organisation_id, surface=via, user_id=actor.user_id, actor=actor, auditing=True) as opened:
                    check_audit(actor, request.path_info)
                    if person_id is not None:  # as they may read them, as whom they were not asked yet
                        request.pages_waiting = pages_waiting(person_id)  # type: ignore[attr-defined]
                    return self._respond(request, actor, opened)
            if response.status_code >= 400 and opened.lasting:
                with scope(organisation_id, surface=via, user_id=actor.user_id, actor=actor):
                    for act in opened.lasting:
                        act()
            return response
        except Refused as refused:
            return problems.answer(request, refused)

    def _respond(self, request: HttpRequest, actor: Actor, opened: Scope) -> HttpResponseBase:
        request.actor = actor  # type: ignore[attr-defined]
        response = self.get_response(request)
        if getattr(response, "streaming", False) and not getattr(response, "opens_its_own_scope", False):
            raise RuntimeError("A streamed answer would be read after the scope is closed, and find no rows.")
        if response.status_code >= 400:
            opened.abandon()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that a view did not turn into its own page."""
        return problems.answer(request, exception) if isinstance(exception, Refused) else None


def _read(request: HttpRequest) -> str:
    """The address that an auditor reads, at most 1,000 characters, without the words that they look for."""
    path, _, query = request.get_full_path().partition("?")
    return f"{path}?{without_words(request.GET.lists())}"[:1000] if query else path[:1000]


def _sign_in() -> Refused:
    return Refused(Reason("sign_in", "Send a token: Authorization: Bearer <token>.", status=401))
