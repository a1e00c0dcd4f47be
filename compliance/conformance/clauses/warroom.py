"""Section 5: manners of the war room, and the handover of command."""

from compliance.conformance.clauses.shared import by_clocks, finding, overridden, plural
from compliance.conformance.record import ClockRow, Entry, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span

KEPT, BROKEN, OVERRIDDEN = Verdict.KEPT, Verdict.BROKEN, Verdict.OVERRIDDEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
ACK = "warroom.ack-everything"
TAKEN = "incident.command_taken"


@judges(
    ACK,
    "Its clocks: each order was acknowledged within the standard's time (2 minutes as shipped).",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ack_everything(record: Record) -> Judgement:
    """Every order is acknowledged."""
    orders = {entry.data.get("order_id"): entry for entry in record.of("incident.order_issued")}
    if not orders:
        return still_open("No order was given so far.") if record.is_open else not_applicable("No order was given.")

    def recipient(clock: ClockRow) -> str:
        entry = orders.get(clock.subject_id)
        return str(entry.data.get("to", "")) if entry else ""

    return by_clocks(record, ACK, "Saying “copy” to an order", who=recipient)


@judges(
    "warroom.bot-hygiene",
    "The entries of the record are numbered without a gap: none was deleted. (That none was edited is what sealing proves.)",
    *(KEPT, BROKEN),
)
def bot_hygiene(record: Record) -> Judgement:
    """Nothing is deleted from the record."""
    missing = [seq for seq in record.gaps if seq]
    if not record.gaps:
        return kept(f"All {plural(len(record.entries), 'entry', 'entries')} are there.")
    return judged([Finding(f"Entry {seq} is missing", entry=seq) for seq in missing], no_evidence("No declaration is on record."))


@judges(
    "handover.after-4h",
    "Its clock: nobody commanded longer than the standard allows (4 hours as shipped).",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def after_4h(record: Record) -> Judgement:
    """A long command is handed over."""
    if not record.mobilised:
        return not_applicable(record.small)
    clause = "handover.after-4h"
    if not record.clocks_of(clause) and record.is_open:
        return still_open("Nobody commands yet.")
    holders = {one.id: one.user_id for one in record.held}
    return by_clocks(record, clause, "Handing command over", who=lambda clock: record.name(holders.get(clock.subject_id)))


def _taken(record: Record) -> list[Entry] | Judgement:
    """The handovers to judge; or why there is none."""
    if taken := record.of(TAKEN):
        return taken
    if record.is_open:
        return still_open("Command was not handed over so far.")
    return not_applicable("Command was not handed over.")


def _step(record: Record, taken: Entry, kind: str) -> Entry | None:
    """The step of this kind that led to a handover: the last one since command was offered."""
    offers = record.before(taken, "incident.handover_offered")
    found = [entry for entry in record.before(taken, kind) if offers and entry.seq > offers[-1].seq]
    return found[-1] if found else None


@judges(
    "handover.shadow-15",
    "The incoming commander shadowed for the standard's time (15 minutes as shipped); less, for a written reason, is an override.",
    *(KEPT, BROKEN, OVERRIDDEN, NOT_APPLICABLE, OPEN),
)
def shadow_15(record: Record) -> Judgement:
    """The next commander shadows first."""
    taken = _taken(record)
    if isinstance(taken, Judgement):
        return taken
    least = 60 * record.law.minutes("shadow")
    found, told = [], ""
    for entry in taken:
        begun = _step(record, entry, "incident.shadowing")
        seconds = (entry.at - begun.at).total_seconds() if begun else 0.0
        told = f"Shadowed for {span(seconds)}"
        if seconds < least:
            reason = overridden(entry, "shadow_too_short") or ""
            found.append(finding(entry, told, reason=reason, seconds=least - seconds))
    return judged(found, kept(f"{told}."))


@judges(
    "handover.sitrep",
    "Before command passed, the outgoing commander had posted a situation report.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def sitrep(record: Record) -> Judgement:
    """No handover without a situation report."""
    taken = _taken(record)
    if isinstance(taken, Judgement):
        return taken
    found = []
    for entry in taken:
        report = _step(record, entry, "incident.sitrep")
        if report is None or not record.commands(report.actor_id, report.at):
            found.append(finding(entry, "Command passed without the outgoing commander's situation report"))
    return judged(found, kept(f"Reported before {plural(len(taken), 'handover')}."))


@judges(
    "handover.announce",
    "The outgoing commander announced it by name before the incoming one said that they have command.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def announce(record: Record) -> Judgement:
    """Announced by name, then taken."""
    taken = _taken(record)
    if isinstance(taken, Judgement):
        return taken
    found = []
    for entry in taken:
        said = _step(record, entry, "incident.handover_announced")
        if said is None or not record.commands(said.actor_id, said.at):
            found.append(finding(entry, "Command passed without being announced by who had it"))
        elif said.data.get("to") != entry.actor:
            found.append(finding(entry, f"Announced for {said.data.get('to')}, and taken by {entry.actor}"))
    return judged(found, kept(f"{plural(len(taken), 'handover')} announced, then taken."))
