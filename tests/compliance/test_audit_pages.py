"""The auditor's pages: the population first, a sample that anybody draws again, evidence control by control, exceptions first."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.audit_controls import CONTROLS
from compliance.audit_population import MISSING, OUTSIDE, RESTRICTED, SEEN, Population, Row, sample
from incidents.sentences import KINDS
from standard.law import Law, shipped
from tests.compliance.audits import audit, engage
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("people.auditor")]


def test_the_population_is_complete(scene: Scene) -> None:
    """Every number from the first incident of the period to the last: with a stub for what is restricted, and none missing."""
    first = scene.declare(title="The first")
    hidden = scene.declare("amira", flags=["personal_data"])
    last = scene.declare(severity="SEV4")
    told = audit(scene, engage(scene), "population")
    numbers = [row["number"] for row in told["incidents"]]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert (told["counted"], told["restricted"], told["missing"], told["outside"]) == (3, 1, [], [])
    shown, stub, minor = told["incidents"]
    assert (shown["ref"], shown["title"], shown["severity"]) == (first, "The first", "SEV1")
    assert (minor["ref"], minor["severity"]) == (last, "SEV4")
    assert stub == {"number": numbers[1], "restricted": True, **dict.fromkeys(set(stub) - {"number", "restricted"})}
    assert hidden not in str(told)


def test_its_digest_is_made_of_its_lines(scene: Scene) -> None:
    """The same list has the same SHA-256, by any tool: it changes with an incident, and not with time."""
    scene.declare()
    made = engage(scene)
    told = audit(scene, made, "population")
    (row,) = told["incidents"]
    at = row["declared_at"].replace("+00:00", "Z")
    at = at if "." in at else at.replace("Z", ".000000Z")
    line = f"{row['number']},{row['ref']},{at},SEV1,{row['state']}\n"
    assert told["sha256"] == hashlib.sha256(line.encode()).hexdigest()
    scene.declare()
    assert audit(scene, made, "population")["sha256"] != told["sha256"]


def test_what_lies_in_between_is_said_and_what_is_missing_comes_first() -> None:
    """A number of another period is no gap; one that nobody has is."""
    found = Population([Row(3, SEEN), Row(4, OUTSIDE), Row(5, MISSING), Row(6, RESTRICTED)])
    assert ([row.number for row in found.counted], found.missing, found.outside, found.restricted) == ([3, 6], [5], [4], 1)


def test_a_sample_is_drawn_again(scene: Scene) -> None:
    """The same seed draws the same incidents, stubs among them; another seed others; and anybody can do it by hand."""
    for _ in range(6):
        scene.declare(severity="SEV4")
    made = engage(scene)
    numbers = [row["number"] for row in audit(scene, made, "population")["incidents"]]
    told = audit(scene, made, "sample", seed="my own words", size=3)
    by_hand = sorted(numbers, key=lambda n: hashlib.sha256(f"my own words:{n}".encode()).hexdigest())[:3]
    assert [row["number"] for row in told["incidents"]] == by_hand
    assert told == audit(scene, made, "sample", seed="my own words", size=3)
    assert (told["seed"], told["size"], told["of"]) == ("my own words", 3, 6)
    drawn = {tuple(row["number"] for row in audit(scene, made, "sample", seed=str(n), size=3)["incidents"]) for n in range(8)}
    assert len(drawn) > 1
    page = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/sample/?seed=my+own+words&size=3").content.decode()
    assert [number for number in by_hand if f"INC-{number}" in page] == by_hand
    assert "my own words" in page


def test_stubs_are_drawn_too() -> None:
    rows = Population([Row(n, RESTRICTED if n % 2 else SEEN) for n in range(1, 40)])
    assert {row.kind for row in sample(rows, "seed", 10)} == {SEEN, RESTRICTED}
    assert len(sample(rows, "seed", 500)) == 39


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"seed": "x", "size": "0"}, "size"),
        ({"seed": "x", "size": "many"}, "size"),
        ({"seed": "x", "size": "9" * 40}, "size"),
        ({"seed": "", "size": "5"}, "seed"),
        ({"seed": "x" * 65, "size": "5"}, "seed"),
        ({"seed": "a\x00b", "size": "5"}, "seed"),
        ({"seed": "²", "size": "²"}, "seed"),
    ],
)
def test_a_sample_that_cannot_be_drawn_says_why(scene: Scene, asked: dict[str, str], field: str) -> None:
    made = engage(scene)
    answer = scene.api("auditor").get(f"audit/engagements/{made}/sample/", **asked)
    assert (answer.status_code, answer.json()["reasons"][0]["field"]) == (422, field)
    page = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/sample/", asked)
    assert page.status_code == 422
    assert b"Nothing was drawn" in page.content


def test_a_broken_clock_is_the_first_thing_that_its_control_shows(scene: Scene) -> None:
    """Exceptions first, each with its clause and when; the list of controls counts them."""
    scene.commanded()
    scene.clock.advance(hours=2)
    scene.sweep()
    made = engage(scene)
    told = audit(scene, made, "controls/soc2-cc2-2")
    clauses = {one["clause"] for one in told["exceptions"]}
    assert "severity.sev1-cadence" in clauses
    assert told["control"]["broken"] == sum(bool(one["clause"]) for one in told["exceptions"])
    listed = {row["key"]: row["broken"] for row in audit(scene, made, "controls")["results"]}
    assert listed["soc2-cc2-2"] == told["control"]["broken"] > 0
    page = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/controls/soc2-cc2-2/").content.decode()
    assert 0 < page.index("severity.sev1-cadence") < page.index('id="evidence"')


def test_exceptions_are_read_some_at_a_time_none_twice_and_none_left_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter may have thousands of them: each page has its own, the next one is a link, and the count is of all."""
    ref = scene.commanded()
    scene.clock.advance(hours=2)
    scene.sweep()
    scene.do("amira", ref, "note", text="It began at noon", occurred_at=scene.ago(hours=3).isoformat())
    made = engage(scene)
    wholes = {f"controls/{one.key}": audit(scene, made, f"controls/{one.key}") for one in CONTROLS}
    of_both = {at: told for at, told in wholes.items() if len({bool(one["clause"]) for one in told["exceptions"]}) == 2}
    assert of_both, "a control with broken clocks and with what was recorded late"
    at, whole = max(of_both.items(), key=lambda one: len(one[1]["exceptions"]))
    assert (whole["exceptions_page"], whole["exceptions_pages"]) == (1, 1)
    monkeypatch.setattr("compliance.api.audit.PER_PAGE", 2)
    monkeypatch.setattr("compliance.audit_views.PER_PAGE", 2)
    pages = audit(scene, made, at)["exceptions_pages"]
    some = [audit(scene, made, at, exceptions_page=number) for number in range(1, pages + 1)]
    assert [one for page in some for one in page["exceptions"]] == whole["exceptions"]
    assert pages > 1
    assert {page["control"]["broken"] for page in some} == {whole["control"]["broken"]}
    first = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/{at}/").content.decode()
    assert f"1 to 2 of {len(whole['exceptions'])}" in first
    last = scene.page("auditor").get(f"/o/acme/audit/engagements/{made}/{at}/", {"exceptions": pages}).content.decode()
    assert ("?exceptions=2#exceptions" in first, f"?exceptions={pages + 1}" in last) == (True, False)
    assert whole["exceptions"][0]["what"] in first.replace("&#x27;", "'")
    assert whole["exceptions"][-1]["what"] in last.replace("&#x27;", "'")


