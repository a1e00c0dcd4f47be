"""The same packs by others' verifiers: what Go's sumdb/note and tlog, and the bagit package, say of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.compliance import independent
from tests.compliance.packmaking import Log, Signer, bagged, lived, pack, unpacked


@pytest.fixture(scope="module")
def log() -> Log:
    return lived()


@pytest.fixture(scope="module")
def bags(log: Log) -> list[dict[str, bytes]]:
    return [bagged(pack(log)), bagged(pack(log, incident=None, first=10, last=257))]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("go")


@pytest.mark.clause("evidence.export")
def test_go_verifies_checkpoint_records_and_consistency(
    log: Log, bags: list[dict[str, bytes]], build: Path, tmp_path: Path
) -> None:
    for number, bag in enumerate(bags):
        folder = unpacked(bag, tmp_path / str(number))
        code, words = independent.by_go(folder, log.signer.line, build)
        assert (code, words.partition(" ")[2]) == (0, "records, 8 earlier checkpoints, 264 leaves\n")
        assert int(words.partition(" ")[0]) > 100


def test_go_refuses_what_the_verifier_refuses(log: Log, bags: list[dict[str, bytes]], build: Path, tmp_path: Path) -> None:
    bag = bags[0]
    assert independent.by_go(unpacked(bag, tmp_path / "key"), Signer(seed=b"\x08" * 32).line, build)[0] == 1
    spoiled: list[tuple[str, Any, Any]] = [
        ("data/records/ledger_event.jsonl", rb"\"actor\":7", rb"\"actor\":8"),
        ("data/log/checkpoint", b"\n264\n", b"\n263\n"),
        ("data/log/consistency.jsonl", b'"proof": ["', b'"proof": ["AAAA'),
    ]
    for number, (name, old, new) in enumerate(spoiled):
        data = bag[name].replace(old, new, 1)
        assert data != bag[name]
        data = data.replace(b"AAAA" + data.partition(b"AAAA")[2][:4], b"AAAA", 1) if b"proof" in old else data
        assert independent.by_go(unpacked(bag | {name: data}, tmp_path / str(number)), log.signer.line, build)[0] == 1


@pytest.mark.clause("evidence.export")
@pytest.mark.filterwarnings("ignore:'count' is passed:DeprecationWarning:bagit")
def test_a_pack_is_a_bag(bags: list[dict[str, bytes]], tmp_path: Path) -> None:
    package = independent.bagit()
    for number, files in enumerate(bags):
        folder = unpacked(files, tmp_path / str(number))
        bag = package.Bag(str(folder))
        bag.validate(processes=1)
        assert bag.version_info == (1, 0)
        (folder / "data/report.html").write_bytes(b"another\n")
        with pytest.raises(package.BagValidationError):
            package.Bag(str(folder)).validate(processes=1)
