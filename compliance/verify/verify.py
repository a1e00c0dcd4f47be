#!/usr/bin/env python3
"""Checks an evidence pack of Muster, offline: one file, Python 3.10 or newer and the package `cryptography`.

python verify.py PACK [--key KEY] [--origin ORIGIN] [--checkpoint FILE] [--format 1]

Written from the page "The format of the evidence" alone. It ends with 0 when all holds, 1 when anything does not, 2 when it could not be run.
"""

import argparse
import base64
import binascii
import csv
import hashlib
import io
import itertools
import json
import os
import re
import struct
import sys
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from json.decoder import scanstring  # type: ignore[attr-defined]  # reads one JSON string, strictly, and says where it ends
from typing import Any, BinaryIO, NamedTuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # said once it runs
    Ed25519PublicKey = None  # type: ignore[assignment,misc]

CHUNK, LONGEST_LINE, LONGEST_SMALL, LONGEST_REQUEST, MOST_FAULTS = 1 << 20, 1 << 28, 1 << 22, 1 << 25, 100
REF, NUMBER = r"[A-Za-z0-9][A-Za-z0-9._-]*", r"(?:0|[1-9]\d{0,18})"
TILE = re.compile(r"data/log/tile/(\d{1,2})/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?")
NAMES = re.compile(
    rf"bagit\.txt|bag-info\.txt|(?:tag)?manifest-sha256\.txt|keys/log\.pub|verify/verify\.py|data/(?:pack\.json|report\.html|"
    rf"records/[a-z0-9_]+\.jsonl|population\.csv|(?:conformance|controls)\.json|transcript/{REF}\.txt|paging-log\.csv|post-mortem/{REF}\.(?:md|html)|"
    rf"(?:attachments|custodians/files)/[0-9a-f]{{64}}|inbound/\d+\.json|(?:access-review|custodians)/{REF}\.json|log/checkpoint|log/consistency\.jsonl)|{TILE.pattern}"
)
NEEDED = (
    *("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/pack.json", "data/report.html"),
    *("data/population.csv", "data/log/checkpoint", "data/log/consistency.jsonl", "keys/log.pub", "verify/verify.py"),
)
ENVELOPE = re.compile(
    rf'\{{"v":1,"seq":(?P<seq>{NUMBER}),"xid":"\d+","organisation":(?P<organisation>{NUMBER}),"incident":(?P<incident>null|{NUMBER}),'
    r'"table":"(?P<table>[a-z0-9_]+)","pk":"(?:[^"\\]|\\.)*","op":"(?P<op>[+~-])","at":"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)",'
    rf'"role":"(?:[^"\\]|\\.)*","actor":(?:null|{NUMBER}),"body_sha256":"(?P<body>[0-9a-f]{{64}})"\}}'
)
RECORD = re.compile(rf'\{{"leaf":({NUMBER}),"envelope":"')
SECRETS = re.compile(r',"salt":(?:"([0-9a-f]{32})","body":"|null,"body":null\}\n)')
STUB = re.compile(rf'\{{"leaf":({NUMBER}),"hash":"([A-Za-z0-9+/]{{43}}=)"\}}\n')
ENGAGEMENT = ["id", "firm", "auditor", "auditor_id", "first", "last", "starts_at", "ends_at", "restricted"]
COLUMNS = ["number", "ref", "declared_at", "severity", "state", "restricted", "records"]
FORMATS = (1, 2)  # of packs: what each has stands on the format's page
UNPROVEN = "raw requests need no record that proves them, and custodians' files may be missing"  # of format 1
FILED = ("data/attachments/", "data/custodians/files/")  # below them, each file is named by its hash, which a record tells of
Out = Callable[[str], None]
STAMP = 0x21  # 1980-01-01, as ZIP writes a date


class Unusable(Exception):
    """It cannot be run as asked."""


class Wrong(Exception):
    """One thing that does not hold, in words."""


class Report:
    """What was found: each fault with its file, line and what was expected."""

    def __init__(self, out: Out) -> None:
        self.out, self.faults = out, 0

    def fault(self, file: str, line: int | None, text: str) -> None:
        """Something does not hold."""
        self.faults += 1
        if self.faults <= MOST_FAULTS:
            self.out(f"FAULT  {file}{f', line {line}' if line else ''}: {text}")
        elif self.faults == MOST_FAULTS + 1:
            self.out("FAULT  … more of them, which are counted and not told.")

    def note(self, text: str) -> None:
        """Something to know that is no fault."""
        self.out(f"note   {text}")


# --- Where a pack's files come from ---------------------------------------------------------------------------------


class Folder:
    """An unpacked pack."""

    def __init__(self, path: str, report: Report) -> None:
        inside = sorted(os.listdir(path))
        if "bagit.txt" not in inside and len(inside) == 1 and os.path.isdir(os.path.join(path, inside[0])):
            path = os.path.join(path, inside[0])
        self.path, self.names = path, []
        for where, folders, files in os.walk(path):
            for name in sorted(files + [folder for folder in folders if os.path.islink(os.path.join(where, folder))]):
                full = os.path.join(where, name)
                inner = os.path.relpath(full, path).replace(os.sep, "/")
                if os.path.islink(full) or not os.path.isfile(full):
                    report.fault(inner, None, "this is no plain file, so it is not read")
                else:
                    self.names.append(inner)

    def open(self, name: str) -> BinaryIO:
        """The bytes of a file."""
        return open(os.path.join(self.path, name), "rb")


