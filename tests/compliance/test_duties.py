"""Duties of law through the doors: rules off until counsel approves, decisions and starts recorded by people, filed with proof."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from compliance.models import DutyCase, DutyStart, RegulatorRule
from incidents.models import Incident
from ledger.models import Event
from notifications.models import Delivery
from standard.models import Clock
from standard.queries import calendar
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

CLAUSE = pytest.mark.clause("breach.page-privacy-legal")
DORA = (Path(__file__).parent / "dora.yaml").read_text(encoding="utf-8")
BREACH = {"flag": "personal_data", "kinds": ["pii"], "reason": "Names and addresses in a public bucket"}
LEGAL, PRIVACY = "exec", "owner"
WHY = "Counsel judged it"


def moment(text: str) -> datetime:
    """A time of the API's."""
    return datetime.fromisoformat(text)


def codes(answer: Any) -> list[str]:
    """The codes of a refusal."""
    return [reason["code"] for reason in answer.json().get("reasons", [])]


def loaded(scene: Scene, content: str = "", *, approve: bool = True) -> dict[str, dict[str, Any]]:
    """Legal loads rules, and approves them. Returns them by key."""
    answer = scene.api(LEGAL).post("duty-rules/", {"content": content})
    assert answer.status_code == 201, answer.content
    made = {rule["key"]: rule for rule in answer.json()["results"]}
    for rule in made.values() if approve else ():
        assert scene.api(LEGAL).post(f"duty-rules/{rule['id']}/approve/", {}).status_code == 200
    return made


def flagged(scene: Scene, **body: Any) -> str:
    """An incident that was flagged, with what follows. Returns its reference."""
    ref = scene.commanded()
    found = str(scene.do("amira", ref, "flag", **(BREACH | body))["ref"])
    scene.follow()
    return found


def listed(scene: Scene, ref: str, who: str = LEGAL) -> dict[str, dict[str, Any]]:
    """The duties of an incident by their rule's key, in the order in which they are shown."""
    answer = scene.api(who).get(f"incidents/{ref}/duties/")
    assert answer.status_code == 200, answer.content
    return {duty["rule"]: duty for duty in answer.json()["results"]}


def ask(scene: Scene, ref: str, key: str, verb: str, who: str = LEGAL, **body: Any) -> Any:
    """Ask for a verb of a duty by API; whatever the answer is."""
    return scene.api(who).post(f"incidents/{ref}/duties/{listed(scene, ref)[key]['id']}/{verb}/", body)


def decided(scene: Scene, ref: str, key: str, applies: bool = True) -> None:
    """Legal decides."""
    answer = ask(scene, ref, key, "decide", applies=applies, reason=WHY)
    assert answer.status_code == 200, answer.content


def started(scene: Scene, ref: str, key: str, start: str, at: datetime) -> dict[str, Any]:
    """Legal says when its clock began."""
    answer = ask(scene, ref, key, "start", start=start, at=at.isoformat(), reason=WHY)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def file(scene: Scene, ref: str, key: str, at: datetime, who: str = LEGAL, **body: Any) -> Any:
    """Ask to file by API, with proof; whatever the answer is."""
    door = scene.api(who)
    proof = SimpleUploadedFile("receipt.txt", b"Received with thanks")
    said = {"at": at.isoformat(), "reference": "DPA-2026-77", "file": proof, **body}
    path = f"/api/v1/incidents/{ref}/duties/{listed(scene, ref)[key]['id']}/file/"
    return door.client.post(path, said, headers={"Authorization": f"Bearer {door.person.token}"})


def told(scene: Scene, who: str, kind: str) -> int:
    """How many e-mails of the law's clocks went to somebody: `kind` is "clock.prompted" or "clock.broken"."""
    with scene.acme.scope():
        rows = Delivery.objects.filter(template="duty", channel="email", recipient_id=getattr(scene.acme, who).user_id)
        return rows.filter(event__kind=kind).count()


def filed(scene: Scene, ref: str, key: str, at: datetime) -> dict[str, Any]:
    """Legal files it."""
    answer = file(scene, ref, key, at)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


# --- Rules -----------------------------------------------------------------------------------------------------------------


