"""What people read in a pack: the report, one self-contained page that prints well, and the transcript of the room.

Both tell the same entries of the record, in one pass over them; neither is ever whole in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from django.template.loader import render_to_string

from incidents import timeline
from incidents.models import Incident
from incidents.timeline import Entry
from ledger.models import Event

STYLE = Path(__file__).parent / "report.css"
AT_A_TIME = 500
UTC = "%Y-%m-%d %H:%M:%S UTC"

type Opened = Callable[[], Any]  # opens the scope of a short transaction


def entries(incident_id: int, until: int, opened: Opened) -> Iterator[list[Entry]]:
    """The entries of an incident's record up to the number `until`, some at a time, each with what corrects it."""
    with opened():
        corrections = list(Event.objects.filter(incident_id=incident_id, kind=timeline.CORRECTED, seq__lte=until))
    last = 0
    while last < until:
        with opened():
            rows = Event.objects.filter(incident_id=incident_id, seq__gt=last, seq__lte=until).order_by("seq")
            found = list(rows[:AT_A_TIME])
        if not found:
            return
        yield timeline.entries(found, corrections)
        last = found[-1].seq or until


def transcribe(lines: Sequence[Entry], out: TextIO) -> None:
    """Write entries as plain text: when, who, by which way in, what; each further line of theirs indented."""
    for line in lines:
        via = f" ({line.via})" if line.via else ""
        struck = f" [corrected by {line.corrected_by}]" if line.corrected_by else ""
        out.write(f"{line.seq:>5}  {line.at:{UTC}}  {line.actor or 'Muster'}{via} · {line.label}{struck}\n")
        text = [*line.text.splitlines(), *(f"{name}: {value}" for name, value in line.facts)]
        out.writelines(f"       {one}\n" for one in text)


class Report:
    """`data/report.html`, written from its head to its end."""

    def __init__(self, out: TextIO, about: Mapping[str, Any]) -> None:
        self.out = out
        style = STYLE.read_text(encoding="utf-8")
        out.write(render_to_string("compliance/packs_report_head.html", dict(about)).replace("<!-- style -->", _styled(style)))

    def incident(self, incident: Incident, facts: Sequence[tuple[str, str]]) -> None:
        """The heading of one incident, and its facts."""
        self.out.write(render_to_string("compliance/packs_report_incident.html", {"incident": incident, "facts": facts}))

    def lines(self, lines: Sequence[Entry]) -> None:
        """Some of its entries."""
        self.out.write(render_to_string("compliance/packs_report_lines.html", {"lines": lines, "utc": UTC}))

    def incident_ends(self) -> None:
        """No more entries of this incident."""
        self.out.write("</tbody></table></section>\n")

    def end(self) -> None:
        """Nothing more."""
        self.out.write("</main></body></html>\n")


def _styled(style: str) -> str:
    return f"<style>{style}</style>"  # the file is read offline: there is nothing to load a sheet from


def facts_of(incident: Incident, count: int) -> list[tuple[str, str]]:
    """What stands above an incident's entries."""
    moments = (
        ("Impact began", incident.impact_start),
        ("Detected", incident.detected_at),
        ("Declared", incident.declared_at),
        ("Resolved", incident.resolved_at),
        ("Closed", incident.closed_at),
    )
    facts = [("Severity", incident.get_severity_display()), ("State", incident.get_state_display())]
    facts += [(name, f"{moment:{UTC}}") for name, moment in moments if moment is not None]
    facts.append(("Proven entries of the ledger", f"{count:,}"))
    return facts
