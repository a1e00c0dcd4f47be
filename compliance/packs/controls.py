"""`data/controls.json` of an engagement's pack: for each control which entries of the pack are its evidence, and which of its clocks broke.

Made of the pack's records and of nothing else, so that whoever has the pack can make it again (docs/evidence-format.md, section 5).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from compliance.audit_controls import CONTROLS, Control

EVENTS, CLOCKS = "ledger_event", "standard_historicalclock"

type Row = dict[str, Any]


def begins(word: str, words: Sequence[str]) -> bool:
    """Whether a word is one of these, or begins with one that ends in a separator (compliance/audit_evidence.py asks the database the same)."""
    return any(word == one or (one[-1] in "._-" and word.startswith(one)) for one in words)


def of(pack: Path) -> dict[str, Any]:
    """What `data/controls.json` of an unpacked pack has to hold, by the control's key."""
    found: dict[str, Any] = {control.key: _head(control) for control in CONTROLS}
    for leaf, _, row in _records(pack, EVENTS):
        for control in CONTROLS:
            if begins(row["kind"], control.kinds):
                found[control.key]["evidence"].append(leaf)
    last: dict[int, tuple[int, int | None, Row]] = {}
    for leaf, incident_id, row in _records(pack, CLOCKS):
        last[row["id"]] = (leaf, incident_id, row)
    for leaf, incident_id, row in sorted(last.values(), key=lambda one: one[0]):
        if incident_id is None or row["broken_at"] is None:
            continue
        for control in CONTROLS:
            if begins(row["clause"], control.clauses):
                told = {name: row[name] for name in ("clause", "due_at", "broken_at", "stopped_at")}
                found[control.key]["exceptions"].append({"leaf": leaf, "incident": incident_id, **told})
    return found


def write(pack: Path) -> None:
    """Write it into the folder of a pack, whose records are whole."""
    with (pack / "data/controls.json").open("w", encoding="utf-8") as out:
        json.dump(of(pack), out, ensure_ascii=False, indent=1)
        out.write("\n")


def _head(control: Control) -> Row:
    named: Row = {name: getattr(control, name) for name in ("framework_name", "code", "title", "asks")}
    return {"framework": named.pop("framework_name"), **named, "exceptions": [], "evidence": []}


def _records(pack: Path, table: str) -> Iterator[tuple[int, int | None, Row]]:
    """(leaf, incident, row) of each line of a table's records that has a body, in the order of their leaves."""
    path = pack / "data/records" / f"{table}.jsonl"
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            record = json.loads(line)
            if record["body"] is not None:
                yield record["leaf"], json.loads(record["envelope"])["incident"], json.loads(record["body"])
