"""Who is on call, as a pure function of plain values: no Django, no database, no clock.

`oncall.rota.wall` reads wall times, `oncall.rota.layers` turns, `oncall.rota.schedule` puts layers and overrides together,
`oncall.rota.figures` counts gaps, clashes, load, and whose shifts an edit changes. `oncall.queries` makes the values from an organisation's rows.
"""

from oncall.rota.figures import WOKEN, Load, changed, clashes, gaps, held, load
from oncall.rota.layers import Hours, Layer
from oncall.rota.schedule import Held, OnCallDuty, Override, Rota, Span, at, spans
from oncall.rota.wall import Edge, Reading, edges, read

__all__ = [
    "WOKEN",
    "Edge",
    "Held",
    "Hours",
    "Layer",
    "Load",
    "OnCallDuty",
    "Override",
    "Reading",
    "Rota",
    "Span",
    "at",
    "changed",
    "clashes",
    "edges",
    "gaps",
    "held",
    "load",
    "read",
    "spans",
]
