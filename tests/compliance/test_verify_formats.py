"""The format of a pack: older ones verify, and whoever has an older verifier than the pack is told so, instead of half a judgement."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from compliance.packs.filling import FORMAT
from compliance.verify import verify
from tests.compliance import packmaking
from tests.compliance.packmaking import bagged, lived, pack, unpacked, zipped
from tests.compliance.test_verify_packs import Files, about, faults_of, requested, run

DOCUMENT = packmaking.VERIFIER.parents[2] / "docs" / "evidence-format.md"


@pytest.fixture(scope="module")
def incident() -> Files:
    return pack(lived(60))


def of_format_1(files: Files) -> Files:
    """A pack as the first were: its counts know of no other periods."""
    counts = json.loads(files["data/pack.json"])["counts"]
    return about(files, format=1, counts={name: count for name, count in counts.items() if name != "outside"})


def on_disk(files: Files, where: Path) -> Path:
    where.mkdir(parents=True, exist_ok=True)
    file = where / f"{packmaking.FOLDER}.zip"
    file.write_bytes(zipped(bagged(files)))
    return file


def test_what_is_made_has_the_newest_format_that_is_described_and_checked() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f'{{"format":{FORMAT},"kind"' in text
    assert tuple(range(1, FORMAT + 1)) == verify.FORMATS
    assert [int(number) for number in re.findall(r"^\| `(\d+)` \|", text, re.MULTILINE)] == [*verify.FORMATS]


LESS = "judged as format 1, in which raw requests need no record that proves them, and custodians' files may be missing"


@pytest.mark.parametrize("counts", ["as they were", "with those of other periods"])
def test_a_pack_of_format_1_verifies_where_that_is_asked_for_and_is_called_one(
    incident: Files, counts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the operators' command as by the file."""
    files = of_format_1(incident) if counts == "as they were" else about(incident, format=1)
    assert faults_of(files, tmp_path, older=True) == []
    done = run(str(on_disk(files, tmp_path)), "--format", "1")
    assert done.returncode == 0
    assert f"HOLDS, {LESS}: " in done.stdout
    with pytest.raises(SystemExit) as end:
        call_command("verify", str(on_disk(files, tmp_path)), format="1")
    assert end.value.code == 0
    assert f"HOLDS, {LESS}: " in capsys.readouterr().out


def test_a_pack_that_says_it_is_of_format_1_is_not_judged_unasked(tmp_path: Path) -> None:
    """No signature tells of which format a pack is: one of format 2 whose proven file was taken out could be called one of 1, and would hold."""
    files = proven()
    name = next(name for name in files if name.startswith("data/custodians/files/"))
    less = of_format_1({one: data for one, data in files.items() if one != name})
    for path in (on_disk(less, tmp_path), unpacked(bagged(less), tmp_path / "folder")):
        done = run(str(path))
        assert (done.returncode, done.stdout) == (2, "")
        assert "it is of format 1, in which raw requests need no record" in done.stderr
        assert "Nothing was checked: ask anew, or give --format 1 if you know" in done.stderr


def test_a_pack_of_format_2_is_judged_as_one_whatever_is_asked(tmp_path: Path) -> None:
    files = proven()
    name = next(name for name in files if name.startswith("data/custodians/files/"))
    less = {one: data for one, data in files.items() if one != name}
    assert faults_of(less, tmp_path, older=True) == [f"FAULT  {name}: it is missing, and a record of the pack tells of it"]
    done = run(str(on_disk(files, tmp_path)), "--format", "1")
    assert done.returncode == 0
    assert "format 1" not in done.stdout


