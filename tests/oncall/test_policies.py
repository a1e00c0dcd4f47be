"""Escalation policies: whom a page calls, when, and what changes nothing of a page that runs (oncall.escalate-15-30)."""

import re
from typing import Any

import pytest

from ledger.actions import configure
from oncall.models import EscalationPolicy, EscalationTarget, Page, Service, Team
from tenants.models import Membership, User
from tests.incidents.scene import Scene, alert

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.escalate-15-30")]

EVERYBODY = ("amira", "jon", "mei", "admin", "director", "owner", "exec")


def policy(scene: Scene, *targets: tuple[int, dict[str, Any]], **options: Any) -> None:
    """The Shop team's policy, as an administrator makes it in the admin."""
    form: dict[str, Any] = {
        "slug": "ours",
        "name": "Ours",
        "repeat": 0,
        "patience_minutes": 10,
        "forgotten_minutes": 30,
        **options,
    }
    form |= {"targets-TOTAL_FORMS": len(targets), "targets-INITIAL_FORMS": 0, "targets-MIN_NUM_FORMS": 1}
    for number, (minutes, target) in enumerate(targets):
        form |= {f"targets-{number}-{name}": value for name, value in {"after_minutes": minutes, **target}.items()}
    answer = scene.page("admin").post("/o/acme/admin/oncall/escalationpolicy/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    with scene.acme.scope(scene.acme.admin):
        by = scene.acme.admin.actor()
        configure(Team.objects.get(slug="shop"), {"policy": EscalationPolicy.objects.get(slug="ours")}, by=by)


def person(scene: Scene, who: str) -> dict[str, Any]:
    """A target that is a person."""
    return {"kind": "person", "user": getattr(scene.acme, who).user_id}


def called(scene: Scene) -> list[str]:
    """Who has been called by a page of a team, in order, each time."""
    with scene.acme.scope():
        pages = Page.objects.filter(team__isnull=False)
        steps = [step for page in pages for step in page.steps.select_related("user").order_by("id")]
    return [step.user.email.split("@")[0] for step in steps]


def answer(scene: Scene, who: str, verb: str, **body: Any) -> Any:
    """Answer the newest page that calls somebody, by API."""
    return scene.api(who).post(f"pages/{scene.calls(who)[0]['id']}/{verb}/", body)


class TestSteps:
    def test_each_step_at_its_time_those_of_one_time_together(self, scene: Scene) -> None:
        policy(
            scene,
            (0, person(scene, "mei")),
            (5, {"kind": "primary"}),
            (5, {"kind": "duty", "duty": "cfo"}),
            (20, {"kind": "lead"}),
        )
        scene.declare(severity="SEV2")
        scene.follow()
        assert called(scene) == ["mei"]
        scene.later(minutes=4, seconds=59)
        assert called(scene) == ["mei"]
        scene.later(seconds=1)
        assert called(scene) == ["mei", "amira", "exec"]
        scene.later(minutes=15)
        assert called(scene) == ["mei", "amira", "exec", "admin"]

    def test_everyone_is_every_member_of_the_team_once(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "everyone"}), (0, {"kind": "primary"}))
        scene.declare(severity="SEV2")
        scene.follow()
        with scene.acme.scope():
            members = list(Team.objects.get(slug="shop").members.order_by("position").values_list("user__email", flat=True))
        assert [f"{who}@acme.example" for who in called(scene)] == members

    def test_it_begins_again_as_often_as_it_says_and_then_it_is_on_record(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (5, {"kind": "secondary"}), repeat=1)
        ref = scene.declare(severity="SEV2")
        scene.follow()
        scene.later(minutes=5)
        scene.later(minutes=9, seconds=59)
        assert called(scene) == ["amira", "jon"]
        scene.later(seconds=1)
        assert called(scene) == ["amira", "jon", "amira"]
        scene.later(minutes=5)
        assert called(scene) == ["amira", "jon"] * 2
        assert scene.told(ref, "page.exhausted") == []
        scene.later(minutes=10)
        assert [entry["text"] for entry in scene.told(ref, "page.exhausted")] == [
            "Nobody of Shop is left to call, and nobody acknowledged."
        ]

    def test_a_services_own_policy_goes_before_its_teams(self, scene: Scene) -> None:
        policy(scene, (0, person(scene, "mei")))
        with scene.acme.scope(scene.acme.admin):
            by = scene.acme.admin.actor()
            own = configure(EscalationPolicy(), {"slug": "own", "name": "Own"}, by=by)
            user = User.objects.get(pk=scene.acme.director.user_id)
            configure(EscalationTarget(), {"policy": own, "kind": "person", "user": user}, by=by)
            configure(Service.objects.get(slug="checkout"), {"policy": own}, by=by)
        scene.declare(severity="SEV2")
        scene.follow()
        assert called(scene) == ["director"]

    def test_the_default_serves_who_names_none(self, scene: Scene) -> None:
        with scene.acme.scope(scene.acme.admin):
            by = scene.acme.admin.actor()
            default = configure(EscalationPolicy(), {"slug": "all", "name": "All", "is_default": True}, by=by)
            user = User.objects.get(pk=scene.acme.director.user_id)
            configure(EscalationTarget(), {"policy": default, "kind": "person", "user": user}, by=by)
        scene.declare(severity="SEV2")
        scene.follow()
        assert called(scene) == ["director"]

    def test_a_step_that_nobody_answers_for_is_passed_over_at_once(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (5, {"kind": "secondary"}), (10, {"kind": "lead"}))
        with scene.acme.scope(scene.acme.admin):
            for who in ("jon", "mei"):
                membership = Membership.objects.get(user_id=getattr(scene.acme, who).user_id)
                configure(membership, {"is_active": False}, by=scene.acme.admin.actor())
        scene.declare(who="support", severity="SEV2")
        scene.follow()
        scene.later(minutes=5)
        assert called(scene) == ["amira", "admin"]

    def test_a_running_page_keeps_the_policy_it_began_with(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (5, {"kind": "secondary"}))
        scene.declare(severity="SEV2")
        scene.follow()
        with scene.acme.scope(scene.acme.admin):
            later = EscalationTarget.objects.get(kind="secondary")
            configure(later, {"after_minutes": 60}, by=scene.acme.admin.actor())
        scene.later(minutes=5)
        assert called(scene) == ["amira", "jon"]

    def test_a_sweep_that_comes_late_keeps_the_later_steps_to_their_times(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (5, {"kind": "secondary"}), (20, {"kind": "lead"}))
        scene.declare(severity="SEV2")
        scene.follow()
        scene.later(minutes=12)
        assert called(scene) == ["amira", "jon"]
        scene.later(minutes=8)
        assert called(scene) == ["amira", "jon", "admin"]


