"""The timeline of a post-mortem: entries of the record as they stand there, and entries that its authors added."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents import timeline
from incidents.models import Incident
from incidents.sentences import KINDS
from incidents.states import KeyTime, State
from ledger.models import Event
from postmortems.models import Pick, PostMortem

_TELLS = {
    "incident.declared": KeyTime.DETECTED,
    "page.acknowledged": KeyTime.ACKNOWLEDGED,
    "incident.resolved": KeyTime.RESOLVED,
}
ADDED = "Added"  # the label of what an author wrote
# What happened to the post-mortem itself is no part of the story; nor is who took something of it with them afterwards.
OWN = ("postmortem.", "review.", "action.", "export.given", "pack.handed_out")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a post-mortem's timeline.

    `seq` is that of the entry of the record, None for one that was added; then `reason` says why it was not written down in time.
    `text` is Markdown where `written`. A corrected entry shows as it was, with `corrected_by` (a seq) and what is right (`restated`).
    `late`: recorded more than a minute after it happened. `tells` are the key times of the incident that the entry stands for.
    """

    id: int
    seq: int | None
    at: datetime
    recorded_at: datetime
    late: bool
    label: str
    actor: str
    text: str
    written: bool
    facts: list[tuple[str, str]]
    annotation: str
    reason: str
    corrected_by: int | None
    restated: str
    tells: tuple[KeyTime, ...] = ()


def lines(postmortem: PostMortem) -> list[Line]:
    """The lines of a post-mortem's timeline by the time at which they happened: three queries, however many there are."""
    picks = (
        Pick.objects.filter(postmortem=postmortem, removed_at=None)
        .select_related("added_by")
        .order_by("occurred_at", "seq", "id")
    )
    found = list(picks)
    entries = record(postmortem.incident, [pick.seq for pick in found if pick.seq is not None])
    return [_line(pick, entries.get(pick.seq) if pick.seq is not None else None) for pick in found]


def record(incident: Incident, seqs: Sequence[int]) -> dict[int, timeline.Entry]:
    """Entries of an incident's record by their seq, each with what strikes it."""
    events = list(Event.objects.filter(incident_id=incident.pk, seq__in=seqs))
    corrections = Event.objects.filter(incident_id=incident.pk, kind=timeline.CORRECTED, data__entry__in=list(seqs))
    return {entry.seq: entry for entry in timeline.entries(events, list(corrections) if events else [])}


def choosable(incident: Incident) -> list[timeline.Entry]:
    """Every entry of the record that a timeline may be chosen from, in the record's order."""
    events = Event.objects.filter(incident_id=incident.pk).order_by("seq")
    return timeline.entries([event for event in events if may_be_chosen(event.kind)])


def may_be_chosen(kind: str) -> bool:
    """Whether an entry of this kind may stand in a post-mortem's timeline."""
    return not kind.startswith(OWN)


def _line(pick: Pick, entry: timeline.Entry | None) -> Line:
    if entry is None:
        return Line(
            id=pick.pk,
            seq=None,
            at=pick.occurred_at,
            recorded_at=pick.added_at,
            late=(pick.added_at - pick.occurred_at).total_seconds() > timeline.LATE_SECONDS,
            label=ADDED,
            actor=pick.added_by.name if pick.added_by else "",
            text=pick.text,
            written=True,
            facts=[],
            annotation=pick.annotation,
            reason=pick.reason,
            corrected_by=None,
            restated="",
        )
    return Line(
        id=pick.pk,
        seq=entry.seq,
        at=entry.at,
        recorded_at=entry.recorded_at,
        late=entry.late,
        label=entry.label,
        actor=entry.actor,
        text=entry.text,
        written=is_written(entry.kind),
        facts=list(entry.facts),
        annotation=pick.annotation,
        reason="",
        corrected_by=entry.corrected_by,
        restated=entry.restated,
        tells=tuple(_tells(entry)),
    )


def _tells(entry: timeline.Entry) -> Iterator[KeyTime]:
    """Which key times an entry of the record says, as it was told then."""
    if entry.kind in _TELLS:
        yield _TELLS[entry.kind]
    if entry.kind == "incident.advanced" and entry.data["after"] == State.MONITORING:
        yield KeyTime.MITIGATED
    if entry.kind == "incident.impact_set":
        edges = (KeyTime.IMPACT_START, KeyTime.IMPACT_END)
        yield from (
            key for key, old, new in zip(edges, entry.data["before"], entry.data["after"], strict=True) if new and old != new
        )


def is_written(kind: str) -> bool:
    """Whether the sentence of a kind of entry is what a person wrote, in Markdown."""
    return kind in KINDS and KINDS[kind].written


def known(incident: Incident, seqs: Iterable[int]) -> dict[int, datetime]:
    """Which of these entries the record has, each with when it happened."""
    wanted = [seq for seq in set(seqs) if 0 < seq < 2**31]
    found: Any = Event.objects.filter(incident_id=incident.pk, seq__in=wanted).values_list("seq", "occurred_at")
    return dict(found)
