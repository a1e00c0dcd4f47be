"""Charts as plain shapes with classes, which templates/metrics/chart.html draws as SVG: no style of their own, no script.

Bars are medians, the line above each goes up to the 90th percentile and ends in a bar across: they differ by shape, so colours only help.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from metrics.words import span

type Point = tuple[str, float | None, float | None, str]  # label, value of the bar, end of the line, words

WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 240, 76, 12, 28
LABELS_MOST = 12
ROW, NAMES, WORDS = 32, 190, 110
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000)


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle, a line or some words, by `kind`; positions in the chart's own units."""

    kind: str
    css: str
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    x2: float = 0
    y2: float = 0
    text: str = ""
    anchor: str = "start"


@dataclass(slots=True)
class Chart:
    """A chart: what it shows in words (`title`), its size, and its shapes."""

    key: str
    title: str
    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)

    def box(self, css: str, x: float, y: float, width: float, height: float) -> None:
        """Add a rectangle."""
        self.shapes.append(Shape("rect", css, round(x, 1), round(y, 1), round(max(width, 0), 1), round(max(height, 0), 1)))

    def line(self, css: str, x: float, y: float, x2: float, y2: float) -> None:
        """Add a line."""
        self.shapes.append(Shape("line", css, round(x, 1), round(y, 1), x2=round(x2, 1), y2=round(y2, 1)))

    def words(self, x: float, y: float, text: str, anchor: str = "start", css: str = "chart-text") -> None:
        """Add some words."""
        self.shapes.append(Shape("text", css, round(x, 1), round(y, 1), text=text, anchor=anchor))


def _most(points: Sequence[Point]) -> float:
    return max((value for _, bar, line, _ in points for value in (bar, line) if value is not None), default=0)


def _step(most: float) -> float:
    """A round span of which a few make up the axis."""
    return next((step for step in _STEPS if most / step <= 4), 864000 * (1 + most // (864000 * 4)))


def columns(key: str, title: str, points: Sequence[Point]) -> Chart | None:
    """Spans over time: a column a point. None where there is nothing to show."""
    most = _most(points)
    if not most:
        return None
    chart = Chart(key, title, WIDTH, HEIGHT)
    step = _step(most)
    top = step * (1 + most // step)
    bottom, room = HEIGHT - FOOT, HEIGHT - FOOT - TOP
    for mark in range(int(top // step) + 1):
        y = bottom - room * mark * step / top
        chart.line("chart-grid", LEFT, y, WIDTH, y)
        chart.words(LEFT - 8, y + 4, span(mark * step), "end")
    each = (WIDTH - LEFT) / len(points)
    every = -(-len(points) // LABELS_MOST)
    for place, (label, bar, line, _) in enumerate(points):
        middle, half = LEFT + each * (place + 0.5), min(each * 0.32, 24)
        if bar is not None:
            height = room * bar / top
            chart.box("chart-bar", middle - half, bottom - height, half * 2, height)
        if line is not None:
            y = bottom - room * line / top
            chart.line("chart-line", middle, bottom - room * (bar or 0) / top, middle, y)
            chart.line("chart-line", middle - half / 2, y, middle + half / 2, y)
        if place % every == 0:
            chart.words(middle, HEIGHT - 8, label, "middle")
    return chart


def bars(key: str, title: str, points: Sequence[Point], most: float | None = None) -> Chart | None:
    """Something of each of some things: a bar a point, with its name and its words. None where there is nothing to show."""
    top = most or _most(points)
    if not points or not top:
        return None
    chart = Chart(key, title, WIDTH, ROW * len(points) + 8)
    room = WIDTH - NAMES - WORDS
    chart.line("chart-grid", NAMES, 0, NAMES, chart.height)
    for place, (label, bar, line, words) in enumerate(points):
        y = 4 + ROW * place
        chart.words(NAMES - 8, y + 20, label if len(label) < 25 else f"{label[:23]}…", "end", "chart-text chart-name")
        if bar is not None:
            chart.box("chart-bar", NAMES, y + 6, room * min(bar / top, 1), ROW - 14)
        if line is not None:
            x = NAMES + room * min(line / top, 1)
            chart.line("chart-line", NAMES + room * (bar or 0) / top, y + ROW / 2 - 1, x, y + ROW / 2 - 1)
            chart.line("chart-line", x, y + 8, x, y + ROW - 10)
        chart.words(WIDTH, y + 20, words, "end")
    return chart
