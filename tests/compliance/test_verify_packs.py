"""The offline verifier: what holds is said to hold, and each attack is named in words.

The packs are made by tests/compliance/packmaking.py, which shares no code with the verifier; nothing here asks the database.
"""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from compliance.verify import verify
from tests.compliance import packmaking
from tests.compliance.packmaking import Log, Signer, bagged, lived, pack, unpacked, zipped

type Files = dict[str, Any]

EVENTS = "data/records/ledger_event.jsonl"
RFC_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
RFC_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.fixture(scope="module")
def log() -> Log:
    return lived()


@pytest.fixture(scope="module")
def incident(log: Log) -> Files:
    return pack(log)


@pytest.fixture(scope="module")
def period(log: Log) -> Files:
    return pack(log, incident=None, first=10, last=257)


def said(path: Path, **given: Any) -> list[str]:
    """What the verifier says of a pack. Empty lines of faults mean that it holds."""
    lines: list[str] = []
    faults = verify.verify(str(path), out=lines.append, **given)
    assert faults == sum(line.startswith("FAULT") for line in lines) or faults > verify.MOST_FAULTS
    assert (faults == 0) == any(line.startswith("HOLDS") for line in lines)
    return [line for line in lines if line.startswith("FAULT")]


def faults_of(files: Files, tmp_path: Path, **given: Any) -> list[str]:
    """The faults of a pack whose manifests match, whatever was done to it: as ZIP and as a folder alike."""
    bag = bagged(files)
    tmp_path.mkdir(parents=True, exist_ok=True)
    file = tmp_path / f"{packmaking.FOLDER}.zip"
    file.write_bytes(zipped(bag))
    found = said(file, **given)
    assert said(unpacked(bag, tmp_path), **given) == found
    return found


def edited(files: Files, name: str, change: Callable[[list[dict[str, Any]]], Any]) -> Files:
    """The pack with the lines of a JSONL file changed."""
    lines = [json.loads(line) for line in files[name].splitlines()]
    lines = change(lines) or lines
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    return files | {name: text.encode()}


def about(files: Files, **changes: Any) -> Files:
    """The pack with its pack.json changed."""
    return files | {"data/pack.json": json.dumps(json.loads(files["data/pack.json"]) | changes).encode()}


def counted(files: Files, **changes: int) -> Files:
    return about(files, counts=json.loads(files["data/pack.json"])["counts"] | changes)


# --- What holds -------------------------------------------------------------------------------------------------------


def test_a_tree_is_that_of_the_rfc() -> None:
    """Known answers: the test vectors of Certificate Transparency, by the verifier and by the tests' own tree."""
    for size, root in enumerate(RFC_ROOTS, 1):
        leaves = RFC_LEAVES[:size]
        assert verify.root_of([(0, [verify.leaf_hash(leaf) for leaf in leaves])]).hex() == root
        assert packmaking.mth(leaves).hex() == root
    assert verify.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    between = packmaking.proof(6, RFC_LEAVES[:8])
    assert [step.hex() for step in between] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_note_is_that_of_go() -> None:
    """Known answer: the example of Go's sumdb/note, its key and its signature."""
    key = verify.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert verify.open_note(f"{text}\n— PeterNeumann {signature}\n".encode(), key) == text
    with pytest.raises(verify.Wrong, match="does not hold"):
        verify.open_note(f"{text.replace('think', 'thinK')}\n— PeterNeumann {signature}\n".encode(), key)


def test_consistency_holds_between_all_small_trees_and_with_nothing_else() -> None:
    leaves = [bytes([number]) for number in range(20)]
    roots = [packmaking.mth(leaves[:size]) for size in range(21)]
    for new in range(1, 21):
        for old in range(new + 1):
            steps = packmaking.proof(old, leaves[:new])
            assert verify.consistent(old, roots[old], new, roots[new], steps)
            assert not verify.consistent(old, b"\0" * 32, new, roots[new], steps)
            assert not verify.consistent(old, roots[old], new, b"\0" * 32, steps) or old == 0
            assert not verify.consistent(old, roots[old], new, roots[new], [*steps, b"\0" * 32])
            if steps:
                assert not verify.consistent(old, roots[old], new, roots[new], steps[:-1])
    assert not verify.consistent(5, roots[5], 4, roots[4], [])


