"""From rows as PostgreSQL writes them in JSON, or as an evidence pack holds them, to the plain record of one incident. Pure.

`tables` is {table: [row]}: the rows of one incident. A pack has the history of an audited table in its place
(`incidents_historicalincident`): then the last row of each id is taken.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from compliance.conformance import record as r
from standard.law import Law

type Row = Mapping[str, Any]
type Tables = Mapping[str, Sequence[Row]]

AS_IT_WAS = ("incidents_historicalupdatepolicy", "oncall_historicalservice")  # judged by what held then: every row of the history


class NotARecord(ValueError):
    """The rows are not those of one incident: what is missing is in the sentence."""


def record_of(tables: Tables) -> r.Record:
    """The record that these rows make. Raises NotARecord where they do not hold one incident and its standard."""
    rows = {name: list(found) for name, found in _folded(tables).items()}
    incident = _one(rows, "incidents_incident", "an incident")
    versions = {row["id"]: row for row in rows.get("standard_standardversion", [])}
    if incident["standard_id"] not in versions:
        raise NotARecord("The version of the standard that judges the incident is not among the rows (standard_standardversion).")
    version = versions[incident["standard_id"]]
    declared_at = _time(incident["declared_at"])
    entries = tuple(sorted((_entry(row) for row in rows.get("ledger_event", []) if row["seq"] is not None), key=lambda e: e.seq))
    return r.Record(
        ref=incident["ref"],
        number=incident["number"],
        state=incident["state"],
        severity=incident["severity"],
        exercise=incident["exercise"],
        restricted=incident["restricted"],
        declared_at=declared_at,
        impact_end=_maybe(incident["impact_end"]),
        law=_law(json.dumps(version["content"], sort_keys=True)),
        version=version["number"],
        entries=entries,
        clocks=tuple(_clock(row) for row in rows.get("standard_clock", [])),
        held=tuple(_held(row) for row in rows.get("incidents_roleholding", [])),
        pages=tuple(_page(row) for row in rows.get("oncall_page", [])),
        notices=tuple(
            r.Notice(row["event_id"], row["template"], row["recipient_id"], _time(row["created_at"]), row["channel"])
            for row in rows.get("notifications_delivery", [])
        ),
        ticks=tuple(r.Tick(row["role"], row["key"], _time(row["ticked_at"])) for row in rows.get("incidents_checklisttick", [])),
        holds=tuple(_hold(row) for row in rows.get("incidents_legalhold", [])),
        named=tuple(_named(row) for row in rows.get("incidents_needtoknow", [])),
        items=tuple(
            r.Item(row["number"], row["kind"], row["state"], _time(row["filed_at"]))
            for row in rows.get("postmortems_actionitem", [])
        ),
        published=tuple(
            r.Published(row["number"], _time(row["published_at"]), row["content"])
            for row in sorted(rows.get("postmortems_publication", []), key=lambda row: row["number"])
        ),
        policies=_policies(rows.get("incidents_historicalupdatepolicy", [])),
        teams=_teams(rows, entries, declared_at),
        kept_wordings=frozenset(row["phrase"] for row in rows.get("postmortems_keptwording", []) if not row["taken_back_at"]),
    )


def _folded(tables: Tables) -> dict[str, Iterable[Row]]:
    """Each audited table as it stands at last, where its history is given in its place."""
    found: dict[str, Iterable[Row]] = {}
    for name, rows in tables.items():
        if "_historical" not in name or name in AS_IT_WAS:
            found[name] = rows
            continue
        last: dict[int, Row] = {}
        for row in sorted(rows, key=lambda row: row["history_id"]):
            last[row["id"]] = row
        found[name.replace("_historical", "_")] = [last[pk] for pk in sorted(last) if last[pk]["history_type"] != "-"]
    return found


def _one(rows: Mapping[str, Sequence[Row]], table: str, what: str) -> Row:
    found = rows.get(table, [])
    if len(found) != 1:
        raise NotARecord(f"These are not the rows of {what}: there are {len(found)} in {table}.")
    return found[0]


@lru_cache(maxsize=64)
def _law(content: str) -> Law:
    return Law.from_data(json.loads(content))


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _maybe(value: str | None) -> datetime | None:
    return _time(value) if value else None


def _entry(row: Row) -> r.Entry:
    return r.Entry(
        row["id"],
        row["seq"],
        row["kind"],
        _time(row["occurred_at"]),
        _time(row["recorded_at"]),
        row["actor_id"],
        row["actor_name"],
        row["actor_kind"],
        row["data"],
        row["subject_id"],
    )


def _clock(row: Row) -> r.ClockRow:
    return r.ClockRow(
        row["id"],
        row["clause"],
        row["subject_type"],
        row["subject_id"],
        row["owner_role"],
        _time(row["started_at"]),
        _time(row["due_at"]),
        _maybe(row["stopped_at"]),
        _maybe(row["broken_at"]),
        row.get("fell_away", ""),  # rows of a pack from before clocks said so have none
    )


def _held(row: Row) -> r.Held:
    return r.Held(row["id"], row["role"], row["user_id"], _time(row["since"]), _maybe(row["until"]))


def _page(row: Row) -> r.PageRow:
    return r.PageRow(
        row["id"],
        row["team_id"],
        row["clause"],
        row["reason"],
        row["state"],
        row["urgency"],
        row["position"],
        _time(row["started_at"]),
        _maybe(row["acknowledged_at"]),
    )


def _hold(row: Row) -> r.HoldRow:
    released = _maybe(row["released_at"])
    return r.HoldRow(_time(row["placed_at"]), released, row["released_by_id"], row["second_person_id"], row["release_reason"])


def _named(row: Row) -> r.Named:
    ends = [moment for moment in (_maybe(row["removed_at"]), _maybe(row["expires_at"])) if moment is not None]
    return r.Named(row["user_id"], _time(row["added_at"]), min(ends, default=None))


def _policies(rows: Sequence[Row]) -> tuple[r.Policy, ...]:
    """From when on which audiences needed approval, by the history of the organisation's policy."""
    ordered = sorted(rows, key=lambda row: row["history_id"])
    return tuple(
        r.Policy(_time(row["history_date"]), tuple(row["approved_audiences"]) if row["history_type"] != "-" else ())
        for row in ordered
    )


def _teams(rows: Mapping[str, Sequence[Row]], entries: Sequence[r.Entry], declared_at: datetime) -> dict[int, str]:
    """The teams that answered, when it was declared, for the services named then: each with the first of them."""
    declared = next((entry for entry in entries if entry.kind == "incident.declared"), None)
    wanted = declared.data.get("services", []) if declared else []
    found: dict[int, str] = {}
    for affected in sorted(rows.get("incidents_incidentservice", []), key=lambda row: row["id"]):
        history = [row for row in rows.get("oncall_historicalservice", []) if row["id"] == affected["service_id"]]
        history.sort(key=lambda row: row["history_id"])
        then = [row for row in history if _time(row["history_date"]) <= declared_at] or history[:1]
        if then and then[-1]["name"] in wanted:
            found.setdefault(then[-1]["team_id"], then[-1]["name"])
    return found
