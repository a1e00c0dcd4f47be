"""What routing rules do by themselves, what is suppressed, and trying a rule first (detection.automated, triage.is-it-an-incident)."""

import html
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import RoutingRule
from ledger.models import Event
from tests.incidents.scene import Scene, alert, delivery

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]


def rule(scene: Scene, *, expect: int = 201, **body: Any) -> dict[str, Any]:
    """Make a rule by API."""
    answer = scene.api("admin").post("routing-rules/", {"name": "A rule", **body})
    assert answer.status_code == expect, answer.content
    found: dict[str, Any] = answer.json()
    return found


def maintain(scene: Scene, *services: str, minutes: int = 60, name: str = "Disk swap") -> int:
    """Plan work that begins now."""
    body = {"name": name, "starts_at": scene.clock.now.isoformat(), "services": list(services)}
    answer = scene.api("admin").post(
        "maintenance/", {**body, "ends_at": (scene.clock.now + timedelta(minutes=minutes)).isoformat()}
    )
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def fire(scene: Scene, fingerprint: str = "f1", *, group: str = "g", **labels: Any) -> None:
    """One alert that begins now."""
    scene.fire(alert(fingerprint, started=scene.clock.now, **labels), group=group)


# --- Conditions -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "fits"),
    [
        ({"team": "data"}, True),
        ({"team": "dat"}, False),
        ({"team": ["shop", "data"]}, True),
        ({"team": ["shop"]}, False),
        ({"host": {"matches": "db-[0-9]+"}}, True),
        ({"host": {"matches": "db-"}}, False),  # the whole value
        ({"team": "data", "host": {"matches": "web.*"}}, False),  # all must hold
        ({"absent": ""}, True),
        ({"absent": {"matches": ".+"}}, False),
    ],
)
def test_a_condition_equals_is_one_of_or_matches_as_a_whole(scene: Scene, labels: dict[str, Any], fits: bool) -> None:
    rule(scene, labels=labels, service="search")
    fire(scene, team="data", host="db-17")
    assert scene.signals()[0]["service"] == ("search" if fits else "checkout")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"labels": {}}, ""),
        ({"labels": {"a": {"matches": "("}}}, "labels"),
        ({"labels": {"a": {"matches": "(?=x)"}}}, "labels"),  # RE2 has no look-ahead: its time is bounded
        ({"labels": {"a": {"matches": "a{1001}"}}}, "labels"),
        ({"labels": {"a": 7}}, "labels"),
        ({"labels": {"a": []}}, "labels"),
        ({"labels": {"a": "x" * 201}}, "labels"),
        ({"labels": {str(n): "x" for n in range(21)}}, "labels"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": {"a": "b"}, "outcome": "declare"}, ""),
        ({"labels": {"a": "b"}, "attach": "group"}, ""),
        ({"labels": {"a": "b"}, "service": "nowhere"}, "service"),
        ({"labels": {"a": "b"}, "name": ""}, "name"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_its_field(scene: Scene, body: dict[str, Any], field: str) -> None:
    told = rule(scene, expect=422, **body)
    assert told["reasons"][0].get("field", "") == field, told
    assert scene.api("admin").get("routing-rules/").json()["results"] == []


def test_an_expression_that_would_take_for_ever_elsewhere_holds_up_nothing(scene: Scene) -> None:
    """A backtracking engine needs about 2^200 steps for this one."""
    rule(scene, labels={"host": {"matches": "(a|a|a|aa)+b"}}, service="search")
    fire(scene, host="a" * 200)
    assert scene.signals()[0]["service"] == "checkout"


def test_a_new_rule_goes_last_and_one_at_a_taken_place_moves_the_others_down(scene: Scene) -> None:
    for name in ("First", "Second"):
        rule(scene, name=name, labels={"a": "b"})
    rule(scene, name="Now first", labels={"a": "b"}, position=1)
    listed = scene.api("admin").get("routing-rules/").json()["results"]
    assert [(row["position"], row["name"]) for row in listed] == [(1, "Now first"), (2, "First"), (3, "Second")]


def test_a_rule_may_mean_one_integration_only_and_may_be_out_of_use(scene: Scene) -> None:
    other = scene.api("admin").post("integrations/", {"kind": "alertmanager", "name": "Second"}).json()
    rule(scene, labels={}, integration=other["integration"], service="search")
    fire(scene, "f1", group="g1")
    assert scene.hook(delivery(alert("f2", started=scene.clock.now), group="g2"), key=other["key"]) == [None]
    assert sorted(row["service"] for row in scene.signals()) == ["checkout", "search"]
    used = scene.api("admin").get("routing-rules/").json()["results"][0]["id"]
    assert scene.api("admin").post(f"routing-rules/{used}/", {"is_active": False}).json()["is_active"] is False
    assert scene.hook(delivery(alert("f3", started=scene.clock.now), group="g3"), key=other["key"]) == [None]
    assert sorted(row["service"] for row in scene.signals()) == ["checkout", "checkout", "search"]


@pytest.mark.parametrize("who", ["amira", "support", "owner"])
def test_rules_are_the_administrators(scene: Scene, who: str) -> None:
    made = rule(scene, labels={"a": "b"})
    window = maintain(scene, "search")
    door = scene.api(who)
    assert door.get("routing-rules/").status_code == door.get("maintenance/").status_code == 403
    asks: dict[str, dict[str, Any]] = {
        "routing-rules/": {"name": "x", "labels": {"a": "b"}},
        f"routing-rules/{made['id']}/": {"name": "x"},
        f"routing-rules/{made['id']}/remove/": {},
        "routing-rules/try/": {"name": "x", "labels": {"a": "b"}},
        f"maintenance/{window}/end/": {},
    }
    for path, body in asks.items():
        assert door.post(path, body).status_code == 403, path
    for path in ("routing/", "routing/add/", f"routing/{made['id']}/"):
        assert scene.page(who).get(f"/o/acme/{path}").status_code == 403, path
    assert scene.door(scene.globex.admin).post(f"routing-rules/{made['id']}/remove/", {}).status_code == 404
    assert scene.api("auditor").get("routing-rules/").status_code == 200


# --- Declaring and joining by itself -----------------------------------------------------------------------------------------------


@pytest.mark.clause("triage.declare-immediately")
@pytest.mark.clause("mobilize.page-out")
def test_a_rule_declares_by_itself_and_the_severity_pages(scene: Scene) -> None:
    """domain.md §2: `severity=critical` of service X is SEV 1."""
    words: dict[str, Any] = {
        "title": "{alertname} on {service}, {absent}again",
        "outcome": "declare",
        "suggested_severity": "SEV1",
    }
    rule(scene, name="Critical", labels={"severity": "critical", "service": "checkout"}, **words)
    fire(scene, severity="critical")
    assert len(scene.signals()) == 1, "it is accepted before anything follows"
    scene.follow()
    assert scene.signals() == []
    found = scene.incident("INC-1")
    assert (found["title"], found["severity"], found["services"]) == ("HighErrorRate on checkout, again", "SEV1", ["checkout"])
    assert found["detected_by"] == "monitoring"
    assert scene.told("INC-1", "incident.declared")[0]["actor"] == "Rule: Critical"
    assert [call["reason"] for call in scene.calls("amira")] == ["SEV 1 declared"]
    fire(scene, "f2", severity="critical")
    scene.follow()
    assert len(scene.api("amira").get("incidents/").json()["results"]) == 1, "its group belongs to the incident"


def test_without_a_title_the_alerts_own_words_are_the_incidents(scene: Scene) -> None:
    rule(scene, labels={"severity": "critical"}, outcome="declare", suggested_severity="SEV4")
    fire(scene, severity="critical")
    scene.follow()
    assert scene.incident("INC-1")["title"] == "HighErrorRate on checkout"
    assert scene.calls("amira") == []


def test_a_rule_joins_a_running_incident_of_the_service_within_its_window(scene: Scene) -> None:
    rule(scene, labels={"team": "shop"}, service="payments", attach="service", attach_minutes=30)
    ref = scene.declare(services=["payments"])
    scene.follow()
    calls = len(scene.calls("amira"))
    fire(scene, "f1", group="g1", team="shop")
    scene.follow()
    assert scene.signals() == []
    assert [row["labels"]["fp"] for row in scene.alerts()] == ["f1"]
    assert scene.told(ref, "incident.signal_attached")[0]["actor"] == "Rule: A rule"
    assert len(scene.calls("amira")) == calls
    scene.clock.advance(minutes=31)
    fire(scene, "f2", group="g2", team="shop")
    scene.follow()
    assert len(scene.signals()) == 1, "later than its window it asks"
    assert len(scene.calls("amira")) == calls + 1


def test_a_rule_joins_by_group_what_shares_a_labels_value(scene: Scene) -> None:
    rule(scene, labels={"cluster": {"matches": ".+"}}, attach="group", attach_label="cluster", attach_minutes=30)
    fire(scene, "f1", group="g1", cluster="eu")
    scene.follow()
    scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    fire(scene, "f2", group="g2", cluster="eu", service="search")
    fire(scene, "f3", group="g3", cluster="us")
    scene.follow()
    assert set(scene.incident("INC-1")["services"]) == {"checkout", "search"}
    assert [row["title"] for row in scene.signals()] == ["HighErrorRate on checkout"]


def test_where_a_rule_cannot_do_it_somebody_is_asked(scene: Scene) -> None:
    """A rule never hides an alert by failing: its title deceives, which the verb refuses, and the question waits."""
    made = rule(scene, labels={"team": "shop"}, outcome="declare", suggested_severity="SEV1", title="Shop")
    with scene.acme.scope(scene.acme.admin):
        row = RoutingRule.objects.get(pk=made["id"])
        row.title = "Sh\u202eop"  # as no door takes it
        row.save()
    fire(scene, team="shop")
    scene.follow()
    assert len(scene.signals()) == 1
    assert [call["reason"] for call in scene.calls("amira")] == ["Is this an incident?"]


# --- Suppressed --------------------------------------------------------------------------------------------------------------------


def test_what_a_rule_suppresses_is_kept_shown_and_pages_nobody(scene: Scene) -> None:
    rule(scene, name="Staging", labels={"env": "staging"}, outcome="suppress")
    fire(scene, env="staging")
    scene.follow()
    assert (scene.signals(), scene.calls("amira")) == ([], [])
    assert [(row["state"], row["labels"]["env"]) for row in scene.alerts()] == [("firing", "staging")]
    assert [row["decision_reason"] for row in scene.signals("suppressed")] == ["Rule: Staging."]
    shown = scene.page("mei").get("/o/acme/triage/").content.decode()
    assert "Rule: Staging." in shown
    fire(scene, "f2", env="staging")
    assert len(scene.signals("suppressed")) == 1
    assert len(scene.events("signal.suppressed")) == 1


@pytest.mark.clause("triage.is-it-an-incident")
def test_what_nobody_suppressed_is_never_hidden_by_what_somebody_did(scene: Scene) -> None:
    """In one group, in the same delivery and later: the other one asks."""
    rule(scene, labels={"host": "db-1"}, outcome="suppress")
    one, other = (alert(f, started=scene.clock.now, host=h) for f, h in (("f1", "db-1"), ("f2", "db-2")))
    scene.fire(one, other, group="both")
    assert len(scene.signals()) == 1
    scene.fire(alert("f3", started=scene.clock.now, host="db-1"), group="later")
    assert len(scene.signals()) == 1
    scene.fire(alert("f4", started=scene.clock.now, host="db-2"), group="later")
    assert len(scene.signals()) == 2
    scene.follow()
    assert len(scene.calls("amira")) == 2


@pytest.mark.clause("mobilize.page-out")
def test_what_still_fires_when_maintenance_ends_is_asked_about_then(scene: Scene) -> None:
    maintain(scene, "search", minutes=60)
    fire(scene, "f1", group="g1", service="search")
    fire(scene, "f2", group="g2", service="search")
    fire(scene, "f3", group="g3", service="checkout")
    scene.follow()
    assert [row["service"] for row in scene.signals()] == ["checkout"]
    calls = len(scene.calls("amira"))
    scene.later(minutes=59)
    assert len(scene.signals("suppressed")) == 2
    scene.fire(alert("f2", started=scene.ago(minutes=59), ended=scene.clock.now, service="search"), group="g2")
    scene.later(minutes=2)
    assert [row["service"] for row in scene.signals()] == ["checkout", "search"]
    scene.follow()
    assert len(scene.calls("amira")) == calls + 1
    fire(scene, "f2", group="g2", service="search")
    assert len(scene.signals()) == 3, "what had cleared is a new question"


def test_maintenance_that_overlaps_goes_on(scene: Scene) -> None:
    maintain(scene, "search", minutes=30, name="Short")
    maintain(scene, "search", minutes=90, name="Long")
    fire(scene, service="search")
    scene.later(minutes=31)
    assert [row["decision_reason"] for row in scene.signals("suppressed")] == ["Maintenance: Long."]
    scene.later(minutes=60)
    assert len(scene.signals()) == 1


def test_ending_maintenance_or_changing_the_rule_asks_at_once(scene: Scene) -> None:
    window = maintain(scene, "search")
    made = rule(scene, labels={"env": "staging"}, outcome="suppress")
    fire(scene, "f1", group="g1", service="search")
    fire(scene, "f2", group="g2", env="staging")
    scene.later(seconds=1)
    assert len(scene.signals("suppressed")) == 2
    scene.api("admin").post(f"maintenance/{window}/end/", {})
    scene.later(seconds=1)
    assert [row["service"] for row in scene.signals()] == ["search"]
    assert scene.api("admin").post(f"maintenance/{window}/end/", {}).json()["code"] == "over"
    scene.api("admin").post(f"routing-rules/{made['id']}/remove/", {})
    scene.later(seconds=1)
    assert len(scene.signals()) == 2


def test_a_practitioner_asks_after_all(scene: Scene) -> None:
    rule(scene, labels={"env": "staging"}, outcome="suppress")
    fire(scene, env="staging")
    signal = scene.signals("suppressed")[0]["id"]
    assert scene.api("support").post(f"triage/{signal}/ask/", {}).status_code == 403
    assert scene.api("jon").post(f"triage/{signal}/dismiss/", {"reason": "No"}).status_code == 409
    assert scene.page("jon").post(f"/o/acme/triage/{signal}/ask/", {}).status_code == 302
    assert len(scene.signals()) == 1
    scene.follow()
    assert len(scene.calls("amira")) == 1
    assert scene.api("jon").post(f"triage/{signal}/ask/", {}).json()["code"] == "not_suppressed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"services": []}, "services"),
        ({"services": ["nowhere"]}, "services"),
        ({"minutes": -1}, "ends_at"),
        ({"name": " "}, "name"),
    ],
)
def test_maintenance_that_cannot_be_is_refused(scene: Scene, change: dict[str, Any], field: str) -> None:
    minutes = change.pop("minutes", 5)
    body = {"name": "Swap", "starts_at": scene.ago(minutes=9).isoformat(), "services": ["search"]}
    ends = (scene.clock.now + timedelta(minutes=minutes)).isoformat()
    answer = scene.api("admin").post("maintenance/", {**body, "ends_at": ends, **change})
    assert (answer.status_code, answer.json()["reasons"][0]["field"]) == (422, field), answer.json()