@CLAUSE
def test_the_shipped_rules_are_off_until_counsel_approves_them(scene: Scene) -> None:
    rules = loaded(scene, approve=False)
    assert {rule["state"] for rule in rules.values()} == {"off"}
    assert listed(scene, flagged(scene)) == {}, "nothing is proposed by a rule that is off"
    gdpr = rules["gdpr.authority"]["id"]
    for who in (PRIVACY, "amira", "admin"):
        assert codes(scene.api(who).post(f"duty-rules/{gdpr}/approve/", {})) == ["not_legal"]
    now = scene.api(LEGAL).post(f"duty-rules/{gdpr}/approve/", {}).json()
    assert (now["state"], now["approved_by"], now["citation"]) == (
        "in force",
        "Eve Executive",
        "Regulation (EU) 2016/679, art. 33(1)",
    )
    assert codes(scene.api(LEGAL).post(f"duty-rules/{gdpr}/approve/", {})) == ["approved"]
    assert list(listed(scene, flagged(scene))) == ["gdpr.authority"]


@CLAUSE
def test_who_loads_rules_and_that_the_same_ones_are_not_loaded_twice(scene: Scene) -> None:
    assert codes(scene.api("amira").post("duty-rules/", {})) == ["not_yours_to_load"]
    assert scene.api("admin").post("duty-rules/", {}).status_code == 201
    assert codes(scene.api(LEGAL).post("duty-rules/", {})) == ["nothing_new"]


@CLAUSE
def test_other_words_are_a_new_version_that_takes_the_place_of_the_old_one_once_it_is_approved(scene: Scene) -> None:
    loaded(scene, DORA)
    ref = scene.commanded()
    (new,) = loaded(scene, DORA.replace("amount: 4,", "amount: 3,"), approve=False).values()
    assert (new["key"], new["version"], new["state"]) == ("dora.initial", 2, "off")
    scene.api(LEGAL).post(f"duty-rules/{new['id']}/approve/", {})
    states = {
        r["version"]: r["state"] for r in scene.api(LEGAL).get("duty-rules/").json()["results"] if r["key"] == "dora.initial"
    }
    assert states == {1: "withdrawn", 2: "in force"}
    assert codes(scene.api(LEGAL).post(f"duty-rules/{new['id']}/withdraw/", {"reason": " "})) == ["required"]
    assert (
        scene.api(LEGAL).post(f"duty-rules/{new['id']}/withdraw/", {"reason": "Repealed"}).json()["withdrawn_why"] == "Repealed"
    )
    assert codes(scene.api(LEGAL).post(f"duty-rules/{new['id']}/withdraw/", {"reason": "x"})) == ["not_in_force"]
    assert codes(scene.api(LEGAL).post(f"duty-rules/{new['id']}/approve/", {})) == ["withdrawn"]
    assert codes(scene.api(LEGAL).post(f"incidents/{ref}/duties/", {"rule": new["id"]})) == ["rule_off"]


FAULTS = [
    ("unit: hour", "unit: fortnight", "no_such_unit"),
    ("trigger: manual", "trigger: earthquake", "no_such_trigger"),
    ("trigger: manual", "trigger: manual\n    calendar: Atlantis", "no_such_calendar"),
    ("start: classification", "start: hunch", "no_such_start"),
    ("amount: 4", "amount: 0", "bad_amount"),
    ("amount: 4", "amount: yes", "bad_amount"),
    ("start: awareness", "start: classification", "start_twice"),
    ("filed:dora.initial", "filed:dora.final", "loop"),
    ("filed:dora.initial", "filed:dora.intermediate", "loop"),
    ("filed:dora.initial", "filed:dora.first", "no_such_stage"),
    ("key: dora.final", "key: dora.initial", "key_twice"),
    ("key: dora.final", "key: Dora Final", "bad_key"),
    ("    regime: DORA", "    regime: DORA\n    colour: red", "unknown_field"),
    ("    citation:", "    note:", "no_citation"),
    ("trigger: manual", "trigger: manual\n    roll: sideways", "no_such_roll"),
    ("trigger: manual", 'trigger: manual\n    roll_until: "12:00"', "bad_roll_until"),
    ("trigger: manual", 'trigger: manual\n    roll: next\n    roll_until: "25:00"', "bad_roll_until"),
    ('valid_from: "2025-01-17"', "valid_from: soon", "no_date"),
    ('valid_from: "2025-01-17"', 'valid_from: "2025-01-17"\n    valid_to: "2024-01-01"', "ends_before"),
    ("recipient: The competent authority", "recipient: [a]", "no_text"),
    ("rules:", "laws:", "no_rules"),
    ("rules:", "rules: [", "unreadable"),
]


