"""Fetch or refuse: holds, custodians' tasks, erasures. A hidden one and a missing one answer alike."""

from compliance.models import CustodianFile, CustodianTask, ErasureRequest
from compliance.rules import erasure as erasure_rules
from compliance.rules import holds as rules
from incidents.models import Incident, LegalHold
from ledger.exports import give
from tenants.actors import Actor
from tenants.models import Membership
from tenants.refusals import NotFound, invalid

REF_MAX = 24


def hold_for(by: Actor, hold_id: int) -> LegalHold:
    """The hold with this number. NotFound for what is not theirs to see: a stranger's and a missing one answer alike."""
    rows = LegalHold.objects.select_related("incident", "person", "placed_by", "released_by", "second_person")
    found = rows.filter(organisation_id=by.organisation_id, pk=hold_id).first()
    if found is None or rules.why_not_read(by):
        raise NotFound("legal hold")
    return found


def task_for(by: Actor, task_id: int) -> CustodianTask:
    """A custodian's task: their own, or one of a hold that they may read. NotFound otherwise."""
    rows = CustodianTask.objects.filter(organisation_id=by.organisation_id).select_related(
        "person", "asked_by", "acknowledged_by", "proven_by", "withdrawn_by"
    )
    found = rows.filter(pk=task_id).first()
    if found is None:
        raise NotFound("custodian's task")
    own = found.person_id is not None and found.person_id == by.user_id
    if not own and (rules.why_not_read(by) or not LegalHold.objects.filter(pk=found.hold_id).exists()):
        raise NotFound("custodian's task")
    return found


def custody_for(task_id: int) -> CustodianTask | None:
    """The task that the link of somebody outside names, inside the walls of the organisation that it names; None for none."""
    return CustodianTask.objects.filter(pk=task_id, person=None).select_related("asked_by").first()


def kept_file_for(by: Actor, file_id: int) -> CustodianFile:
    """What was attached as a custodian's proof, to whoever may read their task. NotFound otherwise, and once it was erased."""
    found = CustodianFile.objects.filter(organisation_id=by.organisation_id, task__erased_at=None, pk=file_id).first()
    if found is None:
        raise NotFound("file")
    try:
        task_for(by, found.task_id)
    except NotFound:
        raise NotFound("file") from None
    return found


def kept_file_given(by: Actor, file_id: int) -> CustodianFile:
    """The same, put on record as given, by its number: what it is called may name somebody."""
    found = kept_file_for(by, file_id)
    give(bytes(found.body), f"custodian-file-{found.pk}", by=by, about=found)
    return found


def incident_of(by: Actor, ref: str) -> Incident:
    """The incident that a hold shall keep. Refuses (422) a reference that leads nowhere, or to what is hidden from them."""
    asked = ref.strip().upper()
    found = None
    if "\x00" not in asked and 0 < len(asked) <= REF_MAX:
        found = Incident.objects.filter(organisation_id=by.organisation_id, ref=asked).first()
    if found is None:
        raise invalid("incident", "There is no such incident here.", code="no_such_incident")
    return found


def left_for(by: Actor, email: str) -> Membership | CustodianTask:
    """The membership, over or not, of whoever has this address; else what somebody outside who has it was last asked to keep.

    Refuses (422) an address that is nobody's here.
    """
    wanted = email.strip()
    found: Membership | CustodianTask | None = None
    if "\x00" not in wanted and 0 < len(wanted) <= 254:
        rows = Membership.objects.filter(organisation_id=by.organisation_id).select_related("user")
        outside = CustodianTask.objects.filter(organisation_id=by.organisation_id, person=None, erased_at=None)
        found = rows.filter(user__email__iexact=wanted).first() or outside.filter(email__iexact=wanted).order_by("-id").first()
    if found is None:
        raise invalid("person", "There is nobody here with this address.", code="no_such_person")
    return found


def erasure_for(by: Actor, erasure_id: int) -> ErasureRequest:
    """An erasure that was asked for. NotFound for who has nothing to do with them, as for a missing one."""
    rows = ErasureRequest.objects.filter(organisation_id=by.organisation_id).select_related(
        "person", "custodian", "asked_by", "decided_by"
    )
    found = rows.filter(pk=erasure_id).first()
    if found is None or erasure_rules.why_not_read(by):
        raise NotFound("erasure")
    return found
