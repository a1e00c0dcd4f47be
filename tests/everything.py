"""What the tests that are generated over every model and URL share: the models, the tables, a row of any of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as dawn
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from incidents.models import Incident, LegalHold
from ledger.models import Event
from portal import environment
from tenants import context
from tenants.models import User
from tenants.walled import TenantOwned

type Model = type[models.Model]

_number = count(1000)


def label(model: Model) -> str:
    """A model's name, as the id of a test."""
    return model._meta.label_lower


def ours() -> list[Model]:
    """Every model of our rooms that has a table, history included."""
    return [m for m in apps.get_models() if m._meta.app_label in settings.ROOMS]


def tenant_models() -> list[Model]:
    """Every model whose rows belong to one organisation, history included."""
    return [m for m in ours() if any(f.name == "organisation" for f in m._meta.local_fields)]


def audited_models() -> list[Model]:
    """Every model with history."""
    return [m for m in ours() if hasattr(m, "history") and issubclass(m, TenantOwned)]


def history_of(model: Any) -> Any:
    """The model of a model's history rows."""
    return model.history.model


def columns(model: Model) -> list[str]:
    """The columns of a model's table, without its key."""
    return [str(f.column) for f in model._meta.local_concrete_fields if not f.primary_key]


@contextmanager
def connected(url: str, database: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of the test's own, as the role of `url`."""
    parts = environment.database(url)
    with psycopg.connect(
        dbname=database,
        user=parts["USER"],
        password=parts["PASSWORD"] or None,
        host=parts["HOST"],
        port=parts["PORT"] or 5432,
        autocommit=True,
    ) as db:
        yield db


def tables(db: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """Every table of the schema public."""
    found = db.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1"
    )
    return [row[0] for row in found]


_last: "WeakKeyDictionary[Any, dict[Any, tuple[str, dict[str, tuple[int, int]]]]]" = WeakKeyDictionary()


def content(db: psycopg.Connection[tuple[Any, ...]], *but: str, organisation_id: int | None = None) -> dict[str, tuple[int, int]]:
    """What is in every table: (rows, digest of them). Two of these are equal where nothing was written in between.

    Sessions are left out: they are written around a request, never by a verb. So is the ledger: it has an entry of what
    counts anyway. With `organisation_id` only its rows count.
    While no transaction got a number, nothing can have been written, so the tables need not be read again.
    """
    [(number,)] = db.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    known = _last.setdefault(db, {})
    if (but, organisation_id) in known and known[but, organisation_id][0] == number:
        return known[but, organisation_id][1]
    found = _content(db, but, organisation_id)
    known[but, organisation_id] = (number, found)
    return found


def _content(db: psycopg.Connection[tuple[Any, ...]], but: tuple[str, ...], only: int | None) -> dict[str, tuple[int, int]]:
    names = [name for name in tables(db) if name not in ("django_session", "ledger_entry", *but)]
    owned = {
        name
        for (name,) in db.execute(
            "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'organisation_id' AND attnum > 0"
        )
    }
    if only is not None:
        names = [name for name in names if name in owned]
    where = f" WHERE organisation_id = {only}" if only is not None else ""
    parts = [f"SELECT '{n}', count(*), coalesce(sum(hashtext(t::text)), 0)::bigint FROM {n} t{where}" for n in names]
    return {name: (rows, digest) for name, rows, digest in db.execute(" UNION ALL ".join(parts))}


# --- A row of any model -------------------------------------------------------------------------------------------


def value_for(field: Any) -> Any:
    """A value that a field takes: its default, None where it may be, else something plain and not given before."""
    n = next(_number)
    if isinstance(field, models.ForeignKey):
        return None if field.null else some(field.related_model).pk
    if field.has_default():
        return field.get_default()
    if field.null:
        return None
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.CharField | models.TextField):
        return f"x{n}"
    if isinstance(field, models.DateTimeField):
        return datetime.now(UTC)
    if isinstance(field, models.TimeField):
        return dawn(n % 24)
    if isinstance(field, models.DateField):
        return datetime.now(UTC).date() + timedelta(days=n)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.BinaryField):
        return b""
    return {} if isinstance(field, models.JSONField) else n


def some(model: Any) -> Any:
    """A row of a model in the open scope: the first there is, else a plain new one."""
    found = model._default_manager.order_by("pk").first()
    if found is not None:
        return found
    values = {
        f.attname: value_for(f) for f in model._meta.local_concrete_fields if not f.primary_key and f.name != "organisation"
    }
    if model is LegalHold:  # it keeps one of three, each of which may be empty by itself
        values["incident_id"] = some(Incident).pk
    return model._default_manager.create(**values)


def another(row: Any) -> tuple[str, Any]:
    """A field of a row (its attname) and a value that differs from the row's, and that its constraints allow."""
    plain: list[Any] = [
        f
        for f in row._meta.local_concrete_fields
        if not f.primary_key and f.name != "organisation" and f.attname != "incident_id"
    ]

    def first(*kinds: Any, choices: bool = False) -> Any:
        return next((f for f in plain if isinstance(f, kinds) and bool(f.choices) == choices), None)

    if field := first(models.CharField, models.TextField):
        return field.attname, f"z{next(_number)}"
    if field := first(models.DateTimeField):
        return field.attname, datetime.now(UTC) - timedelta(seconds=next(_number))
    if field := first(models.CharField, choices=True):
        choices: Any = field.choices
        return field.attname, next(value for value, _ in choices if value != getattr(row, field.attname))
    if field := first(ArrayField):
        return field.attname, [value for value, _ in field.base_field.choices if value not in getattr(row, field.attname)]
    keys = [f for f in plain if isinstance(f, models.ForeignKey)]
    for field in keys:
        other = field.related_model._default_manager.exclude(pk=getattr(row, field.attname)).first()
        if other is not None:
            return field.attname, other.pk
    raise AssertionError(f"The test knows no value to change in {row._meta.label}: teach tests.everything.another().")


def newcomer(email: str) -> User:
    """A person who is a member of nothing yet: made outside every scope, as signing up would."""
    return User.objects.create_user(email, "a-good-password-1", name="Nia Newcomer")


def values(row: models.Model) -> Mapping[str, Any]:
    """The columns of a row, by name."""
    return {f.attname: getattr(row, f.attname) for f in row._meta.local_concrete_fields}


def events_of(organisation_id: int) -> models.QuerySet[Event]:
    """The events of an organisation, oldest first."""
    return Event.objects.filter(organisation_id=organisation_id).order_by("id")


def in_context(organisation_id: int | None) -> str:
    """The statement that sets the raw context, as injected SQL would, for the rest of a transaction: it looks right, but for the signature."""
    name, _, _ = context.pads(settings.CONTEXT_KEY)
    said = f"'{name} {organisation_id or ''}  command ' || date_part('epoch', now()) || ' ' || pg_backend_pid()"
    return f"SELECT set_config('muster.context', {said} || ' ' || repeat('0', 64), true)"


def query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement on Django's connection, as the serving role. Returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []
