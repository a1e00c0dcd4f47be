"""A post-mortem's content (postmortems/content.py) as pages show it: times as times, Markdown as clean HTML, links to entries led there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse

from incidents.markdown import plain, render
from incidents.sentences.kind import span
from postmortems.content import Content
from postmortems.durations import WHY_NOT_KNOWN
from postmortems.links import linked
from postmortems.paper import attendance, late
from postmortems.rules import completeness
from postmortems.sla import DueDays

_TIMES = ("at", "recorded_at", "since", "until", "due_at", "saved_at", "start", "end")
DEEPEST = 8  # levels of whys that are drawn further in
_DURATIONS = (
    ("detect", "To detect", "from the first harm to our first signal"),
    ("acknowledge", "To acknowledge", "from detection to the first person who took notice"),
    ("mitigate", "To mitigate", "from detection until the harm had stopped"),
    ("resolve", "To resolve", "from detection until it was resolved"),
)

# What fills a section besides its text, by the clause that it serves.
KINDS = {
    completeness.TIMELINE: "timeline",
    completeness.WHYS: "whys",
    completeness.IMPACT: "impact",
    completeness.ITEMS: "items",
}


def shown(content: Content) -> dict[str, Any]:
    """The content, ready for a template. `was` has the correction in force of each key time that was corrected, by its name."""
    lines, days = [_line(line) for line in content["timeline"]], DueDays()
    address = addresses(content["incident"]["ref"], {line["seq"] for line in lines if line["seq"]}, set(content["linked"]))
    return {
        "incident": _dated(content["incident"], "detected_at", "declared_at", "resolved_at"),
        "author": content["author"],
        "roles": [_dated(role, *_TIMES) for role in content["roles"]],
        "sections": [section(one, address) for one in content["sections"]],
        "timeline": lines,
        "whys": [why | {"level": min(why["depth"], DEEPEST)} for why in content["whys"]],
        "depth": max((why["depth"] for why in content["whys"]), default=0),
        "few_whys_reason": content["few_whys_reason"],
        "impact": impact(content["impact"]),
        "durations": durations(content["durations"]),
        "corrections": [_corrected(one) for one in content.get("corrections", [])],
        "was": {one["which"]: _corrected(one) for one in content.get("corrections", []) if one["holds"]},
        "hypotheses": content["hypotheses"],
        "changes": [_dated(change, *_TIMES) for change in content["changes"]],
        "missed": [_missed(clock) for clock in content["missed"]],
        "items": [_item(item, days) for item in content["items"]],
        "no_items_reason": content.get("no_items_reason", ""),  # what was published earlier does not say it
        "reviews": [_review(one) for one in content.get("reviews", [])],  # nor this
    }


def addresses(ref: str, here: set[int], there: set[int]) -> Callable[[int], str]:
    """Where an entry of the record is read: on this page where it stands in the timeline, else in the incident's; "" for none."""
    room = reverse("incident", args=[ref])
    return lambda seq: f"#ev-{seq}" if seq in here else f"{room}#ev-{seq}" if seq in there else ""


def section(row: Content, address: Callable[[int], str]) -> dict[str, Any]:
    """A section with its text as HTML, and what it consists of besides."""
    return {
        **row,
        "saved_at": _moment(row.get("saved_at")),
        "html": linked(row["text"], address) if row["text"] else "",
        "kind": KINDS.get(row["clause"], "text"),
    }


def impact(row: Content) -> dict[str, Any]:
    """What it did to others, as words."""
    users = row["users_affected"]
    cost = f"{float(row['cost_amount']):,.2f} {row['cost_currency']}" if row["cost_amount"] is not None else ""
    return {
        **row,
        "start": _moment(row["start"]),
        "end": _moment(row["end"]),
        "lasted": span(row["seconds"]) if row["seconds"] is not None else "",
        "users": f"{users:,}" if users is not None else "",
        "cost": cost,
    }


def durations(row: Content) -> list[dict[str, str]]:
    """The four durations with what each is: {label, of, lasted}; "" where not known yet, and `of` then says why."""
    return [
        {
            "label": label,
            "of": of if row[key] is not None else WHY_NOT_KNOWN[key].removeprefix("Not known yet: "),
            "lasted": span(row[key]) if row[key] is not None else "",
        }
        for key, label, of in _DURATIONS
    ]


def _line(line: Content) -> dict[str, Any]:
    return {
        **_dated(line, *_TIMES),
        "html": render(line["text"]) if line["written"] else plain(line["text"]),
        "annotation_html": render(line["annotation"]) if line["annotation"] else "",
        "corrected_times": [_corrected(one) for one in line.get("corrected_times", [])],
    }


def _corrected(one: Content) -> dict[str, Any]:
    return _dated(one, "original", "at", "recorded_at")


def _review(one: Content) -> dict[str, Any]:
    return {**_dated(one, "held_at"), "attendance": attendance(one), "decisions_html": render(one["decisions"])}


def _item(item: Content, days: DueDays) -> dict[str, Any]:
    found = _dated(item, *_TIMES)
    return {**found, "due_on": days.of(found["due_at"])}


def _missed(clock: Content) -> dict[str, Any]:
    return {**_dated(clock, *_TIMES), "late": late(clock)}


def _dated(row: Content, *names: str) -> dict[str, Any]:
    return {name: _moment(value) if name in names else value for name, value in row.items()}


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