# --- Trying ------------------------------------------------------------------------------------------------------------------------


def test_a_rule_is_tried_against_past_alerts_and_nothing_is_changed(scene: Scene) -> None:
    rule(scene, name="Before", labels={"env": "prod"})
    for fingerprint, env in (("f1", "prod"), ("f2", "staging"), ("f3", "test")):
        fire(scene, fingerprint, group=fingerprint, env=env)
    before = len(scene.events("configuration.changed"))
    draft = {
        "name": "Draft",
        "labels": {"env": ["staging", "prod"]},
        "outcome": "declare",
        "suggested_severity": "SEV2",
        "title": "{env} fails",
    }
    tried = scene.api("admin").post("routing-rules/try/", draft).json()["results"]
    assert [(row["matched"], row["outcome"], row["other"]) for row in tried] == [
        (False, "", ""),
        (True, "SEV 2 declared: staging fails", ""),
        (False, "", "Before"),
    ]
    first = scene.api("admin").post("routing-rules/try/", {**draft, "position": 1}).json()["results"]
    assert [row["matched"] for row in first] == [False, True, True]
    assert len(scene.events("configuration.changed")) == before
    assert len(scene.api("admin").get("routing-rules/").json()["results"]) == 1
    assert scene.api("admin").post("routing-rules/try/", {"name": "x", "labels": {"a": {"matches": "("}}}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("host =~ db-.*", "write host ~ db-.*"),
        ("team == payments", "write team = payments"),
        ('host=~"db-.*"', "write host ~ db-.*"),
        ("env!=prod", "not what it is not"),
        ("env != prod", "not what it is not"),
        ('env in "prod", "stage"', "leave the quotes out, env in prod, stage"),
        ('team = "payments"', "leave the quotes out, team = payments"),
    ],
)
def test_how_monitoring_writes_a_condition_is_not_taken_for_another(scene: Scene, typed: str, says: str) -> None:
    """Taken literally it would never hold, and nobody would be told."""
    form = {"name": "x", "labels": typed, "outcome": "suppress", "attach": "", "attach_minutes": "60", "is_active": "on"}
    answer = scene.page("admin").post("/o/acme/routing/add/", form)
    assert answer.status_code == 422
    said = html.unescape(answer.content.decode())
    assert says in said
    assert typed in said


