"""The whole of a post-mortem as data: what its pages show of the draft, and what a publication keeps word for word.

Everything in it is JSON: times are ISO 8601 in UTC, durations seconds, money text. So a rendering of the draft and one of any
published version are made by the same code, of the same shape.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from incidents import times
from incidents.gravity import at_its_worst
from incidents.models import Change, Hypothesis, Incident, IncidentService, RoleHolding
from incidents.queries import clock_name
from incidents.states import ChangeState, DetectedBy, KeyTime, RoomRole
from oncall.models import Page
from postmortems import links, seats
from postmortems.durations import durations
from postmortems.entries import Line, known
from postmortems.material import Material
from postmortems.models import ActionItem, Attendee, PostMortem, Review, Section
from postmortems.states import ReviewSeat
from postmortems.whys import Node
from standard.away import why
from standard.models import Clock

type Content = dict[str, Any]

# Clocks of what comes after the incident, which say nothing of how it went.
_AFTERWARDS = ("postmortem.", "actions.", "improve.", "evidence.")


def content(postmortem: PostMortem, material: Material | None = None) -> Content:
    """The post-mortem as it is now. About fifteen queries, however long it is; what of its `material` was read already is asked for no more.

    {incident, author, roles, sections, linked, timeline, whys, few_whys_reason, impact, durations, corrections, hypotheses, changes,
    missed, items, no_items_reason, reviews}; `linked` are the entries of the record that the sections name, where the record has them; `corrections`
    the key times that were corrected, each as it was recorded and why it counts otherwise,
    `reviews` the meetings that were held (what was published before these were kept has neither).
    """
    material = material or Material(postmortem)
    incident = postmortem.incident
    told = times.read(incident)
    at = {key: one.at for key, one in told.items()}
    moved = corrections(told.values())
    parts = sections(postmortem, material.sections)
    return {
        "incident": _incident(incident, at_its_worst(incident, material.counts), at),
        "author": postmortem.author.name if postmortem.author else "",
        "roles": _roles(material.holdings),
        "sections": parts,
        "linked": sorted(known(incident, links.named(*(part["text"] for part in parts)))),
        "timeline": _timeline(material.lines, moved),
        "whys": _whys(material.whys),
        "few_whys_reason": postmortem.few_whys_reason,
        "impact": impact(postmortem, at),
        "durations": {key: seconds for key, _, seconds in durations(at).rows},
        "corrections": moved,
        "hypotheses": _hypotheses(material.hypotheses),
        "changes": _changes(material.changes),
        "missed": missed(incident),
        "items": _items(incident, material.items),
        "no_items_reason": postmortem.no_items_reason,
        "reviews": [_review(review, list(review.attendees.all())) for review in material.reviews],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _incident(incident: Incident, worst: str, at: times.Times) -> Content:
    services = IncidentService.objects.filter(incident=incident).order_by("id").values_list("service__name", flat=True)
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "level": incident.level,
        "worst": worst,
        "exercise": incident.exercise,
        "restricted": incident.restricted,
        "services": list(services),
        "detected_by": DetectedBy(incident.detected_by).label,
        "detected_at": _iso(at[KeyTime.DETECTED]),
        "declared_at": _iso(incident.declared_at),
        "resolved_at": _iso(at[KeyTime.RESOLVED]),
        "relapses": incident.relapses,
        "reopened": incident.reopened,
    }


def _roles(holdings: Iterable[RoleHolding]) -> list[Content]:
    """Who held which role, from when until when, in that order."""
    return [
        {"role": RoomRole(one.role).label, "name": one.user.name, "since": _iso(one.since), "until": _iso(one.until)}
        for one in holdings
    ]


def sections(postmortem: PostMortem, rows: Iterable[Section]) -> list[Content]:
    """Sections of a post-mortem, each with the clause that it serves and its prompt."""
    template = {part.key: part for part in postmortem.incident.law.postmortem_template}
    return [
        {
            "key": row.key,
            "title": row.title,
            "clause": template[row.key].clause if row.key in template else "postmortem.template",
            "prompt": template[row.key].prompt if row.key in template else "",
            "text": row.text,
            "version": row.version,
            "saved_at": _iso(row.saved_at) if row.version else None,
            "saved_by": row.saved_by.name if row.saved_by else "",
        }
        for row in rows
    ]


def corrections(told: Iterable[times.Told]) -> list[Content]:
    """Every correction of a key time, the oldest of each first; `holds` is the one in force, `original` what was recorded (None: nothing)."""
    return [
        {
            "which": one.key.value,
            "label": one.label,
            "original": _iso(item.original),
            "at": _iso(item.occurred_at),
            "reason": item.reason,
            "by": item.corrected_by,
            "recorded_at": _iso(item.recorded_at),
            "holds": item is one.holds,
        }
        for one in told
        for item in one.corrections
    ]


def _timeline(found: Sequence[Line], moved: Sequence[Content]) -> list[Content]:
    """The lines; beside the one that tells a key time which was corrected stands the correction in force.

    That is the last one that tells it (a relapse or a reopening has it told again), and of acknowledgements the first.
    """
    beside: dict[int, list[Content]] = {}
    for one in moved:
        telling = [line.id for line in found if one["holds"] and one["which"] in line.tells]
        if telling:
            beside.setdefault(telling[0 if one["which"] == KeyTime.ACKNOWLEDGED else -1], []).append(one)
    return [{**_told(line), "corrected_times": beside.get(line.id, [])} for line in found]


def _told(line: Line) -> Content:
    return {
        "id": line.id,
        "seq": line.seq,
        "at": _iso(line.at),
        "recorded_at": _iso(line.recorded_at),
        "late": line.late,
        "label": line.label,
        "actor": line.actor,
        "text": line.text,
        "written": line.written,
        "facts": [list(fact) for fact in line.facts],
        "annotation": line.annotation,
        "reason": line.reason,
        "corrected_by": line.corrected_by,
        "restated": line.restated,
    }


def _whys(tree: Sequence[Node]) -> list[Content]:
    numbers = {node.id: node.number for node in tree}
    return [
        {
            "number": node.number,
            "below": numbers[node.parent] if node.parent is not None else None,
            "depth": node.depth,
            "text": node.text,
        }
        for node in tree
    ]


def impact(postmortem: PostMortem, at: times.Times) -> Content:
    """What it did to others: how long (computed), how many users, and what it cost (clause postmortem.impact)."""
    start, end = at[KeyTime.IMPACT_START], at[KeyTime.IMPACT_END]
    return {
        "start": _iso(start),
        "end": _iso(end),
        "seconds": round((end - start).total_seconds(), 3) if start and end else None,
        "users_affected": postmortem.users_affected,
        "users_note": postmortem.users_note,
        "cost_amount": f"{postmortem.cost_amount:.2f}" if postmortem.cost_amount is not None else None,
        "cost_currency": postmortem.cost_currency,
    }


def _hypotheses(rows: Iterable[Hypothesis]) -> list[Content]:
    """What contributed to it: the hypotheses that were confirmed, with what was seen."""
    return [{"number": row.number, "text": row.text, "seen": row.seen} for row in rows]


def _changes(rows: Iterable[Change]) -> list[Content]:
    """What was done to the system."""
    return [
        {
            "number": row.number,
            "text": row.text,
            "at": _iso(row.executed_at),
            "state": ChangeState(row.state).label,
            "outcome": row.outcome or row.seen,
            "deviation": row.deviation,
            "deviation_reason": row.deviation_reason,
        }
        for row in rows
    ]


def missed(incident: Incident) -> list[Content]:
    """The clocks of the incident that were missed, with how late each was kept at last (None: never), and with what it ended then.

    A page's clock that had stopped when its page became the incident's belongs to it too. What was published before `ended` was kept
    apart has none, and says of such a clock that it was kept when it ended.
    """
    pages = Page.objects.filter(incident_id=incident.pk).values("pk")
    before = Clock.objects.filter(incident_id__isnull=True, subject_type=Page._meta.label_lower, subject_id__in=pages)
    own = Clock.objects.filter(incident_id=incident.pk)
    found = own.order_by().values("pk").union(before.order_by().values("pk"))
    clocks = Clock.objects.filter(pk__in=found, broken_at__isnull=False).order_by("due_at", "id")
    return [
        {
            "clause": clock.clause,
            "label": clock_name(clock.clause),
            "due_at": _iso(clock.due_at),
            "late_seconds": round((clock.done_at - clock.due_at).total_seconds(), 3) if clock.done_at else None,
            "ended": why(clock.fell_away),
        }
        for clock in clocks
        if not clock.clause.startswith(_AFTERWARDS)
    ]


def _review(review: Review, asked: list[Attendee]) -> Content:
    """A meeting that was held: when, who came in which seat, who of the required was missing, what was decided. No excuses."""
    came = seats.by_person(one for one in asked if one.attended)
    return {
        "held_at": _iso(review.took_place_at),
        "minutes": review.minutes,
        "came": [{"name": rows[0].user.name, "seats": seats.named(rows)} for rows in came],
        "missing": [{"name": one.user.name, "seat": str(ReviewSeat(one.seat).label)} for one in seats.missing(asked)],
        "vacant": [str(seat.label) for seat in seats.vacant(asked)],
        "decisions": review.decisions,
    }


def _items(incident: Incident, rows: Iterable[ActionItem]) -> list[Content]:
    """The work that follows."""
    return [
        {
            "ref": f"{incident.ref}-{row.number}",
            "title": row.title,
            "details": row.details,
            "kind": row.get_kind_display(),
            "owner": row.owner.name,
            "state": row.get_state_display(),
            "due_at": _iso(row.due_at),
            "ticket_url": row.ticket_url,
        }
        for row in rows
    ]
