"""Section 4: who does what in the room."""

from datetime import timedelta

from compliance.conformance.clauses.shared import by_clocks, finding, overridden, plural
from compliance.conformance.record import Entry, Held, Record
from compliance.conformance.table import judges
from compliance.conformance.verdicts import Finding, Judgement, Verdict, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span

KEPT, BROKEN, OVERRIDDEN = Verdict.KEPT, Verdict.BROKEN, Verdict.OVERRIDDEN
NOT_APPLICABLE, OPEN = Verdict.NOT_APPLICABLE, Verdict.OPEN
AN_INSTANT = timedelta(seconds=1)  # in which one command ends and the next begins


def _commanded(record: Record) -> Judgement | None:
    """Why it cannot be said how command was held; None where it can."""
    if not record.mobilised:
        return not_applicable(record.small)
    if record.held:
        return None
    return still_open("Nobody commands yet.") if record.is_open else no_evidence("The record does not say who held a role.")


@judges(
    "roles.ic-authority",
    "From the first claim to the end there was one commander at every instant: no two at once, and no time without. (What they decide "
    "is principle.chain-of-command.)",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ic_authority(record: Record) -> Judgement:
    """Command is one person's, and never lapses."""
    if (answer := _commanded(record)) is not None:
        return answer
    if not record.holdings("ic"):
        if record.is_open:
            return still_open("Nobody commands yet.")
        ends = record.of("incident.resolved", "incident.false_positive", "incident.merged")
        return judged(
            [finding(end, "It ended, and nobody had commanded", by="nobody") for end in ends[-1:]], no_evidence("No end.")
        )
    found = []
    for one, following in record.pairs("ic"):
        if one.until is None or following.since < one.until - AN_INSTANT:
            names = f"{record.name(one.user_id)} and {record.name(following.user_id)}"
            found.append(Finding(f"Two commanded at once: {names}", following.since, record.name(following.user_id)))
        elif following.since - one.until > AN_INSTANT and not _stood_down(record, one, following):
            seconds = (following.since - one.until).total_seconds()
            found.append(Finding(f"Nobody commanded for {span(seconds)}", one.until, record.name(one.user_id), seconds=seconds))
    return judged(found, kept(f"{plural(len(record.holdings('ic')), 'commander')}, one at every instant."))


def _stood_down(record: Record, one: Held, following: Held) -> bool:
    """Whether there was no war room between two commands: it was lowered to SEV 3 or 4, which needs nobody."""
    between = [level for entry, level in record.levels if one.until and one.until <= entry.at <= following.since]
    before = [level for entry, level in record.levels if one.until and entry.at <= one.until]
    return any(not record.runs_a_room(level) for level in [*between, *before[-1:]])


@judges(
    "roles.ic-assigns",
    "In the war room every role was offered by who commanded then, and nobody holds one that was not offered.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ic_assigns(record: Record) -> Judgement:
    """The commander assigns the other roles."""
    if (answer := _commanded(record)) is not None:
        return answer
    offers = record.in_room("role.assigned")
    taken = record.in_room("role.accepted")
    if not offers and not taken:
        return still_open("No role is assigned yet.") if record.is_open else not_applicable("No role was assigned.")
    found = [
        finding(entry, f"{_role(entry)} offered without command")
        for entry in offers
        if not record.commands(entry.actor_id, entry.at)
    ]
    found += [
        finding(entry, f"{_role(entry)} taken without an offer")
        for entry in taken
        if not [offer for offer in record.before(entry, "role.assigned") if offer.data.get("role") == entry.data.get("role")]
    ]
    return judged(found, kept(f"{plural(len(offers), 'role')} assigned by who commanded."))


def _role(entry: Entry) -> str:
    return str(entry.data.get("role", "A role")).upper()


@judges(
    "roles.ic-rhythm",
    "Its clock: the Operations Lead checks in as often as the commander asked for.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ic_rhythm(record: Record) -> Judgement:
    """The battle rhythm is kept."""
    if not record.mobilised:
        return not_applicable(record.small)
    if not record.clocks_of("roles.ic-rhythm") and record.is_open:
        return still_open("No rhythm is set yet.")
    return by_clocks(record, "roles.ic-rhythm", "A check-in")


@judges(
    "roles.ic-head-up",
    "In the war room the commander neither leads operations too nor carries a change out; either, for a written reason, is an "
    "override.",
    *(KEPT, BROKEN, OVERRIDDEN, NOT_APPLICABLE, OPEN),
)
def ic_head_up(record: Record) -> Judgement:
    """The commander's head is up."""
    if (answer := _commanded(record)) is not None:
        return answer
    found = []
    for entry in record.in_room("incident.claimed", "role.assigned", "incident.command_taken"):
        if (why := overridden(entry, "ic_is_ol")) is not None:
            found.append(finding(entry, "Commander and Operations Lead are one person", reason=why))
    for entry in record.in_room("incident.severity_changed"):
        if entry.data.get("ic_is_ol"):
            reason = str(entry.data.get("reason") or "no reason recorded")
            found.append(finding(entry, "Raised while commander and Operations Lead are one person", reason=reason))
    for entry in record.in_room("incident.change_executed"):
        why = overridden(entry, "commander_executes")
        if why is not None:
            found.append(finding(entry, "The commander carried out a change", reason=why))
        elif record.holder("ic", entry.at) == entry.actor_id:
            found.append(finding(entry, "The commander carried out a change"))
    if not any("one person" in one.what for one in found):
        found += _both(record)
    return judged(found, kept("The commander led, and nothing else."))


def _both(record: Record) -> list[Finding]:
    """The times at which one person held both seats, in a war room."""
    found = []
    for commander in record.holdings("ic"):
        for lead in record.holdings("ol"):
            begins = max(commander.since, lead.since)
            ends = [moment for moment in (commander.until, lead.until) if moment is not None]
            in_room = [entry for entry in record.in_a_room if entry.at >= begins and (not ends or entry.at < min(ends))]
            if commander.user_id == lead.user_id and in_room and (not ends or min(ends) - begins > AN_INSTANT):
                found.append(Finding("Commander and Operations Lead are one person", begins, record.name(lead.user_id)))
    return found


@judges(
    "roles.ol-no-rogue",
    "Every change that was carried out had been approved before; one that was reported as made without approval is a deviation.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def ol_no_rogue(record: Record) -> Judgement:
    """Nothing is changed without approval."""
    made = record.of("incident.change_executed", "incident.change_deviated")
    if not made:
        return still_open("Nothing has been changed yet.") if record.is_open else not_applicable("Nothing was changed.")
    found = []
    for entry in made:
        text = str(entry.data.get("text", "a change"))
        if entry.kind == "incident.change_deviated":
            told = f"Changed without approval: {text} ({entry.data.get('reason', '')})"
            found.append(finding(entry, told, by=f"reported by {entry.actor}"))
        elif not [e for e in record.before(entry, "incident.change_approved") if e.says(number=entry.data.get("number"))]:
            found.append(finding(entry, f"Changed without approval: {text}"))
    return judged(found, kept(f"{plural(len(made), 'change')}, each approved before."))


@judges(
    "roles.cl-public-approval",
    "An update to an audience whose updates the organisation then wanted approved was drafted, and went out by the approval of Legal "
    "or PR.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def cl_public_approval(record: Record) -> Judgement:
    """Nothing leaves before Legal or PR approves, where that is wanted."""
    gone = record.of("incident.updated")
    drafts = {e.data.get("update_id"): e for e in record.of("incident.update_drafted") if "duty" in (e.data.get("awaits") or [])}
    wanted = [
        entry for entry in gone if entry.data.get("update_id") in drafts or entry.data.get("audience") in _policy(record, entry)
    ]
    if not wanted:
        if drafts or record.is_open:
            return still_open("No update that needs approval has gone out so far.")
        return not_applicable("No update went out that had to be approved.")
    found = []
    for entry in wanted:
        draft = drafts.get(entry.data.get("update_id"))
        words = record.of("incident.update_approved")
        approved = entry.data.get("approved_by") or [e for e in words if e.says(update_id=entry.data.get("update_id"))]
        if draft is None or not approved:
            found.append(finding(entry, f"A {entry.data.get('audience')} update went out without approval"))
    return judged(found, kept(f"{plural(len(wanted), 'update')} approved before they went out."))


def _policy(record: Record, entry: Entry) -> tuple[str, ...]:
    """Whose updates had to be approved when one went out."""
    held = [policy for policy in record.policies if policy.since <= entry.at]
    return held[-1].audiences if held else ()


@judges(
    "roles.cl-no-speculation",
    "A public update that states a cause came after a hypothesis was confirmed, or by the commander's approval.",
    *(KEPT, BROKEN, NOT_APPLICABLE, OPEN),
)
def cl_no_speculation(record: Record) -> Judgement:
    """No cause is given publicly before it is verified."""
    public = [entry for entry in record.of("incident.updated") if entry.says(audience="public")]
    if any("states_cause" not in entry.data for entry in public):
        return no_evidence("The record does not say whether public updates state a cause.")
    stating = [entry for entry in public if entry.data["states_cause"]]
    if not stating:
        return still_open("No cause was given so far.") if record.is_open else not_applicable("No public update states a cause.")
    found = []
    for entry in stating:
        verified = [e for e in record.before(entry, "incident.hypothesis_verified") if e.says(verdict="confirmed")]
        if not verified and not _by_the_commander(record, entry):
            found.append(finding(entry, "A cause was given publicly before it was verified"))
    return judged(found, kept(f"{plural(len(stating), 'cause')} given publicly, verified or approved before."))


def _by_the_commander(record: Record, entry: Entry) -> bool:
    """Whether the commander approved an update, as the last word or one before it. (A SEV 3 or 4 without one: the owner team did.)"""
    number = entry.data.get("update_id")
    words = [e for e in record.of("incident.update_approved") if e.says(update_id=number)]
    words += [entry] if entry.data.get("approved_by") else []
    return any(record.commands(e.actor_id, e.at) or record.holder("ic", e.at) is None for e in words)
