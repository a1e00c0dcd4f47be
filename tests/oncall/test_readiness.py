"""Readiness is shown before an incident shows it: each planted fault is found, and said where it is mended (oncall.primary-secondary)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.inbox import keep_refused
from incidents.models import Integration, IntegrationSecret
from ledger import heartbeats
from ledger.actions import configure
from ledger.models import Outbox
from notifications import contacts
from notifications.models import ContactMethod
from oncall.models import (
    EscalationPolicy,
    EscalationTarget,
    Layer,
    LayerMember,
    ReadinessNotice,
    Schedule,
    Service,
    Team,
    TeamMember,
)
from oncall.readiness import faults
from tenants.models import DutyHolder, Membership, User
from tenants.refusals import invalid
from tenants.time import now
from tests.incidents.scene import Scene, alert

pytestmark = [pytest.mark.servers, pytest.mark.clause("oncall.primary-secondary")]


def found(scene: Scene, who: str = "admin") -> list[tuple[str, str]]:
    """(code, what about) of the faults, by the API."""
    answer = scene.api(who).get("readiness/")
    assert answer.status_code == 200, answer.content
    return [(fault["code"], fault["about"]) for fault in answer.json()["results"]]


def ready(scene: Scene) -> None:
    """Mend what the founding leaves open: people can be reached, monitoring was heard, a sweep has run."""
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    for who in ("amira", "jon", "admin", "director", "owner", "exec"):
        with scene.acme.scope(getattr(scene.acme, who)):
            contacts.add(by=getattr(scene.acme, who).actor(), kind="email", address=f"{who}@home.example", label="Home")
    with scene.acme.scope(scene.acme.admin):
        for method in ContactMethod.objects.all():
            method.verified_at = now()
            method.save()
    scene.follow()
    scene.later(seconds=1)


def change(scene: Scene, row: Any, **values: Any) -> Any:
    """Plant a fault as an administrator: in a row, or a new one of a class."""
    with scene.acme.scope(scene.acme.admin):
        return configure(row() if isinstance(row, type) else row, values, by=scene.acme.admin.actor())


def get(scene: Scene, model: Any, **which: Any) -> Any:
    """A row."""
    with scene.acme.scope():
        return model.objects.get(**which)


def scheduled(scene: Scene, primary: list[str], secondary: list[str], **hours: Any) -> Schedule:
    """Shop's schedule: these people in turn, all day, from last week on."""
    team = get(scene, Team, slug="shop")
    with scene.acme.scope(scene.acme.admin):
        schedule = Schedule.objects.create(team=team, slug="shop", name="Shop's rota")
        for number, (duty, people) in enumerate((("primary", primary), ("secondary", secondary)), start=1):
            if people:
                layer = Layer.objects.create(
                    schedule=schedule,
                    number=number,
                    duty=duty,
                    since=now() - timedelta(days=7),
                    **(hours if duty == "primary" else {}),
                )
                for position, who in enumerate(people, start=1):
                    LayerMember.objects.create(layer=layer, user_id=getattr(scene.acme, who).user_id, position=position)
    return schedule


def test_with_everything_in_place_there_is_nothing(scene: Scene) -> None:
    ready(scene)
    assert found(scene) == []
    assert "Ready" in scene.page("jon").get("/o/acme/readiness/").content.decode()


