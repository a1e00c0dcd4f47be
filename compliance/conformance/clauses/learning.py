"""Section 8: learning from it."""

from collections.abc import Mapping
from typing import Any

from compliance.conformance.blame import blaming_text
from compliance.conformance.clauses.shared import by_clocks, finding, plural
from compliance.conformance.record import Entry, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open

KEPT, BROKEN, OVERRIDDEN = Verdict.KEPT, Verdict.BROKEN, Verdict.OVERRIDDEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
ALL = (KEPT, BROKEN, NOT_APPLICABLE, OPEN)
DRAFT, REVIEW = "postmortem.draft-24h", "postmortem.review-5-days"
FIVE = 5


def owed(record: Record) -> Judgement | None:
    """Why no post-mortem is judged (yet): still open, not asked for, or waived. None where one is owed."""
    if record.ended_otherwise:
        return not_applicable(f"No post-mortem is asked for: {record.ended_otherwise}.")
    begun = record.of("postmortem.opened")
    if record.is_open:
        asked = record.runs_a_room(record.worst)
        return still_open("A post-mortem is asked for once it is resolved.") if asked else _small(record)
    if not begun and not record.runs_a_room(record.counting):
        return _small(record)
    if (waiver := _waiver(record)) is not None:
        return not_applicable(f"{waiver.actor} waived the post-mortem, which stands as an override of {DRAFT}.")
    return None if begun else no_evidence("The record tells of no post-mortem.")


def _waiver(record: Record) -> Entry | None:
    """The waiver of the post-mortem that stands, if one does."""
    said = record.of("postmortem.waived", "postmortem.waiver_lifted")
    return said[-1] if said and said[-1].kind == "postmortem.waived" else None


def _small(record: Record) -> Judgement:
    return not_applicable(f"A SEV {record.counting} asks for no post-mortem.")


def _content(record: Record) -> Mapping[str, Any] | Judgement:
    """What was published last; or why there is nothing to judge."""
    if (answer := owed(record)) is not None:
        return answer
    return record.published[-1].content if record.published else still_open("Nothing of the post-mortem is published yet.")


def _published(record: Record, what: str) -> Finding:
    """A fault of what was published last."""
    last = record.published[-1]
    entry = next((e for e in reversed(record.of("postmortem.published")) if e.says(version=last.number)), None)
    return finding(entry, what) if entry else Finding(what, last.at)


@judges(
    DRAFT,
    "Its clock: published within the standard's time (24 hours as shipped) of the resolution, of what was a SEV 1 "
    "or 2 at its worst since it was declared, whatever it was lowered to. A waiver by the process owner is an "
    "override; the other clauses of the post-mortem do not apply then.",
    *(*ALL, OVERRIDDEN),
)
def draft_24h(record: Record) -> Judgement:
    """A day after the end there is a draft."""
    if (waiver := _waiver(record)) is not None and record.is_over:
        reason = str(waiver.data.get("reason") or "no reason recorded")
        return judged([finding(waiver, "The post-mortem was waived", reason=reason)], kept(""))
    answer = owed(record)
    authors = [
        e for e in record.of("postmortem.opened", "postmortem.author_named") if e.data.get("author") or e.data.get("person")
    ]
    author = str(authors[-1].data.get("person") or authors[-1].data.get("author")) if authors else "nobody"
    return answer or by_clocks(record, DRAFT, "The post-mortem", who=lambda clock: author)


@judges(REVIEW, "Its clock: the review was held within the standard's business days (5 as shipped).", *ALL)
def review_5_days(record: Record) -> Judgement:
    """It is discussed together."""
    callers = record.of("review.called", "review.held")
    return owed(record) or by_clocks(
        record, REVIEW, "The review of the post-mortem", who=lambda clock: callers[-1].actor if callers else "nobody"
    )


@judges(
    "postmortem.template",
    "What was published last has every section of the template that the incident's standard sets.",
    *ALL,
)
def template(record: Record) -> Judgement:
    """The standard template is used."""
    content = _content(record)
    if isinstance(content, Judgement):
        return content
    there = {section.get("key") for section in content.get("sections", [])}
    found = [_published(record, f"Published without “{s.title}”") for s in record.law.postmortem_template if s.key not in there]
    return judged(found, kept(f"All {len(record.law.postmortem_template)} sections are there."))


