"""A call that was due anew and was never made: the watchdog judges an incident by its newest reason to call, as conformance does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ledger.models import Outbox
from oncall.models import Page, Service, Team
from portal import watching
from tenants.models import DutyHolder, Membership
from tenants.time import now
from tests.incidents.scene import Scene, alert
from tests.incidents.test_reopen import raised_when_over
from tests.oncall.test_low_urgency import at
from tests.oncall.test_policies import answer

pytestmark = pytest.mark.servers

CALLS = set(watching.NEVER_PAGED)
BREACH = {"flag": "personal_data", "kinds": ["pii"], "reason": "A public bucket"}


def seen(scene: Scene, seconds: int = 61) -> set[str]:
    """Which calls the watchdog misses so much later, when nothing has run meanwhile."""
    found = watching.differences(now() + timedelta(seconds=seconds))
    return {one.what for one in found if one.organisation_id == scene.acme.id} & CALLS


def lose(scene: Scene, reaction: str) -> None:
    """Delete the rows of one reaction, so that it never follows, and let everything else follow."""
    with scene.acme.scope():
        assert Outbox.objects.filter(reaction=reaction).delete()[0]
    scene.follow()


def another_team(scene: Scene) -> None:
    """A second team, with a service and nobody on call."""
    with scene.acme.scope(scene.acme.admin):
        Service.objects.create(slug="stores", name="Stores", team=Team.objects.create(slug="stores", name="Stores"))


def forget(scene: Scene, **which: object) -> None:
    """Take calls off their incident, as if they had never been made for it."""
    with scene.acme.scope():
        for page in Page.objects.filter(**which):
            page.incident_id = None
            page.save()


def small(scene: Scene, *, acknowledged: bool = True) -> str:
    """A SEV 3 in business hours, of which the owner team was told."""
    at(scene, 2, 10)
    ref = scene.declare(severity="SEV3")
    scene.follow()
    if acknowledged:
        answer(scene, "amira", "acknowledge")
    return ref


def to(scene: Scene, ref: str, severity: str, who: str = "mei") -> None:
    scene.do(who, ref, "severity", severity=severity, reason="So it is")


class TestOnCall:
    """Everybody on call for what is affected (severity.sev1-page, severity.sev2-page)."""

    pytestmark = pytest.mark.clause("mobilize.page-out")

    @pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
    @pytest.mark.parametrize("acknowledged", [True, False])
    def test_raised_from_a_small_one_and_called_nobody(self, scene: Scene, severity: str, acknowledged: bool) -> None:
        """The call of the SEV 3 is there, and is no proof: whoever took that one in hand is not out of bed now."""
        ref = small(scene, acknowledged=acknowledged)
        to(scene, ref, severity)
        assert seen(scene) == set(), "it is queued"
        lose(scene, "mobilise")
        assert "incident_not_paged" not in seen(scene, 59)
        assert "incident_not_paged" in seen(scene)

    @pytest.mark.parametrize("missing", ["Shop", "Stores"])
    def test_one_of_two_teams_was_not_called(self, scene: Scene, missing: str) -> None:
        another_team(scene)
        scene.declare(severity="SEV2", services=["checkout", "stores"])
        scene.follow()
        assert seen(scene) == set(), "nobody is on call in the other: it has its page, and that is said elsewhere"
        forget(scene, team__name=missing)
        assert seen(scene) == {"incident_not_paged"}

    def test_reopened_as_a_sev_1_and_called_nobody(self, scene: Scene) -> None:
        ref = raised_when_over(scene)
        assert seen(scene) == set(), "what has ended calls nobody for the outage"
        scene.do("amira", ref, "reopen", reason="Errors are back")
        lose(scene, "mobilise")
        assert "incident_not_paged" in seen(scene)

    def test_whoever_had_it_before_it_was_resolved_does_not_have_it_now(self, scene: Scene) -> None:
        ref = scene.commanded()
        scene.follow()
        answer(scene, "amira", "acknowledge")
        to(scene, ref, "SEV3", who="amira")
        scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
        scene.do("amira", ref, "resolve", summary="Done")
        ref = str(scene.do("amira", ref, "flag", **BREACH)["ref"])
        scene.follow()
        scene.do("amira", ref, "reopen", reason="Errors are back")
        lose(scene, "mobilise")
        assert seen(scene) == {"incident_not_paged", "duty_not_called"}

    def test_what_was_raised_is_judged_by_that_and_not_by_what_came_after(self, scene: Scene) -> None:
        ref = scene.commanded("SEV1")
        lose(scene, "mobilise")
        to(scene, ref, "SEV2", who="amira")
        scene.follow()
        assert "incident_not_paged" in seen(scene), "to lower it called nobody"
        to(scene, ref, "SEV1", who="amira")
        scene.follow()
        assert seen(scene) == set(), "and to raise it did"

    def test_a_service_that_joined_was_not_called(self, scene: Scene) -> None:
        another_team(scene)
        ref = scene.mobilised("SEV2")
        second = scene.commanded("SEV4", services=["stores"])
        scene.follow()
        scene.do("amira", second, "merge", into=ref, reason="The same")
        assert seen(scene) == set(), "it is queued"
        lose(scene, "call-for-services")
        assert seen(scene, 59) == set()
        assert seen(scene) == {"incident_not_paged"}

    def test_a_reaction_that_fails_again_and_again_calls_nobody_meanwhile(self, scene: Scene) -> None:
        """Its next try is always to come: nothing else says that it is late, until it is set aside."""
        scene.declare(severity="SEV2")
        with scene.acme.scope():
            Outbox.objects.filter(reaction="mobilise").update(attempts=7, next_try_at=now() + timedelta(minutes=5))
        assert {"incident_not_paged", "duty_not_called"} == seen(scene)
        with scene.acme.scope():
            Outbox.objects.filter(reaction="mobilise").update(next_try_at=None)
        assert seen(scene) == set(), "set aside: that is said by itself"

    def test_another_reaction_of_the_same_event_hides_nothing(self, scene: Scene) -> None:
        scene.declare(severity="SEV2")
        with scene.acme.scope():
            Outbox.objects.filter(reaction="mobilise").delete()
            assert Outbox.objects.update(next_try_at=None), "whatever else followed was set aside"
        assert "incident_not_paged" in seen(scene)


class TestLowUrgency:
    """A SEV 3 is put to its owner team (severity.sev3-low-urgency)."""

    pytestmark = pytest.mark.clause("severity.sev3-low-urgency")

    def test_it_was_put_to_nobody(self, scene: Scene) -> None:
        scene.declare(severity="SEV3")
        assert seen(scene) == set(), "it is queued"
        lose(scene, "mobilise")
        assert seen(scene, 59) == set()
        assert seen(scene) == {"incident_not_put"}

    def test_lowered_from_a_sev_4_upwards_it_is_put_anew(self, scene: Scene) -> None:
        ref = small(scene, acknowledged=False)
        to(scene, ref, "SEV4", who="amira")
        scene.follow()
        assert seen(scene) == set()
        to(scene, ref, "SEV3", who="amira")
        lose(scene, "mobilise")
        assert seen(scene) == {"incident_not_put"}, "the call of before has ended"

    def test_that_it_waits_for_business_hours_is_no_difference(self, scene: Scene) -> None:
        at(scene, 5, 20)
        scene.declare(severity="SEV3")
        scene.follow()
        assert seen(scene, 3600) == set()


class TestDuties:
    """Whom the severity and the flags name besides (severity.sev1-page, breach.page-privacy-legal, finance.notify-cfo)."""

    pytestmark = pytest.mark.clause("severity.sev1-page")

    @pytest.mark.parametrize(("severity", "clause"), [("SEV1", "severity.sev1-page"), ("SEV1", "mobilize.page-out")])
    def test_the_director_of_a_sev_1_was_not_called(self, scene: Scene, severity: str, clause: str) -> None:
        scene.declare(severity=severity)
        scene.follow()
        assert seen(scene) == set()
        forget(scene, clause=clause)
        assert seen(scene) == ({"duty_not_called"} if clause == "severity.sev1-page" else {"incident_not_paged"})

    def test_whoever_came_to_the_seat_later_is_not_missed(self, scene: Scene) -> None:
        scene.declare(severity="SEV1")
        scene.follow()
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.create(duty="engineering_director", user_id=scene.acme.mei.user_id)
            DutyHolder.objects.create(duty="executive_team", user_id=scene.acme.mei.user_id)
        assert seen(scene) == set()

    def test_whoever_has_left_is_not_missed(self, scene: Scene) -> None:
        scene.declare(severity="SEV1")
        scene.follow()
        forget(scene, clause="severity.sev1-page")
        with scene.acme.scope(scene.acme.admin):
            member = Membership.objects.get(user_id=scene.acme.director.user_id)
            member.is_active = False
            member.save()
        assert seen(scene) == set()

    def test_a_seat_that_nobody_holds_is_said_elsewhere(self, scene: Scene) -> None:
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.all().delete()
        ref = scene.commanded("SEV1")
        scene.do("amira", ref, "flag", **BREACH)
        scene.follow()
        assert seen(scene) == set()

    def test_raised_to_a_sev_1_the_director_was_not_called(self, scene: Scene) -> None:
        ref = scene.commanded("SEV2")
        scene.follow()
        answer(scene, "amira", "acknowledge")
        to(scene, ref, "SEV1", who="amira")
        lose(scene, "mobilise")
        assert seen(scene) == {"duty_not_called"}, "the on-call had answered to a SEV 2: that stands"

    @pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
    def test_those_who_are_only_told_were_not(self, scene: Scene, severity: str) -> None:
        """The duty of a SEV 2 that is told is each affected team's manager."""
        scene.declare(severity=severity)
        with scene.acme.scope():
            Outbox.objects.filter(reaction="mobilise").delete()
        assert "duty_not_called" in seen(scene)

    @pytest.mark.clause("breach.page-privacy-legal")
    @pytest.mark.parametrize("over", [True, False])
    def test_a_flag_called_nobody_also_where_its_incident_is_over(self, scene: Scene, over: bool) -> None:
        ref = scene.ended("resolve", severity="SEV3") if over else scene.commanded("SEV3")
        scene.follow()
        scene.do("amira", ref, "flag", **BREACH)
        assert "duty_not_called" not in seen(scene), "it is queued"
        lose(scene, "call-for-flag")
        assert seen(scene) == {"duty_not_called"}

    @pytest.mark.clause("finance.notify-cfo")
    def test_the_cfo_was_not_told(self, scene: Scene) -> None:
        ref = small(scene)
        scene.do("amira", ref, "join")
        scene.do("amira", ref, "flag", flag="financial_loss", reason="Paid twice")
        lose(scene, "call-for-flag")
        assert seen(scene) == {"duty_not_called"}


