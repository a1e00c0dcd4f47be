"""A post-mortem as one Markdown file: to be kept beside code, or taken into another house."""

import re
from collections.abc import Iterable, Iterator

from postmortems import paper
from postmortems.content import Content
from postmortems.paper import Paper, utc

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def written(document: Paper) -> str:
    """The whole document. What people wrote stands as they wrote it; what Muster says is escaped, so that it stays plain."""
    told = document.content
    parts = [f"# {plain(document.title)}", f"*{plain(document.standing)}*", "\n".join(_pairs(paper.facts(told)))]
    for section in told["sections"]:
        parts += [f"## {plain(section['title'])}", section["text"], *_beside(section["clause"], told)]
    parts += list(_rest(told))
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Text that Markdown reads as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _pairs(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"- {name}: {plain(value)}" for name, value in rows)


def _beside(clause: str, told: Content) -> list[str]:
    """What the record adds to a section."""
    if clause == "postmortem.timeline":
        return ["\n".join(_entry(line) for line in told["timeline"])]
    if clause == "postmortem.five-whys":
        few = f"Fewer than five: {plain(told['few_whys_reason'])}" if told["few_whys_reason"] else ""
        return ["\n".join(_why(why) for why in told["whys"]), few]
    if clause == "postmortem.impact":
        return ["\n".join(_pairs(paper.impact(told)))]
    if clause == "postmortem.action-items":
        none = told.get("no_items_reason", "")
        return ["\n".join(_item(item) for item in told["items"]), f"Nothing is to be done: {plain(none)}" if none else ""]
    return []


def _entry(line: Content) -> str:
    number = f" (entry {line['seq']})" if line["seq"] else ""
    who = f", {plain(line['actor'])}" if line["actor"] else ""
    said = _indented(line["text"]) if line["written"] else plain(line["text"])
    remark = f"\n  > {_indented(line['annotation'], '  > ')}" if line["annotation"] else ""
    struck = f" *Corrected by entry {line['corrected_by']}: {plain(line['restated'])}*" if line["corrected_by"] else ""
    below = [f"{plain(name)}: {plain(value)}" for name, value in line["facts"]]
    below += [plain(one) for one in paper.corrected(line)]
    if line["late"]:
        below.append(" ".join(filter(None, [f"Recorded at {utc(line['recorded_at'])}.", plain(line["reason"])])))
    more = "".join(f"\n  - {one}" for one in below)
    return f"- {utc(line['at'])}{number}, **{plain(line['label'])}**{who}: {said}{struck}{more}{remark}"


def _indented(text: str, by: str = "  ") -> str:
    return f"\n{by}".join(text.splitlines())


def _why(why: Content) -> str:
    indent = "   " * (why["depth"] - 1)
    return f"{indent}- {why['number']}. {_indented(why['text'], f'{indent}  ')}"


def _item(item: Content) -> str:
    due = f", due {utc(item['due_at'])}" if item["due_at"] else ""
    ticket = f", {plain(item['ticket_url'])}" if item["ticket_url"] else ""
    details = f"\n  {_indented(item['details'])}" if item["details"] else ""
    return f"- {item['ref']} ({item['kind']}): {plain(item['title'])}. {plain(item['owner'])}{due}, {item['state'].lower()}{ticket}{details}"


def _change(change: Content) -> str:
    """What was done to the system, what came of it, and why without approval where it was."""
    said = [f"{utc(change['at'])}: {plain(change['text'])} ({change['state'].lower()})"]
    said += [plain(change["outcome"])] if change["outcome"] else []
    said += [f"Done without approval: {plain(change['deviation_reason'])}"] if change["deviation"] else []
    return f"- {'. '.join(said)}"


def _rest(told: Content) -> Iterator[str]:
    """What the record says besides the sections."""
    if told["hypotheses"]:
        yield "## What contributed"
        yield "\n".join(f"- {plain(one['text'])} ({plain(one['seen'])})" for one in told["hypotheses"])
    if told["changes"]:
        yield "## Changes made"
        yield "\n".join(_change(change) for change in told["changes"])
    for review in told.get("reviews", []):
        yield f"## Review of {utc(review['held_at'])}"
        yield "\n".join(_pairs(paper.attendance(review)))
        yield review["decisions"]
    if told["missed"]:
        yield "## Clocks missed"
        yield "\n".join(f"- {plain(one['label'])}: due {utc(one['due_at'])}, {paper.late(one)}" for one in told["missed"])
