"""Recording: the one function that writes events, and the one verb that changes configuration."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.module_loading import import_string

from ledger import nudge, relay
from ledger.models import Event, Outbox
from ledger.verbs import verb
from tenants import prepared
from tenants.actors import Actor, Role
from tenants.refusals import Reason, Refused, check
from tenants.scope import current
from tenants.time import now


@lru_cache(maxsize=1)
def _reactions() -> Mapping[str, tuple[Any, ...]]:
    table: Mapping[str, tuple[Any, ...]] = import_string(settings.MUSTER_REACTIONS)
    return table


def record(
    kind: str,
    subject: models.Model,
    *,
    by: Actor,
    incident_id: int | None = None,
    occurred_at: datetime | None = None,
    **data: Any,
) -> Event:
    """Write one event, with an outbox row for each reaction that portal/reactions.py gives its kind.

    Belongs to the transaction of the verb. After the commit the relay is nudged; if that fails, the sweep finds the row.
    What a reaction records has its own reactions in the same transaction, where that works (ledger/relay.py).
    Refuses what nobody in their place leaves on an incident's record (MUSTER_WHY_NOT_RECORD).
    `data` must be JSON. Returns the event with `seq` and `recorded_at` as the database gave them.
    """
    if incident_id is not None:
        check(import_string(settings.MUSTER_WHY_NOT_RECORD)(kind, incident_id, by))
    event = Event(
        organisation_id=by.organisation_id,
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        incident_id=incident_id,
        actor_kind=by.kind,
        actor_id=by.user_id,
        actor_name=by.name,
        via=by.via,
        request_id=by.request_id,
        occurred_at=occurred_at or now(),
        data=data,
    )
    event.save(force_insert=True)
    event.subject = subject
    opened = current()
    if opened is not None and (incident_id is not None or opened.event_id is None):
        opened.event_id = event.pk
    reactions = _reactions().get(kind, ())
    if reactions and not relay.runs_with_its_cause(event, reactions):
        prepared.run(_TO_DO, [event.organisation_id, event.pk, now(), [reaction.name for reaction in reactions]])
        transaction.on_commit(lambda: nudge.send("portal.relay", by.organisation_id, event.pk))
    return event


# A row for each reaction, in their order: an event of an ending has seven.
_TO_DO = (
    "INSERT INTO ledger_outbox (organisation_id, event_id, reaction, next_try_at, attempts, last_error) "
    "SELECT %s::bigint, %s::bigint, told.name, %s::timestamptz, 0, '' FROM unnest(%s::text[]) WITH ORDINALITY told (name, place) ORDER BY told.place"
)


@verb("configure", kind="configuration.changed", who="administrator; in the admin console", subject="any configuration row")
def configure[M: models.Model](obj: M, changes: Mapping[str, Any], *, by: Actor, delete: bool = False) -> M:
    """Create, change or delete one configuration row; leaves one event with old -> new of every field.

    `changes` are values by field name. Refuses (422) what the model's validation refuses, naming the field.
    """
    created = obj.pk is None
    before = dict.fromkeys(changes) if created else _stored(obj, changes)
    for name, value in changes.items():
        setattr(obj, name, value)
    diff = {name: [before[name], _plain(getattr(obj, name))] for name in changes}
    if delete:
        try:
            kept = obj.pk
            obj.delete()
            obj.pk = kept
        except models.ProtectedError as error:
            raise Refused(Reason("in_use", f"{obj} is in use and cannot be deleted.")) from error
    else:
        try:
            obj.full_clean(validate_constraints=False)
            _judge_constraints(obj)
        except ValidationError as error:
            raise Refused(
                *(
                    Reason("invalid", sentence, field="" if field == "__all__" else field, status=422)
                    for field, sentences in _by_field(error).items()
                    for sentence in sentences
                )
            ) from error
        obj.save()
    what = "deleted" if delete else "created" if created else "changed"
    record("configuration.changed", obj, by=by, what=what, name=str(obj), model=str(obj._meta.verbose_name), changes=diff)
    return obj


def _judge_constraints(obj: models.Model) -> None:
    """Check the model's constraints, but those that the database checks at the end of the transaction (an order being swapped)."""
    for constraint in obj._meta.constraints:
        if getattr(constraint, "deferrable", None) is None:
            constraint.validate(type(obj), obj)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    """The sentences of what is wrong, by field; "__all__" is the whole row (a constraint names no field)."""
    return error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}


def _stored(obj: models.Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the database: the instance may carry a form's already."""
    row = obj.__class__._default_manager.get(pk=obj.pk)
    return {name: _plain(getattr(row, name)) for name in changes}


def _plain(value: Any) -> Any:
    """A value as JSON shows it: rows by their name, times in ISO 8601."""
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, str | int | float | bool | list | dict | type(None)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@verb(
    "try-again", kind="reaction.tried_again", who="administrator; in the admin console", subject="a reaction that was set aside"
)
def try_again(row: Outbox, *, by: Actor) -> None:
    """Have a reaction run again that failed too often and was set aside: its cause was mended."""
    row = Outbox.objects.select_for_update(of=("self",)).select_related("event").get(pk=row.pk)
    check(why_not_try_again(row, by))
    failed = row.last_error
    row.next_try_at, row.attempts = now(), 0
    row.save()
    record("reaction.tried_again", row.event, by=by, incident_id=row.event.incident_id, reaction=row.reaction, error=failed[:200])
    transaction.on_commit(lambda: nudge.send("portal.relay", by.organisation_id, row.event_id))


def why_not_try_again(row: Outbox, by: Actor) -> list[Reason]:
    """Why a reaction is not tried again by `by` now."""
    if not by.has(Role.ADMINISTRATOR):
        return [Reason("not_an_administrator", "What was set aside is the administrators' business.", status=403)]
    if row.next_try_at is not None:
        return [Reason("not_set_aside", "This reaction was not set aside: it is tried by itself.")]
    return []