def test_evidence_has_time_actor_source_and_hash(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "attach", file=SimpleUploadedFile("log.txt", b"connection refused"), caption="The log")
    made = engage(scene)
    told = audit(scene, made, "controls/nist-rs-an-07")
    (filed,) = [one for one in told["evidence"] if one["kind"] == "incident.file_attached"]
    assert filed["sha256"] == hashlib.sha256(b"connection refused").hexdigest()
    assert (filed["actor"], filed["via"], filed["ref"]) == ("Amira Ahmadi", "api", ref)
    assert filed["source"].startswith(f"{ref} #")
    whole = audit(scene, made, "controls/nist-rs-an-06")
    numbers = [int(one["source"].rpartition("#")[2]) for one in whole["evidence"] if one["ref"] == ref]
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "an unbroken row"
    assert audit(scene, made, "controls/soc2-cc7-5")["evidence"] == [], "no evidence is none"
    assert scene.api("auditor").get(f"audit/engagements/{made}/controls/soc2-cc9/").status_code == 404


def matches(found: str, wanted: str) -> bool:
    """Whether a control's word is this one, or its beginning."""
    return found == wanted or (wanted[-1] in "._-" and found.startswith(wanted))


def test_every_control_names_what_there_is() -> None:
    """The kinds and clauses of the controls are those of the record and of the standard, or of a part of the room that is still to come."""
    verbs = (Path(settings.BASE_DIR) / "docs" / "verbs.md").read_text(encoding="utf-8")
    kinds = {*KINDS, *re.findall(r"`([a-z_]+\.[a-z_]+)`", verbs), "auditor.read"}
    to_come = ("access_", "glass.", "hold.")
    clauses = {clause.id for clause in Law.from_data(shipped()).clauses}
    for control in CONTROLS:
        for wanted in control.kinds:
            assert wanted in to_come or any(matches(kind, wanted) for kind in kinds), wanted
        for wanted in control.clauses:
            assert any(matches(clause, wanted) for clause in clauses), wanted
    assert len({control.key for control in CONTROLS}) == len(CONTROLS)


