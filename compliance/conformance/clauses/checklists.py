"""Section 9: the checklists of the three leading roles."""

from compliance.conformance.clauses.shared import plural
from compliance.conformance.record import Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open

GIVES = (Verdict.KEPT, Verdict.BROKEN, Verdict.NOT_APPLICABLE, Verdict.OPEN)
BY = "At the resolution of a war room every step of the {} checklist was done, by itself or by hand."


def _steps(record: Record, role: str) -> Judgement:
    """Whether every step of a role's checklist was done before the incident was resolved (for the last time)."""
    if not record.mobilised:
        return not_applicable(record.small)
    if record.ended_otherwise:
        return not_applicable(f"There was nothing to go through: {record.ended_otherwise}.")
    if record.is_open:
        return still_open("It goes on.")
    ends = record.of("incident.resolved")
    if not ends:
        return no_evidence("The record does not tell of its resolution.")
    end = ends[-1]
    if not record.runs_a_room(record.level_at(end.seq)):
        return not_applicable("It was resolved as a SEV 3 or 4, which has no war room.")
    done = {tick.key for tick in record.ticks if tick.role == role and tick.ticked_at <= end.at}
    steps = getattr(record.law.checklists, role)
    owner = record.owner(role, end.at)
    found = [Finding(f"Not done: {step.text}", end.at, owner, entry=end.seq) for step in steps if step.key not in done]
    return judged(found, kept(f"All {plural(len(steps), 'step')} done."))


@judges("checklist.ic", BY.format("Incident Commander's"), *GIVES)
def ic(record: Record) -> Judgement:
    """The commander's steps."""
    return _steps(record, "ic")


@judges("checklist.ol", BY.format("Operations Lead's"), *GIVES)
def ol(record: Record) -> Judgement:
    """The Operations Lead's steps."""
    return _steps(record, "ol")


@judges("checklist.cl", BY.format("Communications Lead's"), *GIVES)
def cl(record: Record) -> Judgement:
    """The Communications Lead's steps."""
    return _steps(record, "cl")
