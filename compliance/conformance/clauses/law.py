"""Section 7: law and evidence."""

from compliance.conformance.clauses.shared import by_clocks, finding, plural
from compliance.conformance.record import AT_ONCE, Entry, HoldRow, PageRow, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from standard.law_types import Flag

KEPT, BROKEN = Verdict.KEPT, Verdict.BROKEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
PAGING, REVIEW = "breach.page-privacy-legal", "evidence.access-review"


def _title(duty: str) -> str:
    return {"pr": "PR", "cfo": "CFO"}.get(duty, duty.replace("_", " ").capitalize())


def _flagged(record: Record, clause: str) -> list[tuple[Entry, Flag]]:
    """The flags that set this clause off, with what the standard says of each."""
    rules = {rule.key: rule for rule in record.law.flags if clause in rule.clauses}
    return [(e, rules[e.data["flag"]]) for e in record.of("incident.flagged") if e.data.get("flag") in rules]


def _unflagged(record: Record) -> Judgement:
    """The answer where no such flag was raised. (While it goes on one still may be: then it is judged.)"""
    return not_applicable("It was not flagged so.")


@judges(
    "breach.sev1",
    "From each flag of exposed personal data until Legal lifted it, the severity was never below what the flag forces (SEV 1).",
    *(KEPT, BROKEN, NOT_APPLICABLE),
)
def sev1(record: Record) -> Judgement:
    """Exposed personal data are a SEV 1."""
    flags = [(entry, rule) for entry, rule in _flagged(record, "breach.sev1") if rule.raises_to is not None]
    if not flags:
        return _unflagged(record)
    found = []
    for entry, rule in flags:
        forced = rule.raises_to or 1
        lifted = [e.seq for e in record.after(entry, "incident.unflagged") if e.says(flag=rule.key)]
        if record.level_at(entry.seq) > forced:
            found.append(finding(entry, f"Flagged, and left a SEV {record.level_at(entry.seq)}"))
        found += [
            finding(e, f"Lowered to SEV {level} while it was flagged")
            for e, level in record.levels
            if e.seq > entry.seq and level > forced and (not lifted or e.seq < lifted[0])
        ]
    return judged(found, kept("It was a SEV 1 as long as it was flagged."))


@judges(
    "breach.preserve-logs",
    "Each flag placed a legal hold at once; one that is released has Legal's word, a second person's and a reason.",
    *(KEPT, BROKEN, NOT_APPLICABLE),
)
def preserve_logs(record: Record) -> Judgement:
    """Logs are evidence."""
    flags = _flagged(record, "breach.preserve-logs")
    if not flags:
        return _unflagged(record)
    found = []
    for entry, _ in flags:
        if not any(abs(hold.placed_at - entry.at) <= AT_ONCE or _stood(hold, entry) for hold in record.holds):
            found.append(finding(entry, "Flagged, and no legal hold was placed", by="Muster"))
    found += [_released(record, hold) for hold in record.holds if hold.released_at and not _by_two(hold)]
    return judged(found, kept(f"{plural(len(record.holds), 'legal hold')} placed at once."))


def _stood(hold: HoldRow, entry: Entry) -> bool:
    """Whether a hold was there already."""
    return hold.placed_at < entry.at and (hold.released_at is None or hold.released_at > entry.at)


def _calls(record: Record, duty: str, entry: Entry) -> list[PageRow]:
    """The calls of a duty's holders for a flag: those for an earlier one told nobody of this."""
    named = [page for page in record.pages if page.clause == PAGING and page.reason == _title(duty) and page.position]
    return [page for page in named if page.started_at >= entry.at]


def _by_two(hold: HoldRow) -> bool:
    second = hold.second_person_id
    return bool(hold.release_reason) and hold.released_by_id is not None and second not in (None, hold.released_by_id)


def _released(record: Record, hold: HoldRow) -> Finding:
    told = "A legal hold was released without a reason and a second person"
    return Finding(told, hold.released_at, record.name(hold.released_by_id))


