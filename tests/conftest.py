"""The stage and the fixed cast: two organisations of the same shape, and nobody of the one may see anything of the other.

Tests migrate one template database as the owner role and run as the serving role, with every wall, guard and trigger that
production has. A test runs in a transaction that is rolled back (`acme`, `globex`), or, where it commits or uses more than one
connection, in a clone of the template (`own_database`).
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.template.base import Template
from django.test import Client
from django.test.client import ClientHandler

from notifications import lanes
from portal import demo, environment, sweeping
from standard import turns
from tenants import credentials
from tenants.actors import Actor, Role, Via
from tenants.models import Membership
from tenants.scope import scope
from tests.clock import Clock

if TYPE_CHECKING:
    from tests.incidents.scene import Scene

if os.environ.get("MUSTER_TEETH"):
    from tests import switch

    switch.off(os.environ["MUSTER_TEETH"])

TEMPLATE = f"muster_template_{os.getpid()}"
DATABASE = f"muster_test_{os.getpid()}"
settings.CACHES["default"]["KEY_PREFIX"] = DATABASE  # the cache is shared with other workers, whose rows have the same ids


@dataclass(frozen=True)
class Person:
    """A member of the cast, as demo.json tells of them."""

    organisation: str
    organisation_id: int
    user_id: int
    email: str
    name: str
    password: str
    token: str
    roles: frozenset[Role]

    def actor(self, via: Via = Via.WEB) -> Actor:
        """The person acting."""
        return Actor(self.organisation_id, self.name, via, user_id=self.user_id, email=self.email, roles=self.roles)


@dataclass(frozen=True)
class Cast:
    """One organisation: `acme.amira` commands, `acme.auditor` reads, and so on; `acme.key` is its Alertmanager's key."""

    slug: str
    id: int
    key: str
    people: dict[str, Person] = field(repr=False)

    def __getattr__(self, name: str) -> Person:
        """A person by the local part of their address."""
        try:
            return self.people[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def scope(self, person: Person | None = None) -> Any:
        """The organisation's scope, as the walls see it: a person's, or Muster's own work, which sees restricted incidents too."""
        return scope(self.id, surface="web" if person else "command", user_id=person.user_id if person else None)


def _connect_as(url: str, database: str) -> None:
    """Point Django's one connection at a database, as the role of `url`; and the auditor's beside it."""
    for known, address in ((connections["default"], url), (connections["auditor"], settings.DATABASE_AUDITOR_URL)):
        known.close()
        known.close_pool()  # type: ignore[attr-defined]
        known.settings_dict.update(environment.database(address) | {"NAME": database, "TEST": known.settings_dict["TEST"]})
        known.settings_dict["OPTIONS"]["pool"] = False
        for name, value in (
            ("ATOMIC_REQUESTS", False),
            ("AUTOCOMMIT", True),
            ("CONN_MAX_AGE", 0),
            ("CONN_HEALTH_CHECKS", False),
            ("TIME_ZONE", None),
        ):
            known.settings_dict.setdefault(name, value)


def as_owner(sql: str, *, database: str | None = None) -> list[tuple[Any, ...]]:
    """Run a statement as the owner role, on a connection of its own, committed. Returns its rows."""
    parts = environment.database(settings.DATABASE_OWNER_URL)
    with psycopg.connect(
        dbname=database or parts["NAME"],
        user=parts["USER"],
        password=parts["PASSWORD"],
        host=parts["HOST"],
        port=parts["PORT"] or 5432,
        autocommit=True,
    ) as db:
        cursor = db.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def drop(name: str) -> None:
    """Drop a database. An autovacuum worker that happens to be in it is waited for: it is not the owner's to end."""
    for last in (*[False] * 50, True):
        try:
            as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        except psycopg.errors.InsufficientPrivilege:
            if last:
                raise
            time.sleep(0.1)


def clone(name: str) -> None:
    """Make a database like the template, with its walls up."""
    drop(name)
    as_owner(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" STRATEGY FILE_COPY')  # nobody writes in the template
    roles = ", ".join(f'"{role}"' for role in (settings.SERVING_ROLE, settings.AUDITOR_ROLE, settings.SEALER_ROLE))
    as_owner(f'GRANT CONNECT ON DATABASE "{name}" TO {roles}')


@pytest.fixture(scope="session", autouse=True)
def _render_as_in_production(django_test_environment: None) -> None:
    """Django's tests copy the context of each template of a page, some 700 times a room, for assertions that we do not make."""
    Template._render = lambda self, context: self.nodelist.render(context)  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _far_sides_are_waited_for() -> None:
    """A far side of the tests answers at once, and a machine with much to do is no reason to go on without it."""
    lanes.PATIENCE_SECONDS = 60.0


_FOUND: dict[str, Any] = {}  # demo.json's content, once the template is there


def found(django_db_blocker: Any) -> dict[str, Any]:
    """Build the template once: roles are there, tables migrated, the cast founded. Returns demo.json's content."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not _FOUND:
        with django_db_blocker.unblock():
            drop(TEMPLATE)
            as_owner(f'CREATE DATABASE "{TEMPLATE}"')
            as_owner("CREATE SCHEMA IF NOT EXISTS muster; REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=TEMPLATE)
            settings.AS_OWNER = True
            _connect_as(settings.DATABASE_OWNER_URL, TEMPLATE)
            call_command("migrate", verbosity=0)
            _FOUND.update({slug: demo.build(slug, slug.title()) for slug in ("acme", "globex")})
            settings.AS_OWNER = False
            connection.close()
    return _FOUND


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The template, and the copy of it that most tests share. Yields demo.json's content."""
    told = found(django_db_blocker)
    with django_db_blocker.unblock():
        clone(DATABASE)
        _connect_as(settings.DATABASE_URL, DATABASE)
    yield told
    with django_db_blocker.unblock():
        for known in connections.all():
            known.close()
            known.close_pool()  # type: ignore[attr-defined]
        drop(DATABASE)
        if TEMPLATE.endswith(f"_{os.getpid()}"):  # not what other forks of this process go on copying
            drop(TEMPLATE)


_CASTS: dict[str, Cast] = {}  # the same in every copy of the template, and looked up thousands of times


def _cast(told: dict[str, Any]) -> Cast:
    if told["slug"] not in _CASTS:
        _CASTS[told["slug"]] = _find_cast(told)
    cast = _CASTS[told["slug"]]
    credentials.organisation_by_slug(
        cast.slug
    )  # as in a process that has served them before: no count of statements has the first question
    credentials.organisation_of(cast.amira.token)
    return cast


def _find_cast(told: dict[str, Any]) -> Cast:
    organisation_id = credentials.organisation_by_slug(told["slug"])
    assert organisation_id is not None
    with scope(organisation_id, surface="web"):
        members = {m.user.email: m for m in Membership.objects.select_related("user")}
    people = {
        row["email"].split("@")[0]: Person(
            organisation=told["slug"],
            organisation_id=organisation_id,
            user_id=members[row["email"]].user_id,
            email=row["email"],
            name=members[row["email"]].user.name,
            password=row["password"],
            token=row["token"],
            roles=frozenset(Role(role) for role in row["roles"]),
        )
        for row in told["people"]
    }
    return Cast(slug=told["slug"], id=organisation_id, key=told["keys"]["alertmanager"], people=people)


@pytest.fixture
def _walls(db: None) -> Iterator[None]:
    """A rolled-back transaction that is judged like a commit: every deferred guard fires before it is undone."""
    yield
    if not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def acme(_walls: None, django_db_setup: dict[str, Any]) -> Cast:
    """The organisation most tests are about."""
    return _cast(django_db_setup["acme"])


@pytest.fixture
def globex(_walls: None, django_db_setup: dict[str, Any]) -> Cast:
    """The other organisation: `globex.amira` is the outsider, who must see nothing of acme."""
    return _cast(django_db_setup["globex"])


@dataclass(frozen=True)
class Installation:
    """A database of the test's own, where things are really committed."""

    name: str
    acme: Cast
    globex: Cast


@contextmanager
def _installed(name: str, told: dict[str, Any], blocker: Any) -> Iterator[Installation]:
    """Django's connection leads to a clone of the template while the block runs."""
    with blocker.unblock():
        clone(name)
        _connect_as(settings.DATABASE_URL, name)
        try:
            yield Installation(name, _cast(told["acme"]), _cast(told["globex"]))
        finally:
            _connect_as(settings.DATABASE_URL, DATABASE)
            drop(name)


@pytest.fixture
def own_database(django_db_setup: dict[str, Any], django_db_blocker: Any) -> Iterator[Installation]:
    """A clone of the template, for a test that commits, or uses more than one connection, process or role."""
    with _installed(f"{DATABASE}_own", django_db_setup, django_db_blocker) as made:
        yield made


@pytest.fixture(scope="module")
def shared_database(django_db_setup: dict[str, Any], django_db_blocker: Any) -> Iterator[Installation]:
    """A clone of the template that a module's tests share: for many small tests that commit and leave nothing behind."""
    with _installed(f"{DATABASE}_shared", django_db_setup, django_db_blocker) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_rests() -> Iterator[None]:
    """What failed in one test waits in no other: each begins like a process that has just started."""
    yield
    turns.forget()
    credentials.forget()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that stands still until the test lets time pass."""
    moved = Clock()
    yield moved
    moved.release()


_HANDLER = ClientHandler(enforce_csrf_checks=False)  # shared: loading the middleware afresh costs every client 0.1 s


def client_of_ours() -> Client:
    """A client with its own cookies, and the middleware that all of them share."""
    made = Client(raise_request_exception=True)
    made.handler = _HANDLER
    return made


class Door:
    """The API as one person uses it."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.client = client_of_ours()

    def get(self, path: str, **query: Any) -> Any:
        """GET below /api/v1/."""
        return self.client.get(f"/api/v1/{path}", query, headers=self._headers())

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """POST JSON below /api/v1/."""
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers={**self._headers(), **headers}
        )

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """PUT JSON below /api/v1/."""
        return self.client.put(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person.token}"}


@pytest.fixture
def api() -> Callable[[Person], Door]:
    """`api(acme.amira).post("incidents/", {...})`: the API as one person uses it."""
    return Door


@pytest.fixture
def browse(client: Client) -> Callable[[Person], Client]:
    """`browse(acme.amira)`: a signed-in session of the portal (the sign-in page itself has its own test)."""

    def signed_in(person: Person) -> Client:
        from tenants.models import User

        fresh = client_of_ours()
        fresh.force_login(User.objects.get(pk=person.user_id), backend="allauth.account.auth_backends.AuthenticationBackend")
        return fresh

    return signed_in


@pytest.fixture
def follow() -> Callable[[], int]:
    """Let everything that follows from the committed events happen now: reactions, then deliveries, until nothing is left."""

    def until_quiet() -> int:
        total = 0
        while done := sweeping.catch_up(grace=timedelta(seconds=-1)):
            total += done
        return total

    return until_quiet


@pytest.fixture
def sweep() -> Callable[[], int]:
    """One sweep, as beat asks for one each second, and what follows from it."""

    def once() -> int:
        return sweeping.sweep(grace=timedelta(seconds=-1))

    return once


@pytest.fixture
def at_work(
    api: Callable[[Person], Door],
    browse: Callable[[Person], Client],
    follow: Callable[[], int],
    sweep: Callable[[], int],
    clock: Clock,
) -> Callable[[Cast, Cast], "Scene"]:
    """`at_work(acme, globex)`: organisations of any database, with their doors at hand and a clock that the test moves."""
    from tests.incidents.scene import Scene

    return lambda acme, globex: Scene(acme, globex, api, browse, follow, sweep, clock)


@pytest.fixture
def scene(acme: Cast, globex: Cast, at_work: Callable[[Cast, Cast], "Scene"]) -> "Scene":
    """Acme at work, in the test's own transaction."""
    return at_work(acme, globex)
