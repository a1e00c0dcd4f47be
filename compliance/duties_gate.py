"""Fetch or refuse, for duties of law: the one way an edge obtains one. A stranger's and a missing one answer alike."""

from collections.abc import Sequence

from compliance import duties_register as register
from compliance.duties_people import serves
from compliance.models import DutyCase, RegulatorRule
from incidents import gate
from incidents.actions.restriction import opened_together
from incidents.models import Incident
from incidents.rules.outside import why_not_enter
from incidents.rules.restriction import LAWFUL
from tenants.actors import Actor
from tenants.refusals import NotFound, check


def incident_for(by: Actor, ref: str) -> Incident:
    """The incident whose duties the actor may read: whoever may see its room, and Legal and Privacy. Raises NotFound otherwise."""
    incident = gate.incident_for(by, ref)
    if not serves(by, *LAWFUL):
        check(why_not_enter(incident, by))
    return incident


def case_for(by: Actor, ref: str, duty: int) -> DutyCase:
    """A duty of an incident, by its id. Raises NotFound otherwise."""
    incident = incident_for(by, ref)
    rows = DutyCase.objects.filter(incident=incident, pk=duty) if duty < 2**63 else DutyCase.objects.none()
    found = rows.select_related("rule", "decided_by").first()
    if found is None:
        raise NotFound("duty")
    found.incident = incident
    return found


def rule_for(by: Actor, rule: int) -> RegulatorRule:
    """A version of a rule of law, by its id. Raises NotFound otherwise."""
    rows = RegulatorRule.objects.filter(organisation_id=by.organisation_id, pk=rule) if rule < 2**63 else None
    found = rows.select_related("approved_by", "withdrawn_by", "loaded_by").first() if rows is not None else None
    if found is None:
        raise NotFound("rule of law")
    return found


def breaches_for(by: Actor, found: Sequence[Incident]) -> list[register.Row]:
    """What the register says of these incidents (`register.breaches`, or a page of it).

    It says of a restricted one as much as its own page, so that it is put on record here, before it is shown, that somebody reads it: a page of
    the register, its file and the API have no other way to a row (clause breach.need-to-know).
    """
    opened_together(found, by=by)
    return register.rows(found)
