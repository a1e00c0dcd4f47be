"""What was lowered once it was mitigated, and what was merged, in availability and in the times (docs/decisions/0032)."""

import pytest

from incidents.gravity import worst
from incidents.models import Component, Incident, ServiceComponent
from ledger.actions import configure
from metrics.models import IncidentFigure
from oncall.models import Service
from tests.incidents.scene import Scene
from tests.metrics.test_availability import PUBLIC, payments

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.slo")]


def notice(scene: Scene) -> None:
    """The component of payments is what search is noticed by."""
    with scene.acme.scope(scene.acme.admin):
        link = {"service": Service.objects.get(slug="search"), "component": Component.objects.get(slug="payments")}
        configure(ServiceComponent(), link, by=scene.acme.admin.actor())


@pytest.mark.clause("metrics.mttr")
def test_what_is_lowered_in_monitoring_was_mitigated_then(scene: Scene) -> None:
    """Its outage ends there until somebody says when it really did, and its time to mitigate is known; raising it begins anew."""
    notice(scene)
    ref = scene.commanded(services=["search"])
    scene.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
    scene.clock.advance(minutes=20)
    scene.do("amira", ref, "advance", to="monitoring", reason="Rolled back")
    scene.do("amira", ref, "severity", severity="SEV3", reason="A label is left")
    scene.clock.advance(hours=5)
    scene.follow()
    assert payments(scene)["down_seconds"] == pytest.approx(1200, abs=5)
    assert scene.api("amira").get("metrics/").json()["figures"]["ttm"]["mean_seconds"] == pytest.approx(1200, abs=5)
    assert scene.do("mei", ref, "severity", severity="SEV2", reason="It is back")["state"] == "mobilization"
    scene.clock.advance(minutes=10)
    scene.follow()
    assert payments(scene)["down_seconds"] == pytest.approx(20 * 60 + 5 * 3600 + 600, abs=5), "one impact, and it goes on"


def test_what_was_only_slow_under_a_small_part_does_not_make_the_outage_of_the_whole_less(scene: Scene) -> None:
    """Customers were told "degraded" of it before anybody knew; the SEV 1 takes it down, unless they were told so under the SEV 1 itself."""
    notice(scene)
    small = scene.declare("amira", "SEV3", services=["search"])
    scene.do("amira", small, "update", **PUBLIC, components={"payments": "degraded_performance"})
    into = scene.commanded(services=["search"])
    scene.do("amira", into, "update", **PUBLIC)
    scene.do("amira", small, "merge", into=into)
    scene.clock.advance(minutes=10)
    scene.follow()
    assert (payments(scene)["down_seconds"], payments(scene)["incidents"]) == (pytest.approx(600, abs=5), 1)
    scene.do("amira", into, "update", **PUBLIC, components={"payments": "degraded_performance"})
    scene.follow()
    assert payments(scene)["down_seconds"] == 0


def test_the_worst_in_sql_is_the_worst_in_python(scene: Scene) -> None:
    """Over a chain: a SEV 1 that was lowered, merged into a SEV 3 that was a SEV 2 for a while, merged into a SEV 4; and one alone."""
    alone, first, second, last = (
        scene.declare(severity="SEV4"),
        scene.commanded(),
        scene.commanded("SEV2"),
        scene.declare(severity="SEV4"),
    )
    scene.do("amira", first, "severity", severity="SEV3", reason="Down to one shop")
    scene.do("amira", second, "severity", severity="SEV3", reason="Down to one shop")

    def both() -> dict[str, tuple[int, int]]:
        """What the figures and the record say of each that has a figure."""
        scene.follow()
        with scene.acme.scope():
            figures = dict(IncidentFigure.objects.values_list("incident_id", "worst"))
            return {one.ref: (figures[one.pk], worst(one)) for one in Incident.objects.filter(pk__in=figures)}

    assert both() == {alone: (4, 4), first: (1, 1), second: (2, 2), last: (4, 4)}
    scene.do("mei", first, "merge", into=second)
    assert both() == {alone: (4, 4), second: (1, 1), last: (4, 4)}
    scene.do("mei", second, "merge", into=last)
    assert both() == {alone: (4, 4), last: (1, 1)}
