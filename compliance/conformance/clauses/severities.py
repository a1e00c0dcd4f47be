"""Section 3: severities and what they cause."""

from compliance.conformance.clauses.mobilising import first_call, mobilisations, recent, uncalled
from compliance.conformance.clauses.shared import asked, broken, by_clocks, fell_away, finding
from compliance.conformance.record import AT_ONCE, ClockRow, Entry, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open

KEPT, BROKEN = Verdict.KEPT, Verdict.BROKEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
SEV4 = "severity.sev4-ticket"


def _title(duty: str) -> str:
    """A duty's name for people, as pages of it say it."""
    return {"pr": "PR", "cfo": "CFO"}.get(duty, duty.replace("_", " ").capitalize())


def _pages(record: Record, level: int) -> Judgement:
    """Whether a severity called and told whom the standard names for it, each time that it was reached."""
    if not record.was(level):
        return not_applicable(f"It never was a SEV {level}.")
    moments = mobilisations(record, level)
    if not moments:
        return no_evidence(f"The record does not tell when it became a SEV {level}.")
    if not record.pages and not record.notices:
        if recent(record, moments[-1]):
            return still_open("People are being called.")
        return no_evidence("The record has neither a call nor a notice.")
    rule = record.law.severity(level)
    found: list[Finding] = []
    for entry in moments:
        missing = uncalled(record, entry) if rule.pages_on_call else []
        missing += [f for duty in rule.pages_duties for f in _duty_called(record, entry, duty, level)]
        if rule.notifies_duties and not _told(record, entry):
            named = " and ".join(_title(duty) for duty in rule.notifies_duties)
            missing.append(finding(entry, f"Nobody was notified as {named}", by="Muster"))
        if missing and recent(record, entry):
            return still_open("People are being called.")
        found += missing
    return judged(found, kept("Everybody whom the standard names was called or told."))


def _duty_called(record: Record, entry: Entry, duty: str, level: int) -> list[Finding]:
    clause = f"severity.sev{level}-page"
    calls = [page for page in record.pages if page.clause == clause and page.reason == _title(duty) and page.position]
    first = first_call(record, entry, calls)
    if first is None:
        return [finding(entry, f"The {_title(duty)} was not called", by="Muster")]
    if first - entry.at > AT_ONCE:
        late = (first - entry.at).total_seconds()
        return [finding(entry, f"The {_title(duty)} was called too late", by="Muster", seconds=late)]
    return []


def _told(record: Record, entry: Entry) -> bool:
    sent = [n for n in record.notices if n.template == "notice" and n.event_id == entry.id and n.arrived]
    return any(notice.created_at - entry.at <= AT_ONCE for notice in sent)


@judges(
    "severity.sev1-page",
    "Within a minute of becoming SEV 1: the on-call of every affected service and the duties that the standard names were called, and "
    "those that it notifies had a notice in their inbox.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev1_page(record: Record) -> Judgement:
    """SEV 1 calls at once."""
    return _pages(record, 1)


@judges(
    "severity.sev2-page",
    "Within a minute of becoming SEV 2: the on-call of every affected service was called, and the duties that the standard names "
    "had a notice in their inbox.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev2_page(record: Record) -> Judgement:
    """SEV 2 calls at once."""
    return _pages(record, 2)


def _cadence(record: Record, level: int) -> Judgement:
    """Whether updates came in time while it had a severity, the internal ones and the public ones alike."""
    if not record.was(level):
        return not_applicable(f"It never was a SEV {level}.")
    rule = record.law.severity(level).cadence
    if rule is None:
        return not_applicable(f"The standard that it is judged by sets no cadence for SEV {level}.")
    clocks, fallen = asked(record.clocks_of(rule.clause))
    if not clocks and fallen:
        return not_applicable(f"No update came due: {fell_away(fallen)}")
    internal = [clock for clock in clocks if clock.subject_type == "incidents.incident"]
    public = [clock for clock in clocks if clock not in internal]
    if not internal and not fallen:
        return no_evidence("The record has no clock of updates.")
    found = broken(record, internal, "An internal update") + broken(record, public, "A public update")
    if any(clock.runs for clock in clocks):
        return judged(found, still_open("The next update is not due yet."))
    return judged(found, kept(f"Updates came in time, {len(clocks)} times."))


@judges(
    "severity.sev1-cadence",
    "Its clocks: no internal update, and once customers were told no public one, came later than the standard's limit (30 minutes "
    "as shipped).",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev1_cadence(record: Record) -> Judgement:
    """Updates of a SEV 1 come in time."""
    return _cadence(record, 1)


@judges(
    "severity.sev2-cadence",
    "As severity.sev1-cadence, with the limit of SEV 2 (60 minutes as shipped).",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev2_cadence(record: Record) -> Judgement:
    """Updates of a SEV 2 come in time."""
    return _cadence(record, 2)


def _resolver(record: Record, clock: ClockRow) -> str:
    """Whose a fix was: the commander's where there is one, else of whoever resolved it, else the owner team's."""
    commander = record.holder("ic", clock.due_at)
    ends = record.of("incident.resolved")
    return record.name(commander) if commander is not None else ends[-1].actor if ends else "the owner team"


@judges(
    "severity.sev3-fix",
    "Its clock: resolved within the standard's business days (3 as shipped), on the organisation's calendar.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev3_fix(record: Record) -> Judgement:
    """A SEV 3 is fixed in time."""
    if not record.was(3):
        return not_applicable("It never was a SEV 3.")
    return by_clocks(record, "severity.sev3-fix", "The fix", who=lambda clock: _resolver(record, clock))


@judges(
    SEV4,
    "Nobody was called about it while it was a SEV 4; and its clock: done at the end of the next sprint.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sev4_ticket(record: Record) -> Judgement:
    """A SEV 4 is a ticket that wakes nobody."""
    if not record.was(4):
        return not_applicable("It never was a SEV 4.")
    woken = [
        finding(entry, f"{entry.data.get('person', 'Somebody')} was called about a SEV 4")
        for entry in record.of("page.person_paged")
        if record.level_at(entry.seq) == 4
    ]
    answer = by_clocks(record, SEV4, "The ticket", who=lambda clock: _resolver(record, clock))
    return judged([*woken, *answer.findings], answer)
