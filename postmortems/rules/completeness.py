"""What a post-mortem lacks, section by section, each with its clause: it is published once nothing is missing (postmortem.*)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from incidents import times
from postmortems import whys
from postmortems.material import Material
from postmortems.models import PostMortem, Section, Why, kept
from postmortems.states import ItemState
from tenants.refusals import Reason

TIMELINE, WHYS, IMPACT, ITEMS = (
    "postmortem.timeline",
    "postmortem.five-whys",
    "postmortem.impact",
    "postmortem.action-items",
)

NO_ITEMS = "no action item is filed, and nobody said that none is needed"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section with what it lacks; [] where it is complete. `clause` is the one that it serves."""

    key: str
    title: str
    clause: str
    lacks: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a post-mortem fills its sections besides their texts."""

    postmortem: PostMortem
    entries: int
    whys: int
    depth: int
    items: int
    impact: tuple[datetime | None, datetime | None]  # by the times in force


def chapters(found: Sequence[PostMortem]) -> dict[int, list[Chapter]]:
    """The sections of each post-mortem, in the template's order, with what they lack. Five queries at most, for however many."""
    parts = _parts(found)
    sections: dict[int, list[Section]] = defaultdict(list)
    for section in Section.objects.filter(postmortem__in=found).order_by("position", "id"):
        sections[section.postmortem_id].append(section)
    return {one.pk: [_chapter(section, parts[one.pk]) for section in sections[one.pk]] for one in found}


def chapters_of(material: Material) -> list[Chapter]:
    """The same of one, by what of it was read already."""
    postmortem = material.postmortem
    parts = _Parts(
        postmortem=postmortem,
        entries=len(material.lines),
        whys=len(material.whys),
        depth=whys.depth(material.whys),
        items=sum(item.state != ItemState.DROPPED for item in material.items),
        impact=_impacts([postmortem])[postmortem.pk],
    )
    return [_chapter(section, parts) for section in material.sections]


def _parts(found: Sequence[PostMortem]) -> dict[int, _Parts]:
    counted = PostMortem.objects.filter(pk__in=[one.pk for one in found]).annotate(
        entries=Count("picks", filter=Q(picks__removed_at=None))
    )
    entries = dict(counted.values_list("pk", "entries"))
    incidents = [one.incident_id for one in found]
    rows = kept().filter(incident_id__in=incidents)
    items = dict(rows.values_list("incident_id").annotate(number=Count("pk")).order_by())
    trees: dict[int, list[whys.Node]] = defaultdict(list)
    for why in Why.objects.filter(postmortem__in=found, removed_at=None).order_by("number"):
        trees[why.postmortem_id].append(whys.Node(why.pk, why.number, why.parent_id, why.text))
    impact = _impacts(found)
    return {
        one.pk: _Parts(
            postmortem=one,
            entries=entries.get(one.pk, 0),
            whys=len(trees[one.pk]),
            depth=whys.depth(whys.arranged(trees[one.pk])),
            items=items.get(one.incident_id, 0),
            impact=impact[one.pk],
        )
        for one in found
    }


def _impacts(found: Sequence[PostMortem]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """From when until when each lasted. A correction takes no time away: it is asked for where the record lacks one."""
    recorded = {one.pk: (one.incident.impact_start, one.incident.impact_end) for one in found}
    corrected = times.impacts(one.incident for one in found if None in recorded[one.pk])
    return {one.pk: corrected.get(one.incident_id, recorded[one.pk]) for one in found}


def _chapter(section: Section, parts: _Parts) -> Chapter:
    template = {part.key: part.clause for part in parts.postmortem.incident.law.postmortem_template}
    clause = template.get(section.key, "postmortem.template")
    lacks = _LACKS.get(clause, _lacks_text)(section, parts)
    return Chapter(section.key, section.title, clause, [_of(reason, section, clause) for reason in lacks])


def _of(reason: Reason, section: Section, clause: str) -> Reason:
    return Reason(reason.code, f"{section.title}: {reason.sentence}", clause=clause, field=section.key)


def _empty(sentence: str = "this section is empty.") -> list[Reason]:
    return [Reason("section_empty", sentence)]


def _lacks_text(section: Section, parts: _Parts) -> list[Reason]:
    return [] if section.text else _empty()


def _lacks_entries(section: Section, parts: _Parts) -> list[Reason]:
    return [] if parts.entries else _empty("this section is empty: no entry of the record is chosen.")


def _lacks_whys(section: Section, parts: _Parts) -> list[Reason]:
    if not parts.whys:
        return _empty("this section is empty: nobody has asked why yet.")
    if parts.depth < whys.FIVE and not parts.postmortem.few_whys_reason:
        asked = "once" if parts.depth == 1 else f"{parts.depth} times in a row"
        return [Reason("few_whys", f"it was asked why {asked}, not five: go on asking, or say why that is enough.")]
    return []


def _lacks_impact(section: Section, parts: _Parts) -> list[Reason]:
    postmortem = parts.postmortem
    lacks = []
    if None in parts.impact:
        lacks.append(Reason("impact_missing", "the record does not say from when until when it lasted."))
    if postmortem.users_affected is None:
        lacks.append(Reason("users_missing", "say how many users were affected (0 if none)."))
    if postmortem.cost_amount is None:
        lacks.append(Reason("cost_missing", "say what it cost, in which currency (0 if nothing)."))
    return lacks


def lacks_items(postmortem: PostMortem, *, filed: bool) -> bool:
    """Whether nothing follows from the incident, and nobody said why: what publishing and closing ask for alike.

    `filed`: whether an action item follows from it. A text beside them is no item and no reason: nobody has to do it.
    """
    return not filed and not postmortem.no_items_reason


def _lacks_items(section: Section, parts: _Parts) -> list[Reason]:
    if not lacks_items(parts.postmortem, filed=parts.items > 0):
        return []
    what = f"{NO_ITEMS}: file one, or say why nothing is to be done."
    return [Reason("items_missing", what)] if section.text else _empty(f"this section is empty: {what}")


_LACKS: Mapping[str, Callable[[Section, _Parts], list[Reason]]] = {
    TIMELINE: _lacks_entries,
    WHYS: _lacks_whys,
    IMPACT: _lacks_impact,
    ITEMS: _lacks_items,
}