@pytest.mark.clause("evidence.export")
def test_a_pack_of_an_incident_and_one_of_a_period_hold(log: Log, incident: Files, period: Files, tmp_path: Path) -> None:
    key = verify.read_key(log.signer.line)
    assert faults_of(incident, tmp_path / "a", key=key, origin=packmaking.ORIGIN) == []
    assert faults_of(period, tmp_path / "b", key=key, origin=packmaking.ORIGIN, held=log.checkpoint(129).encode()) == []
    assert faults_of(period, tmp_path / "c", held=log.checkpoint().encode()) == []


@pytest.mark.clause("people.auditor")
def test_a_number_of_another_period_is_told_and_shows_nothing(period: Files, tmp_path: Path) -> None:
    """An engagement's incidents have other periods' numbers in between: no gap, and no incident of the pack."""
    name, hidden = "data/population.csv", b"9,,,,,yes,"
    outside = counted(period | {name: period[name].replace(hidden, b"9,,,,,outside,")}, restricted=0, outside=1)
    assert faults_of(outside, tmp_path / "a") == []
    wrong = counted(outside, outside=0)
    assert any("it counts 0 outside; expected 1" in fault for fault in faults_of(wrong, tmp_path / "c"))
    told = period | {name: period[name].replace(hidden, b"9,INC-9,,,,outside,")}
    assert any("nothing but the number" in fault for fault in faults_of(told, tmp_path / "b"))
    (row,) = re.findall(rb"(?m)^8,.*no,\d+", period[name])
    made = period | {name: period[name].replace(row, b"8,,,,,outside,")}
    assert any(
        "is called of another period, and its making is in the records" in fault for fault in faults_of(made, tmp_path / "c")
    )


def test_the_smallest_logs_hold(tmp_path: Path) -> None:
    """Trees at the edges of tiles: of one leaf, and of exactly one tile."""
    for size in (1, 255, 256, 257):
        log = Log()
        log.add("incidents_historicalincident", {"id": 42, "number": 7}, incident=42)
        for number in range(1, size):
            log.add("ledger_event", {"id": number, "seq": number}, incident=42)
        files = {name: data for name, data in pack(log).items() if not name.startswith("data/attachments/")}
        assert faults_of(files, tmp_path / str(size)) == []


def test_an_erasure_that_is_told_of_holds(tmp_path: Path) -> None:
    log = lived(60)
    log.erase(30)
    assert faults_of(pack(log), tmp_path) == []


# --- The bag, and its ZIP ---------------------------------------------------------------------------------------------

NAMES = sorted(bagged(pack(lived())))
# Of the others (report, transcript, files) it is checked that they are whole, and nothing of what they say.
UNDERSTOOD = re.compile(r"keys/log\.pub|data/(pack\.json|population\.csv|records/|log/)")