class Zip:
    """A pack as it is handed out. Every byte of the ZIP itself is looked at too: what readers skip could hide something."""

    def __init__(self, path: str, report: Report) -> None:
        self.names: list[str] = []
        self.infos: dict[str, zipfile.ZipInfo] = {}
        try:
            self.archive = zipfile.ZipFile(path)
            infos = self.archive.infolist()
            self.folder = infos[0].filename.partition("/")[0] + "/" if infos else "/"
            with open(path, "rb") as file:
                self._container(file, infos, report)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError, OSError) as error:
            raise Wrong(f"this is no ZIP file that can be read ({error})") from None
        for info in infos:
            inner = info.filename.removeprefix(self.folder)
            if not info.filename.startswith(self.folder) or not inner or inner.endswith("/") or inner in self.infos:
                report.fault(info.filename, None, f"expected one file of this name, in the folder {self.folder}")
            else:
                self.names.append(inner)
                self.infos[inner] = info

    def _container(self, file: BinaryIO, infos: list[zipfile.ZipInfo], report: Report) -> None:
        anew = "; expected the ZIP as it was made (if it was packed anew: unpack it and have the folder verified)"
        offset, central, previous = 0, [], ""
        for info in infos:
            name, size = info.filename.encode(), info.file_size
            far = offset >= 0xFFFFFFFF
            same = struct.pack("<HHHHLLLH", 0, 0, 0, STAMP, info.CRC, size & 0xFFFFFFFF, size & 0xFFFFFFFF, len(name))
            extra = struct.pack("<HHQ", 1, 8, offset) if far else b""
            where = struct.pack("<HHHHLL", len(extra), 0, 0, 0, 0o100644 << 16, min(offset, 0xFFFFFFFF))
            version = struct.pack("<BBH", 45 if far else 20, 3, 45 if far else 20)
            central.append((info.filename, b"PK\1\2" + version + same + where + name + extra))
            local = struct.pack("<4sH", b"PK\3\4", 20) + same + b"\0\0" + name
            file.seek(offset)
            if info.header_offset != offset or file.read(len(local)) != local:
                report.fault(info.filename.removeprefix(self.folder), None, f"its header in the ZIP is not as it should be{anew}")
            if info.filename <= previous:
                report.fault(info.filename.removeprefix(self.folder), None, "the ZIP's files are not in the order of their names")
            offset, previous = offset + len(local) + size, info.filename
        start = offset
        for filename, record in central:
            file.seek(offset)
            if file.read(len(record)) != record:
                text = f"its line in the ZIP's directory is not as it should be{anew}"
                report.fault(filename.removeprefix(self.folder), None, text)
            offset += len(record)
        size, count, end = offset - start, len(central), b""
        if start >= 0xFFFFFFFF or count >= 0xFFFF:
            end = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
            end += struct.pack("<4sLQL", b"PK\6\7", 0, offset, 1)
        few, here = min(count, 0xFFFF), min(start, 0xFFFFFFFF)
        end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, size, here, 0)
        file.seek(offset)
        if file.read(len(end) + 1) != end:
            report.fault(os.path.basename(file.name), None, f"the end of the ZIP is not as it should be{anew}")

    def open(self, name: str) -> BinaryIO:
        """The bytes of a file."""
        info = self.infos[name]
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise Wrong("expected it stored as it is, neither compressed nor encrypted")
        return self.archive.open(info)  # type: ignore[return-value]


# --- RFC 6962, C2SP ------------------------------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    """The hash of everything here."""
    return hashlib.sha256(data).digest()


def leaf_hash(envelope: bytes) -> bytes:
    """RFC 6962, 2.1: a leaf's."""
    return sha256(b"\0" + envelope)


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: a node's."""
    return sha256(b"\1" + left + right)


