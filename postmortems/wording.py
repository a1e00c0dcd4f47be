"""The blameless check of a post-mortem as its pages, its API and publishing show it (clause principle.blameless)."""

from collections.abc import Sequence
from typing import Any

from postmortems.blame import Finding
from postmortems.found import WHYS, Settled
from postmortems.models import PostMortem
from postmortems.rules.wording import why_not_keep
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.addresses import inside
from tenants.refusals import Reason

CLAUSE = "principle.blameless"
# The clause whose section shows what stands in a place, where that is not the timeline.
_CLAUSES = {
    **dict.fromkeys(("why", "few-whys", "hypothesis", "seen"), WHYS),
    **dict.fromkeys(("item", "details", "review", "no-items"), "postmortem.action-items"),
    "users-note": "postmortem.impact",
}


def section_of(postmortem: PostMortem, place: str) -> str:
    """The key of the section that a place belongs to: where it is settled on the page."""
    kind, _, key = place.partition(":")
    if kind == "section":
        return key
    clause = _CLAUSES.get(kind, "postmortem.timeline")
    template = postmortem.incident.law.postmortem_template
    return next((section.key for section in template if section.clause == clause), "")


def unsettled(standing: Standing) -> list[Reason]:
    """Why a post-mortem is not published yet: wordings that nobody has changed, or kept with a reason (POSTMORTEM_READY)."""
    postmortem = standing.postmortem
    open_ = [one.finding for one in standing.wordings if one.kept is None]
    titles = dict.fromkeys(one.title for one in open_)
    return [_reason(postmortem, title, [one for one in open_ if one.title == title]) for title in titles]


def _reason(postmortem: PostMortem, place: str, found: Sequence[Finding]) -> Reason:
    quotes = list(dict.fromkeys(f"“{finding.quote}”" for finding in found))
    named = ", ".join(quotes[:3]) + (f" and {len(quotes) - 3} more" if len(quotes) > 3 else "")
    sentence = f"{place} blames, or names somebody as a cause: {named}. Change it, or keep it with a reason."
    return Reason("wording_unsettled", sentence, clause=CLAUSE, field=section_of(postmortem, found[0].place))


def rows(postmortem: PostMortem, by: Actor) -> list[dict[str, Any]]:
    """The findings as pages and the API show them: where, what, what to ask instead, and whether it is kept, with where to say so."""
    standing = Standing(postmortem)
    return _rows(postmortem, standing.wordings, not why_not_keep(standing, by))


def _rows(postmortem: PostMortem, found: Sequence[Settled], may: bool) -> list[dict[str, Any]]:
    return [_row(number, one, postmortem.incident.ref, may) for number, one in enumerate(found, 1)]


def _row(number: int, one: Settled, ref: str, may: bool) -> dict[str, Any]:
    finding, kept = one.finding, one.kept
    return {
        "number": number,
        "place": finding.place,
        "title": finding.title,
        "kind": finding.kind,
        "quote": finding.quote,
        "phrase": finding.phrase,
        "offset": finding.offset,
        "before": finding.before,
        "after": finding.after,
        "suggestion": finding.suggestion,
        "kept": {"reason": kept.reason, "by": kept.kept_by.name if kept.kept_by else "", "at": kept.kept_at} if kept else None,
        "keep_url": inside("postmortem-keep-wording", ref) if may and kept is None else "",
        "take_back_url": inside("postmortem-take-back-wording", ref) if may and kept is not None else "",
    }


def by_section(standing: Standing, by: Actor) -> dict[str, list[dict[str, Any]]]:
    """The same by the key of the section that each belongs to, for an editor that shows them beside its text."""
    postmortem, found = standing.postmortem, dict[str, list[dict[str, Any]]]()
    for row in _rows(postmortem, standing.wordings, not why_not_keep(standing, by)):
        found.setdefault(section_of(postmortem, row["place"]), []).append(row)
    return found