def test_each_page_says_as_whom_it_is_read_and_is_on_the_own_log(scene: Scene) -> None:
    """PostgreSQL's own word: the auditor's role, read only; and the log shows the reading of a page as soon as it is read."""
    scene.declare()
    made = engage(scene)
    page = scene.page("auditor")
    for what in ("population/", "sample/", "controls/", "controls/soc2-cc7-4/"):
        path = f"/o/acme/audit/engagements/{made}/{what}"
        shown = page.get(path)
        assert shown.status_code == 200
        assert f"as the role <code>{settings.AUDITOR_ROLE}</code>, read only: on" in shown.content.decode()
        assert path in page.get("/o/acme/audit/log/").content.decode()
    assert scene.api("auditor").get("audit/log/").json()["results"][0]["path"] == "/api/v1/audit/log/"
    for method in ("post", "put", "delete"):
        assert getattr(page, method)(f"/o/acme/audit/engagements/{made}/population/").status_code == 403


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("?q=Jon+Jones&page=2", "?q=(words)&page=2"),
        ("?q=Jones", "?q=(words)"),
        ("?q=", "?q=(words)"),
        ("?person=jon%40acme.example&from=2026-01-31T09:00:00Z", "?person=(words)&from=2026-01-31T09:00:00Z"),
        ("?severity=1&severity=Jon+Jones", "?severity=1&severity=(words)"),
        ("?Jon+Jones=1&page=3", "?page=3"),
        ("?q=" + "Jones+" * 400, "?q=(words)"),
    ],
)
def test_what_was_read_is_kept_without_the_words_that_were_looked_for(scene: Scene, asked: str, kept: str) -> None:
    """They may name people, and the log is append-only: it keeps the address, and of what was asked numbers, dates and keys."""
    made = engage(scene)
    path = f"/o/acme/audit/engagements/{made}/population/"
    assert scene.page("auditor").get(path + asked).status_code == 200
    with scene.acme.scope():
        assert [event.data["path"] for event in scene.events("auditor.read")] == [path + kept]
