"""A clock that something else than its act stopped was not kept: it is in no figure, and its clause does not apply by it."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ledger.audited import audited_update
from standard.away import Away, why
from standard.models import Clock
from tests.incidents.scene import UPDATE, Scene
from tests.postmortems.filing import filed, item_do
from tests.postmortems.learning import ask, done, held, published, resolved

pytestmark = pytest.mark.servers

CADENCE, COMMAND, SLA = "severity.sev1-cadence", "handover.after-4h", "actions.sla"
DRAFT, REVIEW, ACK, PAGE = "postmortem.draft-24h", "postmortem.review-5-days", "warroom.ack-everything", "oncall.escalate-15-30"


def states(scene: Scene, ref: str, clause: str) -> list[tuple[str, str]]:
    """(state, what it fell away with) of an incident's clocks of a clause, as the API shows them, in the order they started."""
    rows = [(c["state"], c["fell_away"]) for c in scene.part(ref, "clocks") if c["clause"] == clause]
    assert all(with_ for state, with_ in rows if state == "fell_away"), rows
    assert not any(with_ for state, with_ in rows if state not in ("fell_away", "broken")), rows
    return rows


def figure(scene: Scene, clause: str) -> tuple[int, int, int] | None:
    """(kept, broken, n) of a clause on the page of figures; None where it is not there, because nothing of it is decided."""
    scene.follow()
    rows = scene.api("amira").get("metrics/").json()["clauses"]
    of_it = [(row["kept"], row["broken"], row["n"]) for row in rows if row["clause"] == clause]
    shown = (
        scene.api("amira").get("standard/").json()["kept"].get(clause)
    )  # how well it was kept this quarter: of the same clocks
    assert (shown and (shown["kept"], shown["broken"], shown["n"])) == (of_it[0] if of_it else None)
    return of_it[0] if of_it else None


def verdict(scene: Scene, ref: str, clause: str) -> tuple[str, str]:
    """(verdict, why) of a clause in an incident's report."""
    rows = scene.api("amira").get(f"incidents/{ref}/conformance/").json()["clauses"]
    return next((row["verdict"], row["why"]) for row in rows if row["clause"] == clause)


def owed(scene: Scene, clause: str, due: datetime) -> tuple[str, str]:
    """The same of a clause that is judged over the quarter in which something was due."""
    key = f"{due.year}-Q{(due.month + 2) // 3}"
    rows = scene.api("amira").get("conformance/", quarter=key).json()["organisation"]
    return next((row["verdict"], row["why"]) for row in rows if row["clause"] == clause)


# --- What was learnt ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause(DRAFT)
@pytest.mark.clause(REVIEW)
@pytest.mark.clause("metrics.mttr")
def test_a_waiver_keeps_neither_the_draft_nor_the_review(scene: Scene) -> None:
    ref = resolved(scene)
    done(scene, "owner", ref, "waive", reason="The same cause as INC-7.")
    for clause in (DRAFT, REVIEW):
        assert states(scene, ref, clause) == [("fell_away", "waived")]
        assert figure(scene, clause) is None
    assert verdict(scene, ref, DRAFT)[0] == "overridden"
    assert verdict(scene, ref, REVIEW)[0] == "not_applicable"
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/review/").content.decode()
    assert "fell away: it was waived" in page


@pytest.mark.clause(DRAFT)
def test_a_waiver_that_comes_too_late_takes_back_no_miss(scene: Scene) -> None:
    ref = resolved(scene)
    scene.clock.advance(hours=25)  # and no sweep came by
    done(scene, "owner", ref, "waive", reason="The same cause as INC-7.")
    assert states(scene, ref, DRAFT) == [("broken", "waived")], "and was never written"
    assert states(scene, ref, REVIEW) == [("fell_away", "waived")]
    assert figure(scene, DRAFT) == (0, 1, 1)


