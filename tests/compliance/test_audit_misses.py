"""Clocks that broke and name no incident are exceptions too: of pages, of custodians, of quarterly reviews; on the pages and in the pack."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from compliance.packs import controls
from incidents.models import Incident, NeedToKnow
from ledger.actions import configure, record
from oncall.models import Page
from standard import clocks
from standard.models import Clock, ClockFailure
from tenants.actors import Duty
from tenants.models import DutyHolder
from tenants.scope import scope
from tests.compliance import packmaking
from tests.compliance.audits import as_kept, audit, engage
from tests.compliance.test_holds import LEAK, LOSS, placed
from tests.compliance.test_holds import ask as ask_custodian
from tests.compliance.test_packs_engagement import Make, ask, engage_too, make, saved
from tests.compliance.test_packs_making import holds, inside
from tests.everything import query
from tests.incidents.scene import Scene, alert

__all__ = ["make"]  # the fixture
pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor"), pytest.mark.clause("evidence.export")]

ESCALATION, PRESERVE, REVIEW = "oncall.escalate-15-30", "breach.preserve-logs", "improve.quarterly-review"
OF = {ESCALATION: ("soc2-cc7-4", "iso27001-a-5-24"), PRESERVE: ("iso27001-a-5-28",), REVIEW: ("iso27001-a-5-24",)}
KEYS = tuple(sorted({key for keys in OF.values() for key in keys}))  # the controls that ask for these clauses
TITLE = "CheckoutIsDown"


def unanswered(scene: Scene) -> None:
    """An alert pages the on-call of its service, who does not answer in time: one clock breaks."""
    scene.fire(alert("f1", started=scene.clock.now, name=TITLE))
    scene.follow()
    scene.later(sweeps=1, minutes=16)


def unheard(scene: Scene) -> None:
    """A custodian of a held person's data does not answer in a day: one clock breaks."""
    ask_custodian(scene, placed(scene, person=scene.email("mei")), person=scene.email("jon"))
    scene.later(sweeps=1, hours=25)


def unreviewed(scene: Scene) -> None:
    """The quarter ends, and nobody has signed its review off: one clock breaks."""
    due = datetime.fromisoformat(scene.api("owner").get("process-reviews/").json()["results"][-1]["due_at"])
    scene.later(sweeps=1, seconds=(due - scene.clock.now).total_seconds() + 60)


def lone(scene: Scene, engagement: int) -> dict[str, list[dict[str, Any]]]:
    """What an auditor reads among the exceptions of each control of what names no incident. The list of controls counts them too."""
    listed = {row["key"]: row["broken"] for row in audit(scene, engagement, "controls")["results"]}
    found = {}
    for key in KEYS:
        told = audit(scene, engagement, f"controls/{key}")
        assert listed[key] == told["control"]["broken"] == sum(bool(one["clause"]) for one in told["exceptions"]), key
        page = scene.page("auditor").get(f"/o/acme/audit/engagements/{engagement}/controls/{key}/").content.decode()
        found[key] = [one for one in told["exceptions"] if one["source"]]
        assert [one["source"] for one in found[key] if one["source"].replace("'", "&#x27;") not in page] == []
    return {key: rows for key, rows in found.items() if rows}


def unread(scene: Scene, engagement: int, make: Make, tmp_path: Path) -> Path:
    """The same of one that would not be handed out."""
    assert ask(scene, engagement).status_code == 201
    make((0, 100_000))
    file = as_kept(scene, engagement, tmp_path)
    holds(file)
    return packmaking.unpacked(inside(file), tmp_path / str(engagement))


def folder_of(scene: Scene, engagement: int, make: Make, tmp_path: Path) -> Path:
    """The engagement's pack as its auditor unpacks it, which the verifier found whole."""
    assert ask(scene, engagement).status_code == 201
    make((0, 100_000))
    file = saved(scene.api("auditor"), engagement, tmp_path)
    holds(file)
    return packmaking.unpacked(inside(file), tmp_path / str(engagement))


