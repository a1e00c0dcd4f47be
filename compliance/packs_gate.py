"""Fetch or refuse, for evidence packs: the one way an edge obtains one. A stranger's and a missing one answer alike."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import F, Prefetch, Q, QuerySet

from compliance import audit_gate
from compliance.models import AuditEngagement, CustodianTask, EvidencePack, PackKind, PackWork
from compliance.packs_rules import why_not_list
from compliance.rules import holds
from incidents import gate
from incidents.models import Incident
from incidents.rules.outside import why_not_enter
from tenants.actors import Actor, Duty, Role
from tenants.models import DutyHolder
from tenants.refusals import NotFound, check
from tenants.time import now


def is_legal(by: Actor) -> bool:
    """Whether somebody sits on Legal Counsel's seat."""
    return by.user_id is not None and DutyHolder.objects.filter(duty=Duty.LEGAL_COUNSEL, user_id=by.user_id).exists()


def incident_for(by: Actor, ref: str) -> Incident:
    """The incident whose packs are looked at: whoever may see its room, and Legal Counsel, an executive too. Raises NotFound otherwise."""
    incident = gate.incident_for(by, ref)
    if not is_legal(by):
        check(why_not_enter(incident, by))
    return incident


def engagement_for(by: Actor, engagement_id: int) -> AuditEngagement:
    """The engagement whose packs are looked at: by its auditor while it is open, or by who asks for packs. Raises NotFound where there is none.

    Refuses (403) all others, whether there is one or not.
    """
    if by.has(Role.AUDITOR):
        return audit_gate.audit_for(by, engagement_id)
    check(why_not_list(by, is_legal(by)))
    rows = AuditEngagement.objects.filter(organisation_id=by.organisation_id).select_related("auditor")
    found = rows.filter(pk=engagement_id).first() if engagement_id < 2**63 else None
    if found is None:
        raise NotFound("engagement")
    return found


def open_engagements(by: Actor) -> Sequence[AuditEngagement]:
    """The audit engagements that are open now, the newest first; of an auditor, their own."""
    rows = AuditEngagement.objects.filter(ended_at=None, expires_at__gt=now()).select_related("auditor").order_by("-id")
    return list(rows.filter(auditor_id=by.user_id) if by.has(Role.AUDITOR) else rows)


def packs(by: Actor) -> QuerySet[EvidencePack]:
    """The packs that somebody may see, newest first: of their incidents, the periods that they asked for, and an auditor's engagements."""
    check(why_not_list(by, is_legal(by)))
    return _theirs(by)


def _theirs(by: Actor) -> QuerySet[EvidencePack]:
    theirs = Q(asked_by=by.user_id) | Q(engagement__auditor_id=by.user_id) if by.user_id is not None else Q(asked_by=None)
    found = EvidencePack.objects.filter(Q(kind=PackKind.INCIDENT) | theirs)
    work = Prefetch("work", PackWork.objects.order_by("id"))
    return found.select_related("incident", "engagement__auditor", "asked_by").prefetch_related(work).order_by("-id")


def packs_of(incident: Incident, by: Actor) -> QuerySet[EvidencePack]:
    """Those of one incident."""
    return packs(by).filter(incident=incident)


def packs_of_engagement(engagement: AuditEngagement, by: Actor) -> QuerySet[EvidencePack]:
    """Those of one engagement, and after them those of the incidents that were declared in its period."""
    of_incidents = Q(incident__declared_at__gte=engagement.starts_at, incident__declared_at__lt=engagement.ends_at)
    found = packs(by).filter(Q(engagement=engagement) | of_incidents)
    return found.order_by(F("engagement").desc(nulls_last=True), "-id")


def pack_for(by: Actor, pack_id: int) -> EvidencePack:
    """The pack with this id, if the actor may see it, and its incident's room. Raises NotFound otherwise. Reading a restricted one is on record.

    Refuses (403) whoever sees no packs at all, whether there is this one or not.
    """
    check(why_not_list(by, is_legal(by)))
    found = _theirs(by).filter(pk=pack_id).first() if pack_id < 2**63 else None
    if found is None:
        raise NotFound("evidence pack")
    if found.incident is not None:
        incident_for(by, found.incident.ref)
    return found


def custody_kept_from(pack: EvidencePack, by: Actor) -> bool:
    """Whether an incident's pack tells of custodians, and whoever asks reads of no legal hold in the portal either."""
    if pack.incident_id is None or not holds.why_not_read(by):
        return False
    return CustodianTask.objects.filter(hold__incident_id=pack.incident_id, asked_at__lte=pack.made_at or now()).exists()


def hidden_since(pack: EvidencePack) -> int:
    """Of how many incidents a pack tells, or may tell, that are hidden from whoever asks by now: breach.need-to-know.

    Those that it shows or that its raw requests may speak of; in an engagement's, those of which it has what led to them, such as the signal
    that became a part of one later.
    """
    with connection.cursor() as cursor:  # of those others an auditor may see none, and still be shown this one
        cursor.execute("SELECT count(*) FROM muster.hidden_since(%s)", [pack.pk])
        return int(cursor.fetchone()[0])
