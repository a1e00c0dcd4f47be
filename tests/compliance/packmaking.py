"""Packs for the verifier's tests, made from docs/evidence-format.md and RFC 6962 by the letter: slow, short, and no code of Muster's."""

import base64
import csv
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "muster.example/5f0c1c62"
FOLDER = "evidence-of-the-test"
VERIFIER = Path(__file__).parents[2] / "compliance" / "verify" / "verify.py"
COLUMNS = ("number", "ref", "declared_at", "severity", "state", "restricted", "records")


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- RFC 6962, section 2.1, as it stands there ------------------------------------------------------------------------


def below(n: int) -> int:
    """k: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    """The Merkle tree hash of a list of entries."""
    if not d:
        return h(b"")
    if len(d) == 1:
        return h(b"\x00" + d[0])
    k = below(len(d))
    return h(b"\x01" + mth(d[:k]) + mth(d[k:]))


def subproof(m: int, d: list[bytes], whole: bool) -> list[bytes]:
    n = len(d)
    if m == n:
        return [] if whole else [mth(d)]
    k = below(n)
    if m <= k:
        return [*subproof(m, d[:k], whole), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def proof(m: int, d: list[bytes]) -> list[bytes]:
    """The consistency proof from the first m entries to all of them."""
    return subproof(m, d, True) if 0 < m < len(d) else []


def tiles(d: list[bytes]) -> dict[str, bytes]:
    """All hash tiles of the tree, by name: a hash of level L is the tree hash of 256^L entries."""
    made, level = {}, 0
    while len(d) >> 8 * level:
        span = 256**level
        hashes = [mth(d[at * span : (at + 1) * span]) for at in range(len(d) // span)]
        for index in range(0, len(hashes), 256):
            some = hashes[index : index + 256]
            digits = f"{index // 256:03}"
            assert len(digits) == 3, "a test's tree is not that large"
            made[f"tile/{level}/{digits}" + (f".p/{len(some)}" if len(some) < 256 else "")] = b"".join(some)
        level += 1
    return made


# --- Signed notes -----------------------------------------------------------------------------------------------------


@dataclass
class Signer:
    """A key with its name."""

    name: str = ORIGIN
    seed: bytes = b"\x07" * 32

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        return b"\x01" + self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> bytes:
        return h(self.name.encode() + b"\n" + self.public)[:4]

    @property
    def line(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(self.public)}\n"

    def note(self, text: str) -> str:
        return f"{text}\n— {self.name} {b64(self.id + self.private.sign(text.encode()))}\n"


# --- A log and its packs ----------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One entry of the ledger."""

    envelope: str
    salt: str | None
    body: str | None


@dataclass
class Log:
    """One organisation's log."""

    signer: Signer = field(default_factory=Signer)
    organisation: int = 3
    entries: list[Entry] = field(default_factory=list)

    def add(self, table: str, row: dict[str, Any], *, incident: int | None, op: str = "+", body: str = "") -> int:
        """Seal an entry, whose body is the row as JSON, or as it is given. Returns its leaf."""
        leaf = len(self.entries)
        body, salt = body or json.dumps(row, ensure_ascii=False), h(b"salt" + leaf.to_bytes(8))[:16]
        envelope = {
            "v": 1,
            "seq": 1000 + 3 * leaf,
            "xid": str(9000 + leaf),
            "organisation": self.organisation,
            "incident": incident,
        }
        envelope |= {
            "table": table,
            "pk": str(row["id"]),
            "op": op,
            "at": f"2026-07-01T{leaf // 3600:02}:{leaf // 60 % 60:02}:{leaf % 60:02}.000001Z",
        }
        envelope |= {"role": "muster_app", "actor": 7, "body_sha256": h(salt + body.encode()).hex()}
        self.entries.append(Entry(json.dumps(envelope, separators=(",", ":")), salt.hex(), body))
        return leaf

    def erase(self, leaf: int, *, told: bool = True) -> None:
        """Remove a body, and tell so."""
        entry = self.entries[leaf]
        entry.salt = entry.body = None
        if told:
            seq = json.loads(entry.envelope)["seq"]
            self.add("ledger_redaction", {"id": leaf, "entry": seq, "reason": "a person asked"}, incident=None)

    def leaves(self, size: int | None = None) -> list[bytes]:
        return [entry.envelope.encode() for entry in self.entries[:size]]

    def checkpoint(self, size: int | None = None) -> str:
        d = self.leaves(size)
        return self.signer.note(f"{self.signer.name}\n{len(d)}\n{b64(mth(d))}\n")


def lived(events: int = 140) -> Log:
    """Three incidents, the third restricted, among an organisation's other entries; more than one tile of them."""
    log = Log()
    for leaf in range(20):
        log.add("tenants_historicalteam", {"id": leaf, "name": "Größe “1”\n\\"}, incident=None)
    for number, incident in ((7, 42), (8, 43), (9, 44)):
        row = {"id": incident, "number": number, "ref": f"INC-{number}", "title": 'A "quoted" title with a \\ and an é'}
        log.add("incidents_historicalincident", row, incident=incident)
        for seq in range(1, events if number == 7 else 40):
            log.add("ledger_event", {"id": 100 * incident + seq, "seq": seq, "kind": "incident.noted"}, incident=incident)
        log.add("incidents_historicalincident", row | {"state": "resolved"}, incident=incident, op="~")
    log.add("incidents_attachment", {"id": 1, "sha256": hashlib.sha256(b"a graph").hexdigest()}, incident=42)
    for leaf in range(20):
        log.add("tenants_historicalteam", {"id": leaf, "name": "after"}, incident=None)
    return log