@judges("postmortem.summary", "The executive summary of what was published last is not empty.", *ALL)
def summary(record: Record) -> Judgement:
    """An executive summary."""
    content = _content(record)
    if isinstance(content, Judgement):
        return content
    texts = [s.get("text") for s in content.get("sections", []) if s.get("clause") == "postmortem.summary"]
    return judged([] if any(texts) else [_published(record, "Published without a summary")], kept("It is there."))


@judges(
    "postmortem.five-whys",
    "What was published last asks why five times in a row; fewer, for a written reason, is an override.",
    *(*ALL, OVERRIDDEN),
)
def five_whys(record: Record) -> Judgement:
    """Root cause by five whys."""
    content = _content(record)
    if isinstance(content, Judgement):
        return content
    depth = max((int(why.get("depth", 0)) for why in content.get("whys", [])), default=0)
    if depth >= FIVE:
        return kept(f"Asked {depth} times in a row.")
    fault = _published(record, f"Asked why {plural(depth, 'time')} in a row")
    reason = str(content.get("few_whys_reason") or "") if depth else ""
    return judged([Finding(fault.what, fault.at, fault.by, reason, entry=fault.entry, recorded_at=fault.recorded_at)], kept(""))


@judges(
    "postmortem.impact",
    "What was published last says how long it lasted, how many users felt it, and what it cost.",
    *ALL,
)
def impact(record: Record) -> Judgement:
    """Duration, users, cost."""
    content = _content(record)
    if isinstance(content, Judgement):
        return content
    told = content.get("impact") or {}
    parts = {"seconds": "how long it lasted", "users_affected": "how many users felt it", "cost_amount": "what it cost"}
    lacks = [words for key, words in parts.items() if told.get(key) is None]
    return judged([_published(record, f"Published without {' or '.join(lacks)}")] if lacks else [], kept("All three are told."))


def _review(record: Record) -> Any:
    """The review that was held last; or why there is none to judge."""
    if (answer := owed(record)) is not None:
        return answer
    held = record.of("review.held")
    return held[-1] if held else still_open("The review has not been held yet.")


@judges(
    "postmortem.attendance",
    "Commander, Operations Lead, Engineering Manager and Product Owner came to the review; a seat that nobody holds is a break too.",
    *ALL,
)
def attendance(record: Record) -> Judgement:
    """Who has to be there is."""
    held = _review(record)
    if isinstance(held, Judgement):
        return held
    if "missing" not in held.data:
        return no_evidence("The record does not say who came.")
    found = [finding(held, f"{name} did not come", by=name) for name in held.data["missing"]]
    found += [finding(held, f"Nobody to come as {seat}", by="nobody") for seat in held.data.get("vacant") or []]
    return judged(found, kept(f"All of them came: {', '.join(held.data.get('came') or [])}."))


@judges(
    "postmortem.blameless-rule",
    "What was decided at the review has no wording that blames, by the shipped list, but those that the authors kept with a reason.",
    *ALL,
)
def blameless_rule(record: Record) -> Judgement:
    """The meeting blames nobody."""
    held = _review(record)
    if isinstance(held, Judgement):
        return held
    if not held.data.get("decisions"):
        return no_evidence("The record does not say what was decided.")
    left = [phrase for phrase in blaming_text(str(held.data["decisions"])) if phrase not in record.kept_wordings]
    found = [finding(held, f"Decided with “{phrase}”") for phrase in left]
    return judged(found, kept("What was decided blames nobody."))


@judges(
    "actions.tags",
    "Every action item is prevention or detection.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def tags(record: Record) -> Judgement:
    """One of both, always."""
    if not record.items:
        if record.of("action.filed"):
            return no_evidence("Action items were filed, and the record does not say of which kind.")
        return still_open("None is filed yet.") if record.is_open else not_applicable("No action item was filed.")
    found = [
        Finding(f"Action item {item.number} is neither prevention nor detection", item.filed_at)
        for item in record.items
        if item.kind not in ("prevention", "detection")
    ]
    return judged(found, kept(f"{plural(len(record.items), 'action item')}, each tagged."))