@CLAUSE
@pytest.mark.parametrize(("right", "wrong", "code"), FAULTS, ids=lambda part: part[:24].strip())
def test_a_file_with_a_mistake_is_refused_and_says_which(scene: Scene, right: str, wrong: str, code: str) -> None:
    content = DORA.replace(right, wrong) if code != "loop" else DORA.replace(right, wrong, 1)
    answer = scene.api(LEGAL).post("duty-rules/", {"content": content})
    assert (answer.status_code, codes(answer)) == (422, [code]), answer.content
    assert scene.api(LEGAL).get("duty-rules/").json()["results"] == [], "nothing of it is loaded"


def test_an_operator_loads_a_file_by_command(scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = tmp_path / "dora.yaml"
    here.write_text(DORA, encoding="utf-8")
    call_command("duties", "acme", str(here))
    assert "dora.final version 1, DORA: Final report" in capsys.readouterr().out
    with pytest.raises(CommandError, match="word for word"):
        call_command("duties", "acme", str(here))
    with pytest.raises(CommandError, match="no organisation"):
        call_command("duties", "nobody")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("duties", "acme", str(tmp_path / "gone.yaml"))


# --- Duties ----------------------------------------------------------------------------------------------------------------


@CLAUSE
@pytest.mark.parametrize(
    ("body", "regimes"),
    [
        ({"kinds": ["pii"]}, {"GDPR"}),
        ({"kinds": ["phi"]}, {"GDPR", "HIPAA"}),
        ({"kinds": []}, {"GDPR", "HIPAA"}),
        ({"flag": "financial_loss", "kinds": []}, set[str]()),
    ],
    ids=["pii", "phi", "nobody said", "money"],
)
def test_a_flag_proposes_each_rule_whose_trigger_fits(scene: Scene, body: dict[str, Any], regimes: set[str]) -> None:
    loaded(scene)
    found = listed(scene, flagged(scene, **body), "amira")
    assert {duty["regime"] for duty in found.values()} == regimes
    assert {(duty["state"], duty["due_at"]) for duty in found.values()} <= {("to decide", None)}


@CLAUSE
def test_gdpr_from_flag_to_filing_with_reminders_at_50_75_and_90_percent(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    assert codes(ask(scene, ref, "gdpr.authority", "start", start="awareness", at=scene.clock.now.isoformat(), reason=WHY)) == [
        "undecided"
    ]
    decided(scene, ref, "gdpr.authority")
    assert codes(file(scene, ref, "gdpr.authority", scene.clock.now)) == ["not_started"]
    aware = scene.clock.now - timedelta(hours=2)
    duty = started(scene, ref, "gdpr.authority", "awareness", aware)
    due = aware + timedelta(hours=72)
    assert (duty["state"], moment(duty["began_at"]), moment(duty["due_at"])) == ("running", aware, due)
    for part, mails in ((0.49, 0), (0.51, 1), (0.74, 1), (0.76, 2), (0.89, 2), (0.91, 3), (0.99, 3)):
        scene.later(1, seconds=(aware + timedelta(hours=72) * part - scene.clock.now).total_seconds())
        scene.follow()
        assert [told(scene, who, "clock.prompted") for who in (LEGAL, PRIVACY)] == [mails, mails], part
    assert told(scene, "amira", "clock.prompted") == 0
    duty = filed(scene, ref, "gdpr.authority", scene.clock.now)
    assert (duty["state"], duty["late"]) == ("filed", False)
    (filing,) = duty["filings"]
    assert (filing["reference"], filing["by"], len(filing["sha256"])) == ("DPA-2026-77", "Eve Executive", 64)
    scene.later(2, hours=10)
    assert told(scene, LEGAL, "clock.broken") == 0
    assert [(e["data"]["reference"], e["data"]["late"]) for e in scene.told(ref, "duty.filed")] == [("DPA-2026-77", False)]
    filed(scene, ref, "gdpr.authority", scene.clock.now)  # what was not known yet follows, when nothing is due any more
    assert [e["data"]["late"] for e in scene.told(ref, "duty.filed")] == [False, False]


@CLAUSE
def test_what_is_not_filed_in_time_is_overdue_is_told_and_outlives_the_incident(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    started(scene, ref, "gdpr.authority", "awareness", scene.clock.now)
    scene.do(LEGAL, ref, "unflag", flag="personal_data", reason="It was a copy")
    scene.do("amira", ref, "false-positive", reason="It was a copy")
    scene.later(2, hours=72, seconds=5)
    scene.follow()
    assert told(scene, PRIVACY, "clock.broken") == 1
    assert listed(scene, ref)["gdpr.authority"]["state"] == "overdue"
    assert filed(scene, ref, "gdpr.authority", scene.clock.now)["late"] is True
    with scene.acme.scope():
        clock = Clock.objects.get(clause="law.duty")
        assert (clock.broken_at is not None, clock.stopped_at is not None) == (True, True)


@CLAUSE
@pytest.mark.parametrize("swept", [True, False], ids=["after the sweep came by", "before"])
def test_what_was_filed_in_time_and_put_on_record_after_that_was_kept(scene: Scene, swept: bool) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    began = scene.clock.now
    started(scene, ref, "gdpr.authority", "awareness", began)
    scene.later(2 if swept else 0, hours=73)
    assert listed(scene, ref)["gdpr.authority"]["state"] == "overdue"
    due = began + timedelta(hours=72)
    duty = filed(scene, ref, "gdpr.authority", due)
    assert (duty["state"], duty["late"]) == ("filed", False)
    (told_of,) = scene.told(ref, "duty.filed", LEGAL)
    assert (told_of["data"]["late"], told_of["data"]["clock_righted"]) == (False, swept)
    with scene.acme.scope():
        clock = Clock.objects.get(clause="law.duty")
        assert (clock.broken_at, clock.stopped_at) == (None, due)
        past = list(clock.history.order_by("history_id").values_list("broken_at", flat=True))
        assert any(past) is swept, "that it was taken for broken stays in its history"
    assert len(scene.events("clock.broken")) >= swept, "and in the ledger"


@CLAUSE
def test_what_was_filed_late_is_late_by_its_own_time(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    began = scene.clock.now
    started(scene, ref, "gdpr.authority", "awareness", began)
    scene.clock.advance(hours=80)
    moment_filed = began + timedelta(hours=72, seconds=1)
    assert filed(scene, ref, "gdpr.authority", moment_filed)["late"] is True
    with scene.acme.scope():
        clock = Clock.objects.get(clause="law.duty")
        assert (clock.broken_at is not None, clock.stopped_at) == (True, moment_filed)


@CLAUSE
def test_a_corrected_start_is_another_fact_with_its_reason_and_moves_the_clock(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    first, second = scene.clock.now - timedelta(hours=1), scene.clock.now - timedelta(hours=5)
    started(scene, ref, "gdpr.authority", "awareness", first)
    duty = started(scene, ref, "gdpr.authority", "awareness", second)
    assert [moment(one["at"]) for one in duty["starts"]] == [first, second]
    assert moment(duty["due_at"]) == second + timedelta(hours=72)
    assert scene.told(ref, "duty.started")[-1]["data"]["before"] == first.isoformat()
    again = ask(scene, ref, "gdpr.authority", "start", start="awareness", at=second.isoformat(), reason=WHY)
    assert codes(again) == ["unchanged"]
    with scene.acme.scope():
        assert DutyStart.objects.count() == 2
        assert list(Clock.objects.filter(clause="law.duty", stopped_at=None).values_list("started_at", flat=True)) == [second]


@CLAUSE
def test_deciding_again_that_it_does_not_apply_stops_its_clock(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    started(scene, ref, "gdpr.authority", "awareness", scene.clock.now)
    decided(scene, ref, "gdpr.authority", applies=False)
    duty = listed(scene, ref)["gdpr.authority"]
    assert (duty["state"], duty["due_at"], duty["reason"]) == ("does not apply", None, WHY)
    assert codes(file(scene, ref, "gdpr.authority", scene.clock.now)) == ["does_not_apply"]
    with scene.acme.scope():
        assert not Clock.objects.filter(clause="law.duty", stopped_at=None).exists()
    decided(scene, ref, "gdpr.authority")
    assert listed(scene, ref)["gdpr.authority"]["state"] == "running", "what is on record of its start still counts"


@CLAUSE
def test_what_cannot_be_so_is_refused(scene: Scene) -> None:
    loaded(scene)
    ref, now = flagged(scene), scene.clock.now
    duty = listed(scene, ref)["gdpr.authority"]["id"]
    path = f"incidents/{ref}/duties/{duty}"
    assert codes(scene.api(LEGAL).post(f"{path}/decide/", {"applies": True, "reason": " "})) == ["required"]
    for who in ("amira", "jon"):
        refused = scene.api(who).post(f"{path}/decide/", {"applies": True, "reason": WHY})
        assert (refused.status_code in (403, 404), codes(refused)[0] in ("not_lawful", "not_found")) == (True, True)
    decided(scene, ref, "gdpr.authority")
    start = {"start": "awareness", "reason": WHY}
    for body, code in (
        (start | {"at": (now + timedelta(hours=1)).isoformat()}, "future"),
        (start | {"at": (now - timedelta(days=1000)).isoformat()}, "too_early"),
        (start | {"at": now.isoformat(), "start": "discovery"}, "no_such_start"),
        (start | {"at": now.isoformat(), "reason": " "}, "required"),
    ):
        answer = scene.api(LEGAL).post(f"{path}/start/", body)
        assert (answer.status_code, codes(answer)) == (422, [code]), answer.content
    began = now - timedelta(hours=3)
    started(scene, ref, "gdpr.authority", "awareness", began)
    assert codes(file(scene, ref, "gdpr.authority", began - timedelta(hours=1))) == ["before_start"]
    assert codes(file(scene, ref, "gdpr.authority", now + timedelta(hours=1))) == ["future"]
    assert codes(file(scene, ref, "gdpr.authority", now, file=SimpleUploadedFile("empty.txt", b""))) == ["empty"]
    filed(scene, ref, "gdpr.authority", now - timedelta(hours=1))
    assert codes(file(scene, ref, "gdpr.authority", now - timedelta(hours=2))) == ["before_last"]
    assert codes(ask(scene, ref, "gdpr.authority", "decide", applies=False, reason=WHY)) == ["filed"]
    again = ask(scene, ref, "gdpr.authority", "start", start="awareness", at=now.isoformat(), reason=WHY)
    assert codes(again) == ["filed"]


@CLAUSE
def test_doras_stages_hang_on_each_other(scene: Scene) -> None:
    """Loaded from a file: 4 h from classification and at most 24 h from awareness; 72 h from the notice; a month from the report."""
    rules = loaded(scene, DORA)
    ref = scene.commanded()
    assert scene.api(LEGAL).get(f"incidents/{ref}/duties/").json()["results"] == [], "counsel reads the duties of every incident"
    refused = scene.api("amira").post(f"incidents/{ref}/duties/", {"rule": rules["dora.initial"]["id"]})
    assert codes(refused) == ["not_lawful"]
    answer = scene.api(LEGAL).post(f"incidents/{ref}/duties/", {"rule": rules["dora.initial"]["id"]})
    assert answer.status_code == 201, answer.content
    assert codes(scene.api(LEGAL).post(f"incidents/{ref}/duties/", {"rule": rules["dora.initial"]["id"]})) == ["proposed"]
    intermediate = scene.api(LEGAL).post(f"incidents/{ref}/duties/", {"rule": rules["dora.final"]["id"]})
    assert intermediate.status_code == 201
    for key in rules:
        decided(scene, ref, key)
    aware = scene.clock.now
    scene.clock.advance(hours=1)
    assert moment(started(scene, ref, "dora.initial", "awareness", aware)["due_at"]) == aware + timedelta(hours=24)
    classified = scene.clock.now
    assert moment(started(scene, ref, "dora.initial", "classification", classified)["due_at"]) == classified + timedelta(hours=4)
    own = ask(scene, ref, "dora.intermediate", "start", start="awareness", at=aware.isoformat(), reason=WHY)
    assert codes(own) == ["starts_by_itself"]
    assert codes(file(scene, ref, "dora.intermediate", scene.clock.now)) == ["not_started"]
    scene.clock.advance(hours=2)
    filed(scene, ref, "dora.initial", scene.clock.now)
    first = listed(scene, ref)["dora.intermediate"]
    assert (moment(first["began_at"]), moment(first["due_at"])) == (scene.clock.now, scene.clock.now + timedelta(hours=72))
    assert next(iter(listed(scene, ref))) == "dora.intermediate", "what is due first stands first"
    scene.clock.advance(hours=10)
    filed(scene, ref, "dora.intermediate", scene.clock.now)
    assert moment(listed(scene, ref)["dora.final"]["began_at"]) == scene.clock.now
    scene.clock.advance(days=3)
    filed(scene, ref, "dora.intermediate", scene.clock.now)
    final = listed(scene, ref)["dora.final"]
    assert moment(final["began_at"]) == scene.clock.now, "a month from the latest intermediate report"
    with scene.acme.scope():
        assert Clock.objects.filter(clause="law.duty", stopped_at=None).count() == 1
        assert DutyCase.objects.filter(incident__ref=ref).count() == 3


@CLAUSE
def test_legal_and_privacy_see_what_waits_on_my_work_and_others_do_not(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene)
    decided(scene, ref, "gdpr.authority")
    started(scene, ref, "gdpr.authority", "awareness", scene.clock.now)
    for who in (LEGAL, PRIVACY):
        assert "Notification of the supervisory authority" in scene.page(who).get("/o/acme/inbox/").content.decode()
    assert "Notification of the supervisory authority" not in scene.page("amira").get("/o/acme/inbox/").content.decode()
    room = scene.page(LEGAL).get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f"/o/acme/incidents/{ref}/duties/" in room


# --- The register ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("breach.need-to-know")
def test_the_register_has_every_breach_for_those_who_may_know_of_it(scene: Scene) -> None:
    loaded(scene)
    ref = flagged(scene, reason="=1+1 names and addresses")
    decided(scene, ref, "gdpr.authority")
    started(scene, ref, "gdpr.authority", "awareness", scene.clock.now)
    filed(scene, ref, "gdpr.authority", scene.clock.now)
    money = scene.commanded("SEV2")
    scene.do("amira", money, "flag", flag="financial_loss", reason="Paid twice")
    drill = scene.declare(severity="SEV2", exercise=True)
    scene.do("amira", drill, "claim")
    scene.do("amira", drill, "flag", flag="financial_loss", reason="A drill")
    rows = {row["incident"]: row for row in scene.api(LEGAL).get("breaches/").json()["results"]}
    assert drill not in rows
    assert set(rows) == {ref, money}
    assert rows[ref]["facts"] == "=1+1 names and addresses"
    assert "applies, Eve Executive" in rows[ref]["decisions"]
    assert "DPA-2026-77" in rows[ref]["filings"]
    csv = scene.page(LEGAL).get("/o/acme/duties/breaches/export.csv").content.decode()
    assert "'=1+1 names" in csv
    assert csv.count(ref)
    for who, page in (("jon", "/o/acme/duties/breaches/"), ("jon", "/o/acme/duties/breaches/export.csv")):
        shown = scene.page(who).get(page).content.decode()
        assert (ref in shown, money in shown) == (False, True)
    assert scene.api("jon").get(f"incidents/{ref}/duties/").status_code == 404
    assert [row["incident"] for row in scene.api("support").get("breaches/").json()["results"]] == []


@pytest.mark.clause("breach.need-to-know")
@pytest.mark.parametrize("door", ["page", "file", "api"])
def test_who_reads_the_register_has_opened_what_is_restricted_on_it(scene: Scene, door: str) -> None:
    """It says as much as the incidents' own pages: each restricted one that is shown is told as opened, by whoever is admitted to it, and once."""

    def read(who: str) -> None:
        path = {"page": "duties/breaches/", "file": "duties/breaches/export.csv"}.get(door)
        answer = scene.page(who).get(f"/o/acme/{path}") if path else scene.api(who).get("breaches/")
        assert answer.status_code == 200

    def opened() -> list[tuple[str, int | None]]:
        with scene.acme.scope():
            refs = dict(Incident.objects.values_list("id", "ref"))
            told = Event.objects.filter(kind="incident.opened").order_by("id").values_list("incident_id", "actor_id")
            return [(refs[incident or 0], actor) for incident, actor in told]

    first, second = flagged(scene), flagged(scene)
    money = scene.commanded("SEV2")
    scene.do("amira", money, "flag", flag="financial_loss", reason="Paid twice")
    scene.clock.advance(minutes=16)  # what was read until now is a while ago
    before, legal = opened(), scene.acme.exec.user_id
    read(LEGAL)
    assert opened()[len(before) :] == [(first, legal), (second, legal)]
    read(LEGAL)
    read("jon")  # who is shown neither
    read("auditor")  # whose reading is told as `auditor.read`
    assert len(opened()) == len(before) + 2
    scene.clock.advance(minutes=16)
    read(LEGAL)
    assert len(opened()) == len(before) + 4


def test_the_annual_notice_is_due_after_the_end_of_the_year(scene: Scene) -> None:
    """HIPAA's, for fewer than 500 (45 CFR 164.408(c)): from discovery to the page, the API and the filing, which may come before the year ends."""
    rule = loaded(scene)["hipaa.secretary-annual"]
    assert rule["limits"] == [{"start": "discovery", "amount": 60, "unit": "day", "from": "year_end"}]
    page = scene.page(LEGAL).get(f"/o/acme/duties/rules/{rule['id']}/").content.decode()
    assert "60 days after the end of the calendar year of: Discovered it, or should have" in page
    ref = flagged(scene, kinds=["phi"])
    decided(scene, ref, "hipaa.secretary-annual")
    found = scene.clock.now
    duty = started(scene, ref, "hipaa.secretary-annual", "discovery", found)
    with scene.acme.scope():
        zone = calendar().hours.zone
    year = found.astimezone(zone).year
    assert moment(duty["began_at"]) == found
    assert moment(duty["due_at"]) == datetime(year, 12, 31, tzinfo=zone) + timedelta(days=61)
    scene.clock.advance(days=1)
    assert filed(scene, ref, "hipaa.secretary-annual", scene.clock.now)["state"] == "filed"


# --- Pages -----------------------------------------------------------------------------------------------------------------


@CLAUSE
def test_pages_do_all_of_it_and_keep_what_was_typed(scene: Scene) -> None:
    page = scene.page(LEGAL)
    assert page.post("/o/acme/duties/rules/", {}).status_code == 302
    with scene.acme.scope():
        rule = RegulatorRule.objects.get(key="gdpr.authority")
    assert page.post(f"/o/acme/duties/rules/{rule.pk}/approve/", {}).status_code == 302
    assert "Already" not in page.get(f"/o/acme/duties/rules/{rule.pk}/").content.decode()
    again = page.post(f"/o/acme/duties/rules/{rule.pk}/approve/", {})
    assert (again.status_code, "approved it at" in again.content.decode()) == (409, True)
    bad = page.post("/o/acme/duties/rules/", {"file": SimpleUploadedFile("a.yaml", b"\xff\xfe")})
    assert (bad.status_code, "no text" in bad.content.decode()) == (422, True)
    ref = flagged(scene)
    duties = f"/o/acme/incidents/{ref}/duties/"
    pk = listed(scene, ref)["gdpr.authority"]["id"]
    empty = page.post(f"{duties}{pk}/decide/", {"reason": "Typed so far"})
    assert (empty.status_code, "Typed so far" in empty.content.decode()) == (422, True)
    assert page.post(f"{duties}{pk}/decide/", {"applies": "yes", "reason": WHY}).status_code == 302
    ahead = f"{scene.clock.now + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    future = page.post(f"{duties}{pk}/start/", {"start": "awareness", "at": ahead, "reason": "Kept words"})
    assert (future.status_code, "Kept words" in future.content.decode()) == (422, True)
    began = f"{scene.clock.now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    assert page.post(f"{duties}{pk}/start/", {"start": "awareness", "at": began, "reason": WHY}).status_code == 302
    proof = SimpleUploadedFile("receipt.txt", b"Received")
    done = {"at": f"{scene.clock.now:%Y-%m-%dT%H:%M:%S}", "reference": "R-1", "file": proof}
    assert page.post(f"{duties}{pk}/file/", done).status_code == 302
    shown = page.get(duties).content.decode()
    assert "R-1" in shown
    assert scene.page("amira").post(f"{duties}{pk}/decide/", {"applies": "no", "reason": "x"}).status_code == 403
