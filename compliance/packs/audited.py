"""What the pack of an audit engagement is made of: what its auditor may read by then, as the database says it (clause people.auditor).

That is each incident that was declared in the engagement's period with all that belongs to it, however much later it was written; and what
was written in the period of no incident, with the clocks that broke in it. Everything else that was sealed in the period is a stub.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from heapq import merge
from typing import Any

import orjson
from django.db import connection
from django.db.models import Q

from compliance.audit_misses import Miss, misses
from compliance.audit_population import RESTRICTED, SEEN, population
from compliance.models import AuditEngagement, CustodianFile, CustodianTask
from compliance.packs.log import Log
from compliance.packs.records import EVENTS, Sealed
from compliance.packs.told import Opened
from incidents.models import Alert, Incident, LegalHold, Signal
from ledger.models import Event
from oncall.models import Page
from standard.models import Clock
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
class Unopened:
    """Restricted incidents that an engagement does not open, as events of no incident tell of them: by their subjects, and by what was read."""

    subjects: Mapping[str, frozenset[int]]
    named: re.Pattern[str] | None

    def told_by(self, entry: Sealed) -> bool:
        """Whether an entry of no incident is an event that tells of one of them."""
        if entry.table != EVENTS or entry.body is None or self.named is None:
            return False
        row = orjson.loads(entry.body)
        read = row["kind"] == "auditor.read" and self.named.search(row["data"]["path"])
        return bool(read) or row["subject_id"] in self.subjects.get(row["subject_type"], ())


@dataclass(frozen=True, slots=True)
class Audited:
    """One engagement: its numbers in their order, each with how the population calls it, those that are shown with their ids; its own entries.

    `misses` are the broken clocks of the period that name no incident. `kept_from` is what the auditor may read in the portal and this engagement
    does not open, being named on it or by another engagement.
    """

    engagement: AuditEngagement
    numbers: dict[int, str]
    ids: dict[int, int]
    incidents: frozenset[int]
    misses: tuple[Miss, ...]
    itself: tuple[Sealed, ...]
    auditor: str
    kept_from: "Unopened"

    def shows(self, entry: Sealed) -> bool:
        """Whether an entry of the auditor's scope, who may have other engagements too, belongs to this one."""
        if entry.incident_id is not None:
            return entry.incident_id in self.incidents
        return entry.table != ENGAGEMENTS and not self.kept_from.told_by(entry)

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
    with own():  # all there are: what led to one may be of the period although it was declared after it
        kept_from = _unopened(list(Incident.objects.filter(restricted=True).exclude(pk__in=ids.values())))
        made = Event.objects.filter(
            kind="engagement.made", subject_type=engagement._meta.label_lower, subject_id=engagement.pk
        ).first()
        itself = list(log.of_none([ENGAGEMENTS], rows=[engagement.pk]))
        itself += list(log.of_none([EVENTS], rows=[made.pk])) if made else []
    if made is None or {entry.table for entry in itself} != {ENGAGEMENTS, EVENTS}:
        raise Over("the engagement is older than the sealed log; an administrator makes another")
    itself.sort(key=lambda entry: entry.leaf)
    return Audited(engagement, numbers, ids, frozenset(ids.values()), missed, tuple(itself), str(made.data["auditor"]), kept_from)


def _unopened(incidents: Collection[Incident]) -> Unopened:
    """What led to these incidents, and what custodians of their holds were asked; inside a scope that sees all."""
    if not incidents:
        return Unopened({}, None)
    of_it = Q(incident_id__in=[incident.pk for incident in incidents])
    tasks = CustodianTask.objects.filter(hold__in=LegalHold.objects.filter(of_it).values("id"))
    pages = Page.objects.filter(of_it)
    subject = {model: model._meta.label_lower for model in (Page, CustodianTask)}
    clocks = Clock.objects.filter(
        of_it
        | Q(subject_type=subject[Page], subject_id__in=pages.values("id"))
        | Q(subject_type=subject[CustodianTask], subject_id__in=tasks.values("id"))
    )
    files = CustodianFile.objects.filter(task__in=tasks.values("id"))
    found = (Signal.objects.filter(of_it), Alert.objects.filter(of_it), pages, clocks, tasks, files)
    numbers = "|".join(str(incident.number) for incident in incidents)
    refs = "|".join(re.escape(incident.ref) for incident in incidents)
    subjects = {rows.model._meta.label_lower: frozenset(rows.values_list("pk", flat=True)) for rows in found}
    return Unopened(
        subjects | {Event._meta.label_lower: _tried_again(subjects)},
        re.compile(rf"{refs}|INC-(?:{numbers})(?![0-9])", re.IGNORECASE),
    )


def _tried_again(subjects: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """The events of no incident on these subjects of which a reaction was tried again: that names the reaction, and what it failed of."""
    tried = Event.objects.filter(subject_type=Event._meta.label_lower, incident_id=None).values("subject_id")
    rows = Event.objects.filter(pk__in=tried, incident_id=None).values_list("pk", "subject_type", "subject_id")
    return frozenset(pk for pk, subject_type, subject_id in rows if subject_id in subjects.get(subject_type, ()))


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
