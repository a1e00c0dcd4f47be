"""The organisation's admin: every change is one action and one event with old and new; administrators only, their own tenant only."""

from collections.abc import Callable

import pytest
from django.test import Client

from incidents import reactions
from incidents.models import RoutingRule
from ledger.models import Event, Outbox
from ledger.relay import MAX_ATTEMPTS
from oncall.models import Service, Team, TeamMember
from tenants.actors import Actor
from tenants.models import ApiToken, DutyHolder, Membership
from tests.conftest import Cast, Person
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

Browse = Callable[[Person], Client]


def inline(*members: TeamMember, total: int | None = None) -> dict[str, str]:
    """The inline forms of a team's members, as the page posts them."""
    rows = {"members-TOTAL_FORMS": str(total or len(members)), "members-INITIAL_FORMS": str(len(members))}
    for index, member in enumerate(members):
        rows |= {
            f"members-{index}-id": str(member.pk),
            f"members-{index}-team": str(member.team_id),
            f"members-{index}-position": str(member.position),
            f"members-{index}-user": str(member.user_id),
        }
    return rows


def test_a_change_is_one_event_with_old_and_new(acme: Cast, browse: Browse) -> None:
    with acme.scope():
        team = Team.objects.get()
        members = list(team.members.order_by("position"))
    form = {"slug": "shop", "name": "The shop", "manager": str(acme.jon.user_id), "is_default": "on", **inline(*members)}
    answer = browse(acme.admin).post(f"/o/acme/admin/oncall/team/{team.pk}/change/", form)
    assert answer.status_code == 302, answer.content[:2000]
    with acme.scope():
        event = Event.objects.filter(kind="configuration.changed").latest("id")
        assert event.data["changes"] == {"name": ["Shop", "The shop"], "manager": ["Ada Admin", "Jon Jensen"]}
        assert (event.actor_name, event.via) == ("Ada Admin", "admin")
        assert Team.history.filter(id=team.pk).latest("history_id").history_user_id == acme.admin.user_id


def test_the_order_of_a_team_is_changed_within_its_page(acme: Cast, browse: Browse) -> None:
    with acme.scope():
        team = Team.objects.get()
        members = list(team.members.order_by("position"))
    members[0].position, members[1].position = 2, 1
    form = {"slug": "shop", "name": "Shop", "manager": "", "is_default": "on", **inline(*members)}
    answer = browse(acme.admin).post(f"/o/acme/admin/oncall/team/{team.pk}/change/", form)
    assert answer.status_code == 302, answer.content[:3000]
    with acme.scope():
        order = list(team.members.order_by("position").values_list("user__name", flat=True))
    assert order == ["Jon Jensen", "Amira Ahmadi", "Mei Martin"]


def test_making_and_deleting(acme: Cast, browse: Browse) -> None:
    admin = browse(acme.admin)
    with acme.scope():
        team = Team.objects.get()
    made = admin.post(
        "/o/acme/admin/oncall/service/add/",
        {
            "slug": "mail",
            "name": "Mail",
            "team": str(team.pk),
            "product_owner": "",
            "component_links-TOTAL_FORMS": "0",
            "component_links-INITIAL_FORMS": "0",
        },
    )
    assert made.status_code == 302, made.content[:2000]
    with acme.scope():
        service = Service.objects.get(slug="mail")
    rule = {
        "position": "1",
        "name": "Mail alerts",
        "labels": '{"team": "mail"}',
        "service": str(service.pk),
        "suggested_severity": "2",
        "outcome": "ask",
        "attach_minutes": "60",
        "is_active": "on",
    }
    assert admin.post("/o/acme/admin/incidents/routingrule/add/", rule).status_code == 302
    with acme.scope():
        pk = RoutingRule.objects.get().pk
    assert admin.post(f"/o/acme/admin/incidents/routingrule/{pk}/delete/", {"post": "yes"}).status_code == 302
    with acme.scope():
        assert not RoutingRule.objects.exists()
        told = list(Event.objects.filter(kind="configuration.changed").order_by("-id").values_list("data__what", flat=True)[:3])
    assert told == ["deleted", "created", "created"]


def test_what_is_wrong_is_said_beside_its_field(acme: Cast, browse: Browse) -> None:
    with acme.scope():
        team = Team.objects.get()
    answer = browse(acme.admin).post("/o/acme/admin/oncall/service/add/", {"slug": "No Slug", "name": "", "team": str(team.pk)})
    assert answer.status_code == 200
    assert b"Lower-case letters, digits and hyphens." in answer.content
    assert b"No Slug" in answer.content


