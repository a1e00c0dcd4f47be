"""The tenant's scope: nothing of it outlives its transaction, everything that is shown is inside it, and it is all or nothing."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import clear_url_caches, path

from incidents import actions
from incidents.models import Incident
from incidents.states import Severity
from ledger.models import Event, Outbox
from oncall.models import Page, Service
from portal import sweeping, tasks, urls_organisation
from portal.celery import app
from tenants import scope as scopes
from tenants.actors import Actor
from tenants.refusals import Reason, Refused
from tenants.scope import scope
from tests import everything
from tests.conftest import Cast, Door, Installation, Person
from tests.everything import query

pytestmark = pytest.mark.servers


@pytest.fixture
def pooled(shared_database: Installation) -> Iterator[Installation]:
    """A database through a real pool of one connection, so that whoever is next gets the same one."""
    connection.close()
    connection.settings_dict["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}
    yield shared_database
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["OPTIONS"]["pool"] = False


def left_behind() -> tuple[int, str, int]:
    """Give the connection back, take the next: (its backend, what is left of a context there, incidents and events to be seen)."""
    connection.close()
    kept = "coalesce(current_setting('muster.context', true), '')"
    row: tuple[Any, ...] = query(
        f"SELECT pg_backend_pid(), {kept}, (SELECT count(*) FROM incidents_incident) + (SELECT count(*) FROM ledger_event)"
    )[0]
    connection.close()
    return row[0], row[1], row[2]


def declared(cast: Cast, title: str = "Checkout fails") -> Incident:
    """An incident, in the open scope."""
    return actions.declare(by=cast.amira.actor(), title=title, severity=Severity.SEV1)


# --- Nothing is left -----------------------------------------------------------------------------------------------


class Deliberate(Exception):
    """Raised by the tests."""


def test_a_pooled_connection_keeps_no_context(pooled: Installation) -> None:
    """After a commit, a roll-back, an exception, a failed statement and a read-only scope, nothing is left.

    The pool's one connection knows of no organisation, no person and no surface, and shows no row.
    """
    backend, *nothing = left_behind()
    assert nothing == ["", 0]

    with pooled.acme.scope(pooled.acme.amira):
        declared(pooled.acme)
    assert left_behind() == (backend, "", 0), "after a commit"

    with pooled.acme.scope(pooled.acme.amira) as opened:
        declared(pooled.acme)
        opened.abandon()
    assert left_behind() == (backend, "", 0), "after a roll-back"

    with pytest.raises(Deliberate), pooled.acme.scope(pooled.acme.amira):
        raise Deliberate
    assert left_behind() == (backend, "", 0), "after an exception"

    with pytest.raises(DatabaseError), pooled.acme.scope(pooled.acme.amira):
        query("SELECT 1 / 0")
    assert left_behind() == (backend, "", 0), "after a failed statement"

    with scope(pooled.acme.id, surface="web", read_only=True):
        assert query("SHOW transaction_read_only") == [("on",)]
    assert left_behind() == (backend, "", 0), "after a read-only scope"
    assert query("SHOW transaction_read_only") == [("off",)]

    with scope(pooled.acme.id, surface="web", auditing=True):
        assert query("SELECT current_user::text") == [(settings.AUDITOR_ROLE,)]
    assert left_behind() == (backend, "", 0), "after an auditor's scope"
    assert query("SELECT current_user::text, current_setting('search_path')") == [(settings.SERVING_ROLE, '"$user", public')]


def test_a_request_keeps_no_context(pooled: Installation, api: Callable[[Person], Door]) -> None:
    """The connection that served acme's request, a refused one or a broken one, serves the next with nothing of acme's."""
    backend, *_ = left_behind()
    assert api(pooled.acme.amira).get("incidents/").status_code == 200
    assert left_behind() == (backend, "", 0)
    assert api(pooled.acme.amira).get("incidents/INC-9/").status_code == 404
    assert left_behind() == (backend, "", 0)
    assert api(pooled.acme.auditor).get("incidents/").status_code == 200
    assert left_behind() == (backend, "", 0)
    assert scopes.current() is None


def test_a_task_keeps_no_context(pooled: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task of the app, run as a worker runs it (through its tracer), a failing reaction's too, leaves the connection bare."""
    backend, *_ = left_behind()
    with pooled.acme.scope(pooled.acme.amira):
        incident = declared(pooled.acme)
        event = Event.objects.get(kind="incident.declared", subject_id=incident.pk)
    arguments = {
        "portal.relay": (pooled.acme.id, event.pk),
        "notifications.deliver": (pooled.acme.id, 1),
        "portal.sweep": (),
        "portal.tidy": (),
        "portal.retain": (),
        "compliance.make_pack": (pooled.acme.id, 1),
    }
    app.loader.import_default_modules()  # as a worker does when it starts
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(arguments), "a task that this test does not run"
    for name, args in arguments.items():
        done = app.tasks[name].apply(args)
        assert done.successful(), done.traceback
        assert left_behind() == (backend, "", 0), name
    with pooled.acme.scope():
        assert not Outbox.objects.filter(event=event).exists(), "the reaction ran"

    def broken(event: Event, by: Actor) -> None:
        Service.objects.count()
        raise Deliberate

    monkeypatch.setattr("incidents.reactions.mobilise", broken)
    with pooled.acme.scope(pooled.acme.amira):
        event = Event.objects.get(kind="incident.declared", subject_id=declared(pooled.acme).pk)
    tasks.relay(pooled.acme.id, event.pk)
    assert left_behind() == (backend, "", 0), "after a failing reaction"
    with pooled.acme.scope():
        assert Outbox.objects.get(event=event).attempts == 1


