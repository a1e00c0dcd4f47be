"""The entries of a pack: one JSON line each, a file for each table, the very bytes that were hashed."""

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

INCIDENTS, EVENTS, ATTACHMENTS, REDACTIONS, INBOUND, CUSTODIAN_FILES = (
    "incidents_historicalincident",
    "ledger_event",
    "incidents_attachment",
    "ledger_redaction",
    "incidents_inbound",
    "compliance_custodianfile",
)
CLOCKS, PAGES, HOLDS, TASKS = (
    "standard_historicalclock",
    "oncall_historicalpage",
    "incidents_historicallegalhold",
    "compliance_historicalcustodiantask",
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry of the ledger with its place in the log. `salt` (hexadecimal) and `body` are None where the body was erased."""

    leaf: int
    seq: int
    table: str
    op: str
    incident_id: int | None
    envelope: str
    salt: str | None
    body: str | None

    @property
    def pk(self) -> int:
        """The id of the row that it tells of."""
        return int(orjson.loads(self.envelope)["pk"])


@dataclass(slots=True)
class Records:
    """What has been written of the records so far, and what the rest of the pack needs of them."""

    folder: Path
    count: int = 0
    stubs: int = 0
    of_incident: Counter[int] = field(default_factory=Counter)
    tables: Counter[str] = field(default_factory=Counter)
    incidents: dict[int, dict[str, Any]] = field(default_factory=dict)  # an incident's row as it was last
    made: list[int] = field(default_factory=list)
    last_event: dict[int, int] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)  # the id of a file that was filed -> its SHA-256
    proofs: set[int] = field(
        default_factory=set
    )  # the files of custodians that a record tells of, and whose words were not erased
    requests: set[int] = field(default_factory=set)  # the raw requests that a record tells of
    tiles: set[int] = field(default_factory=set)
    erased: list[int] = field(default_factory=list)
    redactions: dict[int, Sealed] = field(default_factory=dict)  # by their leaves, until all are known
    _open: dict[str, BinaryIO] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        (self.folder / "data/records").mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def add(self, entry: Sealed) -> None:
        """Write an entry. They come in the order of their leaves; redactions wait, for some may come that lie before others."""
        if entry.table == REDACTIONS:
            self.redactions[entry.leaf] = entry
        else:
            self._write(entry)

    def settle(self) -> None:
        """Write the redactions, when all of them have come."""
        for leaf in sorted(self.redactions):
            self._write(self.redactions[leaf])

    def _write(self, entry: Sealed) -> None:
        text = f'{{"leaf":{entry.leaf},"envelope":{_string(entry.envelope)},"salt":{_string(entry.salt)},"body":{_string(entry.body)}}}\n'
        self._file(entry.table).write(text.encode())
        self.count += 1
        self.tables[entry.table] += 1
        self.tiles.add(entry.leaf >> 8)
        if entry.incident_id is not None:
            self.of_incident[entry.incident_id] += 1
        if entry.table == INBOUND:
            self.requests.add(entry.pk)
        if entry.table == CUSTODIAN_FILES and entry.body is not None:
            self.proofs.add(entry.pk)
        if entry.body is None:
            self.erased.append(entry.seq)
        elif entry.table in (INCIDENTS, EVENTS, ATTACHMENTS):
            self._understand(entry, orjson.loads(entry.body))

    def stub(self, leaf: int, digest: str) -> None:
        """Write that there is a leaf which is not disclosed; `digest` is its hash in base64."""
        self._file("stubs").write(f'{{"leaf":{leaf},"hash":"{digest}"}}\n'.encode())
        self.stubs += 1
        self.tiles.add(leaf >> 8)

    def _understand(self, entry: Sealed, row: dict[str, Any]) -> None:
        if entry.table == INCIDENTS and entry.incident_id is not None:
            self.incidents[entry.incident_id] = row
            if entry.op == "+":
                self.made.append(entry.incident_id)
        elif entry.table == EVENTS and row.get("seq") and entry.incident_id is not None:
            self.last_event[entry.incident_id] = max(row["seq"], self.last_event.get(entry.incident_id, 0))
        elif entry.table == ATTACHMENTS:
            self.files[row["id"]] = row["sha256"]

    def _file(self, table: str) -> BinaryIO:
        if table not in self._open:
            path = self.folder / "data/records" / f"{table}.jsonl"
            self._open[table] = self._stack.enter_context(path.open("wb"))
        return self._open[table]


def _string(text: str | None) -> str:
    return "null" if text is None else json.dumps(text, ensure_ascii=False)
