"""Items that were there before their owners were told of the date in force: a migration has them told like the others, each once."""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from postmortems.models import ActionItem
from tests.incidents.scene import Scene
from tests.postmortems.filing import day, filed, item_do

pytestmark = [pytest.mark.servers, pytest.mark.clause("actions.sla")]

fill: Any = import_module("postmortems.migrations.0009_owners_are_told_of_earlier_dates").fill


def untold(scene: Scene) -> None:
    """As it was before the column: nobody is told of anything."""
    with scene.acme.scope(scene.acme.amira):
        for item in ActionItem.objects.exclude(told_next_at=None):
            item.told_next_at = None
            item.save()


def migrate(scene: Scene) -> int:
    """Do what the migration does, as of the test's now. Returns of how many items."""
    with scene.acme.scope(scene.acme.amira):
        changed: int = fill(apps, connection, scene.clock.now)
        return changed


def told_next(scene: Scene, item: dict[str, Any]) -> datetime | None:
    with scene.acme.scope():
        number = int(item["ref"].rpartition("-")[2])
        return ActionItem.objects.get(incident__ref=item["ref"].rpartition("-")[0], number=number).told_next_at


def mails(scene: Scene, item: dict[str, Any]) -> int:
    return len([mail for mail in scene.mails("jon") if f"{item['ref']} " in f"{mail.subject} "])


def test_owners_are_told_of_dates_that_are_past_and_of_those_to_come(scene: Scene) -> None:
    small = scene.declare("amira", "SEV3")
    past, coming, done, nothing = (
        filed(scene, small, **({"due_on": str(day(scene.ago(days=-days)))} if days else {})) for days in (2, 40, 40, 0)
    )
    scene.follow()
    item_do(scene, "jon", done["ref"], "finish")
    untold(scene)
    scene.later(days=10)
    scene.follow()
    before = [mails(scene, one) for one in (past, coming, done, nothing)]
    assert migrate(scene) == 2
    due = datetime.fromisoformat(coming["due_at"])
    assert told_next(scene, past) == scene.clock.now
    assert told_next(scene, coming) == due - timedelta(days=3)
    assert (told_next(scene, done), told_next(scene, nothing)) == (None, None)
    with scene.acme.scope():
        row = ActionItem.objects.get(incident__ref=small, number=int(past["ref"].rpartition("-")[2]))
        assert row.history.latest("history_id").told_next_at == scene.clock.now, "with its history"
    scene.later(seconds=5)
    scene.follow()
    assert [mails(scene, one) for one in (past, coming, done, nothing)] == [before[0] + 1, *before[1:]]
    assert migrate(scene) == 0, "who was told is not told again"
    scene.later(seconds=(due - timedelta(days=3) - scene.clock.now).total_seconds() + 5)
    scene.follow()
    assert mails(scene, coming) == before[1] + 1


def test_what_the_clock_of_the_standard_tells_of_is_left_to_it(scene: Scene) -> None:
    ref = scene.commanded()
    filed(scene, ref)
    earlier = filed(scene, ref, due_on=str(day(scene.ago(days=-2))))
    untold(scene)
    assert migrate(scene) == 1, "a date that was promised beside the limit is told of, the limit is not"
    assert told_next(scene, earlier) is not None
    untold(scene)
    scene.later(days=60)
    assert migrate(scene) == 1, "missed: the limit told of itself, the promised date was never told of"
