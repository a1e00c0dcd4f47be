"""Who asks for evidence packs, and who is handed them (clauses evidence.export, people.auditor)."""

from datetime import date, datetime

from compliance.models import AuditEngagement, EvidencePack, PackState
from incidents.models import Incident
from incidents.rules.common import reader
from incidents.rules.outside import why_not_enter
from tenants.actors import Actor, Role
from tenants.refusals import Reason

EXPORT, AUDITOR = "evidence.export", "people.auditor"
LONGEST_DAYS = 366


def _theirs(by: Actor, legal: bool, *roles: Role) -> list[Reason]:
    if legal or by.is_system or by.has(Role.ADMINISTRATOR, Role.PROCESS_OWNER, *roles):
        return []
    sentence = "Evidence packs are for administrators, the process owner, Legal Counsel and auditors."
    return [Reason("not_for_you", sentence, clause=EXPORT, status=403)]


def why_not_ask(incident: Incident, by: Actor, legal: bool) -> list[Reason]:
    """Administrators, the process owner and Legal Counsel (`legal`) ask, of an incident that they may see. Muster itself does at its end."""
    outside = [] if legal else why_not_enter(incident, by)  # an executive on Legal's seat needs the record as evidence
    return reader(by) or outside or _theirs(by, legal)


def why_not_ask_of_a_period(
    by: Actor, legal: bool, starts_on: date | None = None, ends_before: date | None = None
) -> list[Reason]:
    """The same people ask for a period's, of at most a year, that has begun."""
    if reasons := reader(by) or _theirs(by, legal):
        return reasons
    if starts_on is None or ends_before is None:
        return []
    if ends_before <= starts_on:
        return [Reason("no_period", "The day after the period must come after its first day.", field="ends_before", status=422)]
    if (ends_before - starts_on).days > LONGEST_DAYS:
        return [Reason("too_long", f"A pack is of {LONGEST_DAYS} days at most.", field="ends_before", status=422)]
    return []


def why_not_ask_of_an_engagement(engagement: AuditEngagement, by: Actor, legal: bool, *, now: datetime) -> list[Reason]:
    """The same people ask for an audit engagement's, while it is open: what its auditor may read by then, and for them alone."""
    if reasons := reader(by) or _theirs(by, legal):
        return reasons
    if not engagement.is_open(now):
        return [Reason("not_open", "This engagement is over: its auditor reads nothing any more.", clause=AUDITOR)]
    return []


def why_not_list(by: Actor, legal: bool) -> list[Reason]:
    """The same people see what there is, and auditors do."""
    return _theirs(by, legal, Role.AUDITOR)


def is_for(pack: EvidencePack, by: Actor) -> bool:
    """Whether a pack is for whoever looks at it: that of an engagement is for its auditor alone."""
    return pack.engagement is None or pack.engagement.auditor_id == by.user_id


def why_not_finish(theirs: bool, erased: bool) -> list[Reason]:
    """A pack is put down by whoever has its work (`theirs`), and not where somebody's data were erased meanwhile (`erased`): it may tell of them."""
    if not theirs:
        return [
            Reason(
                "lease_lost", "The work on this pack is not yours any more: it took too long, and was begun anew.", clause=EXPORT
            )
        ]
    if not erased:
        return []
    return [Reason("erased_meanwhile", "Somebody's data were erased while this pack was made: it is made anew.", clause=EXPORT)]


def why_not_hand_out(pack: EvidencePack, by: Actor, legal: bool, hidden: int = 0, custody: bool = False) -> list[Reason]:
    """A pack is handed to those who may ask for one, and to auditors, once it is ready.

    `hidden` counts the incidents that it shows and that have been restricted since, so that the asker may not see them any more; `custody` says
    that it tells of custodians to somebody who reads of no legal hold.
    """
    if reasons := _theirs(by, legal, Role.AUDITOR):
        return reasons
    if not is_for(pack, by):
        sentence = "The pack of an audit engagement is for its auditor alone: it may show what others may not see."
        return [Reason("for_its_auditor", sentence, clause=AUDITOR, status=403)]
    if pack.state == PackState.FAILED:
        return [Reason("failed", f"This pack could not be made: {pack.why}", clause=EXPORT)]
    if pack.state == PackState.SUPERSEDED:
        return [Reason("superseded", f"{pack.why} Ask for it anew.", clause=EXPORT, status=410)]
    if pack.state != PackState.READY:
        return [Reason("not_ready", "This pack is still being made.", clause=EXPORT)]
    if hidden:
        sentence = "Something that this pack shows has been restricted since. Ask for it anew."
        return [Reason("restricted_since", sentence, clause="breach.need-to-know", status=403)]
    if custody:
        sentence = (
            "This pack has what custodians of a legal hold answered, which administrators, Legal Counsel and auditors read."
        )
        return [Reason("tells_of_custodians", sentence, clause="breach.preserve-logs", status=403)]
    return []
