"""What the law asks for: who flags, who may let others know, and what is preserved (clauses breach.*, finance.*)."""

from incidents.facts import Facts
from incidents.items import AdmittedItem, Member, SnapshotItem
from incidents.models import Incident
from incidents.rules.common import in_room, practitioner, reader, through_glass
from incidents.states import FlagKey, RoomRole, State
from tenants.actors import Actor, Duty
from tenants.refusals import Reason

LAWFUL = (Duty.LEGAL_COUNSEL, Duty.PRIVACY_OFFICER)
NEED = "breach.need-to-know"


def why_not_flag(incident: Incident, facts: Facts, by: Actor, key: FlagKey | None = None) -> list[Reason]:
    """Anybody in the room flags, at any time, after the end too; and whoever holds the duty of Legal or Privacy (breach.sev1)."""
    if reasons := reader(by) or through_glass(facts, by):
        return reasons
    if not facts.serves(by.user_id, *LAWFUL):
        if reasons := practitioner(by):
            return reasons
        if not in_room(facts, by):
            return [Reason("not_in_the_room", "Join the room to flag it.", clause="breach.sev1", status=403)]
    if incident.state == State.MERGED:
        into = incident.merged_into.ref if incident.merged_into else "another"
        return [
            Reason("merged", f"It was merged into {into}: flag that one, and this is restricted with it.", clause="breach.sev1")
        ]
    standing = [flag for flag in facts.flags if key is None or flag.key == key]
    if standing and (key is not None or len(standing) == len(FlagKey)):
        last = standing[-1]
        said = f"{last.raised_by} flagged this at {last.raised_at:%H:%M:%S} UTC already."
        return [Reason("flagged", said, clause="breach.sev1", field="flag")]
    return []


def why_not_unflag(incident: Incident, facts: Facts, by: Actor, key: FlagKey | None = None) -> list[Reason]:
    """Legal Counsel lifts a flag, nobody else: severity may be lowered then; hold and restriction stay (breach.preserve-logs)."""
    if reasons := reader(by) or through_glass(facts, by):
        return reasons
    if not facts.serves(by.user_id, Duty.LEGAL_COUNSEL):
        return [Reason("not_legal", "Only Legal Counsel lifts a flag.", clause="breach.sev1", status=403)]
    if not facts.flags if key is None else not facts.flagged(key):
        return [Reason("not_flagged", "No such flag stands.", field="flag")]
    return []


def _names(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Legal, Privacy and the IC say who needs to know, where not everybody does already."""
    if reasons := reader(by) or through_glass(facts, by):
        return reasons
    if not facts.serves(by.user_id, *LAWFUL) and not facts.holds(by, RoomRole.IC):
        sentence = "Legal Counsel, the Privacy Officer and the IC say who needs to know."
        return [Reason("not_yours_to_name", sentence, clause=NEED, status=403)]
    if not incident.restricted:
        return [Reason("not_restricted", "It is not restricted: everybody here sees it.", clause=NEED)]
    return []


def why_not_admit(incident: Incident, facts: Facts, by: Actor, person: Member | None = None) -> list[Reason]:
    """Legal, Privacy and the IC let somebody know; who knows already is not named twice (breach.need-to-know)."""
    if reasons := _names(incident, facts, by):
        return reasons
    named = facts.admits(person.user_id) if person else None
    if named is not None and named.knows and named.expires_at is None and not named.via:
        return [Reason("admitted", f"{named.name} sees it since {named.added_at:%H:%M:%S} UTC.", clause=NEED, field="person")]
    return []


def why_not_remove(incident: Incident, facts: Facts, by: Actor, person: AdmittedItem | None = None) -> list[Reason]:
    """They take it back too; but not from who works on it in a role, nor from the last of Legal or Privacy, nor from oneself."""
    reasons = _names(incident, facts, by)
    if reasons or person is None:
        return reasons
    if person.user_id == by.user_id:
        return [Reason("yourself", "Somebody else has to take this from you.", clause=NEED, field="person")]
    for role in RoomRole:
        if facts.holder(role) == person.user_id:
            sentence = f"{person.name} is {role.label}: give the role to somebody else first."
            return [Reason("holds_a_role", sentence, clause=NEED, field="person")]
    for duty in LAWFUL:
        if facts.serves(person.user_id, duty) and not any(
            facts.serves(item.user_id, duty) for item in facts.admitted if item.user_id != person.user_id
        ):
            return [Reason("last_on_duty", f"{person.name} is the last {duty.label} who sees it.", clause=NEED, field="person")]
    return []


def _preserves(facts: Facts, by: Actor) -> list[Reason]:
    """Who is in the room, and the duties that the law speaks of."""
    if reasons := reader(by):
        return reasons
    if facts.serves(by.user_id, *LAWFUL, Duty.CFO):
        return []
    if reasons := practitioner(by):
        return reasons
    if not in_room(facts, by):
        return [Reason("not_in_the_room", "Join the room first.", clause="finance.audit-trail", status=403)]
    return []


def why_not_snapshot(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Anybody in the room, Legal, Privacy and the CFO ask for a copy of a database (finance.audit-trail)."""
    return _preserves(facts, by)


def why_not_fulfil(incident: Incident, facts: Facts, by: Actor, item: SnapshotItem | None = None) -> list[Reason]:
    """The same say that it was made, once, and where it lies (finance.audit-trail)."""
    if reasons := _preserves(facts, by):
        return reasons
    if item is None and not any(one.waits for one in facts.snapshots):
        return [Reason("no_snapshot", "No copy of a database is asked for.")]
    if item is not None and item.fulfilled_at is not None:
        sentence = f"{item.fulfilled_by} filed this copy at {item.fulfilled_at:%H:%M:%S} UTC already."
        return [Reason("fulfilled", sentence, clause="finance.audit-trail", field="snapshot")]
    return []
