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


def of_quarter(start: datetime, end: datetime) -> list[Figures]:
    """Every room's figures between two instants, in the order of the table."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_PROCESS_FIGURES)
    found: list[Figures] = []
    for function in functions:
        provide: Callable[[datetime, datetime], list[Figures]] = import_string(function)
        found += provide(start, end)
    return found
