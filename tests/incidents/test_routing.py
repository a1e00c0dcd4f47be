"""Which service an alert is about: the organisation's rules in their order, then the label `service` (detection.automated)."""

from typing import Any

import pytest

from incidents.models import RoutingRule
from ledger.actions import configure
from oncall.models import Service, Team, TeamMember
from tenants.refusals import Refused
from tests.incidents.scene import Scene, alert

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]


def rule(scene: Scene, position: int, labels: dict[str, str], service: str, severity: int | None = None) -> None:
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        row = {"position": position, "name": f"Rule {position}", "labels": labels, "service": Service.objects.get(slug=service)}
        configure(RoutingRule(), {**row, "suggested_severity": severity}, by=by)


def routed(scene: Scene, **labels: Any) -> dict[str, Any]:
    scene.fire(alert(started=scene.clock.now, **labels))
    return scene.signals()[0]


def test_the_label_names_the_service_where_no_rule_does(scene: Scene) -> None:
    assert routed(scene, service="payments")["service"] == "payments"


def test_without_a_rule_and_a_service_the_default_team_is_asked(scene: Scene) -> None:
    assert routed(scene, service="nowhere")["service"] is None
    scene.follow()
    assert len(scene.calls("amira")) == 1


def test_the_first_rule_whose_labels_all_match_decides(scene: Scene) -> None:
    rule(scene, 1, {"region": "eu", "tier": "db"}, "search")
    rule(scene, 2, {"region": "eu"}, "payments", severity=1)
    rule(scene, 3, {"region": "eu"}, "search")
    assert routed(scene, region="eu", tier="web", service="checkout")["service"] == "payments"
    form = scene.page("mei").get(f"/o/acme/incidents/declare/?signal={scene.signals()[0]['id']}").content.decode()
    assert 'value="1"' in form.split("checked")[0][-200:]  # the rule's severity is suggested


def test_a_rule_has_labels(scene: Scene) -> None:
    with pytest.raises(Refused):
        rule(scene, 1, {}, "search")


def test_a_rule_pages_the_team_of_its_service(scene: Scene) -> None:
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        team = configure(Team(), {"slug": "data", "name": "Data"}, by=by)
        configure(TeamMember(), {"team": team, "user_id": scene.acme.mei.user_id, "position": 1}, by=by)
        configure(Service(), {"slug": "lake", "name": "Lake", "team": team}, by=by)
    rule(scene, 1, {"tier": "db"}, "lake")
    assert routed(scene, tier="db")["service"] == "lake"
    scene.follow()
    assert len(scene.calls("mei")) == 1
    assert scene.calls("amira") == []


def test_another_organisations_rules_do_not_count(scene: Scene) -> None:
    with scene.globex.scope(scene.globex.admin):
        row = {"position": 1, "name": "Ours", "labels": {"tier": "db"}, "service": Service.objects.get(slug="search")}
        configure(RoutingRule(), row, by=scene.globex.admin.actor())
    assert routed(scene, tier="db")["service"] == "checkout"