def told(log: Log, leaf: int) -> dict[str, Any]:
    return dict(json.loads(log.entries[leaf].envelope))


def pack(
    log: Log, *, incident: int | None = 42, first: int = 0, last: int | None = None, hidden: tuple[int, ...] = (44,)
) -> dict[str, Any]:
    """The files of a pack without its bag: of an incident, or (`incident=None`) of the range of leaves from `first` to `last`."""
    size = len(log.entries)
    last = size - 1 if last is None else last
    period = incident is None
    shown, stubs = [], []
    for leaf in range(size):
        entry = told(log, leaf)
        mine = entry["incident"] not in (None, *hidden) if period else entry["incident"] == incident
        if (mine and (not period or first <= leaf <= last)) or entry["table"] in ("ledger_redaction", "incidents_inbound"):
            shown.append(leaf)
        elif period and first <= leaf <= last:
            stubs.append(leaf)
    files: dict[str, Any] = {}
    for leaf in shown:
        entry, given = told(log, leaf), log.entries[leaf]
        line = {"leaf": leaf, "envelope": given.envelope, "salt": given.salt, "body": given.body}
        name = f"data/records/{entry['table']}.jsonl"
        files[name] = files.get(name, b"") + json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    if stubs:
        d = log.leaves()
        lines = (f'{{"leaf":{leaf},"hash":"{b64(h(bytes(1) + d[leaf]))}"}}\n' for leaf in stubs)
        files["data/records/stubs.jsonl"] = "".join(lines).encode()
    made = [told(log, leaf)["incident"] for leaf in range(first, last + 1) if _makes(log, leaf)]
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    of = [one for one in made if period or one == incident]
    for one in of:
        number = one - 35
        if one in hidden:
            rows.writerow([number, "", "", "", "", "yes", ""])
        else:
            count = sum(told(log, leaf)["incident"] == one for leaf in shown)
            rows.writerow([number, f"INC-{number}", "2026-07-01T00:00:20Z", 1, "resolved", "no", count])
    files["data/population.csv"] = table.getvalue().encode()
    if incident == 42 or period:
        files["data/attachments/" + hashlib.sha256(b"a graph").hexdigest()] = b"a graph"
    files["data/report.html"] = b"<!doctype html><title>A report</title>\n"
    files["data/transcript/INC-7.txt"] = b"00:00:21 Amira: looking\n"
    files["data/log/checkpoint"] = log.checkpoint().encode()
    wanted = {leaf // 256 for leaf in (*shown, *stubs)} | {size // 256}
    for name, tile in tiles(log.leaves()).items():
        level, index = int(name.split("/")[1]), int(name.split("/")[2].partition(".")[0])
        if level or index in wanted:
            files[f"data/log/{name}"] = tile
    d = log.leaves()
    earlier = [m for m in (1, 2, 7, 64, 129, 255, 256, 257) if m < size]
    files["data/log/consistency.jsonl"] = "".join(
        json.dumps(
            {"size": m, "root": b64(mth(d[:m])), "note": log.checkpoint(m), "proof": [b64(step) for step in proof(m, d)]},
            ensure_ascii=False,
        )
        + "\n"
        for m in earlier
    ).encode()
    about: dict[str, Any] = {"format": 2, "kind": "period" if period else "incident"}
    about["organisation"] = {"id": log.organisation, "public_id": "5f0c1c62", "name": "Acme"}
    about |= {"origin": log.signer.name, "size": size, "root": b64(mth(d))}
    about["of"] = {"from": "2026-07-01", "to": "2026-10-01", "engagement": None}
    if not period:
        about["of"] = {"incident": incident, "ref": f"INC-{incident - 35}"}  # type: ignore[operator]
    about["counts"] = {
        "records": len(shown),
        "stubs": len(stubs),
        "incidents": len(of),
        "restricted": sum(one in hidden for one in of),
        "outside": 0,
    }
    about["range"] = [first, last] if period else None
    files["data/pack.json"] = json.dumps(about).encode()
    files["keys/log.pub"] = log.signer.line.encode()
    files["verify/verify.py"] = VERIFIER.read_bytes()
    return files


def _makes(log: Log, leaf: int) -> bool:
    entry = told(log, leaf)
    return bool(entry["table"] == "incidents_historicalincident" and entry["op"] == "+")


def bagged(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files as a bag, whatever they hold."""
    payload = {name: data for name, data in files.items() if name.startswith("data/")}
    tags = {name: data for name, data in files.items() if name.split("/")[0] in ("keys", "verify")}
    tags["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n"
    tags["bag-info.txt"] = b"Bagging-Date: 2026-10-01\n" + oxum.encode()
    tags["manifest-sha256.txt"] = _manifest(payload)
    return payload | tags | {"tagmanifest-sha256.txt": _manifest(tags)}


def _manifest(files: dict[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def zipped(bag: dict[str, bytes], folder: str = FOLDER) -> bytes:
    """The bag as a ZIP file, as the format wants it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(bag):
            info = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, bag[name])
    return out.getvalue()


def unpacked(bag: dict[str, bytes], to: Path) -> Path:
    """The bag as a folder."""
    for name, data in bag.items():
        (to / FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (to / FOLDER / name).write_bytes(data)
    return to / FOLDER