class TestDeclining:
    def test_the_next_one_is_called_at_once_and_the_one_after_as_much_earlier(self, scene: Scene) -> None:
        ref = scene.declare(severity="SEV2")
        scene.follow()
        scene.later(minutes=2)
        assert answer(scene, "amira", "decline", reason="On a plane").status_code == 200
        assert called(scene) == ["amira", "jon"]
        told = scene.told(ref, "page.declined")[0]
        rungs = next(page for page in scene.part(ref, "pages") if page["team"])["people"]
        declined = [(rung["name"], rung["declined"]["reason"]) for rung in rungs if rung["declined"]]
        assert declined == [("Amira Ahmadi", "On a plane")], "a row of its own, below the last of their messages"
        shown = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
        assert re.search(r"<strong>Amira Ahmadi</strong> declined .*<time datetime=[^>]+>[0-9:]{8}</time>: On a plane", shown)
        assert (told["actor"], told["text"]) == ("Amira Ahmadi", "Declined the page: the next ones are called.")
        scene.follow()
        assert len(scene.mails("jon", "Page:")) == 1
        scene.later(minutes=14, seconds=59)
        assert called(scene) == ["amira", "jon"]
        scene.later(seconds=1)
        assert called(scene) == ["amira", "jon", "admin"]

    def test_of_several_called_together_all_must_decline(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (0, {"kind": "secondary"}), (30, {"kind": "lead"}))
        scene.declare(severity="SEV2")
        scene.follow()
        answer(scene, "amira", "decline")
        assert called(scene) == ["amira", "jon"]
        answer(scene, "jon", "decline")
        assert called(scene) == ["amira", "jon", "admin"]

    def test_who_declined_is_not_called_again_by_the_next_round(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), (5, {"kind": "secondary"}), repeat=1)
        scene.declare(severity="SEV2")
        scene.follow()
        answer(scene, "amira", "decline")
        scene.later(minutes=10)
        assert called(scene) == ["amira", "jon", "jon"]

    def test_refusals(self, scene: Scene) -> None:
        scene.declare(severity="SEV2")
        scene.follow()
        page = scene.calls("amira")[0]["id"]
        refused = scene.api("mei").post(f"pages/{page}/decline/")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_paged")
        assert scene.door(scene.globex.amira).post(f"pages/{page}/decline/").status_code == 404
        assert answer(scene, "amira", "decline", reason="x" * 201).status_code == 422
        assert answer(scene, "amira", "decline").status_code == 200
        again = answer(scene, "amira", "decline")
        assert (again.status_code, again.json()["code"]) == (409, "already_declined")
        assert answer(scene, "jon", "acknowledge").status_code == 200
        late = answer(scene, "jon", "decline")
        assert (late.status_code, late.json()["code"]) == (409, "already_acknowledged")

    def test_from_the_inbox_and_from_the_link_of_the_mail(self, scene: Scene) -> None:
        scene.declare(severity="SEV2")
        scene.follow()
        link = scene.link("amira")
        assert "I cannot: call the next one" in scene.page("mei").get(link).content.decode()
        assert called(scene) == ["amira"], "opening it changes nothing"
        assert 'class="btn btn-primary' in scene.page("mei").get(link).content.decode()
        declined = scene.page("mei").post(link, {"answer": "decline"})
        assert declined.status_code == 200
        assert called(scene) == ["amira", "jon"]
        for said in (declined.content.decode(), scene.page("mei").get(link).content.decode()):
            assert "You declined it," in said
            assert "whoever else is called has it now" in said
            assert 'class="btn btn-primary' not in said, "whoever has just passed it on is offered to stop it first of all"
            assert "Acknowledge it after all" in said
        inbox = scene.page("jon")
        assert "Decline" in inbox.get("/o/acme/inbox/").content.decode()
        assert inbox.post(f"/o/acme/inbox/{scene.calls('jon')[0]['id']}/decline/").status_code == 302
        assert called(scene) == ["amira", "jon", "admin"]
        scene.follow()
        last = scene.page("mei").post(scene.link("admin"), {"answer": "decline"}).content.decode()
        assert "nobody else is left to call" in last


