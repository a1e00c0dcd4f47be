"""Migrations that render only the models somebody looks at.

Django renders every model of the project before each migration, and again whatever is related to a model that changed; here
everything is related to an organisation. Replaying our migrations on an empty database spent four fifths of its time on that, which
everybody's first `make up` and every run of the tests had to wait for. The states and the tables that come out are Django's own.
"""

from collections.abc import Iterable
from copy import copy
from typing import Any, Self

from django.apps import AppConfig
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import AppConfigStub, ModelState, ProjectState, StateApps
from django.db.models.utils import make_model_tuple

Key = tuple[str, str]
"""Of a model: its app's label and its name in small letters."""


class AsAsked(StateApps):
    """A registry that renders a model when it is asked for, with the models it refers to; all, once somebody asks who refers to it.

    Whoever follows a relation backwards comes through `get_models` (`Options._relation_tree`), so nobody sees a part for the whole.
    """

    def __init__(self, real_apps: set[str], states: dict[Key, ModelState]) -> None:
        self.waiting: dict[Key, ModelState] = {}
        super().__init__(sorted(real_apps), {})
        self.waiting = dict(states)
        for label in sorted({state.app_label for state in states.values()} - set(self.app_configs)):
            self.app_configs[label] = AppConfigStub(label)
            self.app_configs[label].apps = self
            self.app_configs[label].import_models()

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> type[models.Model]:
        """The model, rendered now if it was not yet."""
        if model_name is None:
            app_label, model_name = app_label.split(".")
        self._render([(app_label, model_name.lower())])
        return super().get_app_config(app_label).get_model(model_name, require_ready)

    def get_app_config(self, app_label: str) -> AppConfig:
        """An app with all its models."""
        self._render([key for key in self.waiting if key[0] == app_label])
        return super().get_app_config(app_label)

    def get_models(self, *args: Any, **kwargs: Any) -> list[type[models.Model]]:
        """All models there are."""
        self._render(list(self.waiting))
        return super().get_models(*args, **kwargs)

    def clear_cache(self) -> None:
        """As Django does it, among the models that are rendered."""
        StateApps.get_models.cache_clear()  # type: ignore[attr-defined]  # Django keeps it by functools.cache
        if self.ready:
            for model in super().get_models(include_auto_created=True):
                model._meta._expire_cache()  # type: ignore[attr-defined]

    def _render(self, asked: list[Key]) -> None:
        found: dict[Key, ModelState] = {}
        while asked:
            key = asked.pop()
            if state := self.waiting.pop(key, None):
                found[key] = state
                asked.extend(_refers_to(state))
        self.render_multiple(list(found.values()))


def _refers_to(state: ModelState) -> Iterable[Key]:
    """The models without which this one cannot be rendered."""
    for base in state.bases:
        if isinstance(base, str):
            yield make_model_tuple(base)
    for field in state.fields.values():
        if field.is_relation and field.remote_field is not None:
            for other in (field.remote_field.model, getattr(field.remote_field, "through", None)):
                if isinstance(other, str) and other != "self":
                    yield make_model_tuple(other if "." in other else f"{state.app_label}.{other}")


def _copied(states: dict[Key, ModelState]) -> dict[Key, ModelState]:
    """What `ModelState.clone` makes of each, without checking again what was checked when it was first made."""
    made = {}
    for key, state in states.items():
        made[key] = other = copy(state)
        other.fields, other.options, other.managers = dict(state.fields), dict(state.options), list(state.managers)
    return made


class LazyState(ProjectState):
    """A project's state whose models are rendered as they are asked for, and forgotten when one changes."""

    _rendered: AsAsked | None = None

    @property
    def apps(self) -> AsAsked:
        """The models as they are in this state."""
        if self._rendered is None:
            self._rendered = AsAsked(self.real_apps, _copied(self.models))
        return self._rendered

    def clone(self) -> Self:
        """A copy, which sees the same rendered models until either changes."""
        made = type(self)(models=_copied(self.models), real_apps=self.real_apps)
        made.is_delayed = self.is_delayed
        made._rendered = self._rendered
        return made

    def add_model(self, model_state: ModelState) -> None:
        """As Django does it."""
        super().add_model(model_state)
        self._rendered = None

    def remove_model(self, app_label: str, model_name: str) -> None:
        """As Django does it."""
        super().remove_model(app_label, model_name)
        self._rendered = None

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:
        """A model has changed."""
        self._rendered = None

    def reload_models(self, models: Iterable[Key], delay: bool = True) -> None:
        """Several have."""
        self._rendered = None

    def clear_delayed_apps_cache(self) -> None:
        """Nothing was rendered before its time."""


class LazyExecutor(MigrationExecutor):
    """Django's executor, on states that render as they are asked."""

    def _create_project_state(self, with_applied_migrations: bool = False) -> LazyState:
        state = LazyState(real_apps=self.loader.unmigrated_apps)
        if with_applied_migrations:
            for migration, _ in self.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True):
                if (migration.app_label, migration.name) in self.loader.applied_migrations:
                    migration.mutate_state(state, preserve=False)
        return state

    def _migrate_all_forwards(
        self,
        state: ProjectState,
        plan: list[tuple[Migration, bool]],
        full_plan: list[tuple[Migration, bool]],
        fake: bool,
        fake_initial: bool,
    ) -> ProjectState:
        """As Django does it, but for rendering everything before each migration."""
        wanted = {migration for migration, _ in plan}
        for migration, _ in full_plan:
            if migration in wanted:
                state = self.apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        return state