def _declared(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    answer(scene, "amira", "acknowledge")
    scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV1"})


def _raised_again(scene: Scene) -> None:
    ref = small(scene)
    for severity in ("SEV2", "SEV1"):
        to(scene, ref, severity)
        scene.follow()
        assert seen(scene) == set()
        answer(scene, "amira", "acknowledge")
    scene.do("amira", ref, "claim")
    for severity in ("SEV3", "SEV4", "SEV3", "SEV2"):
        to(scene, ref, severity, who="amira")
        scene.follow()
        assert seen(scene) == set(), severity


def _reopened(scene: Scene) -> None:
    ref = scene.ended("resolve")
    scene.do("amira", ref, "reopen", reason="Errors are back")


def _overtaken(scene: Scene) -> None:
    """It ended before anybody was called, and is taken up again by whoever ended it."""
    ref = scene.ended("resolve")
    scene.follow()
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.follow()
    assert scene.calls("amira") == []


def _restricted(scene: Scene) -> None:
    ref = str(scene.do("amira", scene.commanded("SEV3"), "flag", **BREACH)["ref"])
    scene.follow()
    assert seen(scene) == set()
    scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
    to(scene, ref, "SEV2", who="amira")
    to(scene, ref, "SEV1", who="amira")


def _withheld(scene: Scene) -> None:
    """Who was taken off the list is called to nothing there, and that is on record."""
    ref = str(scene.do("mei", scene.declare(severity="SEV3"), "flag", **BREACH)["ref"])
    scene.follow()
    scene.do("exec", ref, "remove", person=scene.email("amira"), reason="A party to it")
    scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
    scene.do("mei", ref, "claim")
    for severity in ("SEV3", "SEV1"):
        to(scene, ref, severity)
        scene.follow()
    assert scene.events("page.withheld")


def _nobody_on_call(scene: Scene) -> None:
    another_team(scene)
    ref = scene.declare(severity="SEV3", services=["stores"])
    scene.follow()
    assert seen(scene) == set()
    to(scene, ref, "SEV1")


def _no_service(scene: Scene) -> None:
    scene.declare(severity="SEV1", services=[])
    scene.declare(severity="SEV3", services=[])


def _merged(scene: Scene) -> None:
    another_team(scene)
    ref, other = scene.mobilised("SEV1"), scene.commanded("SEV3", services=["stores"])
    scene.follow()
    scene.do("amira", other, "merge", into=ref, reason="The same")


def _attached(scene: Scene) -> None:
    ref = scene.declare(severity="SEV2", services=[])
    scene.follow()
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    answer(scene, "amira", "acknowledge")
    signal = scene.signals()[0]["id"]
    assert scene.api("jon").post(f"triage/{signal}/attach/", {"incident": ref}).status_code == 200


def _moved(scene: Scene) -> None:
    """The service is another team's since: that one owes no second call."""
    scene.declare(severity="SEV1")
    scene.follow()
    with scene.acme.scope(scene.acme.admin):
        service = Service.objects.get(slug="checkout")
        service.team = Team.objects.create(slug="other", name="Other", manager_id=scene.acme.admin.user_id)
        service.save()


def _forgotten(scene: Scene) -> None:
    scene.declare(severity="SEV1")
    scene.follow()
    answer(scene, "amira", "acknowledge")
    scene.later(minutes=31)


LIVES = [
    *(_declared, _raised_again, _reopened, _overtaken, _restricted, _withheld, _nobody_on_call, _no_service, _merged, _attached),
    *(_moved, _forgotten),
]


@pytest.mark.clause("mobilize.page-out")
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__.strip("_"))
@pytest.mark.parametrize("hour", [3, 11], ids=["by-night", "in-business-hours"])
def test_in_the_ordinary_life_of_an_incident_no_call_is_missed(scene: Scene, life: Callable[[Scene], None], hour: int) -> None:
    at(scene, 3, hour)
    life(scene)
    scene.follow()
    assert seen(scene) == set()
    scene.later(hours=1)
    assert seen(scene, 7 * 86400) == set()
