"""The table of docs/conformance.md, from the code: each judged clause, over what it is judged, by what, and which verdicts it can have."""

import compliance.conformance.clauses  # noqa: F401 - fills the table
from compliance.conformance.organisation import JudgedOver
from compliance.conformance.report import section_of
from compliance.conformance.table import INCIDENT, QUARTER, Judged
from compliance.conformance.verdicts import Verdict
from standard.law import Law, shipped
from standard.reading import SECTIONS

BEGIN, FINISH = "<!-- generated: manage.py clauses -->", "<!-- end -->"


def table() -> str:
    """The clauses by section, as Markdown."""
    lines: list[str] = []
    section = ""
    for clause in Law.from_data(shipped()).clauses:
        if not clause.judged:
            continue
        if section_of(clause) != section:
            section = section_of(clause)
            lines += ["", f"### {SECTIONS.get(section, section)}", "", "| clause | judged by | verdicts |", "|---|---|---|"]
        judged: Judged | JudgedOver = INCIDENT.get(clause.id) or QUARTER[clause.id]
        over = (
            ""
            if clause.id in INCIDENT
            else f" **Over the quarter:** {QUARTER[clause.id].because[:1].lower()}{QUARTER[clause.id].because[1:]}"
        )
        gives = ", ".join(verdict.label.lower() for verdict in Verdict if verdict in judged.gives)
        lines.append(f"| `{clause.id}` | {judged.by}{over} | {gives} |")
    return "\n".join(lines).strip() + "\n"


def into(text: str) -> str:
    """A text with the table between its marks as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(FINISH)
    return f"{before}{BEGIN}\n\n{table()}\n{FINISH}{after}"
