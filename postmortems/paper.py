"""A post-mortem laid out to be read as a whole: on paper, as a PDF, as Markdown. One record, of the draft or of a published version.

Times are absolute, in UTC to the second: paper has no reader's zone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from incidents import markdown
from incidents.sentences.kind import span
from postmortems import discussed
from postmortems.content import Content, content
from postmortems.links import linked
from postmortems.models import PostMortem, Publication
from tenants.time import now

NOT_KNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Paper:
    """What is rendered: the document as data, of which post-mortem, and how it stands. `number` is None for a draft."""

    content: Content
    of: PostMortem
    standing: str
    number: int | None = None

    @property
    def title(self) -> str:
        """What stands above it, and names a file of it."""
        incident = self.content["incident"]
        worst = (
            f" ({incident['worst']} at its worst)" if incident.get("worst") else ""
        )  # published before this was told apart: neither
        return f"Post-mortem of {incident['level']}{worst} {incident['ref']}: {incident['title']}"


def of_draft(postmortem: PostMortem) -> Paper:
    """The document as it is now, marked as a draft where it is one."""
    at = utc(now().isoformat())
    if postmortem.is_waived:
        said = f"waived by the process owner: {postmortem.waiver_reason}"
    else:
        said = "not published" if postmortem.version == 0 else f"after version {postmortem.version}, not published"
    return Paper(content(postmortem), postmortem, f"Draft of {at}, {said}")


def of_publication(publication: Publication) -> Paper:
    """A published version, word for word."""
    by = f" by {publication.published_by.name}" if publication.published_by else ""
    reason = f" Changed because: {publication.reason}" if publication.reason else ""
    when = f"{utc(publication.published_at.isoformat())}{by}, {discussed.of(publication).words}"
    standing = f"Version {publication.number}, published {when}.{reason}"
    return Paper(publication.content, publication.postmortem, standing, publication.number)


def utc(moment: str | None) -> str:
    """A time of the content as paper shows it: "2026-11-25 14:03:00 UTC"."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def lasted(seconds: float | None) -> str:
    """A duration of the content."""
    return NOT_KNOWN if seconds is None else span(seconds)


def written(text: str, here: Collection[int]) -> SafeString:
    """What a person wrote, as HTML; links to entries lead to those that are on the same sheet (`here`), the others stay text."""
    return linked(text, lambda seq: f"#ev-{seq}" if seq in here else "")


def facts(told: Content) -> list[tuple[str, str]]:
    """What stands in a table at the top."""
    incident, took, was = told["incident"], told["durations"], held(told)
    roles = "; ".join(f"{one['role']}: {one['name']}, {_held(one)}" for one in told["roles"])
    rows = [
        ("Services", ", ".join(incident["services"])),
        ("Detected", f"{utc(incident['detected_at'])}, by {incident['detected_by'].lower()}{instead(was.get('detected'))}"),
        ("Declared", utc(incident["declared_at"])),
        *((one["label"], f"{utc(one['at'])}{instead(one)}") for key, one in was.items() if key in _FACTS_ONLY_CORRECTED),
        ("Resolved", f"{utc(incident['resolved_at'])}{instead(was.get('resolved'))}"),
        ("Author", told["author"]),
        ("Roles", roles),
        ("To detect", lasted(took["detect"])),
        ("To acknowledge", lasted(took["acknowledge"])),
        ("To mitigate", lasted(took["mitigate"])),
        ("To resolve", lasted(took["resolve"])),
        ("Relapses", str(incident["relapses"] or "")),
        ("Reopened", str(incident["reopened"] or "")),
        ("Exercise", "This was a drill." if incident["exercise"] else ""),
    ]
    return [(name, value) for name, value in rows if value]


# Their times stand in no line of their own, but where they were corrected.
_FACTS_ONLY_CORRECTED = ("acknowledged", "mitigated")


def held(told: Content) -> dict[str, Content]:
    """Key time -> its correction in force. (What was published before corrections were kept with it has none.)"""
    return {one["which"]: one for one in told.get("corrections", []) if one["holds"]}


