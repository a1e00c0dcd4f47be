"""Section 2: from the first signal to the end."""

from compliance.conformance.clauses.shared import finding, overridden, plural
from compliance.conformance.record import Entry, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span

KEPT, BROKEN, OVERRIDDEN = Verdict.KEPT, Verdict.BROKEN, Verdict.OVERRIDDEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
UNANSWERED = "page_manager"  # the clock of the standard after which a question that waits has gone up to the manager


@judges(
    "lifecycle.phases",
    "Every move from state to state is one that the standard lists, with its reason where it asks for one. Leaving mobilisation with "
    "a role unfilled, for a written reason, is an override. Relapses and reopenings are counted.",
    *(KEPT, BROKEN, OVERRIDDEN),
)
def phases(record: Record) -> Judgement:
    """The states followed each other as the standard has them."""
    begun = record.of("incident.declared")
    if not begun:
        return no_evidence("The record does not tell of its declaration.")
    state = str(begun[0].data.get("state", ""))
    found: list[Finding] = []
    moves = back = 0
    for entry in record.after(begun[0]):
        to = _reached(entry)
        if to is None:
            continue
        moves += 1
        if entry.kind != "incident.severity_changed":
            found += _wrong(record, entry, state, to)
            back += entry.kind == "incident.reopened" or (state == "monitoring" and to == "investigation")
        state = to
    return judged(found, kept(f"{plural(moves, 'move')}, all of them the standard's; {back} back."))


def _reached(entry: Entry) -> str | None:
    """The state in which an entry left the incident; None where it moved nothing."""
    fixed = {
        "incident.mobilised": "investigation",
        "incident.resolved": "resolved",
        "incident.closed": "closed",
        "incident.false_positive": "false_positive",
        "incident.merged": "merged",
    }
    if entry.kind in fixed:
        return fixed[entry.kind]
    if entry.kind in ("incident.advanced", "incident.reopened"):
        return str(entry.data.get("after"))
    if entry.kind == "incident.severity_changed" and entry.data.get("state"):
        return str(entry.data["state"])
    return None


def _wrong(record: Record, entry: Entry, source: str, to: str) -> list[Finding]:
    """What is wrong with one move."""
    try:
        move = record.law.move(source, to)
    except ValueError:
        move = None
    if entry.kind == "incident.reopened":  # what was small, and raised to SEV 1/2 after its end, begins with mobilisation
        move = record.law.move("resolved", "investigation")
    if move is None:
        return [finding(entry, f"Went from {source} to {to}, which is no move of the standard")]
    if move.reason == "always" and not entry.data.get("reason"):
        return [finding(entry, f"Went from {source} to {to} without the reason that this needs")]
    if (why := overridden(entry, "roles_unfilled")) is not None:
        return [finding(entry, "Began to investigate with leading roles unfilled", reason=why)]
    return []


@judges(
    "triage.declare-immediately",
    "The time from detection to declaration. The standard names no limit of its own, so the one is taken after which it lets no "
    "question wait for an answer: when the manager is paged (30 minutes as shipped), from the first acknowledgement, or from "
    "detection where nobody acknowledged.",
    *(KEPT, BROKEN),
)
def declare_immediately(record: Record) -> Judgement:
    """It was declared at once."""
    begun = record.of("incident.declared")
    waited = begun[0].data.get("detected_to_declared_seconds") if begun else None
    if waited is None:
        return no_evidence("The record does not say how long it took to declare it.")
    seen = [e.at for e in record.of("incident.preceded") if e.says(kind_then="page.acknowledged")]
    seconds = min(float(waited), (begun[0].at - min(seen)).total_seconds()) if seen else float(waited)
    limit = next(60 * clock.due for clock in record.law.clocks if clock.key == UNANSWERED)
    since = "it was acknowledged" if seen else "it was detected"
    told = f"Declared {span(seconds)} after {since}"
    return judged([finding(begun[0], told, seconds=seconds)] if seconds > limit else [], kept(f"{told}."))


@judges("triage.initial-severity", "The declaration names one of the standard's severities.", *(KEPT, BROKEN))
def initial_severity(record: Record) -> Judgement:
    """No incident without a severity."""
    begun = record.of("incident.declared")
    if not begun:
        return no_evidence("The record does not tell of its declaration.")
    level = begun[0].data.get("severity")
    if level in [severity.level for severity in record.law.severities]:
        return kept(f"Declared as SEV {level}.")
    return judged([finding(begun[0], "Declared without a severity")], kept(""))


