"""Legal holds: who places them, who releases them with whom, and what custodians are asked (breach.preserve-logs)."""

from compliance import holds_people as people
from compliance.models import CustodianTask
from incidents.models import LegalHold
from incidents.rules.common import reader
from tenants.actors import Actor, Duty, Role
from tenants.refusals import Reason
from tenants.time import now

PRESERVE = "breach.preserve-logs"


def why_not_read(by: Actor) -> list[Reason]:
    """The holders of the duties that the law speaks of, administrators and auditors read of holds."""
    if by.has(Role.AUDITOR) or people.is_second(by, people.duties(by)):
        return []
    sentence = "Legal holds are shown to Legal Counsel, the Privacy Officer, the CFO, administrators and auditors."
    return [Reason("not_of_the_law", sentence, clause=PRESERVE, status=403)]


def why_not_place(by: Actor) -> list[Reason]:
    """Legal Counsel places a hold by hand; a flag places one by itself."""
    return reader(by) or _not_legal(by, "places a legal hold")


def why_not_ask_release(hold: LegalHold, by: Actor) -> list[Reason]:
    """Legal Counsel asks that a hold end, and says why; nobody ends it alone."""
    if reasons := reader(by) or _not_legal(by, "asks that a hold be released") or _over(hold):
        return reasons
    if hold.release_asked_at is not None:
        who = hold.released_by.name if hold.released_by else "Somebody"
        sentence = f"{who} asked for this at {hold.release_asked_at:%Y-%m-%d %H:%M:%S} UTC: a second person has to agree."
        return [Reason("release_asked", sentence, clause=PRESERVE)]
    return []


def why_not_release(hold: LegalHold, by: Actor) -> list[Reason]:
    """A second person agrees: Legal, Privacy, the CFO or an administrator, and never whoever asked."""
    if reasons := _decides(hold, by):
        return reasons
    if hold.released_by_id == by.user_id:
        return [Reason("same_person", "You asked for it: somebody else has to agree.", clause=PRESERVE, status=403)]
    return []


def why_not_keep(hold: LegalHold, by: Actor) -> list[Reason]:
    """Any of them says that it stays; whoever asked may take that back."""
    return _decides(hold, by)


def why_not_ask_custodian(hold: LegalHold, by: Actor) -> list[Reason]:
    """Legal Counsel and the Privacy Officer ask custodians to keep what is theirs, while the hold stands."""
    if reasons := reader(by):
        return reasons
    if not people.is_decider(people.duties(by)):
        sentence = "Legal Counsel and the Privacy Officer ask custodians."
        return [Reason("not_yours_to_ask", sentence, clause=PRESERVE, status=403)]
    return _over(hold)


def why_not_send_link(task: CustodianTask, by: Actor) -> list[Reason]:
    """Whoever asks custodians sends somebody outside a new link, while there is something left to answer."""
    if reasons := _outside(task, by, "send links"):
        return reasons
    return [_proven(task)] if task.proven_at is not None else []


def why_not_withdraw(task: CustodianTask, by: Actor) -> list[Reason]:
    """Whoever asks custodians takes back what was asked of somebody outside, such as of the wrong one."""
    return _outside(task, by, "take back what was asked")


def why_not_by_link(task: CustodianTask, number: int) -> list[Reason]:
    """Why a link that was sent to somebody outside opens nothing any more (410). It says nothing of what was to be kept."""
    if number != task.link_number:
        sentence = "A newer link was sent since: use the one in the last message."
        return [Reason("link_replaced", sentence, clause=PRESERVE, status=410)]
    if task.withdrawn_at is not None:
        sentence = "What was asked was taken back: nothing is to be kept for it any more."
        return [Reason("withdrawn", sentence, clause=PRESERVE, status=410)]
    if task.over_at is not None:
        return [Reason("released", "This has ended: nothing is to be kept for it any more.", clause=PRESERVE, status=410)]
    if task.link_until is None or task.link_until <= now():
        sentence = "This link was good for two weeks, and they are over. Ask whoever wrote to you for a new one."
        return [Reason("link_expired", sentence, clause=PRESERVE, status=410)]
    return []