@judges(
    PAGING,
    "Within a minute of each such flag every duty that the standard names for it (Privacy Officer, Legal Counsel) was called; a seat "
    "that nobody holds is a break.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def page_privacy_legal(record: Record) -> Judgement:
    """Privacy and Legal are called at once."""
    flags = _flagged(record, PAGING)
    if not flags:
        return _unflagged(record)
    found: list[Finding] = []
    answered = 0
    for entry, rule in flags:
        missing = []
        for duty in rule.pages_duties:
            calls = _calls(record, duty, entry)
            answered += any(page.acknowledged_at for page in calls)
            first = min((page.started_at for page in calls), default=None)
            if first is None:
                missing.append(finding(entry, f"The {_title(duty)} was not called", by="Muster"))
            elif first - entry.at > AT_ONCE:
                late = (first - entry.at).total_seconds()
                missing.append(finding(entry, f"The {_title(duty)} was called too late", by="Muster", seconds=late))
        if missing and record.last_at - entry.at < AT_ONCE and not record.of("incident.duty_unfilled"):
            return still_open("They are being called.")
        found += missing
    called = sum(len(rule.pages_duties) for _, rule in flags)
    return judged(found, kept(f"{plural(called, 'duty', 'duties')} called at once, {answered} of them acknowledged."))


@judges(
    "breach.need-to-know",
    "The incident was restricted with the flag, and whoever read it since was named on it at that time.",
    *(KEPT, BROKEN, NOT_APPLICABLE),
)
def need_to_know(record: Record) -> Judgement:
    """Only those who need to know do."""
    flags = [(entry, rule) for entry, rule in _flagged(record, "breach.need-to-know") if rule.restricts]
    if not flags and not record.restricted:
        return _unflagged(record)
    found = [finding(e, "Flagged, and not restricted") for e, _ in flags if not (e.data.get("restricted") or record.restricted)]
    readers = record.of("incident.opened")
    if readers and not record.named:
        return no_evidence("The record does not say who is named on it.")
    found += [
        finding(entry, f"Read by {entry.actor}, who was not named on it")
        for entry in readers
        if not any(
            n.user_id == entry.actor_id and n.added_at <= entry.at and (n.until is None or entry.at <= n.until)
            for n in record.named
        )
    ]
    return judged(found, kept(f"Restricted; read {plural(len(readers), 'time')}, by nobody but those named on it."))


@judges(
    "finance.notify-cfo",
    "Within a minute of each such flag the duty that the standard names for it (the CFO) had a notice in their inbox; a seat that "
    "nobody holds is a break.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def notify_cfo(record: Record) -> Judgement:
    """The CFO hears of money at once."""
    flags = _flagged(record, "finance.notify-cfo")
    if not flags:
        return _unflagged(record)
    found = []
    for entry, rule in flags:
        named = " and ".join(_title(duty) for duty in rule.notifies_duties)
        sent = [n.created_at for n in record.notices if n.template == "flag" and n.event_id == entry.id and n.arrived]
        first = min(sent, default=None)
        if first is None and record.last_at - entry.at < AT_ONCE and not record.of("incident.duty_unfilled"):
            return still_open("The notice is on its way.")
        if first is None:
            found.append(finding(entry, f"Nobody was notified as {named}", by="Muster"))
        elif first - entry.at > AT_ONCE:
            found.append(finding(entry, f"{named} notified too late", by="Muster", seconds=(first - entry.at).total_seconds()))
    return judged(found, kept("Notified at once."))


@judges(
    REVIEW,
    "Its clock: access to production during a SEV 1 or 2, or a flagged incident, was reviewed within the standard's business days (5 as "
    "shipped) after the resolution, or the fewer that the organisation's policy gives. A policy may have more reviewed, never less: where no "
    "review was opened, it is broken. Of an exercise nothing is asked.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def access_review(record: Record) -> Judgement:
    """Who had access is checked."""
    if record.clocks_of(REVIEW):  # an organisation may have smaller ones reviewed too
        return by_clocks(record, REVIEW, "The review of access")
    if record.exercise:
        return not_applicable("It is an exercise: no review of access is asked for.")
    if not record.runs_a_room(record.worst) and not record.of("incident.flagged"):
        return not_applicable(f"It is a SEV {record.severity} without a flag: no review of access is asked for.")
    if record.is_open:
        return still_open("It is asked for once the incident is resolved.")
    if record.ended_otherwise and not record.of("incident.flagged"):
        return not_applicable(f"No review of access is asked for: {record.ended_otherwise}.")
    if record.ended_otherwise or record.of("access_review.opened"):
        return by_clocks(record, REVIEW, "The review of access")
    asked = record.of("incident.resolved", "incident.flagged")
    if not asked:
        return no_evidence(f"The record has no clock of {REVIEW}, and does not say when it was resolved.")
    if record.last_at - asked[-1].at < AT_ONCE:
        return still_open("The review is being opened.")
    return judged([finding(asked[-1], "No review of access was opened", by="Muster")], kept(""))