class TestForgotten:
    """Acknowledged, and nothing done about it: it is asked about again."""

    def test_who_acknowledged_an_alert_and_left_it_waiting_is_called_again(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        answer(scene, "amira", "acknowledge")
        scene.later(minutes=29, seconds=59)
        assert called(scene) == ["amira"]
        scene.later(seconds=1)
        assert called(scene) == ["amira", "amira"]
        assert len(scene.mails("amira", "Page:")) == 2
        scene.later(minutes=15)
        assert called(scene) == ["amira", "amira", "amira"], "the plan begins anew"
        scene.later(minutes=15)
        assert called(scene)[-1] == "jon"

    def test_what_was_answered_is_not_asked_about(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        answer(scene, "amira", "acknowledge")
        scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/dismiss/", {"reason": "A test"})
        scene.later(hours=2)
        assert called(scene) == ["amira"]

    def test_an_incident_that_nobody_commands_is_asked_about_and_one_with_a_commander_is_not(self, scene: Scene) -> None:
        ref = scene.declare(severity="SEV2")
        scene.follow()
        answer(scene, "amira", "acknowledge")
        scene.later(minutes=30)
        assert called(scene) == ["amira", "amira"]
        (told,) = scene.told(ref, "page.forgotten")
        assert told["text"] == "Amira Ahmadi acknowledged 30 min 0 s ago and nothing was done since: asked again."
        answer(scene, "amira", "acknowledge")
        scene.do("amira", ref, "claim")
        scene.later(hours=1)
        assert called(scene) == ["amira", "amira"]

    def test_a_policy_says_after_how_long_or_never(self, scene: Scene) -> None:
        policy(scene, (0, {"kind": "primary"}), forgotten_minutes=0)
        scene.declare(severity="SEV2")
        scene.follow()
        answer(scene, "amira", "acknowledge")
        scene.later(hours=5)
        assert called(scene) == ["amira"]


class TestBadPolicies:
    @pytest.mark.parametrize(
        ("target", "sentence"),
        [
            ({"kind": "person"}, "Say which person."),
            ({"kind": "schedule"}, "Say which schedule."),
            ({"kind": "duty"}, "Say which duty."),
            ({"kind": "primary", "duty": "cfo"}, "Leave this empty, or choose"),
            ({"kind": "primary", "after_minutes": -1}, "0 to 1440 minutes"),
        ],
    )
    def test_a_target_that_is_nobody_is_said_beside_the_field(self, scene: Scene, target: dict[str, Any], sentence: str) -> None:
        form = {"slug": "x", "name": "Typed by hand", "repeat": 0, "patience_minutes": 15, "forgotten_minutes": 30}
        form |= {"targets-TOTAL_FORMS": 1, "targets-INITIAL_FORMS": 0}
        form |= {f"targets-0-{name}": value for name, value in {"after_minutes": 0, **target}.items()}
        shown = scene.page("admin").post("/o/acme/admin/oncall/escalationpolicy/add/", form)
        assert shown.status_code == 200
        assert sentence in shown.content.decode()
        assert "Typed by hand" in shown.content.decode()

    def test_a_policy_of_nobody_is_refused(self, scene: Scene) -> None:
        form = {"slug": "x", "name": "Nobody", "repeat": 0, "patience_minutes": 15, "forgotten_minutes": 30}
        form |= {"targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0}
        shown = scene.page("admin").post("/o/acme/admin/oncall/escalationpolicy/add/", form)
        assert shown.status_code == 200
        with scene.acme.scope():
            assert not EscalationPolicy.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"), [("repeat", 10), ("repeat", -1), ("patience_minutes", 0), ("forgotten_minutes", -5)]
    )
    def test_numbers_out_of_bounds(self, scene: Scene, field: str, value: int) -> None:
        form = {"slug": "x", "name": "X", "repeat": 0, "patience_minutes": 15, "forgotten_minutes": 30, field: value}
        form |= {"targets-TOTAL_FORMS": 1, "targets-INITIAL_FORMS": 0, "targets-0-after_minutes": 0, "targets-0-kind": "primary"}
        shown = scene.page("admin").post("/o/acme/admin/oncall/escalationpolicy/add/", form)
        assert (shown.status_code, "error" in shown.content.decode()) == (200, True)


def test_policies_are_listed_by_the_api(scene: Scene) -> None:
    policy(scene, (5, {"kind": "duty", "duty": "cfo"}), (0, person(scene, "mei")))
    (row,) = scene.api("jon").get("escalation-policies/").json()["results"]
    assert (row["slug"], row["patience_minutes"]) == ("ours", 10)
    assert row["targets"] == [
        {"after_minutes": 0, "kind": "person", "person": scene.email("mei"), "schedule": None, "duty": ""},
        {"after_minutes": 5, "kind": "duty", "person": None, "schedule": None, "duty": "cfo"},
    ]
