"""Roles of the room: offered by the IC, answered by the one who is asked, given up by whoever holds them (roles.ic-assigns)."""

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.mobilising import COMMAND_CLOCK, ROLES_CLOCK, SHADOW_CLOCK, settle_roles, vacate
from incidents.actions.naming import let_know
from incidents.items import Member
from incidents.models import Incident, Participant, RoleHolding, RoleOffer
from incidents.rules import roles as rules
from incidents.states import OfferState, RoomRole
from ledger.verbs import verb
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now


@verb(
    "assign",
    kind="role.assigned",
    sometimes=("role.accepted",),
    who="IC (SEV 3/4: the owner team)",
    stops=(ROLES_CLOCK,),
    clauses=("roles.ic-assigns", "roles.ic-head-up", "roles.scribe", "mobilize.roles-assigned"),
)
def assign(incident: Incident, *, by: Actor, role: RoomRole, person: Member, reason: str = "") -> Incident:
    """Ask somebody to take a role; whoever holds it keeps it until they accept. An older offer of it is withdrawn.

    Assigning oneself is accepted at once, and so is any assignment on a SEV 3/4, where nobody has to be found within minutes.
    `reason` lets the IC be OL too.
    """
    incident, facts = lock(incident)
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    reasons = rules.why_not_assign(incident, facts, by, rules.Assignment(role, person))
    overridden = check(reasons, {r.code: clean for r in reasons})
    for older in RoleOffer.objects.filter(incident=incident, role=role, state=OfferState.OPEN):
        _answer(older, OfferState.WITHDRAWN)
    offer = RoleOffer.objects.create(
        incident=incident, role=role, user_id=person.user_id, offered_by_id=by.person_id, reason=clean
    )
    enter(incident, facts, by)
    tell(
        incident,
        "role.assigned",
        by=by,
        role=role,
        person=person.name,
        user_id=person.user_id,
        reason=clean,
        overridden=sorted(overridden),
    )
    if person.user_id == by.user_id or not incident.mobilises:
        _seat(incident, offer, person.name, by)
    return incident


@verb(
    "accept",
    kind="role.accepted",
    who="the one who was asked",
    stops=(ROLES_CLOCK,),
    clauses=("mobilize.roles-assigned", "checklist.ol", "checklist.cl"),
)
def accept(incident: Incident, *, by: Actor, role: RoomRole) -> Incident:
    """Take the role that one was offered: from this instant one holds it, and whoever held it does not."""
    incident, facts = lock(incident)
    check(rules.why_not_accept(incident, facts, by, role))
    offer = RoleOffer.objects.get(incident=incident, role=role, state=OfferState.OPEN)
    _seat(incident, offer, by.name, by)
    return incident


@verb("decline", kind="role.declined", who="the one who was asked", clauses=("roles.ic-assigns",))
def decline(incident: Incident, *, by: Actor, role: RoomRole, reason: str = "") -> Incident:
    """Say no to a role that one was offered; the IC is told."""
    incident, facts = lock(incident)
    check(rules.why_not_decline(incident, facts, by, role))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    _answer(RoleOffer.objects.get(incident=incident, role=role, state=OfferState.OPEN), OfferState.DECLINED)
    tell(incident, "role.declined", by=by, role=role, reason=clean)
    return incident


@verb(
    "step-down",
    kind="role.left",
    who="its holder; the IC of a SEV 1/2 hands over instead",
    starts=(ROLES_CLOCK,),
    stops=(COMMAND_CLOCK, SHADOW_CLOCK),
    clauses=("principle.chain-of-command", "handover.announce", "mobilize.roles-assigned"),
)
def step_down(incident: Incident, *, by: Actor, role: RoomRole, reason: str = "") -> Incident:
    """Give a role up. The clock for filling it runs again where a SEV 1/2 needs it; a handover of command ends with the command."""
    incident, facts = lock(incident)
    check(rules.why_not_step_down(incident, facts, by, role))
    clean = fields.text("reason", reason, most=fields.REASON_MAX, required=False)
    handing_to = vacate(RoleHolding.objects.get(incident=incident, role=role, until=None), untaken=Away.LEFT)
    tell(incident, "role.left", by=by, role=role, reason=clean, called_off=handing_to)
    settle_roles(incident, by=by)
    return incident


def _answer(offer: RoleOffer, state: OfferState) -> None:
    offer.state, offer.decided_at = state, now()
    offer.save()


def _seat(incident: Incident, offer: RoleOffer, name: str, by: Actor) -> None:
    """Make the one who was asked the role's holder, at the instant at which the one before them stops."""
    role = RoomRole(offer.role)
    _answer(offer, OfferState.ACCEPTED)
    held = RoleHolding.objects.filter(incident=incident, role=role, until=None).select_related("user").first()
    if held is not None:
        vacate(held)
    since = held.until if held is not None and held.until is not None else now()
    RoleHolding.objects.create(incident=incident, role=role, user_id=offer.user_id, since=since)
    let_know(incident, offer.user_id, by=by, reason=f"Is {role.label}")
    Participant.objects.get_or_create(incident=incident, user_id=offer.user_id)
    tell(incident, "role.accepted", by=by, role=role, person=name, instead_of=held.user.name if held else "")
    settle_roles(incident, by=by)
