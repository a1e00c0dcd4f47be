"""Migrations render what is asked for, and whoever asks sees what Django would have shown."""

from django.db import connection, models
from django.db.migrations.state import ProjectState, StateApps

from portal.migrating import LazyExecutor, LazyState


def latest() -> ProjectState:
    """All models as the migrations leave them, in Django's own state."""
    return LazyExecutor(connection).loader.project_state()


def lazy(state: ProjectState) -> LazyState:
    """The same, rendered as asked."""
    return LazyState(models={key: model.clone() for key, model in state.models.items()}, real_apps=state.real_apps)


def shape(apps: StateApps) -> dict[str, tuple[list[str], list[str]]]:
    """Of each model its columns, and the relations that lead to it."""
    return {
        model._meta.label: (
            sorted(field.name for field in model._meta.get_fields(include_hidden=True)),
            sorted(other.related_model._meta.label for other in model._meta.related_objects if other.related_model),
        )
        for model in apps.get_models(include_auto_created=True)
    }


def test_a_model_comes_with_what_it_refers_to_and_nothing_else(db: None) -> None:
    state = lazy(latest())
    order = state.apps.get_model("incidents", "Order")
    assert order._meta.get_field("incident").related_model is state.apps.get_model("incidents.Incident")
    assert ("incidents", "order") not in state.apps.waiting
    assert ("postmortems", "actionitem") in state.apps.waiting, "nobody asked for it"


def test_who_asks_what_refers_to_a_model_sees_all_of_it(db: None) -> None:
    state = latest()
    ours = lazy(state)
    organisation = ours.apps.get_model("tenants", "Organisation")
    assert len([field for field in organisation._meta.get_fields(include_hidden=True) if field.auto_created]) > 50
    assert shape(ours.apps) == shape(state.apps)


def test_a_change_is_seen_by_what_comes_after_it_and_not_by_what_was_before(db: None) -> None:
    after = lazy(latest())
    assert after.apps.get_model("incidents", "Order")
    before = after.clone()
    after.add_field("incidents", "order", "colour", models.TextField(default=""), preserve_default=True)
    assert after.apps.get_model("incidents", "Order")._meta.get_field("colour")
    assert "colour" not in {field.name for field in before.apps.get_model("incidents", "Order")._meta.get_fields()}
    after.remove_model("incidents", "order")
    assert ("incidents", "order") not in after.apps.waiting