def test_an_auditor_can_be_nothing_else(acme: Cast, browse: Browse) -> None:
    with acme.scope():
        membership = Membership.objects.get(user_id=acme.jon.user_id)
    answer = browse(acme.admin).post(
        f"/o/acme/admin/tenants/membership/{membership.pk}/change/", {"roles": ["auditor", "practitioner"], "is_active": "on"}
    )
    assert answer.status_code == 200
    assert b"An auditor holds no other role" in answer.content


def test_duties_and_revoking_a_token(acme: Cast, browse: Browse) -> None:
    admin = browse(acme.admin)
    assert admin.post("/o/acme/admin/tenants/dutyholder/add/", {"duty": "cfo", "user": str(acme.mei.user_id)}).status_code == 302
    with acme.scope():
        assert DutyHolder.objects.filter(duty="cfo", user_id=acme.mei.user_id).exists()
        token = ApiToken.objects.get(user_id=acme.jon.user_id)
    assert admin.post("/o/acme/admin/tenants/apitoken/", {"action": "revoke", "_selected_action": [token.pk]}).status_code == 302
    assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {acme.jon.token}"}).status_code == 401


@pytest.mark.parametrize("who", ["amira", "owner", "support", "exec", "auditor"])
def test_only_administrators(acme: Cast, browse: Browse, who: str) -> None:
    assert browse(acme.people[who]).get("/o/acme/admin/").status_code == 403


def test_another_organisations_rows_are_not_there(acme: Cast, globex: Cast, browse: Browse) -> None:
    with globex.scope():
        team = Team.objects.get()
    admin = browse(acme.admin)
    assert (
        admin.get(f"/o/acme/admin/oncall/team/{team.pk}/change/").status_code == 302
    )  # Django: "doesn't exist. Perhaps it was deleted?"
    assert admin.get("/o/globex/admin/").status_code == 404
    form = {"slug": "spy", "name": "Spy", "team": str(team.pk)}
    assert admin.post("/o/acme/admin/oncall/service/add/", form).status_code == 200
    with acme.scope():
        assert not Service.objects.filter(slug="spy").exists()
    picker = admin.get("/o/acme/admin/tenants/dutyholder/add/").content.decode()
    assert "@globex.example" not in picker
    assert str(globex.jon.user_id) not in [part.split('"')[0] for part in picker.split('option value="')]


def test_a_reaction_that_was_set_aside_is_shown_and_tried_again(
    scene: Scene, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It failed too often and stands still: an administrator sees what and why, and has it run once the cause is mended."""

    def broken(event: Event, by: Actor) -> None:
        raise RuntimeError("the seat is empty")

    mobilise = reactions.mobilise
    monkeypatch.setattr(reactions, "mobilise", broken)
    ref = scene.declare(severity="SEV2")
    for _ in range(MAX_ATTEMPTS):
        scene.follow()
        scene.later(minutes=6)
    admin = browse(scene.acme.admin)
    shown = admin.get("/o/acme/admin/ledger/outbox/").content.decode()
    for what in ("mobilise", "the seat is empty", "incident.declared"):
        assert what in shown
    assert browse(scene.acme.amira).get("/o/acme/admin/ledger/outbox/").status_code == 403
    with scene.acme.scope():
        row = Outbox.objects.get(next_try_at=None)
    scene.follow()
    assert scene.mails("amira", "Page:") == []

    monkeypatch.setattr(reactions, "mobilise", mobilise)
    answer = admin.post("/o/acme/admin/ledger/outbox/", {"action": "try_again", "_selected_action": [str(row.pk)]})
    assert answer.status_code == 302, answer.content[:2000]
    scene.follow()
    assert [mail.subject for mail in scene.mails("amira", "Page:")] == [f"Page: SEV 2 {ref}: Checkout fails"]
    with scene.acme.scope():
        told = Event.objects.get(kind="reaction.tried_again")
        assert (told.actor_name, told.data["reaction"]) == ("Ada Admin", "mobilise")
        assert not Outbox.objects.filter(next_try_at=None).exists()
    assert "mobilise" not in admin.get("/o/acme/admin/ledger/outbox/").content.decode()
