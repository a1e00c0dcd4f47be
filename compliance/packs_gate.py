"""Fetch or refuse, for evidence packs: the one way an edge obtains one. A stranger's and a missing one answer alike."""

from django.db.models import Prefetch, Q, QuerySet

from compliance.models import EvidencePack, PackKind, PackWork
from compliance.packs_rules import why_not_list
from incidents import gate
from incidents.models import Incident
from incidents.rules.outside import why_not_enter
from tenants.actors import Actor, Duty
from tenants.models import DutyHolder
from tenants.refusals import NotFound, check


def is_legal(by: Actor) -> bool:
    """Whether somebody sits on Legal Counsel's seat."""
    return by.user_id is not None and DutyHolder.objects.filter(duty=Duty.LEGAL_COUNSEL, user_id=by.user_id).exists()


def incident_for(by: Actor, ref: str) -> Incident:
    """The incident whose packs are looked at: whoever may see its room, and Legal Counsel, an executive too. Raises NotFound otherwise."""
    incident = gate.incident_for(by, ref)
    if not is_legal(by):
        check(why_not_enter(incident, by))
    return incident


def packs(by: Actor) -> QuerySet[EvidencePack]:
    """The packs that somebody may see, newest first: of the incidents that they may see, and of the periods that they asked for."""
    check(why_not_list(by, is_legal(by)))
    return _theirs(by)


def _theirs(by: Actor) -> QuerySet[EvidencePack]:
    found = EvidencePack.objects.filter(Q(kind=PackKind.INCIDENT) | Q(asked_by=by.user_id))
    work = Prefetch("work", PackWork.objects.order_by("id"))
    return found.select_related("incident", "asked_by").prefetch_related(work).order_by("-id")


def packs_of(incident: Incident, by: Actor) -> QuerySet[EvidencePack]:
    """Those of one incident."""
    return packs(by).filter(incident=incident)


def pack_for(by: Actor, pack_id: int) -> EvidencePack:
    """The pack with this id, if the actor may see it, and its incident's room. Raises NotFound otherwise. Reading a restricted one is on record."""
    found = _theirs(by).filter(pk=pack_id).first() if pack_id < 2**63 else None
    if found is None:
        raise NotFound("evidence pack")
    check(why_not_list(by, is_legal(by)))
    if found.incident is not None:
        incident_for(by, found.incident.ref)
    return found


def hidden_since(pack: EvidencePack) -> int:
    """How many of the incidents that a pack shows cannot be seen from here any more."""
    if pack.kind == PackKind.INCIDENT:
        return 0  # it is hidden itself
    return len(pack.shown) - Incident.objects.filter(pk__in=pack.shown).count()
