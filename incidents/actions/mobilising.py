"""What a war room needs from its first second, and what follows by itself once its leading roles are filled."""

from datetime import timedelta

from django.utils.text import slugify

from incidents.actions.base import tell
from incidents.facts import gather
from incidents.models import Handover, Incident, RoleHolding, RoleOffer
from incidents.states import OfferState, RoomRole, State
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor, Via, system
from tenants.time import now

ROLES_CLOCK = "mobilize.roles-assigned"
COMMAND_CLOCK = "handover.after-4h"
RHYTHM_CLOCK = "roles.ic-rhythm"
SHADOW_CLOCK = "handover.shadow-15"
CHECKS_IN = (
    State.MOBILIZATION,
    State.INVESTIGATION,
    State.MITIGATION,
)  # once the harm has stopped nobody is asked every ten minutes
CHANNEL_MOST = 80  # characters that a chat tool allows a channel's name


def name_channel(incident: Incident) -> None:
    """Give a war room its channel's name, once: incident-DATE-slug (mobilize.war-room). The tool that makes it is told by the event.

    The date is that of the declaration in UTC. A second one of the same day and title has its number at the end.
    """
    if incident.channel or not incident.mobilises:
        return
    slug = slugify(incident.title) or incident.ref.lower()
    name = f"incident-{incident.declared_at:%Y-%m-%d}-{slug}"[:CHANNEL_MOST].rstrip("-")
    if Incident.objects.filter(channel=name).exists():
        tail = f"-{incident.number}"
        name = name[: CHANNEL_MOST - len(tail)].rstrip("-") + tail
    incident.channel = name


@verb(
    "mobilised",
    kind="incident.mobilised",
    who="Muster, once IC, OL and CL are filled",
    starts=(ROLES_CLOCK,),
    stops=(ROLES_CLOCK,),
    clauses=("mobilize.roles-assigned", "principle.mobilize-first", "lifecycle.phases"),
)
def settle_roles(incident: Incident, *, by: Actor) -> None:
    """Mobilisation ends by itself when IC, OL and CL are filled; as long as one of them is open on a SEV 1/2, its clock runs.

    Called by every verb that fills or empties a role, with the incident locked.
    """
    facts = gather(incident)
    if not (incident.is_open and incident.mobilises):
        clocks.fall_away(incident, ROLES_CLOCK, why=Away.SEVERITY if incident.is_open else Away.ENDED)
    elif facts.open_roles:
        if not _runs(incident, ROLES_CLOCK):
            due = timedelta(minutes=incident.law.minutes("roles"))
            clocks.start(ROLES_CLOCK, incident, due=due, owner_role="ic", incident_id=incident.pk)
    else:
        clocks.stop(incident, ROLES_CLOCK)
        if incident.state == State.MOBILIZATION:
            incident.state = State.INVESTIGATION
            incident.save()
            roles = {role: seat.name for role, seat in facts.roles.items()}
            tell(incident, "incident.mobilised", by=system(by.organisation_id, Via.RELAY), roles=roles, people=len(facts.room))


def _runs(incident: Incident, clause: str) -> bool:
    """Whether a clock of the incident runs, in time or past it."""
    own = Clock.objects.filter(subject_type=incident._meta.label_lower, subject_id=incident.pk, clause=clause)
    return own.filter(stopped_at=None).exists()


def start_command(incident: Incident, holding: RoleHolding) -> None:
    """Start the clock of one person's command (handover.after-4h)."""
    rule = incident.law.clock("command")
    clocks.start(
        COMMAND_CLOCK,
        holding,
        prompt=timedelta(minutes=rule.prompt) if rule.prompt else None,
        due=timedelta(minutes=rule.due),
        owner_role="ic",
        incident_id=incident.pk,
    )


def keep_rhythm(incident: Incident, *, instead: Away | None = None) -> None:
    """Start the check-in's clock anew where one is set and the harm goes on; stop it otherwise (roles.ic-rhythm).

    `instead`: why, where it was no check-in that ended what ran.
    """
    if instead is None:
        clocks.stop(incident, RHYTHM_CLOCK)
    else:
        clocks.fall_away(incident, RHYTHM_CLOCK, why=instead)
    if incident.check_in_minutes and incident.mobilises and incident.state in CHECKS_IN:
        due = timedelta(minutes=incident.check_in_minutes)
        clocks.begin(RHYTHM_CLOCK, incident, due=due, owner_role="ol", incident_id=incident.pk)


def vacate(holding: RoleHolding, *, untaken: Away | None = None) -> str:
    """End somebody's hold of a role now; of command, with the handover of it that was under way. Returns to whom that was, or "".

    `untaken`: why, where nobody takes it from them at this instant. Who takes command from another keeps that one's clock; without
    that nobody had it for too long, and nobody handed it over.
    """
    holding.until = now()
    holding.save()
    if untaken is None:
        clocks.stop(holding, COMMAND_CLOCK)
    else:
        clocks.fall_away(holding, COMMAND_CLOCK, why=untaken)
    return end_handover(holding.incident) if holding.role == RoomRole.IC else ""


def stand_down(incident: Incident, *, seats: bool = False) -> None:
    """Nobody waits for an answer any more: open offers are withdrawn, a handover is called off.

    With `seats` the roles end too: its severity has none any more.
    """
    for offer in RoleOffer.objects.filter(incident=incident, state=OfferState.OPEN):
        offer.state, offer.decided_at = OfferState.WITHDRAWN, now()
        offer.save()
    end_handover(incident)
    if seats:
        for holding in RoleHolding.objects.filter(incident=incident, until=None):
            vacate(holding, untaken=Away.SEVERITY)


def end_handover(incident: Incident) -> str:
    """End the handover that is under way, if there is one: nobody hands over what they no longer have. Returns to whom it was, or ""."""
    handover = Handover.objects.filter(incident=incident, ended_at=None).select_related("incoming").first()
    if handover is None:
        return ""
    handover.ended_at = now()
    handover.save()
    clocks.fall_away(handover, SHADOW_CLOCK, why=Away.CALLED_OFF)
    return handover.incoming.name