def root_of(groups: list[tuple[int, list[bytes]]]) -> bytes:
    """The root over perfect subtrees, from left to right: of each group the height of its trees, and their hashes."""
    stack: list[tuple[int, bytes]] = []
    for height, hashes in groups:
        for found in hashes:
            at = height
            while stack and stack[-1][0] == at:
                found, at = node_hash(stack.pop()[1], found), at + 1
            stack.append((at, found))
    if not stack:
        return sha256(b"")
    root = stack.pop()[1]
    while stack:
        root = node_hash(stack.pop()[1], root)
    return root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the tree of `new` leaves begins with that of `old` leaves."""
    if old >= new or old == 0:
        return not proof and (old_root == new_root if old == new else old == 0 and old_root == sha256(b""))
    path = proof if old & (old - 1) else [old_root, *proof]
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    if not path:
        return False
    left = right = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            right = node_hash(right, step)
        first, last = first >> 1, last >> 1
    return last == 0 and left == old_root and right == new_root


class Key(NamedTuple):
    """A verifier's key, as Go's `sumdb/note` writes it: `<name>+<key id>+<base64 of 0x01 and the public key>`."""

    name: str
    id: bytes
    public: bytes


def read_key(line: str) -> Key:
    """A key from its line. Raises Wrong."""
    name, first, rest = line.strip().partition("+")
    digits, second, text = rest.partition("+")
    try:
        number, raw = bytes.fromhex(digits), base64.b64decode(text, validate=True)
    except ValueError:
        number = raw = b""
    if not (name and first and second) or len(number) != 4 or len(raw) != 33 or raw[0] != 1:
        raise Wrong("this is no key line; expected <origin>+<8 hexadecimal digits>+<base64 of 33 bytes>")
    expected = sha256(name.encode() + b"\n" + raw)[:4]
    if number != expected:
        raise Wrong(f"the key's id is {digits}; expected {expected.hex()}")
    return Key(name, number, raw[1:])


def open_note(note: bytes, key: Key) -> str:
    """The text of a signed note. Raises Wrong unless `key` signed it."""
    text, cut, signatures = note.rpartition(b"\n\n")
    if not cut or not signatures.endswith(b"\n") or len(signatures) > 100_000:
        raise Wrong("this is no signed note; expected a text, an empty line and signatures")
    lines = re.fullmatch("(?:— [^ +\n]+ [A-Za-z0-9+/=]+\n)+", signatures.decode("utf-8", "replace"))
    if not lines:
        raise Wrong("the lines of the signatures are not as they should be; expected “— <origin> <base64>”")
    for line in lines.group().splitlines():
        _, name, given = line.split(" ")
        try:
            raw = base64.b64decode(given, validate=True)
        except binascii.Error:
            raise Wrong("a signature is no base64") from None
        if name == key.name and raw[:4] == key.id:
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text + b"\n")
            except (InvalidSignature, ValueError):
                raise Wrong(f"the signature does not hold; expected one by the key {key.name}+{key.id.hex()}") from None
            return (text + b"\n").decode()
    raise Wrong(f"not signed by the key {key.name}+{key.id.hex()}, which was expected")


class Checkpoint(NamedTuple):
    """What a log promised at one moment."""

    origin: str
    size: int
    root: bytes


def read_checkpoint(note: bytes, key: Key | None) -> Checkpoint:
    """A checkpoint whose form is right and, where there is a key, which it signed."""
    try:
        text = open_note(note, key) if key else (note.rpartition(b"\n\n")[0] + b"\n").decode()
    except UnicodeDecodeError:
        raise Wrong("this is no UTF-8") from None
    form = re.fullmatch(rf"([^\n+ ]+)\n({NUMBER})\n([A-Za-z0-9+/]{{43}}=)\n", text)
    if not form:
        raise Wrong("this is no checkpoint; expected three lines: origin, size, root")
    return Checkpoint(form[1], int(form[2]), base64.b64decode(form[3]))


class Seen:
    """A set of whole numbers, a bit each."""

    def __init__(self) -> None:
        self.pages: dict[int, bytearray] = defaultdict(lambda: bytearray(512))
        self.count = 0

    def add(self, number: int) -> bool:
        """Put it in. False if it was there."""
        page, bit = self.pages[number >> 12], 1 << (number & 7)
        place = (number & 4095) >> 3
        if page[place] & bit:
            return False
        page[place] |= bit
        self.count += 1
        return True

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """The gaps between two numbers, as (first, last)."""
        gaps: list[tuple[int, int]] = []
        number = first
        while number <= last:
            page, end = self.pages.get(number >> 12), min(last, number | 4095)
            if page is None:
                gaps.append((number, end))
            else:
                gaps += [(at, at) for at in range(number, end + 1) if not page[(at & 4095) >> 3] & 1 << (at & 7)]
            number = end + 1
        whole: list[tuple[int, int]] = []
        for start, stop in gaps:
            whole[-1:] = [(whole[-1][0], stop)] if whole and whole[-1][1] + 1 == start else [*whole[-1:], (start, stop)]
        return whole


# --- The checks, in the order of the format's section 6 ---------------------------------------------------------------


class Verifier:
    """One pack, checked once."""

    def __init__(self, path: str, report: Report, key: Key | None, origin: str | None, held: bytes | None, older: bool) -> None:
        self.report, self.key, self.origin, self.held, self.older = report, key, origin, held, older
        self.source: Folder | Zip = Folder(path, report) if os.path.isdir(path) else Zip(path, report)
        self.names = set(self.source.names)
        self.pack: dict[str, Any] = {}
        self.checkpoint: Checkpoint | None = None
        self.cache: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.leaves, self.stubs, self.records = Seen(), 0, 0
        self.erased: dict[str, tuple[str, int]] = {}  # number of an entry -> where its record stands
        self.redacted: set[str] = set()
        self.of_incident: defaultdict[str, int] = defaultdict(int)
        self.numbers: dict[str, tuple[str, str, int]] = {}  # an incident's number -> its internal one, and where that stands
        self.made: dict[str, tuple[str, int]] = {}
        self.filed: set[str] = set()  # the names of the files that were filed
        self.requests: dict[str, bytes] = {}  # the name of a raw request's file -> the hash of what its record says of it
        self.events: defaultdict[str, Seen] = defaultdict(Seen)  # of an incident
        self.last_event: defaultdict[str, int] = defaultdict(int)
        self.engagement: dict[str, Any] = {}  # what the records say of the one that the pack is of
        self.first_at, self.last_at, self.lost_events = "9", "", 0

    def run(self) -> None:
        """Everything, in the order of the format's section 6; what stands on something missing is left out."""
        self.read_pack()  # first, since of a later format nothing can be judged
        self.bag()
        self.check_checkpoint()
        if self.checkpoint and self.tree(self.checkpoint):
            self.check_records(self.checkpoint)
            self.check_stubs(self.checkpoint)
            self.check_range()
            self.counts()
            self.earlier(self.checkpoint)

    # Reading

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file."""
        with self.source.open(name) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def small(self, name: str, longest: int = LONGEST_SMALL) -> bytes:
        """All of a small file. Raises Wrong where it is not there or too large."""
        if name not in self.names:
            raise Wrong("it is missing")
        try:
            with self.source.open(name) as file:
                data = file.read(longest + 1)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise Wrong(f"it cannot be read ({error})") from None
        if len(data) > longest:
            raise Wrong(f"it is longer than {longest} bytes")
        return data

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """The lines of a file, with their numbers and newlines. What cannot be read is a fault and ends it."""
        number = 0
        try:
            with self.source.open(name) as raw, io.BufferedReader(raw, CHUNK) as file:  # type: ignore[type-var]
                while line := file.readline(LONGEST_LINE):
                    number += 1
                    if not line.endswith(b"\n"):
                        raise Wrong("the line does not end; expected a newline")
                    yield number, line.decode()
        except UnicodeDecodeError:
            self.report.fault(name, number, "this is no UTF-8")
        except Wrong as wrong:
            self.report.fault(name, number, str(wrong))
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            self.report.fault(name, number + 1, f"it cannot be read ({error})")

    # 1. The bag

    def bag(self) -> None:
        """Every file listed, none missing, none besides, every hash and the Oxum right."""
        for name in sorted(self.names):
            if not NAMES.fullmatch(name):
                self.report.fault(name, None, "a pack has no file of this name")
        for name in NEEDED:
            if name not in self.names:
                self.report.fault(name, None, "it is missing")
        payload, tags = self.manifest("manifest-sha256.txt"), self.manifest("tagmanifest-sha256.txt")
        octets = files = 0
        for name in sorted(self.names):
            octets, files = (octets, files + 1) if name.startswith("data/") else (octets, files)
            listed, manifest = (payload, "manifest-sha256.txt") if name.startswith("data/") else (tags, "tagmanifest-sha256.txt")
            expected, line = listed.pop(name, ("", 0))
            digest = hashlib.sha256()
            try:
                for chunk in self.chunks(name):
                    digest.update(chunk)
                    octets += len(chunk) if name.startswith("data/") else 0
            except (zipfile.BadZipFile, OSError, EOFError, Wrong) as error:
                self.report.fault(name, None, f"it cannot be read ({error})")
                continue
            found = digest.hexdigest()
            if name.startswith(FILED) and name.rpartition("/")[2] != found:
                self.report.fault(name, None, f"its SHA-256 is {found}; expected that of its name")
            if not line and name != "tagmanifest-sha256.txt":
                self.report.fault(name, None, f"it is not listed in {manifest}")
            elif line and found != expected:
                self.report.fault(name, None, f"its SHA-256 is {found}; expected {expected} ({manifest}, line {line})")
        for listed, manifest in ((payload, "manifest-sha256.txt"), (tags, "tagmanifest-sha256.txt")):
            for name, (_, line) in listed.items():
                self.report.fault(manifest, line, f"the file {name} is listed and missing")
        self.bag_texts(f"{octets}.{files}")

    def manifest(self, name: str) -> dict[str, tuple[str, int]]:
        """Of each file that a manifest lists: its hash, and the line."""
        listed: dict[str, tuple[str, int]] = {}
        for number, line in self.lines(name) if name in self.names else ():
            form = re.fullmatch(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)\n", line)
            if not form or form[2] in listed or form[2].startswith("data/") != (name == "manifest-sha256.txt"):
                self.report.fault(name, number, "expected a SHA-256, two spaces and the name of a file that is listed once")
            else:
                listed[form[2]] = (form[1], number)
        return listed

    def bag_texts(self, oxum: str) -> None:
        """The two files that say what kind of bag this is."""
        try:
            if self.small("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
                self.report.fault("bagit.txt", None, "expected the two lines of BagIt 1.0 in UTF-8")
            if re.findall(r"(?m)^Payload-Oxum: (.*)$", self.small("bag-info.txt").decode("utf-8", "replace")) != [oxum]:
                self.report.fault("bag-info.txt", None, f"expected one line “Payload-Oxum: {oxum}”")
        except Wrong:
            pass  # that it is missing was said

    # 2. The checkpoint

    def read_pack(self) -> None:
        """What the pack says it is of. Raises Unusable for a format that is not to be judged."""
        try:
            self.pack = check_shape(strict_json(self.small("data/pack.json").decode()), self.older)
        except (Wrong, ValueError, RecursionError) as error:
            self.report.fault("data/pack.json", None, f"it is not as the format says: {error}")

    def check_checkpoint(self) -> None:
        """Its form, its origin, its signature."""
        if not self.key:
            try:
                self.key = read_key(self.small("keys/log.pub").decode("utf-8", "replace"))
                text = "no --key was given: the key of the pack itself is used, which proves only that the pack is whole"
                self.report.note(text)
            except Wrong as wrong:
                self.report.fault("keys/log.pub", None, str(wrong))
        name = "data/log/checkpoint"
        try:
            note = self.small(name)
            found = read_checkpoint(note, None)
            self.checkpoint = found
            if self.key:
                read_checkpoint(note, self.key)
            wanted = {"data/pack.json": self.pack.get("origin"), "--origin": self.origin, "the key": self.key and self.key.name}
            for where, origin in wanted.items():
                if origin is not None and origin != found.origin:
                    self.report.fault(name, 1, f"its origin is {found.origin}; expected {origin} ({where})")
            if self.pack and (self.pack["size"], self.pack["root"]) != (found.size, b64(found.root)):
                expected = f"{found.size} and {b64(found.root)}"
                self.report.fault("data/pack.json", None, f"size and root are not the checkpoint's; expected {expected}")
        except Wrong as wrong:
            self.report.fault(name, None, str(wrong))

    # 3. The tree

    def width(self, level: int, index: int) -> int:
        """How many hashes the tile has in a tree of this size."""
        hashes = (self.checkpoint.size if self.checkpoint else 0) >> 8 * level
        return max(0, min(256, hashes - 256 * index))

    def tile(self, level: int, index: int) -> bytes:
        """A tile. Raises Wrong, with its name, where it is missing or cut."""
        found = self.cache.get((level, index))
        if found is None:
            width = self.width(level, index)
            name = tile_name(level, index, width)
            if name not in self.names:
                raise Wrong(f"the tile {name} is missing")
            found = self.small(name)
            if len(found) != 32 * width:
                raise Wrong(f"the tile {name} has {len(found)} bytes; expected {32 * width}")
            self.cache[level, index] = found
            if len(self.cache) > 256:
                self.cache.popitem(last=False)
        return found

    def tree(self, checkpoint: Checkpoint) -> bool:
        """Whether there is a tree to hold the records against. What it misses of the checkpoint is a fault."""
        size, levels = checkpoint.size, range((checkpoint.size.bit_length() + 7) // 8)
        if size >> 16 > len(self.names):
            self.report.fault("data/log/checkpoint", 2, f"a tree of {size} leaves has more tiles than there are files here")
            return False
        for name in sorted(self.names):
            if form := TILE.fullmatch(name):
                level, index, width = int(form[1]), int(form[2].replace("/", "").replace("x", "")), int(form[3] or 256)
                if level > 7 or self.width(level, index) != width or tile_name(level, index, width) != name:
                    self.report.fault(name, None, f"a tree of {size} leaves has no such tile")
                elif width == 256:
                    self.check_tile(name, level, index)
        groups = []
        for level in reversed(levels):
            last = (size >> 8 * level) >> 8
            try:
                for index in range(last if level else 0):
                    if tile_name(level, index, 256) not in self.names:
                        raise Wrong(f"the tile {tile_name(level, index, 256)} is missing")
                groups.append((8 * level, cut(self.tile(level, last)) if self.width(level, last) else []))
            except Wrong as wrong:
                self.report.fault(tile_name(level, last, self.width(level, last)), None, f"the root cannot be computed: {wrong}")
                return True
        if root_of(groups) != checkpoint.root:
            text = f"the root is {b64(checkpoint.root)}; the tiles give {b64(root_of(groups))} (a tile or this file is wrong)"
            self.report.fault("data/log/checkpoint", 3, text)
        return True

    def check_tile(self, name: str, level: int, index: int) -> None:
        """A full tile is one hash of the tile above it."""
        try:
            root = root_of([(0, cut(self.tile(level, index)))])
            above = tile_name(level + 1, index >> 8, self.width(level + 1, index >> 8))
            expected = cut(self.tile(level + 1, index >> 8))[index & 255]
            if root != expected:
                self.report.fault(name, None, f"its root is {b64(root)}; expected {b64(expected)} ({above}, hash {index & 255})")
        except Wrong as wrong:
            self.report.fault(name, None, str(wrong))

    def leaf(self, index: int, size: int) -> bytes:
        """The hash of a leaf, by the tiles. Raises Wrong."""
        if index >= size:
            raise Wrong(f"leaf {index} is not in a tree of {size} leaves")
        at = 32 * (index & 255)
        return self.tile(0, index >> 8)[at : at + 32]

    # 4. The records

    def check_records(self, checkpoint: Checkpoint) -> None:
        """Every line of every table."""
        for name in sorted(self.names):
            if name.startswith("data/records/") and name != "data/records/stubs.jsonl":
                last = -1
                for number, line in self.lines(name):
                    self.records += 1
                    try:
                        last = self.record(name, number, line, last, checkpoint.size)
                    except (Wrong, ValueError, RecursionError) as wrong:
                        self.report.fault(name, number, str(wrong))
        for seq, (name, number) in self.erased.items():
            if seq not in self.redacted:
                text = f"salt and body of entry {seq} are not here; expected the entry of ledger_redaction that says they were erased"
                self.report.fault(name, number, text)

    def record(self, name: str, number: int, line: str, last: int, size: int) -> int:
        """Check one line. Returns its leaf."""
        head = RECORD.match(line)
        if not head:
            raise Wrong('expected {"leaf":…,"envelope":"…","salt":…,"body":…}')
        leaf = int(head[1])
        envelope, end = scanstring(line, head.end(), True)
        secrets = SECRETS.match(line, end)
        if not secrets:
            raise Wrong("after the envelope expected salt (32 hexadecimal digits) and body, or null for both")
        body = None
        if secrets[1]:
            body, end = scanstring(line, secrets.end(), True)
            if line[end:] != "}\n":
                raise Wrong("expected the end of the line after the body")
        told = ENVELOPE.fullmatch(envelope)
        if not told:
            raise Wrong("the envelope is not as the format says")
        found, expected = leaf_hash(envelope.encode()), self.leaf(leaf, size)
        if found != expected:
            raise Wrong(f"the envelope's leaf hash is {b64(found)}; expected {b64(expected)} (leaf {leaf} by the tiles)")
        if leaf <= last:
            self.report.fault(name, number, f"leaf {leaf} stands after leaf {last}; expected the order of the leaves")
        if not self.leaves.add(leaf):
            raise Wrong(f"leaf {leaf} is here twice; expected each once")
        if told["table"] != name[13:-6]:
            raise Wrong(f"this is an entry of {told['table']}; expected those of {name[13:-6]}")
        if self.pack and told["organisation"] != str(self.pack["organisation"]["id"]):
            text = f"this is of organisation {told['organisation']}; expected {self.pack['organisation']['id']} (data/pack.json)"
            raise Wrong(text)
        self.first_at, self.last_at = min(self.first_at, told["at"]), max(self.last_at, told["at"])
        self.of_incident[told["incident"]] += 1
        digest = sha256(bytes.fromhex(secrets[1]) + body.encode()).hex() if body is not None else told["body"]
        if digest != told["body"]:
            self.lost_events += told["table"] == "ledger_event"
            raise Wrong(f"salt and body hash to {digest}; expected {told['body']} (body_sha256 of the envelope)")
        self.understand(told, body, name, number)
        return leaf

    def understand(self, told: re.Match[str], body: str | None, name: str, number: int) -> None:
        """What the sums need of a record that is proven."""
        table = told["table"]
        if body is None:
            self.erased[told["seq"]] = (name, number)
            self.lost_events += table == "ledger_event"
        elif table == "ledger_redaction":
            self.redacted.add(str(field(body, "entry")))
        elif table == "incidents_historicalincident":
            incident = str(field(body, "number"))
            self.numbers[incident] = (told["incident"], name, number)
            if told["op"] == "+":
                self.made[incident] = (name, number)
        elif table.endswith("attachment"):
            self.filed.add(f"{FILED[0]}{field(body, 'sha256')}")
        elif table == "compliance_custodianfile" and self.pack.get("format") != 1:
            self.filed.add(f"{FILED[1]}{field(body, 'sha256')}")
        elif table == "incidents_inbound":
            self.requests[f"data/inbound/{field(body, 'id')}.json"] = request_hash(field(body, "body"), field(body, "headers"))
        elif table == "compliance_historicalauditengagement":
            self.engaged({}, body)
        elif table == "ledger_event" and told["incident"] != "null":
            event = field(body, "seq") if self.is_whole() else 0
            if isinstance(event, int) and event > 0:
                self.events[told["incident"]].add(event)
                self.last_event[told["incident"]] = max(self.last_event[told["incident"]], event)
        elif table == "ledger_event" and '"engagement.made"' in body and field(body, "kind") == "engagement.made":
            self.engaged({"auditor": field(field(body, "data"), "auditor")}, body, "subject_id")

    def is_whole(self) -> bool:
        """Whether the pack has everything of its incidents: one of an incident, or of an engagement."""
        return bool(self.pack) and (self.pack["kind"] == "incident" or self.pack["of"]["engagement"] is not None)

    def engaged(self, facts: dict[str, Any], body: str, key: str = "id") -> None:
        """Remember what a record says of the engagement that the pack is of."""
        given = self.pack["of"].get("engagement") if self.pack else None
        if given and field(body, key) == given["id"]:
            row = json.loads(body)
            self.engagement |= facts or {name: row[name] for name in ENGAGEMENT if name != "auditor" and name in row}

    def check_engagement(self) -> None:
        """Whose engagement the pack is for, and over what, is what the log has."""
        if given := self.pack.get("of", {}).get("engagement"):
            for name in ENGAGEMENT:
                found = self.engagement.get(name)
                same = instant(found) == instant(given[name]) if name.endswith("_at") else found == given[name]
                if name not in self.engagement or not same:
                    text = f"the engagement's {name} is {given[name]!r}; expected {found!r} (by the records of engagement {given['id']})"
                    self.report.fault("data/pack.json", None, text)

    # 5. The range

    def check_stubs(self, checkpoint: Checkpoint) -> None:
        """Leaves that are there by their hash only."""
        name, given = "data/records/stubs.jsonl", self.pack.get("range")
        for number, line in self.lines(name) if name in self.names else ():
            self.stubs += 1
            try:
                form = STUB.fullmatch(line)
                if not form:
                    raise Wrong('expected {"leaf":…,"hash":"<base64 of 32 bytes>"}')
                leaf, expected = int(form[1]), b64(self.leaf(int(form[1]), checkpoint.size))
                if form[2] != expected:
                    raise Wrong(f"the hash of leaf {leaf} is {form[2]}; expected {expected} (by the tiles)")
                if not self.leaves.add(leaf):
                    raise Wrong(f"leaf {leaf} is here twice; expected each once")
                if not given or not given[0] <= leaf <= given[1]:
                    raise Wrong(f"leaf {leaf} is not in the range that this pack has to disclose; expected stubs only there")
            except Wrong as wrong:
                self.report.fault(name, number, str(wrong))

    def check_range(self) -> None:
        """No leaf of a period is missing."""
        if given := self.pack.get("range"):
            missing = self.leaves.missing(*given)
            for first, last in missing[:20]:
                what = f"leaf {first} is" if first == last else f"leaves {first} to {last} are"
                text = f"{what} missing; expected each of {given[0]} to {given[1]}, as a record or a stub"
                self.report.fault("data/pack.json", None, text)
            if len(missing) > 20:
                self.report.fault("data/pack.json", None, f"and {len(missing) - 20} more gaps in the range")

    # 6. The counts and the population

    def counts(self) -> None:
        """The sums, and the incidents that the records tell of."""
        rows = self.population()
        found = {"records": self.records, "stubs": self.stubs, "incidents": len(rows)}
        for what, cell in (("restricted", "yes"), ("outside", "outside")):
            found[what] = sum(row[5] == cell for row in rows.values())
        for what, count in self.pack.get("counts", {}).items():
            if found[what] != count:
                self.report.fault("data/pack.json", None, f"it counts {count} {what}; expected {found[what]}")
        for number, (name, line) in self.made.items():
            if number not in rows:
                text = f"incident {number} is not listed, and its making is in {name}, line {line}"
                self.report.fault("data/population.csv", None, text)
        for number, row in rows.items():
            self.check_row(number, row)
        for name in sorted(self.names):
            if name.startswith(FILED) and name not in self.filed:
                self.report.fault(name, None, "no record of the pack tells of this file")
            elif name.startswith("data/inbound/") and (name in self.requests or self.pack.get("format") != 1):
                self.check_request(name)
            elif name.startswith("data/inbound/"):
                self.report.note(f"no record tells of {name}, as in format 1: nothing proves it")
        for name in sorted({*self.filed, *self.requests} - self.names):
            self.report.fault(name, None, "it is missing, and a record of the pack tells of it")
        self.check_engagement()
        whole = {self.numbers[number][0] for number in self.made} if self.pack.get("kind") == "period" else set(self.events)
        gone = sum(self.last_event[one] - self.events[one].count for one in whole if one in self.events)
        if gone > self.lost_events:
            of = "the incident" if len(whole) == 1 else "incidents"
            text = f"{gone} events of {of} are missing; expected 1 to {max(self.last_event.values())}"
            self.report.fault("data/records/ledger_event.jsonl", None, text)

    def check_request(self, name: str) -> None:
        """A raw request is the one that a record of the pack tells of."""
        try:
            given = strict_json(self.small(name, LONGEST_REQUEST).decode())
            digest = "\\x" + sha256(base64.b64decode(field(given, "body"), validate=True)).hex()
            if self.requests.get(name) != request_hash(digest, field(given, "headers")):
                raise Wrong("no record of incidents_inbound has its number with these headers and the hash of this body")
        except (Wrong, ValueError, TypeError, RecursionError) as wrong:
            self.report.fault(name, None, str(wrong))

    def population(self) -> dict[str, list[str]]:
        """The rows of the population, by number."""
        name, rows = "data/population.csv", dict[str, list[str]]()
        if name not in self.names:
            return rows
        reader = csv.reader((line for _, line in self.lines(name)), strict=True)
        try:
            for row in reader:
                if reader.line_num == 1 and row == COLUMNS:
                    continue
                if len(row) != len(COLUMNS) or reader.line_num == 1 or not re.fullmatch(NUMBER, row[0]) or row[0] in rows:
                    self.report.fault(name, reader.line_num, f"expected the columns {','.join(COLUMNS)}, and each number once")
                elif any(cell[:1] in tuple("=+-@\t\r") for cell in row if cell):
                    text = "a cell could be taken for a formula; expected an apostrophe in front"
                    self.report.fault(name, reader.line_num, text)
                elif (row[5] != "no" and any(row[1:5] + row[6:])) or row[5] not in ("yes", "no", "outside"):
                    self.report.fault(name, reader.line_num, "expected “no”, or “yes” or “outside” and nothing but the number")
                else:
                    rows[row[0]] = row
        except csv.Error as error:
            self.report.fault(name, reader.line_num, f"this is no CSV ({error})")
        numbers = sorted(map(int, rows))
        for before, after in itertools.pairwise(numbers):
            if after != before + 1 and self.pack.get("kind") == "period":
                self.report.fault(name, None, f"after incident {before} comes {after}; expected numbers without a gap")
        if self.pack.get("kind") == "incident" and [row[1] for row in rows.values()] != [self.pack["of"]["ref"]]:
            self.report.fault(name, None, f"expected one line, of {self.pack['of']['ref']}")
        return rows

    def check_row(self, number: str, row: list[str]) -> None:
        """One incident of the population against the records."""
        incident = self.numbers.get(number)
        if row[5] != "no" and number in self.made:
            called = "restricted" if row[5] == "yes" else "of another period"
            text = f"incident {number} is called {called}, and its making is in the records"
            self.report.fault("data/population.csv", None, text)
        elif row[5] == "no" and incident and row[6] != str(self.of_incident[incident[0]]):
            text = f"incident {number} has {row[6]} records there; expected {self.of_incident[incident[0]]}"
            self.report.fault("data/population.csv", None, text)
        elif row[5] == "no" and not incident and row[6] != "0":
            text = f"incident {number} is not in data/records/incidents_historicalincident.jsonl"
            self.report.fault("data/population.csv", None, text)
        elif row[5] == "no" and number not in self.made:
            self.report.note(f"the making of incident {number} is not in the records: it is older than the log")

    # 7. Earlier checkpoints

    def earlier(self, checkpoint: Checkpoint) -> None:
        """Each earlier checkpoint is signed, and its tree is the beginning of this one."""
        name, roots = "data/log/consistency.jsonl", {checkpoint.size: checkpoint.root}
        for number, line in self.lines(name) if name in self.names else ():
            try:
                given = strict_json(line)
                if not isinstance(given, dict) or list(given) != ["size", "root", "note", "proof"]:
                    raise Wrong('expected {"size":…,"root":"…","note":"…","proof":[…]}')
                old = read_checkpoint(given["note"].encode(), self.key)
                if (old.size, b64(old.root)) != (given["size"], given["root"]) or old.origin != checkpoint.origin:
                    text = f"size, root or origin are not the note's; expected {old.size}, {b64(old.root)}, {checkpoint.origin}"
                    raise Wrong(text)
                proof = [base64.b64decode(step, validate=True) for step in given["proof"]]
                if not consistent(old.size, old.root, checkpoint.size, checkpoint.root, proof):
                    text = f"does not begin with the {old.size} leaves of this checkpoint (a fork?)"
                    raise Wrong(f"the log of {checkpoint.size} leaves {text}")
                roots[old.size] = old.root
            except (Wrong, ValueError, TypeError, AttributeError, RecursionError) as wrong:
                self.report.fault(name, number, str(wrong))
        if self.held is not None:
            self.check_held(checkpoint, roots)

    def check_held(self, checkpoint: Checkpoint, roots: dict[int, bytes]) -> None:
        """The auditor's own checkpoint is one of those."""
        try:
            held = read_checkpoint(self.held or b"", self.key)
            if held.origin != checkpoint.origin:
                raise Wrong(f"it is of {held.origin}; expected {checkpoint.origin}")
            if held.size > checkpoint.size:
                raise Wrong(
                    f"it has {held.size} leaves, the pack's log {checkpoint.size}: the log was rolled back, or the pack is old"
                )
            if held.size not in roots:
                raise Wrong(f"its size {held.size} is not among the pack's checkpoints (data/log/consistency.jsonl)")
            if held.root != roots[held.size]:
                text = f"its root is {b64(held.root)}; the pack's log had {b64(roots[held.size])} at {held.size} leaves: a fork"
                raise Wrong(text)
        except Wrong as wrong:
            self.report.fault("the checkpoint that you hold", None, str(wrong))


