"""Figures as tables: the same rows on a page, in a CSV file and in a review."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: as people read it, as a machine does (seconds, shares of one), and where it leads. `at` is a moment, shown as one."""

    text: str
    value: Any = None
    url: str = ""
    at: datetime | None = None

    @property
    def raw(self) -> Any:
        """The machine's value."""
        return self.text if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key in addresses, its caption, its columns (their names for people and for machines), and its rows.

    The first cell of a row names it; `unit` is what its numbers lead to.
    """

    key: str
    caption: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]
    unit: str = "incidents"

    @property
    def heads(self) -> list[str]:
        """The columns' names for people."""
        return [head for head, _ in self.columns]

    @property
    def labelled(self) -> list[tuple[Cell, list[tuple[str, Cell]]]]:
        """(the cell that names the row, [(column, cell)] of the others), as a template shows it."""
        heads = self.heads[1:]
        return [(row[0], list(zip(heads, row[1:], strict=True))) for row in self.rows]

    def csv(self) -> str:
        """The table as CSV (RFC 4180), in the machine's values."""
        return to_csv([name for _, name in self.columns], ([cell.raw for cell in row] for row in self.rows))


def to_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a head. What a person wrote and a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return out.getvalue()


def _safe(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float):
        return round(value, 6)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def number(value: int, url: str = "") -> Cell:
    """A count; where there is one, it leads somewhere."""
    return Cell(f"{value:,}", value, url if value else "")
