"""The figures that a quarter's review lays out: tables, from whichever rooms have some (portal/reactions.py names who is asked)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants.actors import Via
from tenants.scope import scope


@dataclass(frozen=True, slots=True)
class Figures:
    """One table: the first column says what a row is about, the others are figures in words. `note` says what is counted."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    clauses: bool = False  # whether the rows are about clauses: their ids lead to the standard's page
    links: tuple[
        tuple[str, ...], ...
    ] = ()  # of each row, where each of its cells leads, "" for nowhere; not kept with what is signed

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Figures":
        """A table as it was kept (see `as_data`)."""
        rows = tuple(tuple(row) for row in data["rows"])
        return cls(data["title"], tuple(data["columns"]), rows, data["note"], data["clauses"])

    @property
    def as_data(self) -> dict[str, Any]:
        """The table as JSON keeps it: {title, columns, rows, note, clauses}."""
        rows = [list(row) for row in self.rows]
        return {"title": self.title, "columns": list(self.columns), "rows": rows, "note": self.note, "clauses": self.clauses}

    @property
    def labelled(self) -> list[list[tuple[str, str, str]]]:
        """Each row as (column, cell, where it leads), for a page narrow enough to show cells below each other."""
        return [list(zip(self.columns, row, links, strict=True)) for row, links in zip(self.rows, self._leads, strict=True)]

    @property
    def leads(self) -> dict[str, tuple[str, ...]]:
        """What a row is about -> where its cells lead."""
        return {row[0]: links for row, links in zip(self.rows, self._leads, strict=True)}

    @property
    def _leads(self) -> Sequence[tuple[str, ...]]:
        return self.links or [("",) * len(self.columns)] * len(self.rows)


def of_quarter(start: datetime, end: datetime) -> list[Figures]:
    """Every room's figures between two instants, in the order of the table."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_PROCESS_FIGURES)
    found: list[Figures] = []
    for function in functions:
        provide: Callable[[datetime, datetime], list[Figures]] = import_string(function)
        found += provide(start, end)
    return found


def for_everybody(organisation_id: int, start: datetime, end: datetime) -> list[Figures]:
    """The same as a member reads them who is named on no restricted incident: what is kept for all to read tells of none."""
    with scope(organisation_id, surface=Via.WEB):
        return of_quarter(start, end)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it was signed, and what it is today where that is another ("" where it is the same). `then` is "" of a row that is new.

    `link` leads to what today's counts.
    """

    column: str
    then: str
    today: str
    link: str = ""


def beside(signed: Sequence[Figures], today: Sequence[Figures]) -> list[dict[str, Any]]:
    """What was signed with what today's count has in its place: [{title, note, clauses, columns, rows: [[Cell, ...]], differs}].

    Rows are told apart by their first cell. One that today's count lacks says so; one that it has besides stands last.
    """
    counted = {table.title: table for table in today}
    return [_beside(table, counted.get(table.title)) for table in signed]


def _beside(table: Figures, counted: Figures | None) -> dict[str, Any]:
    today = {row[0]: row for row in counted.rows} if counted else {}
    leads = counted.leads if counted else {}
    rows = [_cells(table.columns, row, today.get(row[0]), leads.get(row[0])) for row in table.rows]
    known = {row[0] for row in table.rows}
    rows += [
        _cells(table.columns, (key, *[""] * (len(row) - 1)), row, leads[key]) for key, row in today.items() if key not in known
    ]
    plain = {"title": table.title, "note": table.note, "clauses": table.clauses, "columns": table.columns}
    return {**plain, "rows": rows, "differs": any(cell.today for row in rows for cell in row)}


def _cells(columns: Sequence[str], then: Sequence[str], today: Sequence[str] | None, links: Sequence[str] | None) -> list[Cell]:
    now_ = today if today is not None else (then[0], *["none"] * (len(then) - 1))
    leads = links or [""] * len(then)
    four = zip(columns, then, now_, leads, strict=True)
    return [Cell(column, was, is_ if is_ != was else "", link) for column, was, is_, link in four]