def why_not_acknowledge(task: CustodianTask, by: Actor, link: int | None = None) -> list[Reason]:
    """The custodian says that they keep it, one outside by their link; for one without an account, whoever asks custodians may too."""
    if reasons := _answers(task, by, link):
        return reasons
    if task.acknowledged_at is not None:
        return [_since("acknowledged", "This was acknowledged", task)]
    return []


def why_not_prove(task: CustodianTask, by: Actor, link: int | None = None) -> list[Reason]:
    """The same person says where the copy lies, once."""
    if reasons := _answers(task, by, link):
        return reasons
    return [_proven(task)] if task.proven_at is not None else []


def _answers(task: CustodianTask, by: Actor, link: int | None) -> list[Reason]:
    if link is not None:  # it is the proof of who they are, and says which task it is for
        return why_not_by_link(task, link)
    if reasons := reader(by):
        return reasons
    if not people.is_custodian(by, task) and (task.person_id is not None or not people.is_decider(people.duties(by))):
        sentence = (
            f"{task.name} answers this."
            if task.person_id
            else "Legal Counsel and the Privacy Officer answer for who has no account."
        )
        return [Reason("not_the_custodian", sentence, clause=PRESERVE, status=403)]
    return _ended(task)


def _outside(task: CustodianTask, by: Actor, what: str) -> list[Reason]:
    """What is done about the link of somebody outside: Legal's and Privacy's, while it is asked."""
    if reasons := reader(by):
        return reasons
    if not people.is_decider(people.duties(by)):
        return [Reason("not_yours_to_ask", f"Only Legal Counsel and the Privacy Officer {what}.", clause=PRESERVE, status=403)]
    if task.person_id is not None:
        return [Reason("a_member", f"{task.name} is a member: they answer in the portal, and have no link.", clause=PRESERVE)]
    return _ended(task)


def _ended(task: CustodianTask) -> list[Reason]:
    if task.withdrawn_at is not None:
        sentence = f"What was asked was taken back at {task.withdrawn_at:%Y-%m-%d %H:%M:%S} UTC."
        return [Reason("withdrawn", sentence, clause=PRESERVE)]
    if task.over_at is not None:
        return [Reason("released", "The hold was released: nothing is to be kept for it any more.", clause=PRESERVE)]
    return []


def _proven(task: CustodianTask) -> Reason:
    return Reason("proven", f"The proof was filed at {task.proven_at:%Y-%m-%d %H:%M:%S} UTC already.", clause=PRESERVE)


def _since(code: str, what: str, task: CustodianTask) -> Reason:
    return Reason(code, f"{what} at {task.acknowledged_at:%Y-%m-%d %H:%M:%S} UTC already.", clause=PRESERVE)


def _decides(hold: LegalHold, by: Actor) -> list[Reason]:
    if reasons := reader(by):
        return reasons
    if not people.is_second(by, people.duties(by)):
        sentence = "Legal Counsel, the Privacy Officer, the CFO and administrators decide on a release."
        return [Reason("not_a_second_person", sentence, clause=PRESERVE, status=403)]
    if reasons := _over(hold):
        return reasons
    if hold.release_asked_at is None:
        return [Reason("release_not_asked", "Legal Counsel has not asked that this hold be released.", clause=PRESERVE)]
    return []


def _not_legal(by: Actor, what: str) -> list[Reason]:
    if Duty.LEGAL_COUNSEL in people.duties(by):
        return []
    return [Reason("not_legal", f"Only Legal Counsel {what}.", clause=PRESERVE, status=403)]


def _over(hold: LegalHold) -> list[Reason]:
    if hold.released_at is None:
        return []
    sentence = f"Legal hold {hold.pk} was released at {hold.released_at:%Y-%m-%d %H:%M:%S} UTC."
    return [Reason("released", sentence, clause=PRESERVE)]