def test_the_page_tries_keeps_what_was_typed_saves_and_removes(scene: Scene) -> None:
    fire(scene, env="staging")
    page = scene.page("admin")
    typed = {
        "name": "Quiet staging",
        "labels": "env in staging, test\nhost ~ (",
        "outcome": "suppress",
        "attach": "",
        "attach_minutes": "60",
        "is_active": "on",
    }
    wrong = page.post("/o/acme/routing/add/", {**typed, "try": "1"})
    assert wrong.status_code == 422
    assert "host ~ (" in wrong.content.decode()
    assert "is no expression" in wrong.content.decode()
    typed["labels"] = "env in staging, test"
    tried = page.post("/o/acme/routing/add/", {**typed, "try": "1"})
    assert tried.status_code == 200
    assert "It would have decided on 1 of the last 1 alert" in tried.content.decode()
    assert "Suppressed. Rule: Quiet staging." in tried.content.decode()
    assert scene.api("admin").get("routing-rules/").json()["results"] == []
    assert page.post("/o/acme/routing/add/", {**typed, "save": "1"}).status_code == 302
    [kept] = scene.api("admin").get("routing-rules/").json()["results"]
    assert (kept["labels"], kept["outcome"], kept["position"]) == ({"env": ["staging", "test"]}, "suppress", 1)
    listed = page.get("/o/acme/routing/").content.decode()
    assert "env in staging, test" in listed
    assert "env in staging, test" in page.get(f"/o/acme/routing/{kept['id']}/").content.decode()
    assert page.post(f"/o/acme/routing/{kept['id']}/", {"remove": "1"}).status_code == 302
    assert scene.api("admin").get("routing-rules/").json()["results"] == []
    with scene.acme.scope():
        told = Event.objects.filter(kind="configuration.changed", subject_type="incidents.routingrule").order_by("id")
        assert [event.data["what"] for event in told] == ["created", "deleted"]


def test_the_page_plans_and_ends_maintenance(scene: Scene) -> None:
    with scene.acme.scope():
        from oncall.models import Service

        search = Service.objects.get(slug="search").pk
    page = scene.page("admin")
    times = {"starts_at": f"{scene.clock.now:%Y-%m-%dT%H:%M:%S}", "ends_at": f"{scene.clock.now:%Y-%m-%dT%H:%M:%S}"}
    body = {"name": "Swap the disks", "services": [search], **times}
    wrong = page.post("/o/acme/routing/maintenance/", body)
    assert wrong.status_code == 422
    assert "Swap the disks" in wrong.content.decode()
    body["ends_at"] = f"{scene.clock.now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    assert page.post("/o/acme/routing/maintenance/", body).status_code == 302
    [window] = scene.api("admin").get("maintenance/").json()["results"]
    assert window["services"] == ["search"]
    assert page.post(f"/o/acme/routing/maintenance/{window['id']}/end/", {}).status_code == 302
    assert "over" in page.get("/o/acme/routing/").content.decode()
