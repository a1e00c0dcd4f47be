"""Services have a tier and components: a public update of an incident suggests those of the services that it affects."""

import pytest

from incidents.models import Component, ServiceComponent
from ledger.actions import configure
from oncall.models import Service
from tenants.refusals import Refused
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def link(scene: Scene, service: str, component: str) -> None:
    """An administrator says that customers notice a service by a component."""
    with scene.acme.scope(scene.acme.admin):
        row = {"service": Service.objects.get(slug=service), "component": Component.objects.get(slug=component)}
        configure(ServiceComponent(), row, by=scene.acme.admin.actor())


@pytest.mark.clause("tools.components")
def test_the_components_of_the_affected_services_come_first_and_say_why(scene: Scene) -> None:
    link(scene, "checkout", "payments")
    ref = scene.commanded()
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Suggested: Checkout is affected." in page
    assert page.index("Payments, for customers") < page.index("API, for customers")
    other = scene.commanded(services=("search",))
    plain = scene.page("amira").get(f"/o/acme/incidents/{other}/").content.decode()
    assert "Suggested:" not in plain
    assert plain.index("Payments, for customers") > plain.index("API, for customers")


def test_the_api_says_a_services_tier_and_components(scene: Scene) -> None:
    link(scene, "checkout", "payments")
    link(scene, "checkout", "web-app")
    with scene.acme.scope(scene.acme.admin):
        configure(Service.objects.get(slug="checkout"), {"tier": 1}, by=scene.acme.admin.actor())
    rows = {row["slug"]: row for row in scene.api("jon").get("services/").json()["results"]}
    assert (rows["checkout"]["tier"], rows["checkout"]["components"]) == (1, ["web-app", "payments"])
    assert (rows["search"]["tier"], rows["search"]["components"]) == (None, [])


def test_administrators_set_both_in_the_admin_and_nobody_else(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        service = Service.objects.select_related("team").get(slug="checkout")
        component = Component.objects.get(slug="ios")
    path = f"/o/acme/admin/oncall/service/{service.pk}/change/"
    form = {
        "slug": "checkout",
        "name": "Checkout",
        "team": service.team_id,
        "tier": 2,
        "product_owner": service.product_owner_id,
        "policy": "",
        "component_links-TOTAL_FORMS": 1,
        "component_links-INITIAL_FORMS": 0,
        "component_links-0-component": component.pk,
        "component_links-0-service": service.pk,
    }
    assert scene.page("amira").post(path, form).status_code == 403
    answer = scene.page("admin").post(path, form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    (row,) = [row for row in scene.api("jon").get("services/").json()["results"] if row["slug"] == "checkout"]
    assert (row["tier"], row["components"]) == (2, ["ios"])
    assert [event.data["changes"]["tier"] for event in scene.events("configuration.changed") if "tier" in event.data["changes"]][
        -1
    ] == [None, 2]


def test_a_tier_that_there_is_not_and_a_component_twice_are_refused(scene: Scene) -> None:
    link(scene, "checkout", "payments")
    with scene.acme.scope(scene.acme.admin), pytest.raises(Refused):
        configure(Service.objects.get(slug="checkout"), {"tier": 5}, by=scene.acme.admin.actor())
    with pytest.raises(Refused, match="already"):
        link(scene, "checkout", "payments")
