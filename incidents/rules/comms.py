"""What is said to whom, by whom, and after whose approval."""

from collections.abc import Callable

from incidents.facts import Facts
from incidents.items import UpdateItem
from incidents.models import Incident
from incidents.rules.common import CHAIN, command, practitioner, reader, running
from incidents.states import Approver, Audience, RoomRole, Verdict
from tenants.actors import Actor, Duty
from tenants.refusals import Reason

APPROVAL = "roles.cl-public-approval"
SPECULATION = "roles.cl-no-speculation"
APPROVING_DUTIES = (Duty.LEGAL_COUNSEL, Duty.PR)
CLAUSES = {Approver.DUTY: APPROVAL, Approver.IC: SPECULATION}


def why_not_update(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The Communications Lead updates; the IC until there is one (principle.communicate)."""
    reasons = practitioner(by) or running(incident, facts)
    if reasons or facts.holds(by, RoomRole.CL):
        return reasons
    if lead := facts.seated(RoomRole.CL):
        sentence = f"{lead.name} is Communications Lead: updates are theirs."
        return [Reason("not_communications_lead", sentence, clause=CHAIN, status=403)]
    return command(incident, facts, by, "updating")


def awaited(facts: Facts, audience: Audience, states_cause: bool) -> list[Approver]:
    """Whose word an update needs before it goes out: Legal's or PR's where the organisation says so, the IC's for an open cause."""
    needed = [Approver.DUTY] if audience in facts.approved_audiences else []
    if audience == Audience.PUBLIC and states_cause and not confirmed(facts):
        needed.append(Approver.IC)
    return needed


def confirmed(facts: Facts) -> bool:
    """Whether the cause is verified: a hypothesis was confirmed."""
    return any(hypothesis.verdict == Verdict.CONFIRMED for hypothesis in facts.hypotheses)


def still_awaited(incident: Incident, facts: Facts, by: Actor, update: UpdateItem) -> list[Approver]:
    """Whose word is missing once the actor has given theirs; a cause that was confirmed meanwhile needs nobody's."""
    settled = {Approver.IC} if confirmed(facts) else set()
    return [who for who in _asked(update) if who not in {*_theirs(incident, facts, by, update), *settled}]


def approvers(incident: Incident, facts: Facts, who: Approver) -> dict[int, str]:
    """Who may give this approval: user id -> name. On a SEV 3/4 without an IC it is the owner team's (whose names are not read)."""
    if who == Approver.DUTY:
        return facts.on_duty(*APPROVING_DUTIES)
    seat = facts.seated(RoomRole.IC)
    return {seat.user_id: seat.name} if seat else {} if incident.mobilises else dict.fromkeys(facts.owners, "")


def _asked(update: UpdateItem) -> list[Approver]:
    return [Approver(who) for who in update.awaits]


def _theirs(incident: Incident, facts: Facts, by: Actor, update: UpdateItem) -> list[Approver]:
    """The approvals that the actor may give: none of their own draft, unless nobody else could."""
    able = {who: approvers(incident, facts, who).keys() for who in _asked(update)}
    own = update.author_id == by.user_id
    return [who for who, people in able.items() if by.user_id in people and not (own and people - {by.user_id})]


def why_not_approve_update(incident: Incident, facts: Facts, by: Actor, update: UpdateItem | None = None) -> list[Reason]:
    """Legal Counsel or PR approve what the organisation says, the IC a cause that is not confirmed; nobody their own draft."""
    return reader(by) or _of_any(facts, update, lambda item: _approving(incident, facts, by, item))


def why_not_reject_update(incident: Incident, facts: Facts, by: Actor, update: UpdateItem | None = None) -> list[Reason]:
    """Who may approve it may send it back; its author may take it back."""
    return reader(by) or _of_any(
        facts, update, lambda item: [] if item.author_id == by.user_id else _approving(incident, facts, by, item)
    )


def _of_any(facts: Facts, update: UpdateItem | None, judge: Callable[[UpdateItem], list[Reason]]) -> list[Reason]:
    """The judgement of one update that waits; without one, the kindest of all that do."""
    if update is not None:
        return judge(update)
    if not facts.waiting_updates:
        return [Reason("nothing_waits", "No update waits for approval.", clause=APPROVAL)]
    return min((judge(item) for item in facts.waiting_updates), key=len)


def _approving(incident: Incident, facts: Facts, by: Actor, update: UpdateItem) -> list[Reason]:
    if _theirs(incident, facts, by, update):
        return []
    asked = _asked(update)
    for who in asked:
        if by.user_id in approvers(incident, facts, who):
            return [Reason("own_draft", "You wrote this update: somebody else approves it.", clause=CLAUSES[who], status=403)]
    sentence = f"This update waits for {' and '.join(_wanted(incident, facts, who) for who in asked)}."
    return [Reason("not_approver", sentence, clause=CLAUSES[asked[0]], status=403)]


def _wanted(incident: Incident, facts: Facts, who: Approver) -> str:
    names = " or ".join(sorted({name for name in approvers(incident, facts, who).values() if name}))
    return f"{who.label} ({names})" if names else str(who.label)
