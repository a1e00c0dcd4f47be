"""Conformance out of an evidence pack alone: from the entries that are sealed in it, without the database (docs/evidence-format.md, section 5).

The pack's own `conformance.json` is made by the same functions from the same entries, so whoever has the pack can make it again.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from compliance.conformance.report import from_records

OF_THE_INCIDENT = frozenset(
    {
        "incidents_historicalchecklisttick",
        "incidents_historicalincident",
        "incidents_historicalincidentservice",
        "incidents_historicallegalhold",
        "incidents_historicalneedtoknow",
        "incidents_historicalroleholding",
        "ledger_event",
        "notifications_delivery",
        "oncall_historicalpage",
        "postmortems_historicalactionitem",
        "postmortems_historicalkeptwording",
        "postmortems_publication",
        "standard_historicalclock",
    }
)
OF_THE_ORGANISATION = ("incidents_historicalupdatepolicy", "oncall_historicalservice", "standard_historicalstandardversion")
TOLD_BY = ("notice", "flag")  # of the messages that went out, those that a clause looks at

type Entry = tuple[str, str]  # the table, and the body: the row's exact JSON
type Rows = dict[str, list[dict[str, Any]]]


def read(entries: Iterable[Entry]) -> Rows:
    """The rows of these entries by their tables, of those tables that a clause is judged by."""
    found: Rows = defaultdict(list)
    for table, body in entries:
        if table in OF_THE_INCIDENT or table in OF_THE_ORGANISATION:
            found[table].append(json.loads(body))
    return found


def report(incident_id: int, own: Mapping[str, list[dict[str, Any]]], organisations: Rows) -> dict[str, Any]:
    """The report of one incident, of its own rows and the organisation's. Raises NotARecord where these hold no incident."""
    messages = own.get("notifications_delivery", ())
    sent = [row for row in messages if row["template"] in TOLD_BY and row["subject_id"] == incident_id]
    return from_records({**organisations, **own, "notifications_delivery": sent})


def reports_of(pack: Path) -> dict[str, Any]:
    """What `data/conformance.json` of an unpacked pack has to hold, by reference: made again from the pack's records. No database is asked."""
    organisations = read((name, body) for table in OF_THE_ORGANISATION for _, name, body in _records(pack, table))
    own: dict[int, Rows] = defaultdict(lambda: defaultdict(list))
    for table in sorted(OF_THE_INCIDENT):
        for incident_id, name, body in _records(pack, table):
            if incident_id is not None:
                own[incident_id][name].append(json.loads(body))
    with (pack / "data/population.csv").open(encoding="utf-8", newline="") as file:
        listed = [row["ref"] for row in csv.DictReader(file) if row["restricted"] == "no"]
    ids = {
        rows["incidents_historicalincident"][-1]["ref"]: pk for pk, rows in own.items() if rows["incidents_historicalincident"]
    }
    made = {ref: report(ids[ref], own[ids[ref]], organisations) for ref in listed if ref in ids}
    plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return plain


def _records(pack: Path, table: str) -> Iterator[tuple[int | None, str, str]]:
    """(incident, table, body) of each line of a table's records that has a body, in the order of their leaves."""
    path = pack / "data/records" / f"{table}.jsonl"
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            record = json.loads(line)
            if record["body"] is not None:
                yield json.loads(record["envelope"])["incident"], table, record["body"]
