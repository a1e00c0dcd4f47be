"""What of the entries that tell of no incident a pack of a period discloses: what whoever it is for reads in the portal too.

What is in no set stays a stub: what came in before there was an incident (it may belong to one that is restricted), a person's contact methods and
calendar links, who has access to production, and what Legal alone reads. A test asks for each table where it belongs.
"""

from collections.abc import Collection, Iterable

from compliance.audit_controls import KINDS
from compliance.audit_evidence import evidence
from compliance.packs.records import EVENTS, REDACTIONS
from ledger.models import Event
from tenants.actors import Role

JUDGED_BY = frozenset({"standard_historicalstandardversion", "incidents_historicalupdatepolicy", "oncall_historicalservice"})
"""By what incidents are judged (compliance/conformance/packed.py): in every pack, from the beginning of the log."""

EVERYBODYS = JUDGED_BY | {
    REDACTIONS,
    "incidents_historicalcomponent",
    "incidents_historicalmaintenanceservice",
    "incidents_historicalmaintenancewindow",
    "incidents_historicalservicecomponent",
    "oncall_historicalescalationpolicy",
    "oncall_historicalescalationtarget",
    "oncall_historicallayer",
    "oncall_historicallayermember",
    "oncall_historicaloverride",
    "oncall_historicalschedule",
    "oncall_historicalswap",
    "oncall_historicalteam",
    "oncall_historicalteammember",
    "postmortems_historicalreleasepolicy",
    "standard_historicalcalendar",
    "standard_historicalcalendarday",
    "standard_standardwithdrawal",
    "status_historicalstatuspage",
    "tenants_historicaldutyholder",
    "tenants_historicalmembership",
}
ADMINISTRATORS = frozenset(
    {
        "compliance_historicalaccesspolicy",
        "compliance_historicalaccesssystem",
        "compliance_historicalauditengagement",
        "compliance_historicalregulatorrule",
        "compliance_historicalretentionperiod",
        "incidents_historicalintegration",
        "incidents_historicalroutingrule",
        "postmortems_historicalblamephrase",
        "tenants_historicalapitoken",
    }
)
OF_FEW = frozenset(
    {
        "compliance_accessrun",
        "compliance_custodianfile",
        "compliance_historicalaccessfact",
        "compliance_historicalcustodiantask",
        "compliance_historicalerasurerequest",
        "compliance_historicalprincipalname",
        "notifications_historicalcontactmethod",
        "oncall_historicalcalendarlink",
        "standard_historicalfeedback",
        "standard_historicalprocessreview",
        "standard_historicalstandarddraft",
        "standard_signedfigures",
    }
)

# Events beside those of incidents: how what stands in those tables was changed. Others are of what somebody did or read, or of Legal's: of those
# an engagement's auditor is shown what is evidence of a control.
_KINDS = (
    *("configuration.changed", "engagement.made", "engagement.ended", "integration.keyed", "integration.keys_withdrawn"),
    *("override.given", "override.cancelled", "swap.offered", "swap.accepted", "swap.ended", "token.issued", "token.revoked"),
    "release_policy.changed",
    "status_page.changed",
    *(
        "duty_rule.loaded",
        "duty_rule.approved",
        "duty_rule.withdrawn",
        "retention.changed",
        "standard.adopted",
        "standard.published",
    ),
    *("standard.withdrawn", "schedule.made", "schedule.changed", "schedule.imported", "schedule.layer_added"),
    *("schedule.layer_changed", "schedule.layer_ended"),
)


def tables_for(roles: Collection[str]) -> frozenset[str]:
    """The tables whose entries somebody with these roles is shown, events among them; which of those, `told` says."""
    all_of_it = {Role.ADMINISTRATOR, Role.AUDITOR} & set(roles)
    return EVERYBODYS | {EVENTS} | (ADMINISTRATORS if all_of_it else frozenset())


def told(event_ids: Iterable[int], tables: Collection[str], *, audited: bool = False) -> set[int]:
    """Of these events those that are disclosed, in the scope of whoever the pack is for: on what stands in `tables`.

    To an engagement's auditor (`audited`) whatever is evidence of a control besides: what their pages show (compliance/audit_controls.py).
    """
    asked = list(event_ids)
    found = Event.objects.filter(pk__in=asked, incident_id=None, kind__in=_KINDS).values_list("pk", "subject_type")
    shown = {pk for pk, subject in found if _histories(subject) & set(tables)}
    if audited:
        shown |= set(evidence(KINDS).filter(pk__in=asked, incident_id=None).values_list("pk", flat=True))
    return shown


def _histories(subject: str) -> set[str]:
    """The tables in which entries on a subject such as "oncall.team" stand."""
    app, _, model = subject.partition(".")
    return {f"{app}_historical{model}", f"{app}_{model}"}
