"""Entries of no incident that go along in a pack all the same: raw requests that speak of its incidents, what their holds' custodians answered.

Of an engagement also the clocks of its period that broke and name no incident, with the pages that they are of. They are found by Muster
itself, which sees everything, before any record is written: within a period's range what is no record is a stub.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge

from django.db.models import Q

from compliance.audit_misses import PAGE
from compliance.models import CustodianFile, CustodianTask
from compliance.packs import beside
from compliance.packs.audited import Audited
from compliance.packs.log import Log
from compliance.packs.records import CLOCKS, CUSTODIAN_FILES, EVENTS, INBOUND, PAGES, TASKS, Sealed
from compliance.packs.told import Opened
from incidents.models import Incident, Signal
from ledger.models import Event

AT_A_TIME = 100  # incidents in one transaction


@dataclass(frozen=True, slots=True)
class Along:
    """What goes along: of each table the ids of the rows; which other incidents the raw requests may speak of; each incident's raw requests."""

    rows: Mapping[str, frozenset[int]] = field(default_factory=dict)
    spoken_of: frozenset[int] = frozenset()
    requests: Mapping[int, Collection[int]] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """The tables in which there is anything."""
        return frozenset(table for table, ids in self.rows.items() if ids)

    def has(self, entry: Sealed) -> bool:
        """Whether an entry of no incident goes along."""
        return entry.table in self.rows and entry.pk in self.rows[entry.table]

    def between(self, log: Log, first: int, last: int) -> Iterator[Sealed]:
        """Those among these leaves, in their order; inside a scope that sees all."""
        found = [log.of_none([table], first, last, rows=sorted(self.rows[table])) for table in sorted(self.tables)]
        return merge(*found, key=lambda entry: entry.leaf)


def look(incidents: Collection[int], own: Opened, engaged: Audited | None, alive: Callable[[], None], *, custody: bool) -> Along:
    """What goes along with these incidents. `custody`: whether the pack is for people who read of legal holds.

    `alive` is called between transactions.
    """
    requests: dict[int, list[int]] = {}
    spoken_of: set[int] = set()
    for some in _some(incidents):
        alive()
        with own():
            alerted = Signal.objects.filter(incident_id__in=some, integration__isnull=False).values("incident_id")
            for incident in Incident.objects.filter(pk__in=alerted).order_by("pk"):
                requests[incident.pk] = _requests(incident, engaged)
                spoken_of |= beside.spoken_of(incident, requests[incident.pk])
    rows = {INBOUND: frozenset(pk for ids in requests.values() for pk in ids)}
    if engaged is not None:
        rows[CLOCKS] = frozenset(one.clock_id for one in engaged.misses)
        rows[PAGES] = frozenset(one.number for one in engaged.misses if one.kind == PAGE)
    if custody:
        with own():
            rows |= _custody(incidents)
    return Along(rows, frozenset(spoken_of), requests)


def _requests(incident: Incident, engaged: Audited | None) -> list[int]:
    """An incident's raw requests; of an engagement's, one from outside of its period only where it speaks of no incident besides the engagement's."""
    found = beside.inbound_ids(incident)
    if engaged is None:
        return found
    one = engaged.engagement
    outside = beside.received_outside(found, one.starts_at, one.ends_at)
    others = {pk for pk in outside if not beside.spoken_of(incident, [pk]) <= engaged.incidents}
    return [pk for pk in found if pk not in others]


def _custody(incidents: Collection[int]) -> dict[str, frozenset[int]]:
    """What was asked of custodians under the incidents' holds, what they answered and attached, who downloaded that, and the events of it."""
    tasks = set[int]()
    for some in _some(incidents):
        tasks.update(CustodianTask.objects.filter(hold__incident_id__in=some).values_list("pk", flat=True))
    files = frozenset(CustodianFile.objects.filter(task__in=tasks).values_list("pk", flat=True))
    events = Event.objects.filter(
        Q(subject_type=CustodianTask._meta.label_lower, subject_id__in=tasks)
        | Q(subject_type=CustodianFile._meta.label_lower, subject_id__in=files),
        incident_id=None,
    )
    return {TASKS: frozenset(tasks), CUSTODIAN_FILES: files, EVENTS: frozenset(events.values_list("pk", flat=True))}


def _some(incidents: Iterable[int]) -> Iterator[list[int]]:
    every = sorted(incidents)
    return (every[at : at + AT_A_TIME] for at in range(0, len(every), AT_A_TIME))
