"""The figures that a quarter's review lays out: tables, from whichever rooms have some (portal/reactions.py names who is asked)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Figures:
    """One table: the first column says what a row is about, the others are figures in words. `note` says what is counted."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    clauses: bool = False  # whether the rows are about clauses: their ids lead to the standard's page

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each row as (column, cell), for a page narrow enough to show cells below each other."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def of_quarter(start: datetime, end: datetime) -> list[Figures]:
    """Every room's figures between two instants, in the order of the table."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_PROCESS_FIGURES)
    found: list[Figures] = []
    for function in functions:
        provide: Callable[[datetime, datetime], list[Figures]] = import_string(function)
        found += provide(start, end)
    return found
