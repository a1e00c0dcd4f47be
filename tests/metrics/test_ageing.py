"""How long action items wait, and whether they are done in time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Incident
from metrics.actions import measure_all
from postmortems.models import ActionItem
from standard.queries import in_force
from tests.incidents.scene import Scene
from tests.metrics.independent import Todo, todos

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
    day = scene.clock.now.date()
    later = (
        scene.api("amira").get("metrics/", **{"from": str(day + timedelta(days=3)), "to": str(day + timedelta(days=9))}).json()
    )
    assert [one["n"] for one in later["action_items"]] == [0, 0], "of what has not begun nothing is known"


def test_an_old_item_counts_until_it_ends_and_then_where_it_ended(scene: Scene) -> None:
    """A quarter's figures have what waited at its end, however old its incident; what is done after a sign-off is the next one's."""
    ref = scene.declare()
    scene.follow()
    item(scene, ref, 1, filed=300, due=250)
    item(scene, ref, 2, filed=300, due=250, ended=20)
    item(scene, ref, 3, filed=15)

    def asked(first: int, last: int) -> dict[str, Any]:
        since, until = (scene.clock.now - timedelta(days=days) for days in (first, last))
        told = scene.api("amira").get("metrics/", **{"from": since.isoformat(), "to": until.isoformat()}).json()
        assert told["incidents"] == 0, "the incident is of today"
        found: dict[str, Any] = told["action_items"][0]
        return found

    before, after = asked(120, 30), asked(30, 10)
    assert (before["waiting"], before["overdue"], before["done"]) == (2, 2, 0)
    assert (after["waiting"], after["overdue"], after["done"], after["in_time_share"]) == (2, 1, 1, 0.0)
    assert asked(10, 5)["done"] == 0
    assert asked(400, 301)["n"] == 0


days = st.integers(0, 400)


@st.composite
def kept(draw: st.DrawFn, now: datetime) -> Todo:
    filed = now - timedelta(hours=draw(st.integers(1, 24 * 200)))
    ended = min(filed + timedelta(hours=draw(st.integers(1, 2_000))), now) if draw(st.booleans()) else None
    due = filed + timedelta(hours=draw(st.integers(24, 1_500))) if draw(st.booleans()) else None
    kinds = st.sampled_from(("prevention", "detection"))
    dropped = ended is not None and draw(st.integers(0, 3)) == 0
    return Todo(draw(st.integers(1, 3)), draw(kinds), filed, due, ended, dropped, exercise=draw(st.integers(0, 9)) == 0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_figures_are_what_plain_python_makes_of_the_items(scene: Scene, data: st.DataObject) -> None:
    """Of generated items on incidents of three severities, one of them a drill's, in any period and by severity; the lists have as many."""
    now = scene.clock.now
    found = data.draw(st.lists(kept(now), min_size=1, max_size=15))
    first, last = sorted((data.draw(days), data.draw(days)))
    start, end = now - timedelta(days=last + 1, hours=3), now - timedelta(days=first - 2)
    with transaction.atomic():
        with scene.acme.scope(scene.acme.amira):
            for number, one in enumerate(found, start=3000):
                incident = Incident.objects.create(
                    number=number,
                    ref=f"INC-{number}",
                    title="A case",
                    severity=one.severity,
                    state="resolved",
                    exercise=one.exercise,
                    standard=in_force(),
                    detected_by="user",
                    detected_at=now - timedelta(days=201),
                    resolved_at=now - timedelta(days=200),
                )
                state = "open" if one.ended is None else "dropped" if one.dropped else "done"
                ActionItem.objects.create(
                    incident=incident,
                    number=1,
                    title="A limit",
                    kind=one.kind,
                    state=state,
                    owner_id=scene.acme.jon.user_id,
                    filed_at=one.filed,
                    due_at=one.due,
                    ended_at=one.ended,
                )
            measure_all()
        for severity in (None, 1):
            asked = {"from": start.isoformat(), "to": end.isoformat()} | ({"severity": "1"} if severity else {})
            mine = [one for one in found if severity in (None, one.severity)]
            for told in scene.api("amira").get("metrics/", **asked).json()["action_items"]:
                assert told == pytest.approx(todos(mine, told["kind"], start, end, now)), asked
                for which, column in (
                    ("waiting", "waiting"),
                    ("overdue", "overdue"),
                    ("longer", "waiting_longer"),
                    ("done", "done"),
                ):
                    listed = scene.page("amira").get(
                        "/o/acme/metrics/items-counted.csv", {**asked, "kind": told["kind"], "which": which}
                    )
                    assert listed.content.decode().count("\r\n") == told[column] + 1, (which, asked)
        transaction.set_rollback(True)