def test_a_thread_starts_without_a_scope(shared_database: Installation) -> None:
    """A scope belongs to its own context of execution: another thread sees none, and no rows."""
    seen: list[object] = []

    def look() -> None:
        seen.extend([scopes.current(), Service.objects.count()])
        connection.close()

    with shared_database.acme.scope():
        assert Service.objects.count() == 3
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [None, 0]


# --- What is shown is inside it ------------------------------------------------------------------------------------


def late(request: HttpRequest) -> HttpResponse:
    """A page that is rendered after its view has returned, from a queryset that nobody has read yet."""
    template: Any = engines["django"].from_string("{% for s in rows %}[{{ s.name }}]{% endfor %}")
    return TemplateResponse(request, template, {"rows": Service.objects.order_by("name")})


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    """An answer that would read its rows when nobody keeps the scope open any more."""
    return StreamingHttpResponse(service.name for service in Service.objects.iterator())


def wrong(request: HttpRequest) -> HttpResponse:
    """A view that writes and then answers with a refusal of its own."""
    declared_by_hand(request)
    return render(request, "404.html", {"reasons": [], "title": "Not here"}, status=int(request.GET["status"]))


def declared_by_hand(request: HttpRequest) -> None:
    actions.declare(by=request.actor, title="Half-written", severity=Severity.SEV1)  # type: ignore[attr-defined]


@pytest.fixture
def more_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three pages more in the organisation's portal."""
    more = [path("late/", late), path("streaming/", streaming), path("wrong/", wrong)]
    monkeypatch.setattr(urls_organisation, "urlpatterns", [*more, *urls_organisation.urlpatterns])
    clear_url_caches()
    yield
    monkeypatch.undo()
    clear_url_caches()


def test_a_template_rendered_late_has_its_rows(acme: Cast, browse: Callable[[Person], Client], more_pages: None) -> None:
    """The scope is open around rendering too: a TemplateResponse with a lazy queryset shows its rows (the admin's pages are such)."""
    page = browse(acme.admin).get("/o/acme/late/")
    assert page.content == b"[Checkout][Payments][Search]"
    assert b"Checkout" in browse(acme.admin).get("/o/acme/admin/oncall/service/").content


def test_a_queryset_read_after_its_scope_yields_nothing(shared_database: Installation) -> None:
    """Rows asked for inside a scope and read after it are none: never those of whoever comes next."""
    with shared_database.acme.scope():
        lazy = Service.objects.order_by("name")
    assert list(lazy) == []
    with shared_database.globex.scope():
        assert {service.organisation_id for service in lazy.all()} == {shared_database.globex.id}


def test_a_streamed_answer_is_refused(acme: Cast, browse: Callable[[Person], Client], more_pages: None) -> None:
    """A stream would be read after the scope is closed: the middleware refuses it, loudly, before a byte is sent."""
    with pytest.raises(RuntimeError, match="streamed"):
        browse(acme.admin).get("/o/acme/streaming/")


# --- Nesting, and reading only ---------------------------------------------------------------------------------------


def test_a_nested_scope_gives_the_outer_one_back(acme: Cast, globex: Cast) -> None:
    """After an inner scope, kept, undone or failed, the outer one's organisation and person stand again."""

    def context() -> tuple[int, str, int]:
        organisation, person = query("SELECT muster.organisation(), muster.person()::text")[0]
        assert scopes.organisation_id() == organisation
        return organisation, person, Service.objects.values_list("organisation_id", flat=True).distinct().get()

    with acme.scope(acme.amira):
        outer = context()
        assert outer == (acme.id, str(acme.amira.user_id), acme.id)
        with globex.scope(globex.jon):
            assert context() == (globex.id, str(globex.jon.user_id), globex.id)
        assert context() == outer, "kept"
        with globex.scope() as opened:
            opened.abandon()
        assert context() == outer, "undone"
        with pytest.raises(DatabaseError, match="division by zero"), globex.scope():
            query("SELECT 1 / 0")
        assert context() == outer, "failed; and the failure itself is what is told"
    assert scopes.current() is None
    with pytest.raises(RuntimeError, match="No tenant's scope"):
        scopes.organisation_id()