class TestPeople:
    def test_a_team_with_too_few_members(self, scene: Scene) -> None:
        ready(scene)
        for who in ("jon", "mei"):
            change(scene, get(scene, Membership, user_id=getattr(scene.acme, who).user_id), is_active=False)
        assert found(scene) == [("no_secondary", "Shop"), *[("on_call_gone", "Shop")] * 2]

    def test_a_team_with_nobody_there(self, scene: Scene) -> None:
        ready(scene)
        for who in ("amira", "jon", "mei"):
            change(scene, get(scene, Membership, user_id=getattr(scene.acme, who).user_id), is_active=False)
        assert found(scene)[:2] == [("no_primary", "Shop"), ("no_secondary", "Shop")]

    def test_who_has_left_or_audits_of_a_fixed_order_is_named_and_the_next_is_called(self, scene: Scene) -> None:
        ready(scene)
        change(scene, get(scene, Membership, user_id=scene.acme.amira.user_id), is_active=False)
        change(scene, get(scene, Membership, user_id=scene.acme.jon.user_id), roles=["auditor"])
        faults = {row["sentence"] for row in scene.api("admin").get("readiness/").json()["results"]}
        assert {
            "Amira Ahmadi stands in the fixed order of Shop and has left.",
            "Jon Jensen stands in the fixed order of Shop and is no practitioner.",
            "Mei Martin may be paged and has no verified contact method: only an e-mail would try to wake them.",
        } <= faults
        scene.declare(severity="SEV2")
        scene.follow()
        assert len(scene.calls("mei")) == 1

    @pytest.mark.parametrize(("who", "name"), [("admin", "Ada Admin"), ("director", "Dana Director"), ("owner", "Olga Owner")])
    def test_managers_and_holders_of_paged_duties_are_to_be_reached_too(self, scene: Scene, who: str, name: str) -> None:
        ready(scene)
        with scene.acme.scope(scene.acme.admin):
            method = ContactMethod.objects.get(user_id=getattr(scene.acme, who).user_id)
            method.verified_at = None
            method.save()
        assert found(scene) == [("no_contact_method", name)]

    def test_everybody_of_a_team_whose_policy_calls_everyone(self, scene: Scene) -> None:
        ready(scene)
        policy = change(scene, EscalationPolicy, slug="all", name="All")
        change(scene, EscalationTarget, policy=policy, kind="everyone")
        assert found(scene) == []
        change(scene, get(scene, Service, slug="search"), policy=policy)
        assert found(scene) == [("no_contact_method", "Mei Martin")]

    def test_a_team_without_a_manager(self, scene: Scene) -> None:
        ready(scene)
        change(scene, get(scene, Team, slug="shop"), manager=None)
        assert found(scene) == [("no_manager", "Shop")]

    def test_who_can_only_be_written_to(self, scene: Scene) -> None:
        ready(scene)
        with scene.acme.scope(scene.acme.admin):
            method = ContactMethod.objects.get(user_id=scene.acme.jon.user_id)
            method.verified_at = None
            method.save()
        assert found(scene) == [("no_contact_method", "Jon Jensen")]

    def test_no_team_is_the_default(self, scene: Scene) -> None:
        ready(scene)
        change(scene, get(scene, Team, slug="shop"), is_default=False)
        assert found(scene) == [("no_default_team", "The organisation")]

    def test_a_duty_that_nobody_holds(self, scene: Scene) -> None:
        ready(scene)
        with scene.acme.scope(scene.acme.admin):
            seat = DutyHolder.objects.get(duty="privacy_officer")
            configure(seat, {}, by=scene.acme.admin.actor(), delete=True)
        assert found(scene) == [("duty_unfilled", "Privacy officer")]
        (fault,) = scene.api("admin").get("readiness/").json()["results"]
        assert fault["clause"] == "breach.page-privacy-legal"

    def test_a_service_without_a_product_owner(self, scene: Scene) -> None:
        ready(scene)
        change(scene, get(scene, Service, slug="search"), product_owner=None)
        assert found(scene) == [("no_product_owner", "Search")]

    def test_a_policy_that_calls_nobody(self, scene: Scene) -> None:
        ready(scene)
        change(scene, EscalationPolicy, slug="empty", name="Empty")
        assert found(scene) == [("policy_empty", "Empty")]

    def test_rows_of_a_policy_that_nobody_answers_for(self, scene: Scene) -> None:
        ready(scene)
        policy = change(scene, EscalationPolicy, slug="ours", name="Ours")
        mei = get(scene, Membership, user_id=scene.acme.mei.user_id)
        with scene.acme.scope(scene.acme.admin):
            by = scene.acme.admin.actor()
            configure(EscalationTarget(), {"policy": policy, "kind": "person", "user": mei.user}, by=by)
            configure(EscalationTarget(), {"policy": policy, "kind": "duty", "duty": "cfo", "after_minutes": 5}, by=by)
        assert found(scene) == [("no_contact_method", "Mei Martin")], "whom a policy names is woken too"
        change(scene, mei, is_active=False)
        with scene.acme.scope(scene.acme.admin):
            configure(DutyHolder.objects.get(duty="cfo"), {}, by=scene.acme.admin.actor(), delete=True)
        faults = scene.api("admin").get("readiness/").json()["results"]
        assert [fault["sentence"] for fault in faults if fault["code"] == "policy_target_gone"] == [
            "The policy Ours calls Mei Martin, who has left: its step after 0 minutes is passed over.",
            "The policy Ours calls the duty of CFO, which nobody holds: its step after 5 minutes is passed over.",
        ]


