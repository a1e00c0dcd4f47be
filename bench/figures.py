"""Printing what was measured beside its bar."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


median = statistics.median


@dataclass
class Report:
    """What one measurement says. Rows that do not match make it fail; a missed bar is only said."""

    rows_match: bool = True
    missed: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Print a line at once."""
        print(f"   {line}", flush=True)

    def figure(self, what: str, value: float, unit: str = "", *, least: float | None = None, most: float | None = None) -> None:
        """Print a figure beside its bar."""
        bar, met = "", True
        if least is not None:
            bar, met = f"bar: at least {least:g}", value >= least
        if most is not None:
            bar, met = f"bar: at most {most:g}", value <= most
        verdict = f"   {bar}   {'met' if met else 'MISSED'}" if bar else ""
        self.say(f"{what:64} {_plain(value):>9} {unit:10}{verdict}")
        if not met:
            self.missed.append(what)

    def rows(self, what: str, expected: int, found: int) -> None:
        """Compare what was answered with what is in the database."""
        if expected != found:
            self.rows_match = False
        self.say(f"{what:64} {found:>9} rows         {'match' if expected == found else f'EXPECTED {expected}'}")

    def holds(self, what: str, truth: bool) -> None:
        """State something that must be exactly so."""
        self.rows_match &= truth
        self.say(f"{what:64} {'holds' if truth else 'DOES NOT HOLD':>9}")

    def end(self) -> int:
        """Sum up. Returns the exit status."""
        if self.missed:
            self.say(f"Below its bar: {'; '.join(self.missed)}")
        if not self.rows_match:
            self.say("ROWS DO NOT MATCH: these figures mean nothing.")
        return 0 if self.rows_match else 1


def interleaved(one: Callable[[], float], other: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Measure A B, A B, …; what drifts, drifts for both."""
    ones, others = [], []
    for _ in range(pairs):
        ones.append(one())
        others.append(other())
    return ones, others


def ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of the pairs' ratios."""
    return median([a / b for a, b in zip(ones, others, strict=True)])


def _plain(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