def packed(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The same of a pack, whose `controls.json` follows from its records; each with the entry that it stands on."""
    told = json.loads((folder / "data/controls.json").read_text(encoding="utf-8"))
    assert told == controls.of(folder)
    lines = (
        (folder / "data/records/standard_historicalclock.jsonl").read_text(encoding="utf-8")
        if any("source" in one for control in told.values() for one in control["exceptions"])
        else ""
    )
    rows = {record["leaf"]: json.loads(record["body"]) for record in map(json.loads, lines.splitlines())}
    found = {key: [one for one in control["exceptions"] if "source" in one] for key, control in told.items()}
    for one in (one for some in found.values() for one in some):
        assert {name: one[name] for name in ("clause", "broken_at", "fell_away")} == {
            name: rows[one["leaf"]][name] for name in ("clause", "broken_at", "fell_away")
        }
    return {key: some for key, some in found.items() if some}


def same(scene: Scene, shown: dict[str, list[dict[str, Any]]], told: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether pages and pack have the same exceptions: control by control, each by its clause, source, incident and moment."""
    with scene.acme.scope():
        refs = dict(Incident.objects.values_list("id", "ref"))

    def key(one: dict[str, Any], ref: str, at: str) -> tuple[str, str, str, datetime]:
        return one["clause"], one["source"], ref, datetime.fromisoformat(at)

    pages = {name: [key(one, one["ref"], one["at"]) for one in rows] for name, rows in shown.items()}
    pack = {name: [key(one, refs.get(one["incident"], ""), one["broken_at"]) for one in rows] for name, rows in told.items()}
    return pages == pack


@pytest.mark.parametrize(
    ("happens", "clause", "source", "about"),
    [
        (unanswered, ESCALATION, "page {} of signal ", TITLE),
        (unheard, PRESERVE, "custodian's task {}", "legal hold "),
        (unreviewed, REVIEW, "quarterly review {}", " Q"),
    ],
)
def test_each_belongs_to_the_period_in_which_it_broke(
    scene: Scene, make: Make, tmp_path: Path, happens: Callable[[Scene], None], clause: str, source: str, about: str
) -> None:
    """Once, with what it measured in words, although it was started before; a period before or after has nothing of it."""
    happens(scene)
    with scene.acme.scope():
        clock = Clock.objects.get(clause=clause, broken_at__isnull=False, incident_id=None)
    scene.clock.advance(days=3)
    for first, last in ((-400, -5), (-1, 5)):
        made = engage(scene, first, last)
        assert lone(scene, made) == packed(folder_of(scene, made, make, tmp_path)) == {}
    made = engage(scene, -4, -2)
    shown = lone(scene, made)
    assert set(shown) == set(OF[clause])
    for rows in shown.values():
        assert [(one["clause"], one["ref"]) for one in rows] == [(clause, "")]
        assert rows[0]["source"].startswith(source.format(clock.subject_id))
        assert about in rows[0]["about"]
        assert rows[0]["what"].endswith("was never done.")
    assert same(scene, shown, packed(folder_of(scene, made, make, tmp_path)))


def test_a_page_from_before_the_incident_belongs_to_it(scene: Scene, make: Make, tmp_path: Path) -> None:
    """It broke on a day before the period in which its signal was declared, and its clock never heard of that: it is of the incident all the same."""
    unanswered(scene)
    scene.clock.advance(days=3)
    (signal,) = scene.signals()
    declared = scene.api("amira").post(f"triage/{signal['id']}/declare/", {"title": "Down", "severity": "SEV2"})
    assert declared.status_code == 201, declared.content
    with scene.acme.scope():
        page = Page.objects.get(subject_type="incidents.signal")
        assert page.incident_id is not None
        assert Clock.objects.filter(subject_id=page.pk, clause=ESCALATION, broken_at__isnull=False, incident_id=None).count() == 1
    earlier = engage(scene, -4, -2)
    assert lone(scene, earlier) == packed(folder_of(scene, earlier, make, tmp_path)) == {}
    made = engage(scene, -1, 2)
    shown = lone(scene, made)
    ref = declared.json()["ref"]
    assert {key: [(one["ref"], one["source"]) for one in rows] for key, rows in shown.items()} == {
        key: [(ref, f"page {page.pk} of signal {signal['id']}")] for key in OF[ESCALATION]
    }
    assert same(scene, shown, packed(folder_of(scene, made, make, tmp_path)))


def test_a_custodians_clock_belongs_to_the_incident_of_its_hold(scene: Scene, make: Make, tmp_path: Path) -> None:
    """However much later it broke: in the period of the incident, and in no other."""
    ref = scene.commanded()
    scene.do("amira", ref, "flag", **LOSS)
    scene.clock.advance(days=3)
    (hold,) = scene.api("exec").get("holds/").json()["results"]
    ask_custodian(scene, hold["id"], person=scene.email("jon"))
    scene.later(sweeps=1, hours=25)
    later = engage(scene, -1, 5)
    assert lone(scene, later) == packed(folder_of(scene, later, make, tmp_path)) == {}
    made = engage(scene, -6, -3)
    shown = lone(scene, made)
    assert {key: [one["ref"] for one in rows] for key, rows in shown.items()} == {"iso27001-a-5-28": [ref]}
    assert same(scene, shown, packed(folder_of(scene, made, make, tmp_path)))


@pytest.mark.clause("breach.need-to-know")
def test_that_a_clock_was_struck_again_is_evidence(scene: Scene) -> None:
    """Also where the event says its clause alone, as it did at first; of a custodian's clock it is for those who may know of the hold."""
    ref = scene.declare()
    with scene.acme.scope():
        clock = Clock.objects.filter(incident_id__isnull=False).earliest("id")
        for at in range(2):
            row = ClockFailure.objects.create(clock=clock, incident_id=clock.incident_id, failures=9, next_try_at=None)
            clocks.try_again(row, by=scene.acme.admin.actor())
            row.delete()
            if not at:
                record(
                    "clock.tried_again", clock, by=scene.acme.admin.actor(), incident_id=clock.incident_id, clause=clock.clause
                )
    made = engage(scene, -5, 5)
    for key in ("iso27001-a-8-15", "soc2-cc7-4"):
        told = [one for one in audit(scene, made, f"controls/{key}")["evidence"] if "tried_again" in json.dumps(one)]
        assert len(told) == 3, (key, ref)


class TestWhoMayNotKnow:
    def leaked(self, scene: Scene) -> str:
        """A restricted incident with a page that nobody answered before it, and a custodian who does not answer; and one like any other."""
        unanswered(scene)
        (signal,) = scene.signals()
        declared = scene.api("amira").post(f"triage/{signal['id']}/declare/", {"title": "Down", "severity": "SEV2"})
        ref = str(scene.do("amira", declared.json()["ref"], "flag", **LEAK)["ref"])
        (hold,) = scene.api("exec").get("holds/").json()["results"]
        ask_custodian(scene, hold["id"], person=scene.email("jon"))
        scene.later(sweeps=1, hours=25)
        scene.declare()
        return ref

    def opens(self, scene: Scene) -> None:
        """The administrator becomes Privacy Officer, who opens what is restricted to an auditor."""
        with scene.acme.scope(scene.acme.admin):
            seat = {"user_id": scene.acme.admin.user_id, "duty": Duty.PRIVACY_OFFICER}
            configure(DutyHolder(), seat, by=scene.acme.admin.actor())

    def test_nothing_tells_of_a_restricted_incidents_clocks(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """Neither as exceptions nor in a sum; nor does the evidence say that a clock about custodians ran out."""
        self.leaked(scene)
        made = engage(scene, -5, 5)
        assert lone(scene, made) == {}
        folder = unread(scene, made, make, tmp_path)
        assert packed(folder) == {}
        for key in ("soc2-cc7-4", "iso27001-a-5-26", "nist-rs-an-06"):  # the controls that ask for what became of clocks
            assert PRESERVE not in json.dumps(audit(scene, made, f"controls/{key}")["evidence"]), key
        everything = b"".join(path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())
        assert TITLE.encode() not in everything
        assert b"compliance.custodiantask" not in everything

    def test_an_engagement_that_opens_it_has_them(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        ref = self.leaked(scene)
        self.opens(scene)
        made = engage(scene, -5, 5, restricted=True)
        shown = lone(scene, made)
        assert {key: [one["ref"] for one in rows] for key, rows in shown.items()} == {
            key: [ref] for key in ("soc2-cc7-4", "iso27001-a-5-24", "iso27001-a-5-28")
        }
        assert same(scene, shown, packed(folder_of(scene, made, make, tmp_path)))

    @pytest.mark.parametrize("how", ["named", "by another engagement"])
    def test_a_pack_that_does_not_open_it_has_nothing_of_it(self, scene: Scene, make: Make, tmp_path: Path, how: str) -> None:
        """Its auditor reads them on their pages, by another right; a pack belongs to its engagement (docs/decisions/0030)."""
        ref = self.leaked(scene)
        with scene.acme.scope():
            incident = Incident.objects.get(ref=ref)
            if how == "named":
                named = {"user_id": scene.acme.auditor.user_id, "reason": "Asked", "added_by_id": scene.acme.admin.user_id}
                NeedToKnow.objects.create(incident=incident, **named)
        self.opens(scene)
        engage(scene, -5, 5, restricted=how != "named")
        made = engage_too(scene, scene.acme.auditor, -5, 5)
        assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 200
        assert set(lone(scene, made)) == set(KEYS)
        folder = folder_of(scene, made, make, tmp_path)
        assert packed(folder) == {}
        everything = b"".join(path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())
        for word in (TITLE, ref, "compliance.custodiantask", "oncall.page", f'"incident":{incident.pk},'):
            assert word.encode() not in everything, word

    def test_nor_of_what_led_to_one_that_was_declared_after_the_period(self, scene: Scene, make: Make, tmp_path: Path) -> None:
        """The alert and its page are of the period; what became of them is not, and nothing in the engagement opens it."""
        unanswered(scene)
        scene.later(sweeps=1, hours=72)
        (signal,) = scene.signals()
        declared = scene.api("amira").post(f"triage/{signal['id']}/declare/", {"title": "Down", "severity": "SEV2"})
        ref = str(scene.do("amira", declared.json()["ref"], "flag", **LEAK)["ref"])
        with scene.acme.scope():
            named = {"user_id": scene.acme.auditor.user_id, "reason": "Asked", "added_by_id": scene.acme.admin.user_id}
            NeedToKnow.objects.create(incident=Incident.objects.get(ref=ref), **named)
        folder = folder_of(scene, engage(scene, -8, -1), make, tmp_path)
        everything = b"".join(path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())
        for word in (TITLE, ref, "oncall.page"):
            assert word.encode() not in everything, word

    def test_the_database_tells_its_auditor_alone(self, scene: Scene) -> None:
        """Somebody else, by the same role or the serving one, and of another organisation, is answered nothing; the auditor one row a clock."""
        unanswered(scene)
        made = engage(scene, -5, 5)
        asked = "SELECT count(*) FROM muster.audited_misses(%s)"
        counted = {}
        for person in (scene.acme.auditor, scene.acme.admin, scene.acme.exec, scene.globex.auditor):
            for auditing in (True, False):
                with scope(person.organisation_id, surface="web", user_id=person.user_id, auditing=auditing):
                    ((counted[person.email, auditing],),) = query(asked, made)
        assert {who for who, n in counted.items() if n} == {(scene.acme.auditor.email, auditing) for auditing in (True, False)}
        assert counted[scene.acme.auditor.email, True] == 1
