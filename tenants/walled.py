"""What every tenant-owned model is made of: its organisation, keys that cannot cross a wall, and its history."""

from typing import Any

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tenants import storing
from tenants.scope import organisation_id


class TenantKey(models.ForeignKey[Any, Any]):
    """A reference to another tenant-owned row.

    PostgreSQL checks foreign keys past row level security, so a plain one could point into another organisation.
    The migration operation `walled()` therefore adds a composite one, (organisation_id, id), and Django makes none.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options.setdefault("db_constraint", False)
        super().__init__(to, on_delete, **options)


class TenantOwned(models.Model):
    """A row of one organisation. `organisation_id` is filled from the open scope where the caller does not say."""

    organisation = models.ForeignKey(
        "tenants.Organisation", on_delete=models.PROTECT, related_name="+", editable=False, default=organisation_id
    )

    class Meta:
        abstract = True

    def _do_insert(self, manager: Any, using: str | None, fields: Any, returning_fields: Any, raw: bool) -> Any:
        """Django's step of save() that inserts the row, by a ready-made statement where that is possible."""
        values = [(field, getattr(self, field.attname)) for field in fields]  # Django has had each field prepare it (pre_save)
        together: Any = getattr(type(self), "_told_with", None)  # with its history, where it has one
        stored = together(self, values, returning_fields) if together else storing.insert(type(self), values, returning_fields)
        return super()._do_insert(manager, using, fields, returning_fields, raw) if stored is None else stored  # type: ignore[misc]

    def _do_update(
        self,
        base_qs: Any,
        using: str | None,
        pk_val: Any,
        values: Any,
        update_fields: Any,
        forced_update: bool,
        returning_fields: Any,
    ) -> Any:
        """Django's step of save() that updates the row, likewise."""
        if values and not returning_fields and not self._meta.select_on_save:
            found = storing.update(type(self), pk_val, [(field, value) for field, _, value in values])
            if found is not None:
                return [()] if found else []
        return super()._do_update(base_qs, using, pk_val, values, update_fields, forced_update, returning_fields)


def tenant_of(row: TenantOwned) -> int:
    """The id of the organisation a stored row belongs to."""
    found: int | None = row.organisation_id
    if found is None:
        raise RuntimeError("This row belongs to no organisation yet.")
    return found


class HistoryRow(models.Model):
    """What each history row has besides the columns it copies: the transaction that wrote it, stamped by the database."""

    history_xid = models.BigIntegerField(editable=False, default=0)

    class Meta:
        abstract = True


class History(HistoricalRecords):  # type: ignore[misc]
    """django-simple-history, set up for a witness in the database (ledger/guards.py).

    No excluded fields, the user by id and not by foreign key (so that nothing blanks who did it), the reason as text.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("bases", [HistoryRow])
        options.setdefault("history_id_field", models.BigAutoField())
        options.setdefault("history_user_id_field", models.BigIntegerField(null=True))
        options.setdefault("history_user_getter", _no_user)
        options.setdefault("history_user_setter", _stamped_by_the_database)
        options.setdefault("get_user", _nobody)
        options.setdefault("history_change_reason_field", models.TextField(null=True))
        super().__init__(**options)

    def finalize(self, sender: Any, **kwargs: Any) -> None:
        """Make the history's model; and new rows of the class are inserted together with their history."""
        super().finalize(sender, **kwargs)
        if self.cls is sender:
            sender._told_with = self._insert_and_tell
            sender._told_in = getattr(
                sender, self.manager_name
            ).model  # kept: whoever asks for the manager has its class made anew

    def _insert_and_tell(self, row: Any, values: Any, returning: Any) -> Any:
        """Insert a row and its history in one statement; None where Django must do it, and history follows by itself."""
        if hasattr(row, "skip_history_when_saving"):
            return storing.insert(type(row), values, returning)
        history = row._told_in
        reason = self.get_change_reason_for_object(row, "+", None)
        stored = storing.insert_with_history(row, history, values, returning, reason)
        row._is_told = stored is not None
        return stored

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        """Write the history row of a change, by a ready-made statement. The database stamps who, when and in which transaction."""
        if history_type == "+" and instance.__dict__.pop("_is_told", False):
            return
        history: Any = instance._told_in
        field = history._meta.get_field
        values = [(field(f.attname), getattr(instance, f.attname)) for f in self.fields_included(instance)]
        reason = self.get_change_reason_for_object(instance, history_type, using)
        said = {"history_type": history_type, "history_date": timezone.now(), "history_change_reason": reason, "history_xid": 0}
        if storing.insert(history, [*values, *((field(name), value) for name, value in said.items())]) is None:
            super().create_historical_record(instance, history_type, using)


def _nobody(**_: object) -> None:
    """The database stamps each history row with the person of the open scope (ledger/guards.py)."""


def _no_user(historical: Any) -> None:
    """History rows are read with the user's id; the name belongs to the event beside them."""


def _stamped_by_the_database(historical: Any, user: Any) -> None:
    """Nobody else may say who wrote a history row."""


def both_or_neither(one: models.Q, other: models.Q) -> models.Q:
    """A condition of a check: the two hold together or not at all."""
    return (one & other) | (~one & ~other)