def _ends(record: Record) -> list[Entry] | Judgement:
    """The resolutions to judge; or why there is none."""
    ends = record.of("incident.resolved")
    if ends:
        return ends
    if record.is_open:
        return still_open("It is not resolved yet.")
    if record.ended_otherwise:
        return not_applicable(f"Nothing was resolved: {record.ended_otherwise}.")
    return no_evidence("It is over, and the record does not tell of its resolution.")


@judges(
    "resolve.impact-ceased",
    "At each resolution the record says when the impact ended.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def impact_ceased(record: Record) -> Judgement:
    """Resolved only once users felt nothing any more."""
    ends = _ends(record)
    if isinstance(ends, Judgement):
        return ends
    found = [finding(end, "Resolved without an end of the impact") for end in ends if not _impact_end(record, end)]
    return judged(found, kept("The impact had ended."))


def _impact_end(record: Record, end: Entry) -> bool:
    """Whether an end of the impact was on record when it was resolved; a relapse, or reopening, asks for it again."""
    known = None
    for entry in record.before(end, "incident.impact_set", "incident.reopened", "incident.advanced"):
        if entry.kind == "incident.impact_set":
            known = (entry.data.get("after") or [None, None])[1]
        elif entry.kind == "incident.reopened" or entry.says(relapse=True):
            known = None
    return known is not None


@judges(
    "resolve.alerts-cleared",
    "No alert fired at a resolution; one that did, passed over for a written reason, is an override.",
    *(KEPT, BROKEN, OVERRIDDEN, NOT_APPLICABLE, OPEN),
)
def alerts_cleared(record: Record) -> Judgement:
    """Resolved only once nothing fired."""
    ends = _ends(record)
    if isinstance(ends, Judgement):
        return ends
    if any("firing" not in end.data for end in ends):
        return no_evidence("The record does not say whether alerts fired.")
    found = [
        finding(end, f"Resolved while firing: {', '.join(end.data['firing'])}", reason=overridden(end, "alerts_firing") or "")
        for end in ends
        if end.data["firing"]
    ]
    return judged(found, kept("No alert fired."))


@judges(
    "resolve.ic-declares",
    "Each resolution of a SEV 1 or 2 is its commander's; of a SEV 3 or 4 too, where there is one.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ic_declares(record: Record) -> Judgement:
    """The commander says when it is over."""
    ends = _ends(record)
    if isinstance(ends, Judgement):
        return ends
    theirs = [e for e in ends if record.runs_a_room(record.level_at(e.seq)) or record.holder("ic", e.at) is not None]
    if not theirs:
        return not_applicable(f"A SEV 3 or 4 needs no commander, and had none; {ends[-1].actor} resolved it.")
    if not record.held:
        return no_evidence("The record does not say who commanded.")
    found = [finding(end, "Resolved without command") for end in theirs if not record.commands(end.actor_id, end.at)]
    return judged(found, kept(f"Resolved by {theirs[-1].actor}, who commanded."))


@judges(
    "resolve.stable",
    "Between the last move to monitoring and each resolution of a war room lies the standard's least time (15 minutes as shipped); less, for "
    "a written reason, is an override.",
    *(KEPT, BROKEN, OVERRIDDEN, NOT_APPLICABLE, OPEN),
)
def stable(record: Record) -> Judgement:
    """Watched before it was called resolved."""
    if not record.mobilised:
        return not_applicable(record.small)
    ends = _ends(record)
    if isinstance(ends, Judgement):
        return ends
    ends = [end for end in ends if record.runs_a_room(record.level_at(end.seq))]
    if not ends:
        return not_applicable("It was resolved as a SEV 3 or 4, which has no monitoring.")
    least = 60 * record.law.minutes("monitoring_minimum")
    found, told = [], ""
    for end in ends:
        watched = [entry for entry in record.before(end, "incident.advanced") if entry.says(after="monitoring")]
        if not watched:
            return no_evidence("The record does not say since when it was monitored.")
        seconds = (end.at - watched[-1].at).total_seconds()
        told = f"Monitored for {span(seconds)}"
        if seconds < least:
            found.append(finding(end, told, reason=overridden(end, "monitoring_too_short") or "", seconds=least - seconds))
    return judged(found, kept(f"{told}."))