def instead(correction: Content | None) -> str:
    """What stands beside a time that was corrected: what the record said, and why it counts otherwise; "" where it was not."""
    if correction is None:
        return ""
    said = f"recorded as {utc(correction['original'])}" if correction["original"] else "not recorded then"
    by = f" by {correction['by']}" if correction["by"] else ""
    return f" ({said}; corrected{by}: {correction['reason']})"


def corrected(line: Content) -> list[str]:
    """The same beside a line of the timeline that tells such a time."""
    return [f"{one['label']} at {utc(one['at'])}{instead(one)}" for one in line.get("corrected_times", [])]


def _held(role: Content) -> str:
    until = f" until {utc(role['until'])}" if role["until"] else ""
    return f"from {utc(role['since'])}{until}"


def impact(told: Content) -> list[tuple[str, str]]:
    """How long, how many, how much (clause postmortem.impact)."""
    found, was = told["impact"], held(told)
    users = f"{found['users_affected']:,}" if found["users_affected"] is not None else NOT_KNOWN
    cost = f"{found['cost_amount']} {found['cost_currency']}" if found["cost_amount"] is not None else NOT_KNOWN
    return [
        ("Began", f"{utc(found['start'])}{instead(was.get('impact_start'))}" if found["start"] else NOT_KNOWN),
        ("Ended", f"{utc(found['end'])}{instead(was.get('impact_end'))}" if found["end"] else NOT_KNOWN),
        ("Lasted", lasted(found["seconds"])),
        ("Users affected", f"{users} ({found['users_note']})" if found["users_note"] else users),
        ("Cost", cost),
    ]


def attendance(review: Content) -> list[tuple[str, str]]:
    """Who came to a review in which seat, and who was missing (clause postmortem.attendance)."""
    rows = [
        ("Came", ", ".join(f"{one['name']} ({', '.join(one['seats'])})" for one in review["came"])),
        ("Missing", ", ".join(f"{one['name']} ({one['seat']})" for one in review["missing"])),
        ("Nobody on the seat of", ", ".join(review["vacant"])),
    ]
    return [(name, value) for name, value in rows if value]


def context(paper: Paper) -> dict[str, Any]:
    """What the templates show (templates/postmortems/_paper.html)."""
    told = paper.content
    here = {line["seq"] for line in told["timeline"]}
    sections = [
        {
            "title": section["title"],
            "html": written(section["text"], here) if section["text"] else "",
            "kind": section["clause"].removeprefix("postmortem."),
        }
        for section in told["sections"]
    ]
    return {
        "title": paper.title,
        "standing": paper.standing,
        "is_draft": paper.number is None,
        "restricted": told["incident"]["restricted"],
        "facts": facts(told),
        "sections": sections,
        "timeline": [_line(line, here) for line in told["timeline"]],
        "whys": [{**why, "html": written(why["text"], here)} for why in told["whys"]],
        "few_whys_reason": told["few_whys_reason"],
        "impact": impact(told),
        "no_items_reason": told.get("no_items_reason", ""),
        "hypotheses": told["hypotheses"],
        "changes": [{**change, "at": utc(change["at"])} for change in told["changes"]],
        "missed": [{**one, "due": utc(one["due_at"]), "late": late(one)} for one in told["missed"]],
        "reviews": [
            {"at": utc(one["held_at"]), "attendance": attendance(one), "html": written(one["decisions"], here)}
            for one in told.get("reviews", [])
        ],
        "items": [
            {**item, "due": utc(item["due_at"]), "html": written(item["details"], here) if item["details"] else ""}
            for item in told["items"]
        ],
    }


def late(missed: Content) -> str:
    """How a clock that was missed was kept at last: "kept 5 min late", or "never kept: the incident was resolved"."""
    if missed["late_seconds"] is not None:
        return f"kept {span(missed['late_seconds'])} late"
    return f"never kept: {ended}" if (ended := missed.get("ended")) else "never kept"


def _line(line: Content, here: Collection[int]) -> dict[str, Any]:
    return {
        **line,
        "at": utc(line["at"]),
        "recorded": utc(line["recorded_at"]) if line["late"] else "",
        "html": written(line["text"], here) if line["written"] else markdown.plain(line["text"]),
        "remark": written(line["annotation"], here) if line["annotation"] else "",
        "corrected": corrected(line),
    }
