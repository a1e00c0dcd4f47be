"""How long action items wait, and whether they are done in time."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Incident
from postmortems.models import ActionItem
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("actions.sla"), pytest.mark.clause("actions.tags")]


def item(
    scene: Scene, ref: str, number: int, *, filed: int, due: int | None = None, ended: int | None = None, **more: Any
) -> None:
    """An action item; its days are counted back from now."""

    def ago(days: int | None) -> Any:
        return scene.clock.now - timedelta(days=days) if days is not None else None

    values = {"kind": "prevention", "state": "done" if ended is not None else "open", "owner_id": scene.acme.jon.user_id, **more}
    with scene.acme.scope(scene.acme.amira):
        incident = Incident.objects.get(ref=ref)
        ActionItem.objects.create(
            incident=incident, number=number, title="A limit", filed_at=ago(filed), due_at=ago(due), ended_at=ago(ended), **values
        )


def test_items_are_counted_by_how_long_they_wait(scene: Scene) -> None:
    ref = scene.declare()
    drill = scene.declare(exercise=True)
    scene.follow()
    for number, days in enumerate((1, 6, 8, 29, 31, 300), start=1):
        item(scene, ref, number, filed=days, due=20 if days > 20 else None)
    item(scene, ref, 7, filed=30, due=10, ended=12)  # in time
    item(scene, ref, 8, filed=30, due=10, ended=2)
    item(scene, ref, 9, filed=30, ended=28, kind="detection")
    item(scene, ref, 10, filed=30, ended=28, state="dropped", kind="detection")
    item(scene, drill, 1, filed=30)
    prevention, detection = scene.api("amira").get("metrics/").json()["action_items"]
    assert (prevention["kind"], prevention["n"]) == ("prevention", 8)
    assert [prevention[name] for name in ("waiting", "waiting_week", "waiting_month", "waiting_longer")] == [6, 2, 2, 2]
    assert (prevention["overdue"], prevention["done"], prevention["in_time_share"]) == (3, 2, 0.5)
    assert prevention["median_to_done_seconds"] == pytest.approx(23 * 86400)  # between 18 and 28 days
    assert (detection["done"], detection["in_time_share"], detection["dropped"]) == (1, None, 1)
    page = scene.page("jon").get("/o/acme/metrics/items/").content.decode()
    assert "50.0 % of 2" in page
    assert scene.api("amira").get("metrics/", severity="4").json()["action_items"][0]["n"] == 0
