"""Section 1: what we hold to."""

from compliance.conformance.blame import blaming
from compliance.conformance.clauses.learning import owed
from compliance.conformance.clauses.shared import finding, plural
from compliance.conformance.record import Entry, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span

KEPT, BROKEN = Verdict.KEPT, Verdict.BROKEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
LEADS = ("ic", "ol", "cl")
CHANGES = ("incident.change_executed", "incident.change_deviated")
# What is the commander's alone. (Who assigns roles, and who resolves, are clauses of their own.)
DECISIONS = (
    *("incident.advanced", "incident.change_approved", "incident.change_rejected", "incident.decided"),
    *("incident.order_issued", "incident.order_withdrawn", "incident.handover_offered"),
    *("incident.false_positive", "incident.merged"),
)
PARTS = {"known": "what is known", "impact": "the impact", "doing": "what is being done"}


@judges(
    "principle.mobilize-first",
    "At the first change that is made in the war room: commander, Operations and Communications Lead are there, and two people at "
    "least.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def mobilize_first(record: Record) -> Judgement:
    """People were assembled before anything was changed."""
    if not record.mobilised:
        return not_applicable(record.small)
    made = sorted(record.in_room(*CHANGES), key=lambda entry: (entry.at, entry.seq))
    if not made:
        return still_open("Nothing has been changed yet.") if record.is_open else not_applicable("Nothing was changed.")
    first = made[0]
    there = _assembled(record, first)
    if there is None:
        return no_evidence("The record does not say who was there when the first change was made.")
    missing, people = there
    if not missing and people >= 2:
        return kept(f"All three leads and {people} people were there before the first change.")
    lacks = [f"{' and '.join(role.upper() for role in missing)} not filled"] if missing else []
    lacks += ["one person alone"] if people < 2 else []
    return judged([finding(first, f"Changed before people were assembled: {', '.join(lacks)}")], kept(""))


def _assembled(record: Record, change: Entry) -> tuple[list[str], int] | None:
    """(leads that were missing, people in the room) when a change was made; None where that cannot be known.

    The first change of an incident says it itself. Where that was made before there was a room, the holdings do.
    """
    told = change.data.get("assembled")
    if isinstance(told, dict):
        return [role for role in LEADS if not told.get(role)], int(told.get("people") or 0)
    if not record.held:
        return None
    there = {role: record.holder(role, change.at) for role in LEADS}
    return [role for role in LEADS if there[role] is None], len({user for user in there.values() if user is not None})


@judges(
    "principle.mitigate-first",
    "The harm was stopped (monitoring) before the incident was resolved; both times are told apart.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def mitigate_first(record: Record) -> Judgement:
    """Mitigation is a time of its own, before resolution."""
    if not record.mobilised:
        return not_applicable(record.small)
    ends = record.in_room("incident.resolved")
    if not ends:
        if record.is_open:
            return still_open("It goes on.")
        return not_applicable(f"Nothing was resolved: {record.ended_otherwise}.") if record.ended_otherwise else _unknown_end()
    found, told = [], ""
    for end in ends:
        stopped = [entry for entry in record.before(end, "incident.advanced") if entry.says(after="monitoring")]
        if stopped:
            told = (
                f"Mitigated {span((stopped[-1].at - record.declared_at).total_seconds())} after it was declared, "
                f"resolved {span((end.at - stopped[-1].at).total_seconds())} later."
            )
        else:
            found.append(finding(end, "Resolved without a time at which the harm stopped"))
    return judged(found, kept(told) if record.is_over else still_open("It was reopened and goes on."))


def _unknown_end() -> Judgement:
    return no_evidence("It is over, and the record does not tell of its resolution.")


@judges(
    "principle.chain-of-command",
    "Each command decision in the war room (advancing, approving, ordering, deciding, lowering the severity, handing over, ending) "
    "was made by who commanded then.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def chain_of_command(record: Record) -> Judgement:
    """What is the commander's was decided by the commander."""
    if not record.mobilised:
        return not_applicable(record.small)
    made = [entry for entry in record.in_room(*DECISIONS) if entry.actor_kind != "system"]
    lowered = [entry for entry, level in record.levels if entry.kind == "incident.severity_changed" and _lowers(entry, level)]
    made = sorted({entry.seq: entry for entry in [*made, *lowered]}.values(), key=lambda entry: entry.seq)
    if not made:
        return still_open("Nothing has been decided yet.") if record.is_open else not_applicable("Nothing was decided.")
    if not record.held:
        return no_evidence("The record does not say who commanded.")
    found = [
        finding(entry, f"{entry.kind.removeprefix('incident.').replace('_', ' ').capitalize()} without command")
        for entry in made
        if not record.commands(entry.actor_id, entry.at)
    ]
    return judged(found, kept(f"{plural(len(made), 'decision')}, each by who commanded then."))


def _lowers(entry: Entry, level: int) -> bool:
    before = entry.data.get("before")
    return isinstance(before, int) and level > before and entry.actor_kind != "system"


@judges(
    "principle.communicate",
    "Every update that went out says what is known, the impact and what is being done, and our own people were told at least once. "
    "(Whether updates came in time is severity.sev1-cadence and severity.sev2-cadence.)",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def communicate(record: Record) -> Judgement:
    """Updates are structured, and there are some."""
    updates = [entry for entry in record.of("incident.updated") if entry.data.get("audience") != "support"]
    found = []
    for entry in updates:
        if lacks := [words for part, words in PARTS.items() if not entry.data.get(part)]:
            found.append(finding(entry, f"An update does not say {' or '.join(lacks)}"))
    if not updates and not record.mobilised:
        return not_applicable("A SEV 3 or 4 owes no updates, and none was given.")
    if record.mobilised and not any(entry.says(audience="internal") for entry in updates):
        if record.is_open:
            return judged(found, still_open("No internal update yet."))
        if not record.ended_otherwise:
            last = record.of("incident.resolved")
            silence = "It was resolved without one internal update"
            found.append(finding(last[-1], silence) if last else Finding(silence))
    return judged(found, kept(f"{plural(len(updates), 'structured update')}."))


@judges(
    "principle.blameless",
    "The published post-mortem has no wording that blames, by the shipped list, but those that its authors kept with a reason.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def blameless(record: Record) -> Judgement:
    """What was published blames nobody."""
    if (answer := owed(record)) is not None:
        return answer
    if not record.published:
        return still_open("Nothing of the post-mortem is published yet.")
    last = record.published[-1]
    left = [phrase for phrase in blaming(last.content) if phrase not in record.kept_wordings]
    entry = next((e for e in reversed(record.of("postmortem.published")) if e.says(version=last.number)), None)
    found = [
        finding(entry, f"Published with “{phrase}”") if entry else Finding(f"Published with “{phrase}”", last.at)
        for phrase in left
    ]
    return judged(
        found, kept(f"Version {last.number} blames nobody; {plural(len(record.kept_wordings), 'wording')} kept with a reason.")
    )
