"""The work: what may be the cause, and what is done about it. Nothing is executed before the IC approves (roles.ol-no-rogue)."""

from incidents.facts import Facts
from incidents.items import ChangeItem, HypothesisItem
from incidents.models import Incident
from incidents.rules.common import at_work, command, of_any, practitioner, running
from incidents.states import ChangeState, RoomRole, Verdict
from tenants.actors import Actor
from tenants.refusals import Reason

LEADS, ROGUE, HEAD_UP, HYPOTHESES = "roles.ol-leads", "roles.ol-no-rogue", "roles.ic-head-up", "investigate.hypotheses"


def why_not_state_hypothesis(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The Operations Lead and whoever else is in the room say what may be the cause."""
    return at_work(incident, facts, by, "say what may be the cause", HYPOTHESES)


def why_not_verify_hypothesis(
    incident: Incident, facts: Facts, by: Actor, hypothesis: HypothesisItem | None = None
) -> list[Reason]:
    """Whoever is in the room says what testing a hypothesis showed, once."""
    if reasons := at_work(incident, facts, by, "test a hypothesis", HYPOTHESES):
        return reasons
    if hypothesis is None:
        none = Reason("no_hypothesis", "No hypothesis has been stated yet.", clause=HYPOTHESES)
        return of_any(facts.hypotheses, lambda item: why_not_verify_hypothesis(incident, facts, by, item), none)
    if hypothesis.is_open:
        return []
    found = f"{hypothesis.verified_by} {Verdict(hypothesis.verdict).label.lower()} hypothesis {hypothesis.number}"
    return [Reason("verified", f"{found}{_at(hypothesis.verified_at)} already.", clause=HYPOTHESES)]


def why_not_propose(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The Operations Lead and whoever else is in the room propose. No hypothesis is asked for (principle.mitigate-first)."""
    return at_work(incident, facts, by, "propose a change", LEADS)


def why_not_approve(incident: Incident, facts: Facts, by: Actor, change: ChangeItem | None = None) -> list[Reason]:
    """The IC approves; on SEV 3/4 without one a practitioner of the owner team does."""
    return _why_not_decide(incident, facts, by, change, "approving a change")


def why_not_reject(incident: Incident, facts: Facts, by: Actor, change: ChangeItem | None = None) -> list[Reason]:
    """Whoever may approve may reject."""
    return _why_not_decide(incident, facts, by, change, "rejecting a change")


def _why_not_decide(incident: Incident, facts: Facts, by: Actor, change: ChangeItem | None, what: str) -> list[Reason]:
    if reasons := practitioner(by) or running(incident) or command(incident, facts, by, what):
        return reasons
    if change is None:
        none = Reason("no_change", "No change has been proposed yet.", clause=ROGUE)
        return of_any(facts.changes, lambda item: _why_not_decide(incident, facts, by, item, what), none)
    if change.waits:
        return []
    return [Reason("decided", f"{_decision(change)} already.", clause=ROGUE)]


def why_not_execute(incident: Incident, facts: Facts, by: Actor, change: ChangeItem | None = None) -> list[Reason]:
    """Whoever is in the room executes what the IC approved, once (roles.ol-no-rogue).

    The IC executes nothing on SEV 1/2 (roles.ic-head-up); with two people awake they may, with a written reason.
    """
    if reasons := at_work(incident, facts, by, "execute a change", ROGUE):
        return reasons
    if change is None:
        none = Reason("no_change", "No change has been proposed yet.", clause=ROGUE)
        return of_any(facts.changes, lambda item: why_not_execute(incident, facts, by, item), none)
    if change.state == ChangeState.PROPOSED:
        who = facts.commander or ("whoever takes command" if incident.mobilises else "the owner team")
        sentence = f"Change {change.number} is not approved yet: {who} has to approve it first."
        return [Reason("not_approved", sentence, clause=ROGUE)]
    if change.state == ChangeState.REJECTED:
        return [Reason("rejected", f"{_decision(change)}: it is not executed.", clause=ROGUE)]
    if change.state != ChangeState.APPROVED:
        return [Reason("executed", f"{_done(change)} already.", clause=ROGUE)]
    if incident.mobilises and facts.holds(by, RoomRole.IC):
        sentence = "You hold command: executing is for somebody else. Doing it yourself needs a reason."
        return [Reason("commander_executes", sentence, clause=HEAD_UP, field="reason", overridable=True, status=403)]
    return []


def why_not_verify_fix(incident: Incident, facts: Facts, by: Actor, change: ChangeItem | None = None) -> list[Reason]:
    """Whoever is in the room says whether an executed change worked, once."""
    if reasons := at_work(incident, facts, by, "check a change", LEADS):
        return reasons
    if change is None:
        none = Reason("no_change", "No change has been executed yet.", clause=LEADS)
        return of_any(facts.changes, lambda item: why_not_verify_fix(incident, facts, by, item), none)
    if change.state == ChangeState.EXECUTED:
        return []
    if change.verified_at is None:
        return [Reason("not_executed", f"Change {change.number} is not executed yet.", clause=LEADS)]
    return [
        Reason("verified", f"{change.verified_by} checked change {change.number}{_at(change.verified_at)} already.", clause=LEADS)
    ]


def why_not_report_deviation(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Whoever is in the room reports a change that was made without approval: nobody has to hide one (roles.ol-no-rogue)."""
    return at_work(incident, facts, by, "report what was done", ROGUE)


def _at(moment: object) -> str:
    return f" at {moment:%H:%M:%S} UTC" if moment else ""


def _decision(change: ChangeItem) -> str:
    """Who decided what, and when."""
    if change.deviation:
        return f"{change.proposed_by} reported change {change.number} as done{_at(change.proposed_at)}"
    verdict = "rejected" if change.state == ChangeState.REJECTED else "approved"
    return f"{change.decided_by} {verdict} change {change.number}{_at(change.decided_at)}"


def _done(change: ChangeItem) -> str:
    """Who executed it, and when."""
    if change.deviation:
        return _decision(change)
    return f"{change.executed_by} executed change {change.number}{_at(change.executed_at)}"
