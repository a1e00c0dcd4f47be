"""Who watches, and whether they may: asked when a stream opens, each minute, and whenever a right has ended.

Everything here runs in a thread of the hub, on that thread's connection, and gives the connection back before it returns: a stream
holds none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import connection
from django.http import HttpRequest

from compliance.audit_gate import check_audit
from incidents import live
from incidents.gate import room_for
from incidents.live import Audience, Shape, Shown
from incidents.models import Incident
from ledger.actions import record
from portal import identity
from tenants import credentials
from tenants.actors import Actor, Role, Via
from tenants.models import Organisation
from tenants.refusals import NotFound, Reason, Refused
from tenants.scope import scope


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person at a stream, and the credential they came with. Equal ones are asked about once."""

    organisation_id: int
    person_id: int
    incident_id: int
    ref: str
    shape: Shape
    roles: frozenset[Role]
    credential: str = field(repr=False)  # a session's key or a token, by the shape
    audience: Audience = Audience.RESPONDER

    @property
    def via(self) -> Via:
        """The surface."""
        return Via.WEB if self.shape == Shape.PAGE else Via.API


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a record: entries in their order, and the number of the record's last one."""

    shown: list[Shown]
    latest: int


@contextmanager
def _given_back() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


def admit_page(request: HttpRequest, slug: str, ref: str) -> Viewer:
    """The viewer of a room's page: a session, and the ticket that the page was given for it.

    Raises Refused: 401 without a session, 404 for what is not theirs to see, 403 for a ticket that does not open this.
    """
    with _given_back():
        session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        person_id = _signed_in(session_key)
        organisation_id = credentials.organisation_by_slug(slug)
        if organisation_id is None:
            raise NotFound()
        actor, incident = _enter(
            request, organisation_id, Via.WEB, person_id, lambda: identity.member(request, person_id, Via.WEB), ref
        )
        said = live.read_ticket(request.GET.get("ticket", ""))
        if said != live.Ticket(organisation_id, person_id, incident.pk, live.session_digest(session_key)):
            raise live.ticket_refused()
        return _viewer(actor, incident, Shape.PAGE, session_key)


def admit_token(request: HttpRequest, ref: str) -> Viewer:
    """The viewer with a token, as everywhere in the API. Raises Refused: 401 for the token, 404 for the incident."""
    with _given_back():
        token = identity.bearer(request)
        if token is None:
            raise Refused(Reason("sign_in", "Send a token: Authorization: Bearer <token>.", status=401))
        organisation_id = credentials.organisation_of(token)
        if organisation_id is None:
            raise identity.refused_token()
        actor, incident = _enter(request, organisation_id, Via.API, None, lambda: identity.token_bearer(request, token), ref)
        return _viewer(actor, incident, Shape.API, token)


def why_not_on(viewer: Viewer) -> Refused | None:
    """Why this viewer may not go on watching, or None. The same questions as at the beginning."""
    with _given_back():
        try:
            with _inside(viewer) as actor:
                room_for(actor, viewer.ref)
        except Refused as refused:
            return refused
        return None


def read(viewer: Viewer, after: int, most: int) -> Batch:
    """The entries after number `after`, as this viewer may see them; everybody of their audience gets the same.

    Raises Refused where the viewer may see none any more.
    """
    with _given_back(), _inside(viewer) as actor:
        incident = room_for(actor, viewer.ref)
        shown = live.entries(incident, after, most, shape=viewer.shape, audience=viewer.audience)
        return Batch(shown, shown[-1].seq if 0 < len(shown) < most else live.latest(incident))


@contextmanager
def _inside(viewer: Viewer) -> Iterator[Actor]:
    """The viewer's scope, once it is sure that their credential still opens it."""
    request = HttpRequest()
    if viewer.shape == Shape.PAGE and _signed_in(viewer.credential) != viewer.person_id:
        raise _signed_out()
    with scope(viewer.organisation_id, surface=viewer.via, user_id=viewer.person_id) as opened:
        if viewer.shape == Shape.PAGE:
            actor = identity.member(request, viewer.person_id, viewer.via)
        else:
            actor = identity.token_bearer(request, viewer.credential)
        opened.become(actor)
        if actor.roles != viewer.roles:  # what the roles open is decided when a stream is opened
            raise Refused(Reason("roles_changed", "Your roles have changed: load the page again.", status=403))
        if not actor.has(Role.AUDITOR):
            yield actor
            return
    with scope(viewer.organisation_id, surface=viewer.via, user_id=viewer.person_id, actor=actor, auditing=True):
        check_audit(actor, viewer.ref)
        yield actor


def _enter(
    request: HttpRequest, organisation_id: int, via: Via, person_id: int | None, identify: Callable[[], Actor], ref: str
) -> tuple[Actor, Incident]:
    """Identify and pass the gate. What an auditor watches is recorded, and committed, before (as portal/middleware.py does)."""
    with scope(organisation_id, surface=via, user_id=person_id) as opened:
        actor = identify()
        opened.become(actor)
        if not actor.has(Role.AUDITOR):
            return actor, room_for(actor, ref)
        record("auditor.read", Organisation.objects.get(pk=organisation_id), by=actor, path=request.path[:1000])
    with scope(organisation_id, surface=via, user_id=actor.user_id, actor=actor, auditing=True):
        check_audit(actor, request.path)
        return actor, room_for(actor, ref)


def _viewer(actor: Actor, incident: Incident, shape: Shape, credential: str) -> Viewer:
    return Viewer(actor.organisation_id, actor.person_id, incident.pk, incident.ref, shape, actor.roles, credential)


def _signed_in(session_key: str) -> int:
    """Whose session this is, if it is valid now. Raises Refused (401)."""
    request = HttpRequest()
    request.session = _sessions()(session_key or None)
    person: Any = get_user(request)  # checks the session's end and its hash of the password
    if person.pk is None:
        raise _signed_out()
    return int(person.pk)


def _sessions() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _signed_out() -> Refused:
    return Refused(Reason("sign_in", "Sign in again: this session has ended.", status=401))
