"""Four audiences, each with its own text, its own readers and its own clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.states import RoomRole
from tests.incidents.scene import UPDATE, Scene

pytestmark = pytest.mark.servers

CADENCES = [("SEV1", "severity.sev1-cadence", 15, 30), ("SEV2", "severity.sev2-cadence", 30, 60)]
AUDIENCES = ("internal", "executive", "support", "public")


def said(audience: str, **more: Any) -> dict[str, Any]:
    """An update for an audience, with a text of its own."""
    status = {"status": "investigating"} if audience == "public" else {}
    return {"audience": audience, "known": f"For {audience}", "impact": "One in five", "doing": "Rolling back", **status, **more}


def led(scene: Scene, severity: str = "SEV1") -> str:
    """An incident that Amira commands, with Mei for communications; Jon is in the room."""
    ref = scene.commanded(severity)
    scene.appoint(ref, RoomRole.CL, "mei")
    scene.do("jon", ref, "join")
    return ref


def clocks(scene: Scene, ref: str, audience: str) -> list[dict[str, Any]]:
    """The cadence clocks of an audience, in the order they started."""
    return [clock for clock in scene.part(ref, "clocks") if clock["audience"] == audience]


# --- who is told -------------------------------------------------------------------------------------------------------------

READERS = {
    "internal": {"jon", "amira"},
    "executive": {"exec", "director"},
    "support": {"support"},
    "public": set(),
}


@pytest.mark.clause("principle.communicate")
@pytest.mark.clause("roles.cl-exec-updates")
@pytest.mark.clause("roles.cl-support-script")
@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_audience_gets_its_own_text_and_nobody_else_does(scene: Scene, audience: str) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", **said(audience))
    scene.follow()
    for who in scene.acme.people:
        got = [m for m in scene.mails(who) if f"For {audience}" in m.body]
        assert len(got) == (1 if who in READERS[audience] else 0), who
    assert {name: bool(update) for name, update in scene.incident(ref)["latest"].items()} == {
        name: name == audience for name in AUDIENCES
    }
    assert scene.incident(ref)["latest"][audience]["known"] == f"For {audience}"
    assert scene.told(ref, "incident.updated")[0]["data"]["audience"] == audience


@pytest.mark.clause("roles.cl-exec-updates")
def test_the_executive_team_is_told_whatever_its_role(scene: Scene) -> None:
    from ledger.actions import configure
    from tenants.models import DutyHolder

    with scene.acme.scope(scene.acme.admin):
        configure(DutyHolder(user_id=scene.acme.owner.user_id), {"duty": "executive_team"}, by=scene.acme.admin.actor())
    scene.do("mei", led(scene), "update", **said("executive"))
    scene.follow()
    assert len(scene.mails("owner", "For executives: update on SEV 1")) == 1


@pytest.mark.clause("roles.cl-support-script")
def test_support_is_told_each_time_the_script_changes(scene: Scene) -> None:
    ref = led(scene)
    for text in ("Say: we know", "Say: it is mended"):
        scene.do("mei", ref, "update", audience="support", known=text)
        scene.follow()
        assert text in scene.mails("support", "Support script for")[-1].body
    assert len(scene.mails("support", "Support script for")) == 2


@pytest.mark.clause("breach.need-to-know")
def test_of_a_restricted_incident_only_those_named_on_it_are_told_and_by_mail_nothing_of_it(scene: Scene) -> None:
    from incidents.models import Incident, NeedToKnow

    ref = led(scene)
    amira = scene.acme.amira
    with scene.acme.scope(amira):
        incident = Incident.objects.get(ref=ref)
        for who in ("amira", "mei", "director"):
            person = getattr(scene.acme, who)
            NeedToKnow.objects.create(incident=incident, user_id=person.user_id, reason="Acts", added_by_id=amira.user_id)
        incident.restricted = True
        incident.save()
    scene.follow()
    for audience in ("internal", "executive", "support"):
        scene.do("mei", ref, "update", **said(audience, known="A secret token"))
    scene.do("mei", ref, "ask", text="A secret token?")
    scene.follow()
    every = [m for who in scene.acme.people for m in scene.mails(who, "restricted")]
    told = {m.to[0] for m in every}
    assert {"amira@acme.example", "director@acme.example"} <= told <= {scene.email(w) for w in ("amira", "mei", "director")}
    for message in every:
        assert "secret" not in message.body
        assert "Checkout" not in message.subject + message.body
    assert scene.api("exec").get(f"incidents/{ref}/").status_code == 404


# --- what each says ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("roles.cl-status-page")
def test_a_public_update_says_how_far_we_are_and_no_other_does(scene: Scene) -> None:
    ref = led(scene)
    for status in ("investigating", "identified", "monitoring", "resolved"):
        scene.do("mei", ref, "update", **said("public", status=status, states_cause=False))
        assert scene.incident(ref)["latest"]["public"]["status"] == status
    refused = scene.verb("mei", ref, "update", **{k: v for k, v in said("public").items() if k != "status"})
    assert (refused.status_code, refused.json()["code"]) == (422, "required")
    assert list(refused.json()["fields"]) == ["status"]
    assert scene.verb("mei", ref, "update", **said("public", status="all fine")).status_code == 422
    for audience in ("internal", "executive", "support"):
        refused = scene.verb("mei", ref, "update", **said(audience, status="investigating"))
        assert (refused.status_code, refused.json()["code"]) == (422, "not_public")


@pytest.mark.clause("roles.cl-support-script")
def test_a_script_needs_only_what_to_say(scene: Scene) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", audience="support", known="Say that we know")
    for audience in ("internal", "executive", "public"):
        body = {k: v for k, v in said(audience).items() if k not in ("impact", "doing")}
        assert scene.verb("mei", ref, "update", **body).status_code == 422, audience


@pytest.mark.parametrize("text", ["", " \n ", "x" * 20_001, "a\x00b", "a\u202eb"])
@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_cannot_be_read_is_refused(scene: Scene, audience: str, text: str) -> None:
    refused = scene.verb("mei", led(scene), "update", **said(audience, known=text))
    assert refused.status_code == 422
    assert "known" in refused.json()["fields"]


def test_nobody_promises_an_update_in_the_past_or_next_year(scene: Scene) -> None:
    ref = led(scene)
    for moment, code in ((scene.ago(seconds=1), "past"), (scene.clock.now + timedelta(days=31), "future")):
        refused = scene.verb("mei", ref, "update", **said("public", next_update_at=moment.isoformat()))
        assert (refused.status_code, refused.json()["code"]) == (422, code)


# --- clocks ------------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("severity.sev2-cadence")
@pytest.mark.parametrize(("severity", "clause", "prompt", "broken"), CADENCES)
def test_once_customers_were_told_the_same_clock_runs_for_them(
    scene: Scene, severity: str, clause: str, prompt: int, broken: int
) -> None:
    ref = led(scene, severity)
    assert clocks(scene, ref, "public") == []
    scene.clock.advance(minutes=5)
    scene.do("mei", ref, "update", **said("public"))
    internal, public = clocks(scene, ref, "internal"), clocks(scene, ref, "public")
    assert (len(internal), len(public)) == (1, 1), "a public update restarts only its own"
    assert (public[0]["clause"], public[0]["owner_role"]) == (clause, "cl")
    assert datetime.fromisoformat(public[0]["prompt_at"]) == scene.clock.now + timedelta(minutes=prompt)
    assert datetime.fromisoformat(public[0]["due_at"]) == scene.clock.now + timedelta(minutes=broken)
    scene.later(minutes=prompt)
    assert len([m for m in scene.mails("mei", "time is running out") if "for customers" in m.body]) == 1
    assert "Public update" in scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.parametrize(
    ("audience", "restarted"), [("internal", "internal"), ("public", "public"), ("executive", ""), ("support", "")]
)
def test_each_clock_is_restarted_by_its_own_updates_only(scene: Scene, audience: str, restarted: str) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", **said("public"))
    before = {name: len(clocks(scene, ref, name)) for name in ("internal", "public")}
    scene.clock.advance(minutes=10)
    scene.do("mei", ref, "update", **said(audience))
    for name, count in before.items():
        found = clocks(scene, ref, name)
        assert len(found) == count + (name == restarted), name
        assert [c["state"] for c in found] == ["kept"] * (len(found) - 1) + ["running"]


@pytest.mark.clause("severity.sev1-cadence")
def test_each_miss_is_kept_with_its_seconds(scene: Scene) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", **said("public"))
    scene.later(minutes=42)
    assert len([e for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == "severity.sev1-cadence"]) == 2
    for audience in ("internal", "public"):
        assert clocks(scene, ref, audience)[-1]["late_seconds"] == 12 * 60
        scene.do("mei", ref, "update", **said(audience))
        assert scene.told(ref, "incident.updated")[-1]["data"]["late_seconds"] == 12 * 60
    scene.clock.advance(minutes=1)
    for audience in ("internal", "public"):
        missed, now_running = clocks(scene, ref, audience)[-2:]
        assert (missed["state"], missed["late_seconds"]) == ("broken", 12 * 60)
        assert (now_running["state"], now_running["late_seconds"]) == ("running", None)


@pytest.mark.clause("severity.sev1-cadence")
def test_half_a_second_late_is_late_though_no_sweep_came_by(scene: Scene) -> None:
    ref = led(scene)
    scene.clock.advance(minutes=30, milliseconds=500)
    scene.do("mei", ref, "update", **UPDATE)
    told = [e for e in scene.told(ref, "clock.broken") if e["data"]["clause"] == "severity.sev1-cadence"]
    assert [e["data"]["late_seconds"] for e in told] == [0.5]
    assert clocks(scene, ref, "internal")[0]["state"] == "broken"
    assert scene.told(ref, "incident.updated")[0]["data"]["late_seconds"] == 0.5


@pytest.mark.clause("severity.sev1-cadence")
def test_telling_customers_that_it_is_resolved_ends_their_clock(scene: Scene) -> None:
    ref = led(scene)
    scene.do("mei", ref, "update", **said("public"))
    scene.do("mei", ref, "update", **said("public", status="resolved"))
    assert [c["state"] for c in clocks(scene, ref, "public")] == ["kept"]
    assert [c["state"] for c in clocks(scene, ref, "internal")] == ["running"]
    scene.do("amira", ref, "severity", severity="SEV2", reason="Smaller")
    assert [c["state"] for c in clocks(scene, ref, "public")] == ["kept"]
    scene.do("mei", ref, "update", **said("public"))
    assert [c["state"] for c in clocks(scene, ref, "public")] == ["kept", "running"]


@pytest.mark.clause("severity.sev1-cadence")
@pytest.mark.clause("severity.sev2-cadence")
def test_another_severity_restarts_both_with_its_own_times(scene: Scene) -> None:
    ref = led(scene, "SEV2")
    scene.do("mei", ref, "update", **said("public"))
    scene.clock.advance(minutes=5)
    scene.do("amira", ref, "severity", severity="SEV1", reason="Worse")
    for audience in ("internal", "public"):
        running = [c for c in clocks(scene, ref, audience) if c["stopped_at"] is None]
        assert [c["clause"] for c in running] == ["severity.sev1-cadence"]
        assert datetime.fromisoformat(running[0]["due_at"]) == scene.clock.now + timedelta(minutes=30)
    scene.do("amira", ref, "severity", severity="SEV3", reason="Much smaller")
    assert [c for c in scene.part(ref, "clocks") if c["audience"] and c["stopped_at"] is None] == []


@pytest.mark.clause("severity.sev1-cadence")
def test_resolving_stops_both(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "update", **said("internal"))
    scene.do("amira", ref, "update", **said("public"))
    assert sorted(c["audience"] for c in scene.part(ref, "clocks") if c["audience"] and not c["stopped_at"]) == [
        "internal",
        "public",
    ]
    scene.do("amira", ref, "update", **said("public", status="resolved"))
    scene.do("amira", ref, "resolve", summary="Done")
    assert [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None] == []


@pytest.mark.clause("roles.cl-status-page")
def test_after_the_end_nothing_is_said_any_more(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "update", **said("public", components={"payments": "major_outage"}))
    assert scene.verb("amira", ref, "resolve", summary="Done").json()["code"] == "public_update_missing"
    scene.do("amira", ref, "update", **said("public", status="resolved"))
    assert scene.incident(ref)["components"] == []
    scene.do("amira", ref, "resolve", summary="Done")
    for audience in ("internal", "executive", "support", "public"):
        assert scene.verb("amira", ref, "update", **said(audience)).json()["code"] == "ended"


# --- components --------------------------------------------------------------------------------------------------------------


def conditions(scene: Scene, ref: str) -> dict[str, str]:
    return {row["slug"]: row["condition"] for row in scene.incident(ref)["components"]}


@pytest.mark.clause("tools.components")
def test_the_default_set_comes_with_an_organisation(scene: Scene) -> None:
    page = scene.page("admin").get("/o/acme/admin/incidents/component/").content.decode()
    for name in ("API", "Web App", "iOS", "Android", "Payments", "Third-party dependencies"):
        assert f">{name}</a>" in page
    made = [e.data["name"] for e in scene.events("configuration.changed") if e.subject_type == "incidents.component"]
    assert made == ["API", "Web App", "iOS", "Android", "Payments", "Third-party dependencies"]


@pytest.mark.clause("tools.components")
def test_public_updates_set_components_and_the_resolved_one_ends_them(scene: Scene) -> None:
    from incidents.models import ComponentState

    ref = led(scene)
    scene.do("mei", ref, "update", **said("public", components={"payments": "major_outage", "api": "degraded_performance"}))
    assert conditions(scene, ref) == {"payments": "major_outage", "api": "degraded_performance"}
    scene.clock.advance(minutes=3)
    scene.do("mei", ref, "update", **said("public", components={"payments": "partial_outage", "api": "degraded_performance"}))
    scene.do("mei", ref, "update", **said("public"))
    assert conditions(scene, ref) == {"payments": "partial_outage", "api": "degraded_performance"}
    scene.clock.advance(minutes=3)
    scene.do("mei", ref, "update", **said("public", components={"api": "operational"}))
    assert conditions(scene, ref) == {"payments": "partial_outage"}
    scene.do("mei", ref, "update", **said("public", status="resolved"))
    assert conditions(scene, ref) == {}
    with scene.acme.scope():
        rows = ComponentState.objects.order_by("id").values_list("component__slug", "condition", "since", "until")
        spans = {(slug, condition): (until - since).total_seconds() for slug, condition, since, until in rows if until}
        assert len(rows) == len(spans)
    assert spans == {
        ("payments", "major_outage"): 180,
        ("payments", "partial_outage"): 180,
        ("api", "degraded_performance"): 360,
    }


@pytest.mark.clause("tools.components")
@pytest.mark.parametrize(
    "components",
    [{"nowhere": "major_outage"}, {"payments": "on fire"}, {"payments": ""}, {"\u202e": "major_outage"}, {"payments": None}],
)
def test_an_unknown_component_or_condition_is_named(scene: Scene, components: dict[str, Any]) -> None:
    refused = scene.verb("mei", led(scene), "update", **said("public", components=components))
    assert refused.status_code == 422
    assert any(field.startswith("components") for field in refused.json()["fields"])


def test_components_go_with_public_updates_and_none_is_down_once_it_is_resolved(scene: Scene) -> None:
    ref = led(scene)
    down = {"components": {"payments": "major_outage"}}
    for audience in ("internal", "executive", "support"):
        assert scene.verb("mei", ref, "update", **said(audience, **down)).json()["code"] == "not_public"
    assert scene.verb("mei", ref, "update", **said("public", status="resolved", **down)).status_code == 422


def test_the_page_offers_each_audience_and_each_component(scene: Scene) -> None:
    ref = led(scene)
    page = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert 'name="component-payments"' in page
    typed = {**said("public"), "component-payments": "major_outage", "component-api": "", "known": "Due to a deploy"}
    refused = scene.page("mei").post(f"/o/acme/incidents/{ref}/update/", typed)
    assert refused.status_code == 422
    assert "sounds like a cause" in refused.content.decode()
    assert "Due to a deploy" in refused.content.decode()
    assert scene.page("mei").post(f"/o/acme/incidents/{ref}/update/", {**typed, "states_cause": "no"}).status_code == 302
    assert conditions(scene, ref) == {"payments": "major_outage"}
