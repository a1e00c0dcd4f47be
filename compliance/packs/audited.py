"""What the pack of an audit engagement is made of: what its auditor may read by then, as the database says it (clause people.auditor).

That is each incident that was declared in the engagement's period with all that belongs to it, however much later it was written; and what
was written in the period of no incident, with the clocks that broke in it. Everything else that was sealed in the period is a stub.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from heapq import merge
from typing import Any

from django.db import connection

from compliance.audit_misses import Miss, misses
from compliance.audit_population import RESTRICTED, SEEN, population
from compliance.models import AuditEngagement
from compliance.packs.log import Log
from compliance.packs.records import EVENTS, Sealed
from compliance.packs.told import Opened
from ledger.models import Event
from tenants.actors import Via
from tenants.scope import scope
from tenants.walled import tenant_of

ENGAGEMENTS = "compliance_historicalauditengagement"
NO, YES, OUTSIDE = "no", "yes", "outside"  # how the population calls a number that is shown, restricted, or of another period


class Over(Exception):
    """The engagement is not open any more, or is not on record: its auditor may read nothing."""


def opened_by(engagement: AuditEngagement) -> Opened:
    """What opens the scope of an engagement's auditor: as the auditor's own role in the database, read only."""
    at: Any = {"surface": Via.WEB, "user_id": engagement.auditor_id, "auditing": True}
    return partial(scope, tenant_of(engagement), **at)


@dataclass(frozen=True, slots=True)
class Audited:
    """One engagement: its numbers in their order, each with how the population calls it, those that are shown with their ids; its own entries.

    `misses` are the broken clocks of the period that name no incident.
    """

    engagement: AuditEngagement
    numbers: dict[int, str]
    ids: dict[int, int]
    incidents: frozenset[int]
    misses: tuple[Miss, ...]
    itself: tuple[Sealed, ...]
    auditor: str

    def shows(self, entry: Sealed) -> bool:
        """Whether an entry of the auditor's scope, who may have other engagements too, belongs to this one."""
        return entry.incident_id in self.incidents if entry.incident_id is not None else entry.table != ENGAGEMENTS

    def own(self, first: int, last: int) -> list[Sealed]:
        """What tells of the engagement itself among these leaves: whoever has the pack can see by it what it may hold."""
        return [entry for entry in self.itself if first <= entry.leaf <= last]

    def beyond(self, log: Log, first: int, last: int, opened: Opened) -> Iterator[Sealed]:
        """The engagement's own entries, and those of its incidents, among leaves outside of the period."""
        pages = log.of_incidents(sorted(self.incidents), first, last, opened)
        return merge(self.own(first, last), (entry for page in pages for entry in page), key=lambda entry: entry.leaf)


def look(engagement: AuditEngagement, log: Log, own: Opened, theirs: Opened) -> Audited:
    """What an engagement shows. Raises Over where it is not open, or not in the log."""
    with theirs():
        check_open(engagement)
        rows = population(engagement).rows
        named = {SEEN: NO, RESTRICTED: YES}
        if not engagement.restricted:  # one that its auditor is named on they read in its room; this engagement does not open it
            rows = [replace(row, kind=RESTRICTED) if row.incident and row.incident.restricted else row for row in rows]
        numbers = {row.number: named.get(row.kind, OUTSIDE) for row in rows if row.kind}  # one that nobody has stays a gap
        ids = {row.number: row.incident.pk for row in rows if row.kind == SEEN and row.incident is not None}
        missed = tuple(one for one in misses(engagement) if one.incident_id is None or one.incident_id in ids.values())
    with own():
        made = Event.objects.filter(
            kind="engagement.made", subject_type=engagement._meta.label_lower, subject_id=engagement.pk
        ).first()
        itself = list(log.of_none([ENGAGEMENTS], rows=[engagement.pk]))
        itself += list(log.of_none([EVENTS], rows=[made.pk])) if made else []
    if made is None or {entry.table for entry in itself} != {ENGAGEMENTS, EVENTS}:
        raise Over("the engagement is older than the sealed log; an administrator makes another")
    itself.sort(key=lambda entry: entry.leaf)
    return Audited(engagement, numbers, ids, frozenset(ids.values()), missed, tuple(itself), str(made.data["auditor"]))


def check_open(engagement: AuditEngagement) -> None:
    """Inside the auditor's scope. Raises Over where the database would show them nothing of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s IN (SELECT muster.audited_engagements())", [engagement.pk])
        if not cursor.fetchone()[0]:
            raise Over("the engagement is not open any more")


def told(audited: Audited) -> dict[str, Any]:
    """The engagement as `data/pack.json` tells of it; the verifier holds it against the engagement's own entries."""
    one = audited.engagement
    return {
        "id": one.pk,
        "firm": one.firm,
        "auditor": audited.auditor,
        "auditor_id": one.auditor_id,
        "first": str(one.first),
        "last": str(one.last),
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "restricted": one.restricted,
    }
