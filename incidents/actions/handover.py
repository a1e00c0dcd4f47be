"""Handing command over, in five steps: offered, shadowed, reported, announced, taken. Command never lapses between them."""

from datetime import timedelta

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.mobilising import COMMAND_CLOCK, SHADOW_CLOCK, settle_roles, start_command, vacate
from incidents.actions.naming import let_know
from incidents.items import Member
from incidents.models import Handover, Incident, RoleHolding
from incidents.rules import handover as rules
from incidents.states import RoomRole
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb("handover", kind="incident.handover_offered", who="IC", clauses=("handover.announce", "handover.after-4h"))
def hand_over(incident: Incident, *, by: Actor, to: Member) -> Incident:
    """Offer command to another practitioner, who is told. Command stays where it is."""
    incident, facts = lock(incident)
    check(rules.why_not_hand_over(incident, facts, by, to))
    Handover.objects.create(incident=incident, outgoing_id=by.person_id, incoming_id=to.user_id)
    tell(incident, "incident.handover_offered", by=by, to=to.name, user_id=to.user_id)
    return incident


@verb("shadow", kind="incident.shadowing", who="the incoming IC", starts=(SHADOW_CLOCK,), clauses=("handover.shadow-15",))
def shadow(incident: Incident, *, by: Actor) -> Incident:
    """Begin to shadow the commander: at least 15 minutes from now."""
    incident, facts = lock(incident)
    check(rules.why_not_shadow(incident, facts, by))
    running = _running(incident)
    running.shadowing_since = now()
    running.save()
    enter(incident, facts, by)
    tell(incident, "incident.shadowing", by=by, outgoing=running.outgoing.name)
    least = timedelta(minutes=incident.law.minutes("shadow"))
    clocks.start(SHADOW_CLOCK, running, due=least, incident_id=incident.pk, at_least=True)
    return incident


@verb("sitrep", kind="incident.sitrep", who="the outgoing IC", clauses=("handover.sitrep",))
def report_situation(incident: Incident, *, by: Actor, text: str) -> Incident:
    """Write where things stand; the record offers a draft (incidents/sitrep.py). A newer one takes its place until the announcement."""
    incident, facts = lock(incident)
    check(rules.why_not_sitrep(incident, facts, by))
    running = _running(incident)
    running.sitrep, running.reported_at = fields.text("text", text), now()
    running.save()
    tell(incident, "incident.sitrep", by=by, to=running.incoming.name, text=running.sitrep)
    return incident


@verb("announce", kind="incident.handover_announced", who="the outgoing IC", clauses=("handover.announce",))
def announce(incident: Incident, *, by: Actor) -> Incident:
    """Say to the room, by name, who takes over."""
    incident, facts = lock(incident)
    check(rules.why_not_announce(incident, facts, by))
    running = _running(incident)
    running.announced_at = now()
    running.save()
    phrase = incident.law.scripts.handing_over.format(name=running.incoming.name)
    tell(incident, "incident.handover_announced", by=by, to=running.incoming.name, phrase=phrase)
    return incident


@verb(
    "take-command",
    kind="incident.command_taken",
    who="the incoming IC",
    starts=(COMMAND_CLOCK,),
    stops=(COMMAND_CLOCK, SHADOW_CLOCK),
    clauses=("handover.announce", "handover.shadow-15", "handover.sitrep", "handover.after-4h", "principle.chain-of-command"),
)
def take_command(incident: Incident, *, by: Actor, reason: str = "") -> Incident:
    """Say "I have command": the old command ends and the new one begins at the same instant, with a clock of its own.

    Before the shadowing has lasted, or as Operations Lead of a SEV 1/2, only with a `reason`.
    """
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    reasons = rules.why_not_take_command(incident, facts, by)
    overridden = check(reasons, {r.code: clean for r in reasons})
    running, moment = _running(incident), now()
    held = RoleHolding.objects.get(incident=incident, role=RoomRole.IC, until=None)
    running.taken_at = running.ended_at = moment  # before command is vacated, which calls off what is not taken
    running.early_reason = clean if "shadow_too_short" in overridden else ""
    running.save()
    vacate(held)
    taken = RoleHolding.objects.create(incident=incident, role=RoomRole.IC, user_id=by.person_id, since=held.until or moment)
    let_know(incident, by.person_id, by=by, reason="Took command")
    if running.early_reason:
        clocks.cut_short(running, SHADOW_CLOCK)
    clocks.stop(running, SHADOW_CLOCK)
    enter(incident, facts, by)
    tell(
        incident,
        "incident.command_taken",
        by=by,
        phrase=incident.law.scripts.taking_command,
        before=running.outgoing.name,
        reason=clean if overridden else "",
        overridden=sorted(overridden),
        commanded_seconds=round((moment - held.since).total_seconds(), 3),
    )
    start_command(incident, taken)
    settle_roles(incident, by=by)
    return incident


@verb(
    "call-off",
    kind="incident.handover_called_off",
    who="the outgoing or the incoming IC",
    stops=(SHADOW_CLOCK,),
    clauses=("handover.announce",),
)
def call_off(incident: Incident, *, by: Actor, reason: str = "") -> Incident:
    """End a handover without passing command."""
    incident, facts = lock(incident)
    check(rules.why_not_call_off(incident, facts, by))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    running = _running(incident)
    running.ended_at = now()
    running.save()
    clocks.fall_away(running, SHADOW_CLOCK, why=Away.CALLED_OFF)
    tell(incident, "incident.handover_called_off", by=by, reason=clean, to=running.incoming.name)
    return incident


def _running(incident: Incident) -> Handover:
    """The handover that is under way; the incident's lock is this one's too."""
    return Handover.objects.select_related("outgoing", "incoming").get(incident=incident, ended_at=None)