def test_a_raw_request_without_a_record_is_a_note_in_format_1_and_a_fault_in_2(incident: Files, tmp_path: Path) -> None:
    """In the first packs no record told of them. One that a record does tell of is held against it, in each format."""
    raw = {"data/inbound/7.json": requested(b"{}")["data/inbound/7.json"]}
    assert faults_of(of_format_1(incident | raw), tmp_path / "1", older=True) == []
    done = run(str(on_disk(of_format_1(incident | raw), tmp_path / "1")), "--format", "1")
    assert "note   no record tells of data/inbound/7.json, as in format 1: nothing proves it" in done.stdout
    (fault,) = faults_of(incident | raw, tmp_path / "2")
    assert "no record of incidents_inbound has its number" in fault
    changed = requested(b"{}") | {"data/inbound/7.json": requested(b"[]")["data/inbound/7.json"]}
    (fault,) = faults_of(of_format_1(changed), tmp_path / "3", older=True)
    assert "no record of incidents_inbound has its number" in fault


def test_the_counts_of_format_2_are_all_there(incident: Files, tmp_path: Path) -> None:
    (fault,) = faults_of(about(of_format_1(incident), format=2), tmp_path)
    assert fault == "FAULT  data/pack.json: it is not as the format says: expected the counts"


def test_a_later_format_is_not_judged_at_all(incident: Files, tmp_path: Path) -> None:
    """It may hold what this copy does not know of, so that "holds" and "does not" would both be untrue; and whoever reads is told what to do."""
    later = about(incident | {"data/something/new.json": b"{}"}, format=FORMAT + 1)
    for path in (on_disk(later, tmp_path), unpacked(bagged(later), tmp_path / "folder")):
        done = run(str(path))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"the pack is of format {FORMAT + 1}, and this copy of verify.py knows 1 and 2. Nothing was checked" in done.stderr
        assert "take a newer copy" in done.stderr


def test_an_older_copy_does_not_call_a_new_pack_good(incident: Files, tmp_path: Path) -> None:
    """As somebody who kept theirs from an earlier visit: the same file, from before there was the newest format."""
    text = packmaking.VERIFIER.read_text(encoding="utf-8")
    copy = tmp_path / "verify.py"
    copy.write_text(text.replace("FORMATS = (1, 2)", "FORMATS = (1,)"), encoding="utf-8")
    assert copy.read_text(encoding="utf-8") != text
    asked = [sys.executable, "-I", str(copy), str(on_disk(incident, tmp_path / "pack"))]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "HOLDS" not in done.stdout
    assert "this copy of verify.py knows 1. Nothing was checked" in done.stderr


@pytest.mark.parametrize("given", [0, -1, "2", None, True, 2.0, [2]])
def test_what_is_no_format_is_a_fault(incident: Files, given: object, tmp_path: Path) -> None:
    assert "FAULT  data/pack.json: it is not as the format says: expected the number of its format" in faults_of(
        about(incident, format=given), tmp_path
    )


def proven() -> Files:
    """A pack with a custodian's file, which a record tells of."""
    log, digest = lived(60), packmaking.h(b"a log").hex()
    log.add("compliance_custodianfile", {"id": 3, "sha256": digest, "body": f"\\x{digest}"}, incident=42)
    return pack(log) | {f"data/custodians/files/{digest}": b"a log"}


def test_a_custodians_file_is_the_one_that_a_record_tells_of(incident: Files, tmp_path: Path) -> None:
    """Changed, slipped in and taken out are each named; in format 1 there were none of them."""
    files = proven()
    assert faults_of(files, tmp_path / "a") == []
    name = next(name for name in files if name.startswith("data/custodians/files/"))
    assert any("expected that of its name" in fault for fault in faults_of(files | {name: b"another"}, tmp_path / "b"))
    without = {one: data for one, data in files.items() if one != name}
    assert faults_of(without, tmp_path / "c") == [f"FAULT  {name}: it is missing, and a record of the pack tells of it"]
    assert faults_of(of_format_1(without), tmp_path / "d", older=True) == []
    assert faults_of(incident | {name: b"a log"}, tmp_path / "e") == [f"FAULT  {name}: no record of the pack tells of this file"]
