"""Who is called when an incident grows: raised from a small one, joined by another service's alert; and what a rule may join to what."""

import pytest

from incidents.models import Incident
from ledger.actions import configure
from oncall.models import Page, Service, Team, TeamMember
from tests.incidents.scene import Scene, alert
from tests.incidents.test_rules import fire, rule
from tests.oncall.test_low_urgency import at

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]


def taken(scene: Scene, who: str) -> None:
    """Somebody acknowledges the newest page that calls them."""
    answer = scene.api(who).post(f"pages/{scene.calls(who)[0]['id']}/acknowledge/")
    assert answer.status_code == 200, answer.content


def teams(scene: Scene) -> list[tuple[str, str]]:
    """The calls of teams for INC-1: team and reason, oldest first."""
    with scene.acme.scope():
        incident = Incident.objects.get(ref="INC-1")
        found = Page.objects.filter(incident_id=incident.pk, team__isnull=False).order_by("id")
        return list(found.values_list("team__slug", "reason"))


def others_own(scene: Scene, slug: str) -> None:
    """A service is another team's, of which Mei is on call."""
    by = scene.acme.admin.actor()
    with scene.acme.scope(scene.acme.admin):
        team = configure(Team(), {"slug": "data", "name": "Data"}, by=by)
        configure(TeamMember(), {"team": team, "user_id": scene.acme.mei.user_id, "position": 1}, by=by)
        configure(Service.objects.get(slug=slug), {"team": team}, by=by)


@pytest.mark.clause("severity.sev2-page")
@pytest.mark.clause("severity.sev1-page")
@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_raised_from_a_small_one_whoever_took_that_in_hand_is_not_enough(scene: Scene, severity: str) -> None:
    """Acknowledged by day as a SEV 3, raised at night: the on-call is called then and there."""
    at(scene, 2, 10)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    taken(scene, "amira")
    scene.clock.advance(hours=9)
    calls = len(scene.calls("amira"))
    scene.do("jon", ref, "join")
    scene.do("jon", ref, "severity", severity=severity, reason="Nobody can pay")
    scene.follow()
    assert len(scene.calls("amira")) == calls + 1
    assert [reason for _, reason in teams(scene)] == ["SEV 3 declared", f"{severity[:3]} {severity[3:]} declared"]
    conformance = scene.api("admin").get(f"incidents/{ref}/conformance/").json()
    verdicts = {row["clause"]: row["verdict"] for row in conformance["clauses"]}
    assert verdicts["mobilize.page-out"] == "kept"


@pytest.mark.clause("severity.sev1-page")
def test_raised_from_sev_2_whoever_acknowledged_is_not_called_again(scene: Scene) -> None:
    """They are at work on it."""
    ref = scene.declare(severity="SEV2")
    scene.follow()
    taken(scene, "amira")
    calls = len(scene.calls("amira"))
    scene.do("mei", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.follow()
    assert len(scene.calls("amira")) == calls


@pytest.mark.clause("triage.is-it-an-incident")
def test_an_alert_that_a_rule_joins_calls_the_on_call_of_the_service_it_brings(scene: Scene) -> None:
    others_own(scene, "search")
    rule(scene, labels={"cluster": {"matches": ".+"}}, attach="group", attach_label="cluster", attach_minutes=30)
    fire(scene, "f1", group="g1", cluster="eu")
    scene.follow()
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    scene.follow()
    assert len(teams(scene)) == 1
    fire(scene, "f2", group="g2", cluster="eu", service="search")
    scene.follow()
    assert teams(scene)[1:] == [("data", "SEV 2 affects it too")]
    fire(scene, "f3", group="g3", cluster="eu", service="search")
    scene.follow()
    assert len(teams(scene)) == 2, "its on-call was called already"


def test_a_signal_that_somebody_attaches_calls_nobody_twice(scene: Scene) -> None:
    """Its own page is the incident's from then on."""
    others_own(scene, "search")
    ref = scene.declare(severity="SEV2")
    scene.follow()
    scene.fire(alert("f2", started=scene.clock.now, service="search"), group="g2")
    scene.follow()
    assert scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/attach/", {"incident": ref}).status_code == 200
    scene.follow()
    assert [team for team, _ in teams(scene)] == ["shop", "data"]


@pytest.mark.clause("triage.is-it-an-incident")
def test_a_rule_joins_nothing_to_a_small_incident_that_may_be_worse(scene: Scene) -> None:
    """A typo waits in the backlog; at night its service goes down: that is declared, and its on-call woken."""
    rule(
        scene, labels={"severity": "critical"}, outcome="declare", suggested_severity="SEV1", attach="service", attach_minutes=60
    )
    scene.declare(severity="SEV4")
    scene.clock.advance(minutes=10)
    fire(scene, severity="critical")
    scene.follow()
    assert scene.incident("INC-2")["severity"] == "SEV1"
    assert len(scene.calls("amira")) == 1
    fire(scene, "f2", group="g2", severity="critical")
    scene.follow()
    assert scene.signals() == []
    assert scene.api("amira").get("incidents/INC-3/").status_code == 404, "the second joined the first"


def test_a_rule_that_knows_nothing_of_how_bad_it_is_asks_beside_a_small_incident(scene: Scene) -> None:
    rule(scene, labels={"service": "checkout"}, attach="service", attach_minutes=60)
    scene.declare(severity="SEV3")
    fire(scene, "f1")
    scene.follow()
    assert len(scene.signals()) == 1


def test_what_is_small_itself_joins_a_small_incident(scene: Scene) -> None:
    rule(scene, labels={"service": "checkout"}, suggested_severity="SEV4", attach="service", attach_minutes=60)
    ref = scene.declare(severity="SEV3")
    fire(scene, "f1")
    scene.follow()
    assert scene.signals() == []
    assert len(scene.told(ref, "incident.signal_attached")) == 1
