"""Migrations that are quick: what a migration changes is worked out once, not once a change.

Django renders every model that is related to a changed one after each operation, and everything here is related to an organisation.
Replaying all migrations on an empty database took most of a minute that way, which everybody's first `make up` had to wait for.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_PLAIN = (CreateModel, AddField, AlterField, AddIndex, AddConstraint)


class Together(Operation):
    """Plain operations that follow one another, done as one: the tables they make are made whole."""

    reversible = False

    def __init__(self, *operations: Any) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the state by each, and leave it to be rendered when somebody looks."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Make new tables as they are at the end, with all that is added to them here; then change those there were."""
        made = {operation.name_lower for operation in self.operations if isinstance(operation, CreateModel)}
        for operation in self.operations:
            if isinstance(operation, CreateModel) or operation.model_name_lower not in made:
                operation.database_forwards(app_label, editor, before, after)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return "; ".join(operation.describe() for operation in self.operations)


def together(operations: Iterable[Any]) -> list[Operation]:
    """A migration's operations, each run of plain ones as one. Whatever else there is keeps its place between them."""
    return [
        made
        for plain, run in groupby(operations, key=lambda operation: isinstance(operation, _PLAIN))
        for made in ([Together(*run)] if plain else run)
    ]