class TestSchedules:
    def test_no_primary_at_all(self, scene: Scene) -> None:
        ready(scene)
        scheduled(scene, [], ["amira", "jon"])
        assert found(scene) == [("no_primary", "Shop's rota")]

    def test_no_secondary_at_all(self, scene: Scene) -> None:
        ready(scene)
        scheduled(scene, ["amira", "jon"], [])
        assert found(scene) == [("no_secondary", "Shop's rota")]

    def test_a_gap_is_said_in_the_schedules_own_time(self, scene: Scene) -> None:
        ready(scene)
        scheduled(scene, ["amira"], ["jon"], opens_at="00:00", closes_at="22:00")
        codes = found(scene)
        assert set(codes) == {("gap", "Shop's rota")}
        assert 13 <= len(codes) <= 15, "one each night"
        sentence = scene.api("admin").get("readiness/").json()["results"][-1]["sentence"]
        assert sentence.startswith("Shop's rota has no primary from ")
        assert " 22:00 to " in sentence
        assert sentence.endswith(" UTC.")

    def test_one_person_as_both(self, scene: Scene) -> None:
        ready(scene)
        scheduled(scene, ["amira"], ["amira"])
        assert set(found(scene)) == {("same_person", "Shop's rota")}

    def test_one_whose_turn_comes_though_they_have_left_is_named_once(self, scene: Scene) -> None:
        ready(scene)
        scheduled(scene, ["amira", "jon"], ["jon", "amira"])
        assert found(scene) == []
        change(scene, get(scene, Membership, user_id=scene.acme.amira.user_id), is_active=False)
        assert found(scene) == [("on_call_gone", "Shop's rota")]
        (fault,) = scene.api("admin").get("readiness/").json()["results"]
        assert fault["sentence"].startswith("Amira Ahmadi is ")
        assert fault["sentence"].endswith(" UTC and has left.")
        change(scene, get(scene, Membership, user_id=scene.acme.jon.user_id), roles=["auditor"])
        assert found(scene) == [("on_call_gone", "Shop's rota")] * 2
        scene.declare(severity="SEV2")
        scene.follow()
        assert len(scene.calls("mei")) == 1, "where nobody of the schedule can answer, the fixed order is called"

    def test_it_costs_as_many_queries_for_three_teams_as_for_one(self, scene: Scene) -> None:
        ready(scene)
        manager, costs = get(scene, User, pk=scene.acme.admin.user_id), []
        for more in (0, 2):
            for number in range(more):
                team = change(scene, Team, slug=f"more-{number}", name=f"More {number}", manager=manager)
                change(scene, TeamMember, team=team, user=team.manager, position=1)
            with scene.acme.scope(), CaptureQueriesContext(connection) as asked:
                faults()
            costs.append(len(asked))
        assert costs[0] == costs[1]