@pytest.mark.clause("evidence.export")
@pytest.mark.parametrize("name", NAMES)
def test_one_flipped_byte_of_any_file_fails_with_its_name(name: str, incident: Files, tmp_path: Path) -> None:
    bag = bagged(incident)
    data = bytearray(bag[name])
    data[len(data) // 2] ^= 1
    found = said(unpacked(bag | {name: bytes(data)}, tmp_path))
    assert any(name in fault for fault in found)
    file = tmp_path / f"{packmaking.FOLDER}.zip"
    whole = zipped(bag)
    at = whole.index(f"/{name}".encode()) + len(name) + 1 + len(data) // 2
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert any(name in fault for fault in said(file))


def test_one_flipped_byte_of_the_zip_itself_fails(tmp_path: Path) -> None:
    """Every byte that belongs to no file: headers, directory and end. Readers skip most of them, so something could hide there."""
    bag = {"bagit.txt": b"one\n", "data/pack.json": b"two\n", "verify/verify.py": b"three\n"}
    whole, file = zipped(bag, "x"), tmp_path / "x.zip"
    data = {at for text in bag.values() for at in range(whole.index(text), whole.index(text) + len(text))}
    for at in sorted(set(range(len(whole))) - data):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        report = verify.Report(lambda line: None)
        try:
            source = verify.Zip(str(file), report)
            source.archive.close()
            assert report.faults, f"byte {at} of {len(whole)}"
        except verify.Wrong:
            pass
    for spoiled in (whole + b"x", b"x" + whole):
        file.write_bytes(spoiled)
        report = verify.Report(lambda line: None)
        verify.Zip(str(file), report).archive.close()
        assert report.faults


def test_a_file_too_many_or_too_few_fails(incident: Files, tmp_path: Path) -> None:
    bag = bagged(incident)
    more = unpacked(bag | {"data/notes.txt": b"a later thought"}, tmp_path / "more")
    assert any("data/notes.txt: a pack has no file of this name" in fault for fault in said(more))
    assert any("data/notes.txt: it is not listed in manifest-sha256.txt" in fault for fault in said(more))
    fewer = unpacked({name: data for name, data in bag.items() if name != "data/report.html"}, tmp_path / "fewer")
    assert any("the file data/report.html is listed and missing" in fault for fault in said(fewer))
    linked = unpacked(bag, tmp_path / "linked")
    (linked / "data/report.html").unlink()
    (linked / "data/report.html").symlink_to("/etc/hostname")
    assert any("data/report.html: this is no plain file" in fault for fault in said(linked))


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"\x00\xff\xfe" * 3000, b"PK\x03\x04" + b"\x7f" * 900], ids=["empty", "two", "random", "like"]
)
def test_random_bytes_are_no_pack(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(data)
    assert "this is no ZIP file that can be read" in said(tmp_path / "pack.zip")[0]


@pytest.mark.parametrize("name", [name for name in NAMES if UNDERSTOOD.match(name)])
def test_random_bytes_in_any_file_are_a_fault_and_no_crash(name: str, incident: Files, tmp_path: Path) -> None:
    noise = bytes(range(256)) * 5
    for data in (noise, b"", b"{}\n", b"null\n", b'{"leaf":1}\n', b"[" * 5000 + b"\n"):
        if data == b"" and name.endswith("consistency.jsonl"):
            continue
        found = faults_of(incident | {name: data}, tmp_path)
        assert any(name in fault for fault in found) or "expected" in found[0]


# --- The checkpoint ---------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_named(log: Log, incident: Files, tmp_path: Path) -> None:
    other = verify.read_key(Signer(seed=b"\x08" * 32).line)
    assert any("data/log/checkpoint: not signed by the key" in fault for fault in faults_of(incident, tmp_path, key=other))


def test_a_pack_signed_anew_by_a_forger_holds_by_its_own_key_only(incident: Files, log: Log, tmp_path: Path) -> None:
    """Which is why the verifier says so when no key is given."""
    forged = lived()
    forged.signer = Signer(seed=b"\x08" * 32)
    file = tmp_path / "pack.zip"
    file.write_bytes(zipped(bagged(pack(forged))))
    lines: list[str] = []
    assert verify.verify(str(file), out=lines.append) == 0
    assert any("no --key was given" in line for line in lines)
    assert verify.verify(str(file), key=verify.read_key(log.signer.line), out=lines.append) > 0


def test_a_swapped_origin_is_named(log: Log, incident: Files, tmp_path: Path) -> None:
    found = faults_of(incident, tmp_path, origin="muster.example/another")
    assert "its origin is muster.example/5f0c1c62; expected muster.example/another (--origin)" in found[0]
    found = faults_of(about(incident, origin="muster.example/another"), tmp_path / "b")
    assert any("expected muster.example/another (data/pack.json)" in fault for fault in found)
    other = lived()
    other.signer = Signer(name="muster.example/another")
    found = faults_of(incident | {"data/log/checkpoint": other.checkpoint().encode()}, tmp_path / "c")
    assert any("data/log/checkpoint" in fault and "not signed by" in fault for fault in found)


def test_a_changed_checkpoint_is_named(log: Log, incident: Files, tmp_path: Path) -> None:
    note = incident["data/log/checkpoint"].replace(b"\n264\n", b"\n263\n")
    found = faults_of(incident | {"data/log/checkpoint": note}, tmp_path)
    assert any("data/log/checkpoint: the signature does not hold" in fault for fault in found)
    huge = log.signer.note(f"{packmaking.ORIGIN}\n{10**18}\n{packmaking.b64(bytes(32))}\n").encode()
    found = faults_of(incident | {"data/log/checkpoint": huge}, tmp_path / "huge")
    assert any("has more tiles than there are files" in fault for fault in found)


# --- Tree and records -------------------------------------------------------------------------------------------------


def test_a_changed_tile_is_named(incident: Files, tmp_path: Path) -> None:
    for name in (name for name in incident if name.startswith("data/log/tile/")):
        data = bytearray(incident[name])
        data[5] ^= 1
        found = faults_of(incident | {name: bytes(data)}, tmp_path / name.replace("/", "-"))
        assert any(name in fault or "data/log/checkpoint, line 3: the root is" in fault for fault in found)


def test_a_tile_that_is_missing_or_cut_is_named(incident: Files, tmp_path: Path) -> None:
    for name in (name for name in incident if name.startswith("data/log/tile/")):
        found = faults_of(
            {other: data for other, data in incident.items() if other != name}, tmp_path / ("m" + name.replace("/", "-"))
        )
        assert any(f"the tile {name} is missing" in fault for fault in found)
        found = faults_of(incident | {name: incident[name][:-32]}, tmp_path / ("c" + name.replace("/", "-")))
        assert any(f"the tile {name} has" in fault for fault in found)


def test_an_edited_body_is_named_with_its_line(incident: Files, tmp_path: Path) -> None:
    def change(lines: list[dict[str, Any]]) -> None:
        lines[4]["body"] = lines[4]["body"].replace("noted", "denied")

    found = faults_of(edited(incident, EVENTS, change), tmp_path)
    assert len(found) == 1
    assert f"{EVENTS}, line 5: salt and body hash to" in found[0]


def test_an_edited_envelope_is_named_with_its_line(incident: Files, tmp_path: Path) -> None:
    def change(lines: list[dict[str, Any]]) -> None:
        lines[4]["envelope"] = lines[4]["envelope"].replace('"actor":7', '"actor":8')

    found = faults_of(edited(incident, EVENTS, change), tmp_path)
    assert f"{EVENTS}, line 5: the envelope's leaf hash is" in found[0]


def test_a_record_twice_or_out_of_order_or_at_another_leaf_is_named(incident: Files, tmp_path: Path) -> None:
    found = faults_of(counted(edited(incident, EVENTS, lambda lines: [*lines, lines[-1]]), records=143), tmp_path / "twice")
    assert any("is here twice" in fault for fault in found)
    found = faults_of(edited(incident, EVENTS, lambda lines: [lines[1], lines[0], *lines[2:]]), tmp_path / "order")
    assert any(f"{EVENTS}, line 2" in fault and "expected the order of the leaves" in fault for fault in found)

    def moved(lines: list[dict[str, Any]]) -> None:
        lines[0]["leaf"] = 0

    found = faults_of(edited(incident, EVENTS, moved), tmp_path / "moved")
    assert any(f"{EVENTS}, line 1: the envelope's leaf hash" in fault for fault in found)


def test_a_record_in_the_file_of_another_table_is_named(incident: Files, tmp_path: Path) -> None:
    files = incident | {
        "data/records/incidents_attachment.jsonl": b"",
        "data/records/incidents_order.jsonl": incident["data/records/incidents_attachment.jsonl"],
    }
    found = faults_of(files, tmp_path)
    assert any("this is an entry of incidents_attachment; expected those of incidents_order" in fault for fault in found)


def test_a_record_of_another_organisation_is_named(incident: Files, tmp_path: Path) -> None:
    other = {"id": 4, "public_id": "x", "name": "Globex"}
    assert any("is of organisation 3; expected 4" in fault for fault in faults_of(about(incident, organisation=other), tmp_path))


def test_an_erasure_that_nobody_told_of_is_named(tmp_path: Path) -> None:
    log = lived(60)
    log.erase(30, told=False)
    found = faults_of(pack(log), tmp_path)
    assert len(found) == 1
    assert f"{EVENTS}, line 10: salt and body of entry 1090 are not here" in found[0]


def test_a_second_key_or_a_space_in_a_line_is_refused(incident: Files, tmp_path: Path) -> None:
    """Two readers could understand such a line each in another way."""
    for old, new in ((b'{"leaf":', b'{"leaf":3,"leaf":'), (b',"salt"', b', "salt"'), (b'"}\n', b'","body":"x"}\n')):
        found = faults_of(incident | {EVENTS: incident[EVENTS].replace(old, new, 1)}, tmp_path / new.hex())
        assert any(f"{EVENTS}, line 1: " in fault for fault in found)


def test_an_event_left_out_of_an_incident_is_noticed(incident: Files, tmp_path: Path) -> None:
    files = counted(edited(incident, EVENTS, lambda lines: lines[:30] + lines[31:]), records=141)
    files |= {"data/population.csv": incident["data/population.csv"].replace(b",142", b",141")}
    found = faults_of(files, tmp_path)
    assert len(found) == 1
    assert f"{EVENTS}: 1 events of the incident are missing; expected 1 to 139" in found[0]


def test_an_attachment_that_no_record_tells_of_is_named(incident: Files, tmp_path: Path) -> None:
    name = "data/attachments/" + packmaking.h(b"another graph").hex()
    assert f"{name}: no record of the pack tells of this file" in faults_of(incident | {name: b"another graph"}, tmp_path)[0]
    name = next(name for name in incident if name.startswith("data/attachments/"))
    assert "expected that of its name" in faults_of(incident | {name: b"another graph"}, tmp_path / "b")[0]


def requested(body: bytes) -> Files:
    """A pack with one raw request, which a record tells of."""
    log, headers = lived(60), {"Content-Type": "application/json"}
    row = {"id": 7, "headers": headers, "body": "\\x" + packmaking.h(body).hex()}
    log.add("incidents_inbound", row, incident=None)
    told = row | {"received_at": "2026-07-01T00:00:20Z", "integration": "m", "status": 202, "body": packmaking.b64(body)}
    return pack(log) | {"data/inbound/7.json": json.dumps(told).encode()}


def test_a_raw_request_as_large_as_is_let_in_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In base64 it takes a third more."""
    files = requested(b"{}" * (settings.HOOK_BODY_LIMIT // 2))
    assert faults_of(files, tmp_path / "a") == []
    monkeypatch.setattr(verify, "LONGEST_REQUEST", len(files["data/inbound/7.json"]) - 1)
    (fault,) = faults_of(files, tmp_path / "b")
    assert "data/inbound/7.json: it is longer than" in fault


def test_a_file_or_a_raw_request_that_was_taken_out_is_named(tmp_path: Path) -> None:
    """With manifests that match, which nobody signs: the records tell of it still."""
    files = requested(b"{}")
    names = [name for name in files if name.startswith(("data/attachments/", "data/inbound/"))]
    assert len(names) == 2
    for number, gone in enumerate(names):
        found = faults_of({name: data for name, data in files.items() if name != gone}, tmp_path / str(number))
        assert found == [f"FAULT  {gone}: it is missing, and a record of the pack tells of it"]


# --- A period: the range, the counts, the population --------------------------------------------------------------------


def test_a_missing_leaf_of_the_range_is_named(period: Files, tmp_path: Path) -> None:
    leaf = json.loads(period[EVENTS].splitlines()[50])["leaf"]
    files = counted(
        edited(period, EVENTS, lambda lines: lines[:50] + lines[51:]),
        records=json.loads(period["data/pack.json"])["counts"]["records"] - 1,
    )
    found = faults_of(files, tmp_path / "record")
    assert any(f"data/pack.json: leaf {leaf} is missing; expected each of 10 to 257" in fault for fault in found)
    stubs = "data/records/stubs.jsonl"
    first, last = (json.loads(line)["leaf"] for line in period[stubs].splitlines()[:2])
    found = faults_of(edited(period, stubs, lambda lines: lines[2:]), tmp_path / "stub")
    assert any(f"leaves {first} to {last} are missing" in fault for fault in found)


def test_a_stub_that_is_another_leaf_or_outside_the_range_is_named(log: Log, period: Files, tmp_path: Path) -> None:
    stubs = "data/records/stubs.jsonl"

    def change(lines: list[dict[str, Any]]) -> None:
        lines[0]["hash"] = lines[1]["hash"]

    assert any(
        f"{stubs}, line 1: the hash of leaf 10 is" in fault for fault in faults_of(edited(period, stubs, change), tmp_path / "a")
    )
    found = faults_of(about(period, range=[11, 257]), tmp_path / "b")
    assert any(f"{stubs}, line 1: leaf 10 is not in the range" in fault for fault in found)


def test_an_incident_left_out_of_the_population_is_named(period: Files, tmp_path: Path) -> None:
    lines = period["data/population.csv"].splitlines(keepends=True)
    files = counted(period | {"data/population.csv": b"".join([*lines[:2], lines[3]])}, incidents=2)
    found = faults_of(files, tmp_path)
    assert any("data/population.csv: after incident 7 comes 9; expected numbers without a gap" in fault for fault in found)
    assert any("data/population.csv: incident 8 is not listed, and its making is in data/records/" in fault for fault in found)


def test_a_restricted_incident_left_out_of_the_population_leaves_a_gap(tmp_path: Path) -> None:
    files = pack(lived(), incident=None, hidden=(43,))
    lines = files["data/population.csv"].splitlines(keepends=True)
    found = faults_of(
        counted(files | {"data/population.csv": b"".join([*lines[:2], lines[3]])}, incidents=2, restricted=0), tmp_path
    )
    assert "after incident 7 comes 9" in found[0]


def test_an_incident_called_restricted_whose_records_are_shown_is_named(period: Files, tmp_path: Path) -> None:
    lines = period["data/population.csv"].splitlines(keepends=True)
    files = counted(period | {"data/population.csv": b"".join([*lines[:2], b"8,,,,,yes,\r\n", lines[3]])}, restricted=2)
    assert "incident 8 is called restricted, and its making is in the records" in faults_of(files, tmp_path)[0]


def test_a_wrong_sum_is_named(period: Files, tmp_path: Path) -> None:
    for what in ("records", "stubs", "incidents", "restricted"):
        found = faults_of(counted(period, **{what: 5}), tmp_path / what)
        assert f"data/pack.json: it counts 5 {what}; expected" in found[0]
    files = period | {"data/population.csv": period["data/population.csv"].replace(b",no,142", b",no,141")}
    assert any("incident 7 has 141 records there; expected 142" in fault for fault in faults_of(files, tmp_path / "row"))


def test_a_cell_that_could_be_a_formula_is_named(period: Files, tmp_path: Path) -> None:
    files = period | {"data/population.csv": period["data/population.csv"].replace(b"INC-7", b"=cmd()")}
    assert any(
        "data/population.csv, line 2: a cell could be taken for a formula" in fault for fault in faults_of(files, tmp_path)
    )


# --- Earlier checkpoints ----------------------------------------------------------------------------------------------


def test_a_cut_proof_is_named(incident: Files, tmp_path: Path) -> None:
    def change(lines: list[dict[str, Any]]) -> None:
        lines[3]["proof"].pop()

    found = faults_of(edited(incident, "data/log/consistency.jsonl", change), tmp_path)
    assert "data/log/consistency.jsonl, line 4: the log of 264 leaves does not begin with the 64 leaves" in found[0]


def test_a_fork_is_named(log: Log, incident: Files, tmp_path: Path) -> None:
    """The log was written anew from the beginning, and signed by the same key: the pack is whole, but not what was promised before."""
    forked = lived()
    entry = forked.entries[3]
    entry.envelope = entry.envelope.replace('"op":"+"', '"op":"~"')
    files, promised = pack(forked), log.checkpoint(129)
    assert faults_of(files, tmp_path / "own") == []
    found = faults_of(files, tmp_path / "held", held=promised.encode())
    assert "the checkpoint that you hold: its root is" in found[0]
    assert "a fork" in found[0]
    found = faults_of(files, tmp_path / "same", held=log.checkpoint().encode())
    assert "a fork" in found[0]

    def put(lines: list[dict[str, Any]]) -> None:
        lines[4] |= {"root": packmaking.b64(packmaking.mth(log.leaves(129))), "note": promised}

    found = faults_of(edited(files, "data/log/consistency.jsonl", put), tmp_path / "published")
    assert (
        "data/log/consistency.jsonl, line 5: the log of 264 leaves does not begin with the 129 leaves of this checkpoint"
        in found[0]
    )


def test_a_rollback_is_named(log: Log, tmp_path: Path) -> None:
    older = lived()
    del older.entries[250:]
    found = faults_of(pack(older) | {}, tmp_path, held=log.checkpoint().encode())
    assert any("it has 264 leaves, the pack's log 250: the log was rolled back" in fault for fault in found)


def test_a_held_checkpoint_without_a_proof_or_of_another_log_is_named(log: Log, incident: Files, tmp_path: Path) -> None:
    assert "its size 100 is not among" in faults_of(incident, tmp_path / "a", held=log.checkpoint(100).encode())[0]
    other = lived()
    other.signer = Signer(name="muster.example/another")
    assert "not signed by the key" in faults_of(incident, tmp_path / "b", held=other.checkpoint(129).encode())[0]
    assert "this is no signed note" in faults_of(incident, tmp_path / "c", held=b"a checkpoint")[0]


# --- From a command line ------------------------------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As an auditor does it: Python alone, without Muster (-I: nothing of this folder or environment is imported)."""
    return subprocess.run(
        [sys.executable, "-I", str(packmaking.VERIFIER), *arguments], capture_output=True, text=True, check=False
    )


def test_it_runs_without_muster_and_ends_as_it_says(log: Log, incident: Files, tmp_path: Path) -> None:
    file, key, held = tmp_path / f"{packmaking.FOLDER}.zip", tmp_path / "key", tmp_path / "held"
    file.write_bytes(zipped(bagged(incident)))
    key.write_text(log.signer.line)
    held.write_text(log.checkpoint(64))
    good = run(str(file), "--key", str(key), "--origin", packmaking.ORIGIN, "--checkpoint", str(held))
    assert (good.returncode, good.stderr) == (0, "")
    assert "HOLDS: 142 records" in good.stdout
    bad = run(str(file), "--key", Signer(seed=b"\x09" * 32).line)
    assert bad.returncode == 1
    assert "DOES NOT HOLD" in bad.stdout
    for arguments, why in (
        ((str(tmp_path / "nothing.zip"),), "there is no"),
        ((str(file), "--key", "a+b+c"), "this is no key line"),
        ((str(file), "--key", log.signer.line.replace(log.signer.id.hex(), "00000000")), "the key's id is 00000000"),
        ((str(file), "--checkpoint", str(tmp_path / "none")), "No such file"),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert why in done.stderr
    assert run().returncode == 2


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    import ast

    tree = ast.parse(packmaking.VERIFIER.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in found} - sys.stdlib_module_names == {"cryptography"}


def test_base64_is_strict(incident: Files, tmp_path: Path) -> None:
    """A root with bits that decode to nothing would be two texts of one root."""
    root = json.loads(incident["data/pack.json"])["root"]
    loose = root[:-2] + chr(ord(root[-2]) + 1) + "="
    if base64.b64decode(loose) == base64.b64decode(root):
        assert any(
            "size and root are not the checkpoint's" in fault for fault in faults_of(about(incident, root=loose), tmp_path)
        )
