"""Sections 2 and 3: who is called, and how soon."""

from collections.abc import Iterable
from datetime import datetime

from compliance.conformance.clauses.shared import by_clocks, finding, plural
from compliance.conformance.record import AT_ONCE, Entry, PageRow, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open

KEPT, BROKEN = Verdict.KEPT, Verdict.BROKEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
MOBILISING = ("incident.declared", "incident.severity_changed", "incident.reopened")
ROLES = "mobilize.roles-assigned"


@judges(
    ROLES,
    "Its clock: commander, Operations and Communications Lead are filled within the standard's time (5 minutes as shipped), each "
    "time that one of them is open.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def roles_assigned(record: Record) -> Judgement:
    """The leading roles each get a name."""
    if not record.mobilised:
        return not_applicable(record.small)
    return by_clocks(record, ROLES, "Filling the leading roles", who=lambda clock: record.name(record.holder("ic", clock.due_at)))


def mobilisations(record: Record, *levels: int) -> list[Entry]:
    """The entries at which people had to be called: declared, raised or reopened as a severity that mobilises (of `levels`)."""
    found = []
    for entry in record.of(*MOBILISING):
        level = record.level_at(entry.seq)
        if entry.data.get("mobilise") and record.runs_a_room(level) and (not levels or level in levels):
            found.append(entry)
    return found


def recent(record: Record, entry: Entry) -> bool:
    """Whether what follows from an entry may still be under way."""
    return record.is_open and record.last_at - entry.at < AT_ONCE


def first_call(record: Record, entry: Entry, pages: Iterable[PageRow]) -> datetime | None:
    """When the first of these pages called somebody because of what this entry says; None where none of them did.

    One that was there already counts as made. But what was small until then, or had ended, called nobody to this: only who is
    called again, or answers without being called again, since it was raised or reopened. (The watchdog asks the same of what runs:
    incidents/unpaged.py.)
    """
    raised = entry.kind == "incident.severity_changed" and not record.runs_a_room(entry.data["before"])
    found = list[datetime]()
    for page in pages:
        if page.started_at >= entry.at or not (raised or entry.kind == "incident.reopened"):
            found.append(page.started_at)
            continue
        again = [one.at for one in record.after(entry, "page.person_paged") if one.subject_id == page.id]
        answers = [one.at for one in record.after(entry, "page.acknowledged") if one.subject_id == page.id]
        answers += [page.acknowledged_at] if page.acknowledged_at is not None and page.acknowledged_at >= entry.at else []
        if answers and min(answers) <= min(again, default=min(answers)):
            found.append(page.started_at)
        else:
            found += again
    return min(found, default=None)


def uncalled(record: Record, entry: Entry) -> list[Finding]:
    """The teams whose on-call was not called, or too late, when people had to be."""
    called = [page for page in record.pages if page.team_id is not None and (page.position or page.acknowledged_at)]
    found = []
    for team, service in record.teams.items():
        first = first_call(record, entry, [page for page in called if page.team_id == team])
        if first is None:
            found.append(finding(entry, f"The on-call of {service} was not called", by="Muster"))
        elif first - entry.at > AT_ONCE:
            late = (first - entry.at).total_seconds()
            found.append(finding(entry, f"The on-call of {service} was called too late", by="Muster", seconds=late))
    return found


@judges(
    "mobilize.page-out",
    "Within a minute of declaring, raising or reopening as SEV 1 or 2, the on-call of every affected service had been called.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def page_out(record: Record) -> Judgement:
    """The on-call engineers needed are paged."""
    if not record.mobilised:
        return not_applicable(record.small)
    moments = mobilisations(record)
    if not moments or not (record.teams or record.pages):
        return no_evidence("The record names no service whose on-call was to be called, and no call.")
    first = moments[0]
    found = uncalled(record, first)
    if found and recent(record, first):
        return still_open("People are being called.")
    teams = {page.team_id for page in record.pages if page.team_id is not None}
    if not found and not teams:
        return no_evidence("The record has no call of anybody on call.")
    return judged(found, kept(f"The on-call of {plural(len(teams), 'team')} was called."))
