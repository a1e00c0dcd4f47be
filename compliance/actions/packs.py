"""Evidence packs: asked for, made, handed out (clause evidence.export).

A pack is a row before anything is done for it, and is made by a task (compliance/packs/making.py) that may run twice.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from compliance import packs_rules as rules
from compliance.models import AuditEngagement, EvidencePack, PackCause, PackKind, PackPart, PackState, PackWork
from compliance.packs.lease import Lease, erase_or_finish, erasures
from compliance.packs_gate import custody_kept_from, hidden_since, is_legal
from incidents.models import Incident
from ledger.actions import record
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

SUBJECT = "evidence pack"


@verb(
    "ask",
    kind="pack.asked",
    who="administrator, process owner, Legal Counsel; Muster at an incident's end and when it is closed",
    subject=SUBJECT,
    clauses=(rules.EXPORT,),
)
def ask_for_pack(incident: Incident, *, by: Actor, cause: PackCause = PackCause.ASKED) -> EvidencePack:
    """Ask for the evidence pack of an incident, as it is now.

    It is made once everything that is on record of the incident by now is sealed; what is written until then is in it too.
    """
    check(rules.why_not_ask(incident, by, is_legal(by)))
    pack = EvidencePack(kind=PackKind.INCIDENT, incident=incident, cause=cause, asked_by_id=by.user_id, asked_at=now())
    return _put_down(pack, f"evidence-{incident.ref}", by)


@verb(
    "ask-for-period",
    kind="pack.asked",
    who="administrator, process owner, Legal Counsel",
    subject=SUBJECT,
    clauses=(rules.EXPORT,),
)
def ask_for_period(starts_on: date, ends_before: date, *, by: Actor) -> EvidencePack:
    """Ask for the evidence pack of a period: from the beginning of a day to the beginning of another, in UTC.

    What whoever asks may not see is in it as stubs, so that the counts add up. The pack is theirs alone.
    """
    check(rules.why_not_ask_of_a_period(by, is_legal(by), starts_on, ends_before))
    pack = EvidencePack(kind=PackKind.PERIOD, starts_on=starts_on, ends_before=ends_before, cause=PackCause.ASKED, asked_at=now())
    pack.asked_by_id = by.person_id
    return _put_down(pack, f"evidence-{starts_on}-to-{ends_before}", by)


@verb(
    "ask-for-engagement",
    kind="pack.asked",
    who="administrator, process owner, Legal Counsel",
    subject=SUBJECT,
    clauses=(rules.EXPORT, rules.AUDITOR),
)
def ask_for_engagement(engagement: AuditEngagement, *, by: Actor) -> EvidencePack:
    """Ask for the evidence pack of an audit engagement, for its auditor alone.

    It holds what the auditor may read when it is made: the incidents that were declared in the period, whole, and what else was written in it.
    """
    check(rules.why_not_ask_of_an_engagement(engagement, by, is_legal(by), now=now()))
    days = {"starts_on": engagement.first, "ends_before": engagement.last + timedelta(days=1)}
    pack = EvidencePack(kind=PackKind.PERIOD, engagement=engagement, cause=PackCause.ASKED, asked_at=now(), **days)
    pack.asked_by_id = by.person_id
    return _put_down(pack, f"evidence-engagement-{engagement.pk}-{engagement.first}-to-{engagement.last}", by)


def _put_down(pack: EvidencePack, name: str, by: Actor) -> EvidencePack:
    pack.name = name
    pack.save()
    PackWork(pack=pack, incident_id=pack.incident_id, next_at=pack.asked_at).save()
    _tell(pack, "pack.asked", by, cause=pack.cause)
    return pack


@verb("finish", kind="pack.made", who="Muster, when its file is whole", subject=SUBJECT, clauses=(rules.EXPORT,))
def finish(
    pack: EvidencePack,
    *,
    by: Actor,
    lease: Lease,
    name: str,
    size: int,
    sha256: str,
    checkpoint_size: int,
    shown: Sequence[int] = (),
) -> EvidencePack:
    """Say that a pack's file is there: its name, its size in bytes, its SHA-256, and the checkpoint that it is proven against.

    Refused to whoever does not have its work any more: the parts that are there by then may be somebody else's, and begun before an erasure.
    """
    erase_or_finish(by.organisation_id)
    theirs = lease.lock() is not None  # before the pack, as in all that a worker does
    pack = _locked(pack)
    if pack.state == PackState.READY:
        return pack
    check(rules.why_not_finish(theirs, erasures() != lease.erasures))
    pack.state, pack.name, pack.made_at = PackState.READY, name, now()
    pack.size, pack.sha256, pack.checkpoint_size, pack.shown = size, sha256, checkpoint_size, sorted(shown)
    pack.save()
    PackWork.objects.filter(pack=pack).delete()
    _tell(pack, "pack.made", by, size=size, sha256=sha256, checkpoint=checkpoint_size)
    return pack


@verb("give-up", kind="pack.failed", who="Muster, when it could not be made", subject=SUBJECT, clauses=(rules.EXPORT,))
def give_up(pack: EvidencePack, *, by: Actor, why: str) -> EvidencePack:
    """Say that a pack could not be made, and why. Whoever needs it asks anew."""
    pack = _locked(pack)
    if pack.state == PackState.ASKED:
        pack.state, pack.why = PackState.FAILED, why[:1000]
        pack.save()
        PackWork.objects.filter(pack=pack).delete()
        _tell(pack, "pack.failed", by, why=pack.why)
    return pack


@verb(
    "hand-out",
    kind="pack.handed_out",
    who="administrator, process owner, Legal Counsel; for an auditor the record of reading stands for it",
    subject=SUBJECT,
    clauses=(rules.EXPORT,),
)
def hand_out(pack: EvidencePack, *, by: Actor) -> EvidencePack:
    """Put on record that somebody downloads a pack, before any of it is sent. Refused while it is not ready."""
    check(rules.why_not_hand_out(pack, by, is_legal(by), hidden_since(pack), custody_kept_from(pack, by)))
    _tell(pack, "pack.handed_out", by, sha256=pack.sha256)
    return pack


@verb(
    "supersede",
    kind="pack.superseded",
    who="Muster, when somebody's data were erased that the pack tells of",
    subject=SUBJECT,
    clauses=(rules.EXPORT,),
)
def supersede(pack: EvidencePack, *, by: Actor, erasure: int, hold: int | None) -> EvidencePack:
    """Hand a pack out no more, because an erasure took out of the record what it still tells. Its file goes, unless a legal hold keeps it.

    What it was, with its hash and the checkpoint, stays on record; whoever needs it asks anew, and is given what there is by then.
    """
    pack = _locked(pack)
    if pack.state == PackState.READY:
        kept = "" if hold is None else f" Legal hold {hold} keeps its file, which is handed to nobody, until it is released."
        pack.state, pack.why = PackState.SUPERSEDED, f"Erasure {erasure} took out of the record what it tells of somebody.{kept}"
        pack.save()
        if hold is None:
            PackPart.objects.filter(pack=pack).delete()
        _tell(pack, "pack.superseded", by, why=pack.why, sha256=pack.sha256, held=hold is not None)
    return pack


@verb(
    "remove",
    kind="pack.removed",
    who="Muster, when the legal hold that kept a superseded pack's file is released",
    subject=SUBJECT,
    clauses=(rules.EXPORT,),
)
def remove(pack: EvidencePack, *, by: Actor) -> EvidencePack:
    """Remove the file of a superseded pack that a legal hold had kept: of one whose parts are there, since without a hold they went at once."""
    pack = _locked(pack)
    parts = PackPart.objects.filter(pack=pack)
    if pack.state == PackState.SUPERSEDED and parts.exists():
        parts.delete()
        pack.why = f"{pack.why} It was released, and the file is removed."
        pack.save()
        _tell(pack, "pack.removed", by, sha256=pack.sha256)
    return pack


def _locked(pack: EvidencePack) -> EvidencePack:
    return EvidencePack.objects.select_for_update(of=("self",), no_key=True).select_related("incident").get(pk=pack.pk)


def _tell(pack: EvidencePack, kind: str, by: Actor, **data: Any) -> None:
    record(kind, pack, by=by, incident_id=pack.incident_id, name=pack.name, **data)
