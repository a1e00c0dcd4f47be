"""What was not as the standard wants it, of one control: clocks that broke, and entries that were recorded late (people.auditor).

A year of a large organisation has tens of thousands of them. They are put into their order by a row of two numbers each; only those of the page
that is looked at are read whole.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet

from compliance.audit_controls import CONTROLS, Control, begins
from compliance.audit_evidence import beginning, events, incidents
from compliance.audit_misses import Miss, misses
from compliance.models import AuditEngagement
from incidents.models import Incident
from incidents.timeline import LATE_SECONDS
from ledger.models import Event
from standard.models import Clock


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that was not as the standard wants it. `source`: what was measured, where that was no incident itself, and `about` its name."""

    at: datetime
    clause: str
    what: str
    ref: str
    source: str = ""
    about: str = ""


def counts(engagement: AuditEngagement) -> dict[str, int]:
    """How many clocks of each control's clauses broke, by the control's key: those of the period's incidents, and those that name none."""
    found = Counter({row["clause"]: row["n"] for row in _broken(engagement).order_by().values("clause").annotate(n=Count("id"))})
    found.update(one.clause for one in misses(engagement))
    return {control.key: sum(n for clause, n in found.items() if begins(clause, control.clauses)) for control in CONTROLS}


class Exceptions(Sequence[Deviation]):
    """All of one control's: the clocks that broke, the longest ago first, then the entries that were recorded late, the newest first.

    `broken` counts the clocks. Of these three lists one element is an id, or a Miss, which is small and whole already.
    """

    def __init__(self, engagement: AuditEngagement, control: Control) -> None:
        lone = [one for one in misses(engagement) if begins(one.clause, control.clauses)]
        clocks = _broken(engagement).filter(beginning("clause", control.clauses)) if control.clauses else Clock.objects.none()
        timed: list[tuple[datetime, int, int | Miss]] = [
            (at, pk, pk) for pk, at in clocks.values_list("id", "broken_at") if at is not None
        ]
        timed += [(one.broken_at, one.clock_id, one) for one in lone]
        timed.sort(key=lambda one: one[:2])  # those that one sweep struck broke at one moment: each is on one page all the same
        late = events(engagement, control).filter(
            incident_id__isnull=False, recorded_at__gt=F("occurred_at") + timedelta(seconds=LATE_SECONDS)
        )
        self.broken = len(timed)
        self._all: list[tuple[type[Clock | Miss | Event], int | Miss]] = [
            *((Miss if isinstance(one, Miss) else Clock, one) for *_, one in timed),
            *((Event, pk) for pk in late.values_list("id", flat=True)),
        ]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def __getitem__(self, which: Any) -> Any:
        """One, or a slice of them, read whole."""
        return _told(self._all[which]) if isinstance(which, slice) else _told([self._all[which]])[0]


def _broken(engagement: AuditEngagement) -> QuerySet[Clock]:
    """Clocks that broke on the period's incidents."""
    return Clock.objects.filter(broken_at__isnull=False, incident_id__in=incidents(engagement).values("id"))


def _told(some: Sequence[tuple[type[Clock | Miss | Event], int | Miss]]) -> list[Deviation]:
    """These in the same order; who is not there any more, or not to be seen, is left out."""
    clocks = Clock.objects.in_bulk([one for kind, one in some if kind is Clock])
    late = Event.objects.only("occurred_at", "recorded_at", "kind", "incident_id", "seq").in_bulk(
        [one for kind, one in some if kind is Event]
    )
    rows: dict[type, Any] = {Clock: clocks, Event: late}
    found = [one if isinstance(one, Miss) else rows[kind].get(one) for kind, one in some]
    ids = {one.incident_id for one in found if one is not None and one.incident_id is not None}
    refs = dict(Incident.objects.filter(pk__in=ids).values_list("id", "ref"))
    return [_deviation(one, refs.get(one.incident_id or 0, "")) for one in found if one is not None]


def _deviation(one: Clock | Miss | Event, ref: str) -> Deviation:
    if isinstance(one, Event):
        when = f"{one.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
        return Deviation(
            one.occurred_at, "", f"Entry {one.seq} ({one.kind}) was recorded at {when}, later than it happened.", ref
        )
    at = one.broken_at or one.due_at
    if isinstance(one, Miss):
        return Deviation(at, one.clause, _missed(one), ref, one.source, one.about)
    return Deviation(at, one.clause, _missed(one), ref)


def _missed(clock: Clock | Miss) -> str:
    """When it was due, and when it was done; one that fell away with its miss never was."""
    done = f"done at {clock.stopped_at:%Y-%m-%d %H:%M:%S} UTC" if clock.stopped_at and not clock.fell_away else "never done"
    return f"It was due by {clock.due_at:%Y-%m-%d %H:%M:%S} UTC, and was {done}."
