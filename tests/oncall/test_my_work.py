"""My work: what waits for me and what I have in hand, on one page: pages, orders, my roles with their clocks and checklists."""

import pytest

from tests.incidents.scene import Scene

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


def test_with_nothing_to_do_it_says_so(scene: Scene) -> None:
    assert "Nothing waits for you" in shown(scene, "support")
