"""Raising is anybody's in the room, lowering the commander's; what a level sets off, it sets off when it is raised to it.

Clauses principle.chain-of-command, severity.sev1-page, severity.sev2-page, severity.sev1-cadence, severity.sev2-cadence.
"""

import re
from datetime import datetime
from html import unescape

import pytest

from incidents.models import Incident
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


@pytest.mark.clause("principle.chain-of-command")
def test_anybody_in_the_room_raises_it(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    assert scene.do("mei", ref, "severity", severity="SEV1", reason="Nobody can pay")["severity"] == "SEV1"
    entry = scene.told(ref, "incident.severity_changed")[0]
    assert (entry["text"], entry["data"]["reason"]) == ("SEV 2 is now SEV 1.", "Nobody can pay")


@pytest.mark.clause("severity.sev1-definition")
@pytest.mark.clause("severity.sev2-definition")
@pytest.mark.clause("severity.sev3-definition")
@pytest.mark.clause("severity.sev4-definition")
def test_the_form_that_changes_it_shows_what_each_level_means(scene: Scene) -> None:
    """The definitions and examples of the standard that is in force for this incident, as at declaring; the present level is chosen."""
    ref = scene.commanded("SEV2")
    page = unescape(scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode())
    form = page[page.index('id="do-severity"') :].split("</form>")[0]
    with scene.acme.scope():
        levels = Incident.objects.get(ref=ref).law.severities
    assert len(levels) == 4
    for level in levels:
        for words in (*level.definition, *level.examples):
            assert words in form
    assert re.findall(r'name="severity" value="([0-9])"[^>]* checked', form) == ["2"]


@pytest.mark.clause("principle.chain-of-command")
def test_somebody_outside_of_the_room_joins_it_first(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    refused = scene.verb("jon", ref, "severity", severity="SEV1", reason="Nobody can pay")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_in_the_room")
    scene.do("jon", ref, "join")
    scene.do("jon", ref, "severity", severity="SEV1", reason="Nobody can pay")


@pytest.mark.clause("principle.chain-of-command")
def test_lowering_is_the_commanders(scene: Scene) -> None:
    ref = scene.commanded()
    refused = scene.verb("mei", ref, "severity", severity="SEV2", reason="It is only search")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_commander")
    assert "Amira Ahmadi holds command" in refused.json()["detail"]
    assert scene.do("amira", ref, "severity", severity="SEV2", reason="It is only search")["severity"] == "SEV2"


@pytest.mark.clause("principle.chain-of-command")
def test_without_a_commander_nobody_lowers_it(scene: Scene) -> None:
    refused = scene.verb("mei", scene.declare(), "severity", severity="SEV3", reason="Small")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_commander")


@pytest.mark.clause("lifecycle.phases")
def test_raising_from_the_backlog_mobilises_and_lowering_goes_back(scene: Scene) -> None:
    ref = scene.declare(severity="SEV4")
    scene.follow()
    assert scene.part(ref, "pages") == []
    assert scene.do("mei", ref, "severity", severity="SEV2", reason="It grows")["state"] == "mobilization"
    scene.follow()
    assert [p["team"] for p in scene.part(ref, "pages")] == ["Shop"]
    scene.do("amira", ref, "claim")
    assert scene.do("amira", ref, "severity", severity="SEV4", reason="A typo after all")["state"] == "backlog"


@pytest.mark.clause("severity.sev1-page")
def test_raising_to_sev_1_pages_the_director_and_tells_the_executives(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    scene.follow()
    assert scene.calls("director") == []
    assert scene.mails("exec") == []
    scene.do("mei", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.follow()
    assert scene.calls("director")[0]["clause"] == "severity.sev1-page"
    assert len(scene.mails("exec", "Declared: SEV 1")) == 1


@pytest.mark.clause("severity.sev1-page")
def test_lowering_calls_nobody(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    before = len(scene.mails("amira")) + len(scene.mails("director")) + len(scene.mails("admin"))
    scene.do("amira", ref, "severity", severity="SEV2", reason="Only search")
    scene.follow()
    assert len(scene.mails("amira")) + len(scene.mails("director")) + len(scene.mails("admin")) == before


@pytest.mark.clause("severity.sev1-page")
def test_a_director_who_acknowledged_is_not_paged_again_when_it_is_raised_again(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    scene.api("director").post(f"pages/{scene.calls('director')[0]['id']}/acknowledge/")
    scene.do("amira", ref, "severity", severity="SEV2", reason="Better")
    scene.do("amira", ref, "severity", severity="SEV1", reason="Worse again")
    scene.follow()
    assert len(scene.calls("director")) == 1


@pytest.mark.clause("severity.sev2-cadence")
@pytest.mark.parametrize(
    ("before", "after", "clause", "minutes"),
    [("SEV2", "SEV1", "severity.sev1-cadence", 15), ("SEV1", "SEV2", "severity.sev2-cadence", 30)],
)
def test_the_cadence_is_the_new_levels_from_now_on(scene: Scene, before: str, after: str, clause: str, minutes: int) -> None:
    ref = scene.commanded(before)
    scene.clock.advance(minutes=10)
    scene.do("amira", ref, "severity", severity=after, reason="So it is")
    clock = scene.running(ref, clause)
    assert datetime.fromisoformat(clock["started_at"]) == scene.clock.now
    assert (datetime.fromisoformat(clock["prompt_at"]) - scene.clock.now).total_seconds() == minutes * 60
    running = [c["clause"] for c in scene.part(ref, "clocks") if c["stopped_at"] is None]
    assert [c for c in running if c.endswith("cadence")] == [clause]


@pytest.mark.clause("severity.sev1-cadence")
def test_a_level_without_a_cadence_has_no_clock(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "severity", severity="SEV3", reason="Small")
    assert [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None and c["clause"].endswith("cadence")] == []


def test_it_is_changed_to_another_one(scene: Scene) -> None:
    refused = scene.verb("amira", scene.commanded(), "severity", severity="SEV1", reason="So it is")
    assert (refused.status_code, refused.json()["code"]) == (409, "same_severity")


def test_a_reason_and_a_level_are_needed(scene: Scene) -> None:
    ref = scene.commanded()
    for body in (
        {"severity": "SEV2"},
        {"severity": "SEV2", "reason": " "},
        {"reason": "Why"},
        {"severity": "2", "reason": "Why"},
    ):
        assert scene.verb("amira", ref, "severity", **body).status_code == 422, body


@pytest.mark.clause("people.practitioner")
def test_an_executive_does_not_change_it(scene: Scene) -> None:
    refused = scene.verb("exec", scene.commanded("SEV2"), "severity", severity="SEV1", reason="I want it")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_practitioner")


def test_what_has_ended_keeps_its_severity(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Rolled back")
    assert scene.verb("amira", ref, "severity", severity="SEV2", reason="Small").json()["code"] == "ended"


def test_an_outsider_finds_nothing(scene: Scene) -> None:
    answer = scene.door(scene.globex.amira).post(f"incidents/{scene.declare()}/severity/", {"severity": "SEV2", "reason": "x"})
    assert answer.status_code == 404


# --- A SEV 4 pages nobody --------------------------------------------------------------------------------------------------


def pages(scene: Scene, ref: str) -> list[tuple[str, str]]:
    """(whom it calls, its state) of an incident's pages."""
    return sorted((page["team"] or page["summary"], page["state"]) for page in scene.part(ref, "pages"))


@pytest.mark.clause("severity.sev4-ticket")
def test_lowered_to_a_sev_4_it_calls_nobody_any_more(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    scene.api("director").post(f"pages/{scene.calls('director')[0]['id']}/acknowledge/")
    scene.do("amira", ref, "severity", severity="SEV4", reason="A typo after all")
    assert pages(scene, ref) == [("Engineering director", "acknowledged"), ("Shop", "ended")]
    assert [c for c in scene.part(ref, "clocks") if c["clause"] == "oncall.escalate-15-30" and c["stopped_at"] is None] == []
    scene.later(minutes=16)
    assert scene.calls("jon") == []


@pytest.mark.clause("severity.sev1-page")
def test_raised_again_it_calls_them_again(scene: Scene) -> None:
    ref = scene.commanded()
    scene.follow()
    scene.do("amira", ref, "severity", severity="SEV4", reason="A typo after all")
    scene.do("amira", ref, "severity", severity="SEV1", reason="Nobody can pay")
    scene.follow()
    assert pages(scene, ref) == [
        ("Engineering director", "ended"),
        ("Engineering director", "open"),
        ("Shop", "ended"),
        ("Shop", "open"),
    ]
    scene.later(minutes=15)
    assert len(scene.calls("jon")) == 1


@pytest.mark.clause("severity.sev4-ticket")
def test_lowered_to_a_sev_3_the_call_goes_on(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    scene.follow()
    scene.do("amira", ref, "severity", severity="SEV3", reason="Only search")
    assert pages(scene, ref) == [("Shop", "open")]


@pytest.mark.clause("severity.sev4-ticket")
@pytest.mark.parametrize("answer", ["declare", "attach"])
def test_an_alert_that_turns_out_to_be_a_sev_4_calls_nobody_any_more(scene: Scene, answer: str) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    assert len(scene.calls("amira")) == 1
    ref = scene.declare(severity="SEV4") if answer == "attach" else ""
    body = {"incident": ref} if ref else {"severity": "SEV4"}
    given = scene.api("mei").post(f"triage/{scene.signals()[0]['id']}/{answer}/", body)
    assert given.status_code in (200, 201), given.content
    ref = ref or str(given.json()["ref"])
    scene.follow()
    assert pages(scene, ref) == [("Shop", "ended")]
    scene.later(minutes=16)
    assert scene.calls("jon") == []