def test_read_only_refuses_every_write(shared_database: Installation) -> None:
    """In a read-only scope PostgreSQL refuses each write, and nothing in the transaction switches that off."""
    cast = shared_database.acme
    for statement in (
        "UPDATE incidents_alert SET seen = 0",
        "DELETE FROM ledger_outbox",
        "INSERT INTO ledger_heartbeat (engine, at, took_ms) VALUES ('x', now(), 0)",
        "SELECT set_config('transaction_read_only', 'off', true)",
    ):
        with pytest.raises(DatabaseError, match=r"read-only|read-write"), scope(cast.id, surface="web", read_only=True):
            Service.objects.count()
            query(statement)
    with pytest.raises(DatabaseError, match="read-only"), scope(cast.id, surface="web", read_only=True):
        declared(cast)


def test_history_is_of_the_person_of_the_scope(acme: Cast) -> None:
    """Who wrote a history row is the scope's person; outside a person it is nobody."""
    with acme.scope(acme.jon):
        assert declared(acme).history.get().history_user_id == acme.jon.user_id
    with acme.scope():
        assert declared(acme).history.get().history_user_id is None


# --- All or nothing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [RuntimeError("broken"), Refused(Reason("late", "Refused after writing."))], ids=["500", "4xx"]
)
@pytest.mark.parametrize("door", ["web", "api", "api-with-key", "api-by-session"])
def test_a_refused_or_broken_request_leaves_nothing(
    shared_database: Installation,
    browse: Callable[[Person], Client],
    monkeypatch: pytest.MonkeyPatch,
    door: str,
    failure: Exception,
) -> None:
    """A verb that fails after it has written, at whichever door: the answer says so, and no table holds any of it."""
    amira = shared_database.acme.amira
    declare = actions.declare

    def fails(**asked: Any) -> None:
        assert declare(**asked).pk
        raise failure

    monkeypatch.setattr(actions, "declare", fails)
    client = browse(amira)
    client.raise_request_exception = False
    status = 409 if isinstance(failure, Refused) else 500
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        before = everything.content(owner)
        if door == "web":
            form = {"title": "Half-written", "severity": "1", "detected_by": "user", "idempotency_key": "k"}
            answer = client.post("/o/acme/incidents/declare/", form)
        else:
            address = "/o/acme/api/v1/incidents/" if door == "api-by-session" else "/api/v1/incidents/"
            headers = {} if door == "api-by-session" else {"Authorization": f"Bearer {amira.token}"}
            if door == "api-with-key":
                headers["Idempotency-Key"] = "half-written"
            asked = {"title": "Half-written", "severity": "SEV1"}
            answer = client.post(address, asked, content_type="application/json", headers=headers)
        assert answer.status_code == status
        assert everything.content(owner) == before
    monkeypatch.undo()


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503])
def test_an_answer_of_4xx_or_5xx_undoes_the_view(
    shared_database: Installation, browse: Callable[[Person], Client], more_pages: None, status: int
) -> None:
    """A view that writes and returns an error page, without raising, has written nothing either."""
    client = browse(shared_database.acme.amira)
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        before = everything.content(owner)
        assert client.get("/o/acme/wrong/", {"status": status}).status_code == status
        assert everything.content(owner) == before


def test_what_an_auditor_reads_is_recorded_even_if_showing_it_fails(
    shared_database: Installation, browse: Callable[[Person], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event `auditor.read` is committed before the page is made: a page that breaks was asked for all the same."""

    def broken() -> None:
        raise Deliberate

    monkeypatch.setattr("incidents.queries.incidents", broken)
    with pytest.raises(Deliberate):
        browse(shared_database.acme.auditor).get("/o/acme/incidents/?view=all")
    with shared_database.acme.scope():
        read = Event.objects.filter(kind="auditor.read").latest("id")
    assert read.data["path"] == "/o/acme/incidents/?view=all"
    assert read.actor_id == shared_database.acme.auditor.user_id


def test_a_failed_sweep_of_one_does_not_undo_another(shared_database: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reaction has a transaction of its own: one that fails takes nothing with it, and its own writes are undone."""
    cast = shared_database.acme

    def breaks(event: Event, by: Actor) -> None:
        declared(cast, "Half-written by a reaction")
        raise Deliberate

    sweeping.catch_up(grace=timedelta(seconds=-1))
    with cast.scope(cast.amira):
        before = Page.objects.order_by("-id").values_list("id", flat=True).first() or 0
        actions.report(by=cast.amira.actor(), title="Something")
        declared(cast)
    monkeypatch.setattr("incidents.reactions.mobilise", breaks)
    sweeping.catch_up(grace=timedelta(seconds=-1))
    with cast.scope():
        assert not Incident.objects.filter(title__startswith="Half").exists()
        assert Event.objects.filter(kind="page.started", subject_id__gt=before).count() == 1
        assert Outbox.objects.filter(reaction="mobilise").latest("id").last_error == "Deliberate: "
