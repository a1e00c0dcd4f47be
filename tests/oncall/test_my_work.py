"""My work: what waits for me and what I have in hand, on one page: pages, orders, my roles with their clocks and checklists."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from oncall.actions import end, page_person
from oncall.models import PageStep
from tenants.actors import Via, system
from tests.compliance.audits import engage
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


def shown(scene: Scene, who: str) -> str:
    """The page as somebody sees it."""
    answer = scene.page(who).get("/o/acme/inbox/")
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.clause("checklist.ic")
def test_my_roles_with_their_clocks_and_steps(scene: Scene) -> None:
    ref = scene.mobilised()
    mine = shown(scene, "mei")
    assert f"SEV 1 {ref}: Checkout fails" in mine
    assert "Communications Lead" in mine
    assert "Update, due" in mine
    assert "steps done." in mine
    assert "Handover of command, due" in shown(scene, "amira")


@pytest.mark.clause("severity.sev1-cadence")
def test_what_is_late_says_so(scene: Scene) -> None:
    scene.mobilised()
    assert "Late" not in shown(scene, "mei")
    scene.later(minutes=31)
    assert '<strong class="nobody">Late</strong>: Update' in shown(scene, "mei")


def test_what_has_ended_or_was_given_away_is_not_mine(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("mei", ref, "step-down", role="cl")
    assert "In my hands" not in shown(scene, "mei")


@pytest.mark.clause("breach.need-to-know")
def test_a_restricted_incident_is_on_nobodys_page_but_theirs(scene: Scene) -> None:
    ref = scene.mobilised()
    new = scene.do("amira", ref, "flag", flag="personal_data", reason="Leaked")["ref"]
    scene.follow()
    assert new in shown(scene, "mei")
    assert new not in shown(scene, "admin")


@pytest.mark.clause("oncall.escalate-15-30")
class TestPages:
    """What calls me is red and has its button, before all that does not; what is over says what became of it."""

    def test_one_that_ended_calls_nobody(self, scene: Scene) -> None:
        scene.fire(alert(started=scene.clock.now))
        scene.follow()
        found = shown(scene, "amira")
        assert "signal-firing" in found
        assert "Acknowledge<" in found
        triage = scene.signals()[0]["id"]
        assert scene.api("mei").post(f"triage/{triage}/dismiss/", {"reason": "A test"}).status_code == 200
        assert scene.calls("amira")[0]["state"] == "ended"
        found = shown(scene, "amira")
        assert "No longer needed" in found
        assert "signal-firing" not in found
        assert "Acknowledge<" not in found

    def test_one_that_i_declined_says_so_and_can_still_be_acknowledged(self, scene: Scene) -> None:
        scene.declare(severity="SEV2")
        scene.follow()
        page = scene.calls("amira")[0]["id"]
        assert scene.api("amira").post(f"pages/{page}/decline/", {"reason": "On a train"}).status_code == 200
        found = shown(scene, "amira")
        assert "You declined it" in found
        assert "On a train" in found
        assert "signal-firing" not in found
        assert f"/inbox/{page}/acknowledge/" in found
        assert f"/inbox/{page}/decline/" not in found
        scene.follow()
        assert "You declined it" not in shown(scene, "jon")
        scene.page("amira").post(f"/o/acme/inbox/{page}/acknowledge/")
        found = shown(scene, "amira")
        assert "Acknowledged by Amira Ahmadi" in found
        assert "Acknowledge<" not in found

    def test_an_open_one_is_first_however_many_ended_since(self, scene: Scene) -> None:
        """And the page asks for as many rows with fifty-two as with one."""
        ref = scene.declare(severity="SEV2")
        scene.follow()
        client = scene.page("amira")
        client.get("/o/acme/inbox/")
        costs = []
        for more in (1, 51):
            with scene.acme.scope():
                amira, by = scene.acme.amira.user_id, system(scene.acme.id, Via.CLOCK)
                incident = Incident.objects.get(ref=ref)
                for _ in range(more):
                    end(page_person(amira, incident, by=by, clause="severity.sev1-page", reason="Newer"), by=by)
            with CaptureQueriesContext(connection) as asked:
                found = client.get("/o/acme/inbox/").content.decode()
            costs.append(len(asked))
            assert found.count("signal-firing") == 1
            assert found.index("signal-firing") < found.index("No longer needed")
        assert found.count("<h3>SEV 2 INC-1: Checkout fails</h3>") == 50
        assert costs[0] == costs[1]


def test_with_nothing_to_do_it_says_so(scene: Scene) -> None:
    assert "Nothing waits for you" in shown(scene, "support")


def test_every_page_says_how_many_open_pages_call_who_looks(scene: Scene) -> None:
    """Each page once, whoever else it calls, and none that somebody acknowledged."""
    waiting = 'count count-loud">{}<'
    refs = [scene.declare(severity="SEV2") for _ in range(2)]
    scene.follow()
    scene.later(minutes=15)  # Jon is called as well
    for who, other in (("amira", "jon"), ("jon", "amira")):
        assert waiting.format(2) in shown(scene, who)
        assert waiting.format(2) in scene.page(other).get(f"/o/acme/incidents/{refs[0]}/").content.decode()
    assert "count-loud" not in shown(scene, "mei")
    assert scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/").status_code == 200
    assert waiting.format(1) in shown(scene, "amira")


@pytest.mark.clause("people.auditor")
def test_an_auditors_count_of_pages_is_of_what_they_may_read(scene: Scene) -> None:
    """Whoever was paged and became an auditor since is told of the calls that belong to the period of their engagement, and of no other."""
    ref = scene.mobilised()
    with scene.acme.scope():
        incident = Incident.objects.get(ref=ref)
        amira, by = scene.acme.amira.user_id, system(scene.acme.id, Via.RELAY)
        page = page_person(amira, incident, by=by, clause="severity.sev1-page", reason="Asked", incident_id=incident.pk)
        PageStep.objects.create(
            page=page, incident_id=incident.pk, position=1, user_id=scene.acme.auditor.user_id, reason="direct"
        )
    engage(scene, -5, 5)
    assert '<span class="count count-loud">1</span>' in shown(scene, "auditor")
    engage(scene, -9, -5)
    assert "count-loud" not in shown(scene, "auditor")
