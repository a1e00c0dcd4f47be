"""Endings: when an incident is over, and who says so."""

from datetime import timedelta

from incidents import closing
from incidents.facts import Facts
from incidents.gravity import is_learnt_from
from incidents.models import Incident
from incidents.rules.common import command, practitioner, running, stands
from incidents.states import Audience, PublicStatus, RoomRole, Severity, State
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now


def why_not_resolve(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """Only the IC, after monitoring, impact over, alerts cleared, stable (clauses resolve.*), and customers told where they were told.

    Firing alerts and too short a monitoring may be overridden by the IC with a written reason; the rest may not.
    """
    reasons = practitioner(by) or running(incident, facts)
    if reasons:
        return reasons
    if refused := command(incident, facts, by, "resolving"):
        return [Reason(r.code, r.sentence, clause="resolve.ic-declares", status=r.status) for r in refused]
    if incident.state not in (State.MONITORING, State.BACKLOG):
        sentence = f"It is in {incident.get_state_display().lower()}: advance it to monitoring first."
        reasons.append(Reason("not_monitoring", sentence, clause="lifecycle.phases"))
    if incident.impact_end is None:
        reasons.append(Reason("impact_not_ended", "Say first when the impact ended.", clause="resolve.impact-ceased"))
    if facts.firing:
        named = ", ".join(facts.firing[:3]) + (f" and {len(facts.firing) - 3} more" if len(facts.firing) > 3 else "")
        reasons.append(Reason("alerts_firing", f"Still firing: {named}.", clause="resolve.alerts-cleared", overridable=True))
    if incident.state == State.MONITORING and (left := _left_of_monitoring(incident)):
        sentence = f"Monitoring lasts at least {_minutes(incident)} minutes: {left} to go."
        reasons.append(Reason("monitoring_too_short", sentence, clause="resolve.stable", overridable=True))
    if untold := _customers_untold(facts):
        reasons.append(Reason("public_update_missing", untold, clause="roles.cl-status-page"))
    return reasons


def _customers_untold(facts: Facts) -> str:
    """What is missing where the public was told of it: the last word to them says that it is resolved. "" where nothing is.

    A word from before it came back says nothing of how it ends now.
    """
    last = facts.latest(Audience.PUBLIC)
    if last is None or (last.status == PublicStatus.RESOLVED and not facts.came_back_since(last.published_at or last.posted_at)):
        return ""
    if any(update.audience == Audience.PUBLIC and update.status == PublicStatus.RESOLVED for update in facts.waiting_updates):
        return "The public update that says resolved still waits for its approval."
    if last.status == PublicStatus.RESOLVED:
        return "Customers were told that it is resolved before it came back: post a public update that says resolved again."
    said = f" says “{PublicStatus(last.status).label.lower()}”" if last.status else " does not say that it is resolved"
    return f"The last public update{said}: post one that says resolved."


def why_not_false_positive(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC says that it was none: an honourable ending (triage.declare-immediately). Not while a flag stands (breach.sev1).

    Customers who were told of it are told that it is over first (roles.cl-status-page). An outage that was merged into it is a part
    of it, and was no false positive (lifecycle.phases).
    """
    reasons = practitioner(by) or running(incident, facts) or command(incident, facts, by, "calling it a false positive")
    reasons = reasons or _flagged(incident, facts) or _absorbed_outage(incident, facts)
    if not reasons and (untold := _customers_untold(facts)):
        reasons = [Reason("public_update_missing", untold, clause="roles.cl-status-page")]
    return reasons


def _absorbed_outage(incident: Incident, facts: Facts) -> list[Reason]:
    """The first of what was merged into it that was a SEV 1 or 2 (as shipped) at its worst."""
    for item in facts.absorbed:
        level = Severity(item.worst)
        if incident.law.severity(level).mobilises:
            sentence = f"{item.ref}, which was merged into it, was a {level.label} at its worst: resolve it instead, so that this counts."
            return [Reason("absorbed_outage", sentence, clause="lifecycle.phases")]
    return []


def why_not_merge(
    incident: Incident, facts: Facts, by: Actor, into: Incident | None = None, there: Facts | None = None
) -> list[Reason]:
    """The IC merges it into another running incident, under the same secrecy, where at least as much is done about it.

    Customers who were told of it hear of it from the other's public updates from then on, or first that it is over
    (roles.cl-status-page). `there` are the facts of `into`.
    """
    reasons = practitioner(by) or running(incident, facts) or command(incident, facts, by, "merging") or _flagged(incident, facts)
    if reasons or into is None:
        return reasons
    if into.pk == incident.pk:
        return [Reason("merge_into_itself", f"{incident.ref} cannot be merged into itself.", field="into", status=422)]
    if not into.is_open:
        sentence = f"{into.ref} is {stands(into)}: merge into one that is still running."
        return [Reason("target_ended", sentence, clause="lifecycle.phases", field="into")]
    if incident.exercise != into.exercise:
        which = into.ref if into.exercise else incident.ref
        sentence = f"Only {which} is an exercise: a drill and what is real are not merged, for no metric counts a drill."
        return [Reason("exercise_differs", sentence, clause="lifecycle.phases", field="into")]
    if incident.restricted != into.restricted:
        which = into.ref if into.restricted else incident.ref
        sentence = f"Only {which} is restricted to those who must know: merging would mix what they may and may not know."
        return [Reason("restriction_differs", sentence, clause="breach.need-to-know", field="into")]
    if incident.restricted and there is not None and (learns := _would_learn(facts, there)):
        sentence = (
            f"{learns} would learn of {incident.ref} with this, and is not named on it: name them first, or leave the two apart."
        )
        return [Reason("restriction_differs", sentence, clause="breach.need-to-know", field="into")]
    if incident.mobilises and not into.mobilises:
        sentence = f"{into.ref} is a {into.level}, and a {incident.level} would end in its backlog: raise it first."
        return [Reason("merge_lowers", sentence, clause="lifecycle.phases", field="into")]
    if there is not None and there.latest(Audience.PUBLIC) is None and (untold := _customers_untold(facts)):
        sentence = f"{untold} Or tell customers of {into.ref} first, whose updates go on."
        return [Reason("public_update_missing", sentence, clause="roles.cl-status-page", field="into")]
    return []


def _would_learn(facts: Facts, there: Facts) -> str:
    """Who is named there and not here, by now ("Mei and 2 more"), or "": the other's timeline tells what was merged into it."""
    here = {item.user_id for item in facts.admitted if item.knows}
    new = [item.name for item in there.admitted if item.knows and item.user_id not in here]
    return "" if not new else new[0] if len(new) == 1 else f"{new[0]} and {len(new) - 1} more"


def _flagged(incident: Incident, facts: Facts) -> list[Reason]:
    """What a flag holds is not ended otherwise than by resolving it."""
    for standing in facts.flags:
        flag = incident.law.flag(standing.key)
        return [Reason("flag_stands", f"“{flag.label}” stands: Legal lifts that first.", clause=flag.clauses[0])]
    return []


def why_not_reopen(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC reopens what was resolved; where nobody holds command any more, any practitioner (of the owner team) does."""
    reasons = practitioner(by) or _not_resolved(incident, "reopened")
    if reasons or (incident.mobilises and facts.vacant(RoomRole.IC)):
        return reasons
    return command(incident, facts, by, "reopening")


def why_not_close(incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
    """The IC closes a resolved SEV 1/2 once its post-mortem is done; a SEV 3/4 is closed by its owner team (lifecycle.phases).

    What was a SEV 1/2 and was lowered has a post-mortem all the same.
    """
    reasons = practitioner(by) or _not_resolved(incident, "closed")
    if not reasons and not (incident.mobilises and facts.vacant(RoomRole.IC)):
        reasons = command(incident, facts, by, "closing")
    if not reasons and is_learnt_from(incident) and (missing := closing.what_is_missing(incident)):
        reasons = [Reason("postmortem_missing", missing, clause="postmortem.draft-24h")]
    return reasons


def _not_resolved(incident: Incident, done: str) -> list[Reason]:
    if incident.state == State.RESOLVED:
        return []
    sentence = f"{incident.ref} is {stands(incident)}: only what is resolved is {done}."
    return [Reason("not_resolved", sentence, clause="lifecycle.phases")]


def _minutes(incident: Incident) -> int:
    return int(incident.law.minutes("monitoring_minimum"))


def _left_of_monitoring(incident: Incident) -> str:
    """How long monitoring still has to last ("3 min 20 s"), or "" once it has lasted."""
    if incident.monitoring_since is None:
        return ""
    left = incident.monitoring_since + timedelta(minutes=_minutes(incident)) - now()
    seconds = int(left.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if left > timedelta() else ""