@pytest.mark.clause(DRAFT)
def test_publishing_and_holding_the_review_keep_them(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    held(scene, ref)
    assert (states(scene, ref, DRAFT), states(scene, ref, REVIEW)) == ([("kept", "")], [("kept", "")])
    assert (figure(scene, DRAFT), figure(scene, REVIEW)) == ((1, 0, 1), (1, 0, 1))
    assert (verdict(scene, ref, DRAFT)[0], verdict(scene, ref, REVIEW)[0]) == ("kept", "kept")


@pytest.mark.clause(SLA)
def test_an_item_that_was_dropped_was_not_done_in_time(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    item_do(scene, "jon", item["ref"], "drop", reason="The service goes")
    assert states(scene, ref, SLA) == [("fell_away", "dropped")]
    assert figure(scene, SLA) is None
    assert owed(scene, SLA, due) == ("not_applicable", "1 clock fell away: the action item was dropped.")
    item_do(scene, "jon", filed(scene, ref)["ref"], "finish")
    assert figure(scene, SLA) == (1, 0, 1)
    assert owed(scene, SLA, due) == ("kept", "1 in time. 1 clock fell away: the action item was dropped.")


@pytest.mark.clause(SLA)
def test_moving_the_day_of_an_item_does_not_do_it_and_moves_no_limit(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    later = datetime.fromisoformat(item["due_at"]) + timedelta(days=3)
    item_do(scene, "owner", item["ref"], "change", due_on=later.date().isoformat(), reason="The vendor needs it")
    assert states(scene, ref, SLA) == [("running", "")]
    assert figure(scene, SLA) is None
    with scene.acme.scope():
        assert Clock.objects.get(clause=SLA).due_at == datetime.fromisoformat(item["due_at"])


@pytest.mark.clause("lifecycle.phases")
def test_reopening_keeps_nothing_of_the_post_mortem(scene: Scene) -> None:
    ref = resolved(scene)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.follow()
    assert (states(scene, ref, DRAFT), states(scene, ref, REVIEW)) == ([("fell_away", "reopened")], [("fell_away", "reopened")])
    assert (figure(scene, DRAFT), figure(scene, REVIEW)) == (None, None)
    assert verdict(scene, ref, DRAFT)[0] == "open"
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="For good")
    scene.follow()
    assert states(scene, ref, DRAFT) == [("fell_away", "reopened"), ("running", "")]
    published(scene, ref)
    assert figure(scene, DRAFT) == (1, 0, 1)
    assert verdict(scene, ref, DRAFT) == ("kept", "In time: 1 clock of 1. 1 clock fell away: the incident was reopened.")


@pytest.mark.clause(SLA)
def test_an_item_that_was_dropped_after_its_day_was_not_done_late(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    due = datetime.fromisoformat(item["due_at"])
    scene.clock.advance(seconds=(due - scene.clock.now).total_seconds() + 3600)  # and no sweep came by
    item_do(scene, "jon", item["ref"], "drop", reason="The service goes")
    assert states(scene, ref, SLA) == [("broken", "dropped")]
    assert figure(scene, SLA) == (0, 1, 1)
    rows = scene.api("amira").get("conformance/", quarter=f"{due.year}-Q{(due.month + 2) // 3}").json()["organisation"]
    (found,) = next(row["findings"] for row in rows if row["clause"] == SLA)
    assert found["what"].endswith("UTC, never done: the action item was dropped")
    assert found["seconds"] is None


@pytest.mark.clause(SLA)
def test_one_day_counts_once_however_often_the_item_is_taken_up(scene: Scene) -> None:
    ref = scene.commanded()
    item = filed(scene, ref)
    for _ in range(2):
        item_do(scene, "jon", item["ref"], "finish")
        assert figure(scene, SLA) == (1, 0, 1)
        item_do(scene, "jon", item["ref"], "take-up", reason="It hangs still")
        assert figure(scene, SLA) is None, "whether it is kept is open again"
    item_do(scene, "jon", item["ref"], "drop", reason="The service goes")
    item_do(scene, "jon", item["ref"], "take-up", reason="It stays after all")
    assert states(scene, ref, SLA) == [("running", "")]
    scene.later(seconds=(datetime.fromisoformat(item["due_at"]) - scene.clock.now).total_seconds() + 60)
    item_do(scene, "jon", item["ref"], "finish")
    assert states(scene, ref, SLA) == [("broken", "")]
    assert figure(scene, SLA) == (0, 1, 1)


# --- In the room -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause(CADENCE)
@pytest.mark.clause(COMMAND)
def test_resolving_is_no_update_and_no_handover(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    for clause in (CADENCE, COMMAND):
        assert states(scene, ref, clause) == [("fell_away", "resolved")]
        assert figure(scene, clause) is None
        assert verdict(scene, ref, clause)[0] == "not_applicable"
        assert verdict(scene, ref, clause)[1].endswith("1 clock fell away: the incident was resolved.")


@pytest.mark.clause(CADENCE)
@pytest.mark.clause("postmortem.timeline")
def test_an_update_that_nobody_gave_is_called_late_nowhere(scene: Scene) -> None:
    """It was missed, and resolving made nothing good: the figures count the miss, and every report says that it never came."""
    ref = scene.ready()
    scene.later(minutes=40)
    scene.do("amira", ref, "resolve", summary="Done")
    assert states(scene, ref, CADENCE) == [("broken", "resolved")]
    assert figure(scene, CADENCE) == (0, 1, 1)
    rows = scene.api("amira").get(f"incidents/{ref}/conformance/").json()["deviations"]
    (found,) = (row for row in rows if row["clause"] == CADENCE)
    assert found["what"].endswith("UTC, never kept: the incident was resolved")
    missed = {row["clause"]: row for row in scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["missed"]}
    assert (missed[CADENCE]["late_seconds"], missed[CADENCE]["ended"]) == (None, "the incident was resolved")
    for below in ("", "print/"):
        page = scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/{below}").content.decode()
        assert "never kept: the incident was resolved" in page, below


@pytest.mark.clause(CADENCE)
def test_an_update_keeps_the_clock_that_it_restarts_and_resolving_not_the_next(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "update", **UPDATE)
    scene.do("amira", ref, "resolve", summary="Done")
    assert states(scene, ref, CADENCE) == [("kept", ""), ("fell_away", "resolved")]
    assert figure(scene, CADENCE) == (1, 0, 1)
    assert verdict(scene, ref, CADENCE)[0] == "kept"


@pytest.mark.clause("severity.sev2-cadence")
def test_raising_the_severity_is_no_update(scene: Scene) -> None:
    ref = scene.commanded("SEV2")
    scene.do("amira", ref, "severity", severity="SEV1", reason="All users")
    assert states(scene, ref, "severity.sev2-cadence") == [("fell_away", "severity")]
    assert states(scene, ref, CADENCE) == [("running", "")]
    assert figure(scene, "severity.sev2-cadence") is None
    assert verdict(scene, ref, "severity.sev2-cadence") == (
        "not_applicable",
        "No update came due: 1 clock fell away: the severity was changed.",
    )


@pytest.mark.clause("severity.sev3-fix")
def test_a_fix_is_kept_by_resolving_and_by_nothing_else(scene: Scene) -> None:
    """Raising it, or finding that it was none, fixes nothing."""
    raised, none, fixed = (scene.commanded("SEV3") for _ in range(3))
    scene.do("amira", raised, "severity", severity="SEV2", reason="Half of the users")
    assert states(scene, raised, "severity.sev3-fix") == [("fell_away", "severity")]
    scene.do("amira", none, "false-positive", reason="The probe was wrong")
    assert states(scene, none, "severity.sev3-fix") == [("fell_away", "ended")]
    assert figure(scene, "severity.sev3-fix") is None
    scene.do("amira", fixed, "impact", end=scene.clock.now.isoformat())
    scene.do("amira", fixed, "resolve", summary="Rolled back")
    assert states(scene, fixed, "severity.sev3-fix") == [("kept", "")]
    assert figure(scene, "severity.sev3-fix") == (1, 0, 1)
    assert verdict(scene, fixed, "severity.sev3-fix")[0] == "kept"
    assert verdict(scene, raised, "severity.sev3-fix")[0] == "not_applicable"


@pytest.mark.clause("mobilize.roles-assigned")
@pytest.mark.clause(COMMAND)
def test_lowering_it_fills_no_role_and_hands_over_no_command(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "severity", severity="SEV3", reason="One user")
    for clause in ("mobilize.roles-assigned", COMMAND):
        assert states(scene, ref, clause) == [("fell_away", "severity")]
        assert figure(scene, clause) is None


@pytest.mark.clause("roles.ic-rhythm")
def test_another_rhythm_and_monitoring_are_no_check_in(scene: Scene) -> None:
    ref = scene.mobilised()
    scene.do("amira", ref, "rhythm", minutes=10)
    scene.do("amira", ref, "rhythm", minutes=20)
    scene.do("jon", ref, "check-in", text="As before")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    assert states(scene, ref, "roles.ic-rhythm") == [("fell_away", "anew"), ("kept", ""), ("fell_away", "moved_on")]
    assert figure(scene, "roles.ic-rhythm") == (1, 0, 1)


@pytest.mark.clause("handover.shadow-15")
@pytest.mark.clause("warroom.ack-everything")
def test_what_is_called_off_or_taken_back_was_not_done(scene: Scene) -> None:
    ref = scene.handing_over("shadow")
    scene.clock.advance(minutes=20)  # it had lasted, but nobody took command
    scene.do("amira", ref, "call-off")
    assert states(scene, ref, "handover.shadow-15") == [("fell_away", "called_off")]
    scene.do("amira", ref, "order", to=scene.email("jon"), text="Restart db-2")
    scene.do("amira", ref, "withdraw", order=1)
    assert states(scene, ref, ACK) == [("fell_away", "withdrawn")]
    assert (figure(scene, "handover.shadow-15"), figure(scene, ACK)) == (None, None)
    assert verdict(scene, ref, ACK) == ("not_applicable", "1 clock fell away: the order was taken back.")


@pytest.mark.clause(PAGE)
def test_a_call_is_kept_by_acknowledging_it_alone(scene: Scene) -> None:
    """Not by declining it, nor by the end of what was called about."""
    ref = scene.declare(severity="SEV2")
    scene.follow()
    assert scene.api("amira").post(f"pages/{scene.calls('amira')[0]['id']}/decline/").status_code == 200
    assert states(scene, ref, PAGE) == [("fell_away", "passed_on"), ("running", "")]
    assert figure(scene, PAGE) is None
    assert scene.api("jon").post(f"pages/{scene.calls('jon')[0]['id']}/acknowledge/").status_code == 200
    assert states(scene, ref, PAGE) == [("fell_away", "passed_on"), ("kept", "")]
    assert figure(scene, PAGE) == (1, 0, 1)
    other = scene.declare(severity="SEV2")
    scene.follow()
    scene.do("amira", other, "claim")
    scene.do("amira", other, "false-positive", reason="The probe was wrong")
    assert states(scene, other, PAGE) == [("fell_away", "call_ended")]


# --- The mark itself ---------------------------------------------------------------------------------------------------------


def test_the_database_lets_nothing_fall_away_that_still_runs(scene: Scene) -> None:
    ref = scene.commanded()
    scene.later(minutes=40)
    assert states(scene, ref, CADENCE) == [("broken", "")]
    with scene.acme.scope():
        for clause in (CADENCE, COMMAND):
            with pytest.raises(IntegrityError, match="what_runs_fell_not_away"), transaction.atomic():
                audited_update(Clock.objects.filter(clause=clause), fell_away="waived")


def test_every_reason_says_something_and_one_from_elsewhere_is_shown_as_it_is() -> None:
    assert {why(one) for one in Away} == {one.says for one in Away}
    assert len({one.says for one in Away}) == len(Away)
    assert all(len(one) <= 20 for one in Away)
    assert (why(""), why("of_a_later_version")) == ("", "of_a_later_version")


def test_asking_for_a_waiver_that_is_refused_stops_nothing(scene: Scene) -> None:
    ref = resolved(scene)
    assert ask(scene, "owner", ref, "waive", {"reason": ""}).status_code == 422
    assert (states(scene, ref, DRAFT), states(scene, ref, REVIEW)) == ([("running", "")], [("running", "")])