def b64(data: bytes) -> str:
    """Base64, as text."""
    return base64.b64encode(data).decode()


def cut(tile: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [tile[at : at + 32] for at in range(0, len(tile), 32)]


def tile_name(level: int, index: int, width: int) -> str:
    """Where a tile lies in the pack."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"data/log/tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def strict_json(text: str) -> Any:
    """JSON in which no key stands twice and no number is none."""

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(given)) != len(given):
            raise ValueError("a key stands twice")
        return dict(given)

    def no_number(given: str) -> None:
        raise ValueError(f"{given} is no number")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=no_number)


def field(body: Any, key: str) -> Any:
    """A value of a row, given as JSON or read already. Raises Wrong where it has none."""
    row = json.loads(body) if isinstance(body, str) else body
    if not isinstance(row, dict) or key not in row:
        raise Wrong(f"the body has no “{key}”")
    return row[key]


def request_hash(body: Any, headers: Any) -> bytes:
    """The hash of a raw request: of the column of its body, and of its headers."""
    return sha256(json.dumps([body, headers], sort_keys=True).encode())


def instant(text: Any) -> datetime | None:
    """A moment; None where it is none."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def check_shape(pack: Any, older: bool) -> dict[str, Any]:
    """What `data/pack.json` must hold. Raises Wrong; Unusable for a format that is unknown, or has fewer checks and was not asked for (`older`)."""

    def need(holds: bool, what: str) -> None:
        if not holds:
            raise Wrong(f"expected {what}")

    def whole(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0

    keys = ["format", "kind", "organisation", "origin", "size", "root", "of", "counts", "range"]
    need(isinstance(pack, dict) and whole(pack.get("format")) and pack["format"] > 0, "the number of its format")
    if pack["format"] > FORMATS[-1]:
        text = f"the pack is of format {pack['format']}, and this copy of verify.py knows {' and '.join(map(str, FORMATS))}"
        raise Unusable(f"{text}. Nothing was checked: take a newer copy, from whom you have the key or from Muster's source")
    if pack["format"] == 1 and not older:  # no signature says so: whoever changed a pack of format 2 could call it one of 1
        raise Unusable(f"it is of format 1, in which {UNPROVEN}. Nothing was checked: ask anew, or give --format 1 if you know")
    need(list(pack) == keys, f"the keys {', '.join(keys)}")
    need(pack["kind"] in ("incident", "period"), "kind “incident” or “period”")
    need(isinstance(pack["organisation"], dict) and whole(pack["organisation"].get("id")), "the organisation's number")
    need(isinstance(pack["origin"], str) and whole(pack["size"]) and isinstance(pack["root"], str), "origin, size and root")
    of = ["incident", "ref"] if pack["kind"] == "incident" else ["from", "to", "engagement"]
    need(isinstance(pack["of"], dict) and list(pack["of"]) == of, f"what it is of: {', '.join(of)}")
    engagement = pack["of"].get("engagement")
    engaged = isinstance(engagement, dict) and list(engagement) == ENGAGEMENT and bool(instant(engagement["ends_at"]))
    need(engagement is None or engaged, f"no engagement, or its {', '.join(ENGAGEMENT)}")
    sums, names = pack["counts"], ["records", "stubs", "incidents", "restricted", "outside"]
    need(isinstance(sums, dict) and list(sums) in (names, names[: 3 + pack["format"]]), "the counts")
    need(all(map(whole, sums.values())), "the counts")
    given = pack["range"]
    two = isinstance(given, list) and len(given) == 2 and all(map(whole, given))
    need(given is None or (two and given[0] <= given[1]), "a range")
    need(given is None or (pack["kind"] == "period" and given[1] < pack["size"]), "a range within the log, and only of a period")
    return dict(pack)


def verify(
    path: str, key: Key | None = None, origin: str | None = None, held: bytes | None = None, older: bool = False, out: Out = print
) -> int:
    """Check the pack (a ZIP, or a folder; `older`: of format 1 too) and say what was found. Returns the number of faults."""
    report = Report(out)
    try:
        verifier = Verifier(path, report, key, origin, held, older)
    except Wrong as wrong:
        report.fault(os.path.basename(path), None, str(wrong))
        return report.faults
    verifier.run()
    if report.faults:
        out(f"DOES NOT HOLD: {report.faults} fault{'s' if report.faults > 1 else ''}.")
    elif verifier.checkpoint and verifier.key:
        at = f", written {verifier.first_at} to {verifier.last_at}" if verifier.records else ""
        out(f"Log {verifier.checkpoint.origin}, {verifier.checkpoint.size} leaves, key {verifier.key.id.hex()}.")
        if one := verifier.pack["of"].get("engagement"):
            restricted = "restricted incidents included" if one["restricted"] else "restricted incidents by their numbers alone"
            out(f"For engagement {one['id']}, {one['auditor']} of {one['firm']}: {one['first']} to {one['last']}, {restricted}.")
        if given := verifier.pack["range"]:
            out(f"Every leaf from {given[0]} to {given[1]} is here.")
        if verifier.pack["kind"] == "period":
            sums = verifier.pack["counts"]
            by_number = f"{sums['restricted']} restricted and {sums.get('outside', 0)} of another period by their numbers alone"
            out(f"The population has {sums['incidents']} numbers, {by_number}.")
        judged = f", judged as format 1, in which {UNPROVEN}" if verifier.pack["format"] == 1 else ""
        out(f"HOLDS{judged}: {verifier.records} records{at}, {verifier.stubs} stubs; {len(verifier.names)} files are whole.")
        out("The log proves the records. What is made from them (report, transcript, post-mortem, conformance) is only whole.")
    return report.faults


def main(arguments: list[str] | None = None) -> int:
    """Run from a command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Checks an evidence pack offline.", epilog="0: holds. 1: does not. 2: not run.")
    parser.add_argument("pack", help="the ZIP file, or the folder that it was unpacked to")
    parser.add_argument("--key", help="the key that you trust: its line, or a file that holds it")
    parser.add_argument("--origin", help="the log that you expect: <host>/<public id of the organisation>")
    parser.add_argument("--checkpoint", help="a file with a checkpoint that you hold")
    parser.add_argument("--format", type=int, choices=FORMATS[:1], help="1 where you know that the pack is of the first format")
    given = parser.parse_args(arguments)
    try:
        if Ed25519PublicKey is None:
            raise Unusable("the Python package “cryptography” is needed")
        if not os.path.exists(given.pack):
            raise Unusable(f"there is no {given.pack}")
        key = held = None
        if line := given.key:
            if os.path.exists(line):
                with open(line, encoding="utf-8") as file:
                    line = file.read(LONGEST_SMALL)
            key = read_key(line)
        if given.checkpoint:
            with open(given.checkpoint, "rb") as raw:
                held = raw.read(LONGEST_SMALL)
        return 1 if verify(given.pack, key=key, origin=given.origin, held=held, older=given.format == 1) else 0
    except (Unusable, Wrong, OSError, UnicodeDecodeError) as error:  # what is wrong with the pack was told by then
        print(f"Could not be run: {'--key: ' if isinstance(error, Wrong) else ''}{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
