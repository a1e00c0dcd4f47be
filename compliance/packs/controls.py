"""`data/controls.json` of an engagement's pack: for each control which entries of the pack are its evidence, and what was not as it should be.

Made of the pack's records and of nothing else, so that whoever has the pack can make it again (docs/evidence-format.md, section 5). It is
written piece by piece: of each clock no more than its last leaf is ever in memory, of each page what it was about, and of the evidence nothing.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

import orjson

from compliance.audit_controls import CONTROLS, Control, begins
from compliance.audit_misses import CUSTODIAN, PAGE, source_of
from compliance.packs.records import CLOCKS, EVENTS, HOLDS, PAGES, TASKS
from incidents.timeline import LATE_SECONDS

LATE = timedelta(seconds=LATE_SECONDS)
_OF_A_CLOCK = ("clause", "due_at", "broken_at", "stopped_at", "fell_away")
_OF_AN_EVENT = ("kind", "seq", "occurred_at", "recorded_at")

type Row = dict[str, Any]


def of(pack: Path) -> dict[str, Any]:
    """What `data/controls.json` of an unpacked pack has to hold, by the control's key."""
    out = StringIO()
    _write(pack, out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def write(pack: Path) -> None:
    """Write it into the folder of a pack, whose records are whole, and which says whose it is."""
    with (pack / "data/controls.json").open("w", encoding="utf-8") as out:
        _write(pack, out)


class _List:
    """The items of one list, put aside in a file until their turn comes."""

    def __init__(self, stack: ExitStack) -> None:
        self.file: TextIO = stack.enter_context(TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115  # the stack closes it
        self.empty = True

    def add(self, item: Any) -> None:
        """Put one down."""
        self.file.write(("" if self.empty else ",") + "\n  " + json.dumps(item, ensure_ascii=False))
        self.empty = False

    def pour(self, out: TextIO) -> None:
        """Write all of them."""
        self.file.seek(0)
        out.write("[")
        while some := self.file.read(1 << 20):
            out.write(some)
        out.write("]" if self.empty else "\n ]")


def _write(pack: Path, out: TextIO) -> None:
    with ExitStack() as stack:
        lists = {control.key: (_List(stack), _List(stack)) for control in CONTROLS}
        _clocks(pack, lambda key, item: lists[key][0].add(item))
        _events(pack, lambda key, item: lists[key][0].add(item), lambda key, leaf: lists[key][1].add(leaf))
        out.write("{")
        for number, control in enumerate(CONTROLS):
            exceptions, evidence = lists[control.key]
            head = json.dumps(_head(control), ensure_ascii=False)[:-1]
            out.write(f'{"," if number else ""}\n"{control.key}": {head},\n "exceptions": ')
            exceptions.pour(out)
            out.write(',\n "evidence": ')
            evidence.pour(out)
            out.write("}")
        out.write("\n}\n")


def _clocks(pack: Path, broke: Callable[[str, Row], None]) -> None:
    """Tell of each clock that broke, as the last entry of it has it, by each control that asks for its clause.

    One that names no incident belongs to the engagement by what it measured, or, where that is of no incident either, by when it broke.
    """
    last: dict[int, int] = {}
    for leaf, _, row in _records(pack, CLOCKS):
        last[row["id"]] = leaf
    owners, (starts_at, ends_at) = _owners(pack), _period(pack)
    for leaf, incident_id, row in _records(pack, CLOCKS):
        if last[row["id"]] != leaf or row["broken_at"] is None:
            continue
        told = {"leaf": leaf, "incident": incident_id, **{name: row.get(name, "") for name in _OF_A_CLOCK}}
        if incident_id is None:
            owner = owners.get((row["subject_type"], row["subject_id"]), {})
            told |= {
                "incident": owner.get("incident"),
                "source": source_of(row["subject_type"], row["subject_id"], *owner.get("of", ())),
            }
            if told["incident"] is None and not starts_at <= datetime.fromisoformat(row["broken_at"]) < ends_at:
                continue
        for control in CONTROLS:
            if begins(row["clause"], control.clauses):
                broke(control.key, told)


def _owners(pack: Path) -> dict[tuple[str, int], Row]:
    """What clocks without an incident measured: its incident as its last entry has it, and what a page was about."""
    found: dict[tuple[str, int], Row] = {}
    for _, incident_id, row in _records(pack, PAGES):
        found[PAGE, row["id"]] = {"incident": incident_id, "of": (row["subject_type"], row["subject_id"])}
    holds = {row["id"]: incident_id for _, incident_id, row in _records(pack, HOLDS)}
    for _, _, row in _records(pack, TASKS):
        found[CUSTODIAN, row["id"]] = {"incident": holds.get(row["hold_id"])}
    return found


def _events(pack: Path, late: Callable[[str, Row], None], speaks: Callable[[str, int], None]) -> None:
    """Tell of each event by each control that it speaks to; what was recorded late is an exception too."""
    starts_at, ends_at = _period(pack)
    for leaf, incident_id, row in _records(pack, EVENTS):
        occurred_at, recorded_at = (datetime.fromisoformat(row[name]) for name in ("occurred_at", "recorded_at"))
        if incident_id is None and not starts_at <= occurred_at < ends_at:
            continue  # such as that the engagement was made: the pack needs it, and it is no evidence of the period
        for control in CONTROLS:
            if begins(row["kind"], control.kinds):
                speaks(control.key, leaf)
                if incident_id is not None and recorded_at > occurred_at + LATE:
                    late(control.key, {"leaf": leaf, "incident": incident_id, **{name: row[name] for name in _OF_AN_EVENT}})


def _period(pack: Path) -> tuple[datetime, datetime]:
    """From when, and until before when, the engagement's period is."""
    engagement = json.loads((pack / "data/pack.json").read_text(encoding="utf-8"))["of"]["engagement"]
    return datetime.fromisoformat(engagement["starts_at"]), datetime.fromisoformat(engagement["ends_at"])


def _head(control: Control) -> Row:
    return {"framework": control.framework_name, **{name: getattr(control, name) for name in ("code", "title", "asks")}}


def _records(pack: Path, table: str) -> Iterator[tuple[int, int | None, Row]]:
    """(leaf, incident, row) of each line of a table's records that has a body, in the order of their leaves."""
    path = pack / "data/records" / f"{table}.jsonl"
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            if record["body"] is not None:
                yield record["leaf"], orjson.loads(record["envelope"])["incident"], orjson.loads(record["body"])