class TestTheWayIn:
    def test_an_integration_that_has_gone_silent(self, scene: Scene) -> None:
        ready(scene)
        scene.clock.advance(hours=25)
        scene.sweep()
        assert ("integration_silent", "Alertmanager") in found(scene)

    def test_one_whose_requests_are_all_refused(self, scene: Scene) -> None:
        """It is heard from, and monitoring reaches nobody: that is no sign of life."""
        ready(scene)
        with scene.acme.scope():
            digest = IntegrationSecret.objects.get(integration__name="Alertmanager").digest
            keep_refused(digest, {}, b"{}", invalid("alerts", "There are no alerts."))
        assert found(scene) == [("integration_refused", "Alertmanager")]
        said = {fault["code"]: fault["sentence"] for fault in scene.api("admin").get("readiness/").json()["results"]}
        assert said["integration_refused"].startswith("The last that Alertmanager sent was refused, on ")
        scene.clock.advance(seconds=1)
        scene.fire(alert("f2", started=scene.clock.now))
        assert "integration_refused" not in {code for code, _ in found(scene)}

    def test_one_that_was_never_heard(self, scene: Scene) -> None:
        ready(scene)
        change(scene, Integration, kind="alertmanager", name="The other one")
        assert found(scene) == [("integration_silent", "The other one")]

    def test_none_at_all(self, scene: Scene) -> None:
        ready(scene)
        change(scene, get(scene, Integration, name="Alertmanager"), is_active=False)
        assert found(scene) == [("no_integration", "The organisation")]


class TestEngines:
    def test_a_sweep_that_is_late(self, scene: Scene) -> None:
        ready(scene)
        heartbeats.beat("sweep")
        scene.clock.advance(seconds=61)
        assert ("sweep_late", "Muster") in found(scene)

    def test_a_reaction_that_was_set_aside(self, scene: Scene) -> None:
        ready(scene)
        scene.declare()
        with scene.acme.scope():
            Outbox.objects.update(next_try_at=None)
        assert ("set_aside", "Muster") in found(scene)


class TestTheWeeklyNotice:
    def test_administrators_are_told_once_a_week_of_what_is_wrong(self, scene: Scene) -> None:
        change(scene, get(scene, Team, slug="shop"), manager=None)
        scene.later(days=11)
        told = scene.mails("admin", "Before the next incident:")
        assert len(told) == 1
        assert "Shop has no Engineering Manager" in told[0].body
        assert "/o/acme/readiness/" in told[0].body
        assert scene.mails("jon", "Before the next incident:") == []
        scene.later(days=2)
        assert len(scene.mails("admin", "Before the next incident:")) == 1
        scene.later(days=8)
        assert len(scene.mails("admin", "Before the next incident:")) == 2

    def test_where_nothing_is_wrong_nobody_is_written_to(self, scene: Scene) -> None:
        ready(scene)
        with scene.acme.scope():
            row = ReadinessNotice.objects.get()
            row.next_at = now()
            row.save()
        mail.outbox.clear()
        scene.later(seconds=1)
        (event,) = scene.events("readiness.noticed")
        assert event.data["faults"] == []
        assert scene.mails("admin", "Before the next incident:") == []


def test_another_organisations_faults_are_its_own(scene: Scene, api: Callable[..., Any]) -> None:
    change(scene, get(scene, Team, slug="shop"), manager=None)
    theirs = api(scene.globex.admin).get("readiness/").json()["results"]
    assert "no_manager" not in {fault["code"] for fault in theirs}


def test_the_page_says_where_each_is_mended(scene: Scene) -> None:
    change(scene, get(scene, Team, slug="shop"), manager=None)
    shown = scene.page("admin").get("/o/acme/readiness/").content.decode()
    assert "Shop has no Engineering Manager" in shown
    with scene.acme.scope():
        assert f"/o/acme/admin/oncall/team/{Team.objects.get().pk}/change/" in shown
