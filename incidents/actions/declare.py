"""Declaring: from "this is an incident" to a room, clocks and people on their way."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F

from incidents import fields
from incidents.actions.base import start_cadence, tell
from incidents.actions.fixing import FIX_CLOCKS, start_fix
from incidents.actions.joining import join
from incidents.actions.mobilising import ROLES_CLOCK, name_channel, settle_roles
from incidents.actions.restriction import set_off
from incidents.models import Incident, IncidentNumber, IncidentService, Participant, Signal
from incidents.rules import signals as rules
from incidents.states import DetectedBy, FlagKey, FlagKind, Severity, SignalState, State
from incidents.suggesting import assess
from ledger.verbs import verb
from oncall.models import Service
from standard.queries import in_force, law
from tenants.actors import Actor, Role
from tenants.refusals import check, invalid
from tenants.time import now

DECLARING = ("severity.sev1-cadence", "severity.sev2-cadence", ROLES_CLOCK, *FIX_CLOCKS)  # the clocks that it may start


@verb(
    "declare",
    kind="incident.declared",
    who="any member",
    sometimes=("incident.flagged",),
    starts=DECLARING,
    clauses=(
        "triage.declare-immediately",
        "triage.initial-severity",
        "detection.manual",
        "severity.sev1-definition",
        "severity.sev2-definition",
        "severity.sev3-definition",
        "severity.sev4-definition",
        "severity.sev1-page",
        "severity.sev2-page",
        "severity.sev3-fix",
        "severity.sev4-ticket",
        "mobilize.page-out",
        "mobilize.war-room",
        "mobilize.roles-assigned",
        "principle.mobilize-first",
        "lifecycle.phases",
    ),
)
def declare(
    *,
    by: Actor,
    title: str,
    severity: Severity,
    services: Sequence[Service] = (),
    detected_by: DetectedBy = DetectedBy.USER,
    impact_start: datetime | None = None,
    summary: str = "",
    signals: Sequence[Signal] = (),
    flags: Sequence[FlagKey] = (),
    kinds: Sequence[FlagKind] = (),
    exercise: bool = False,
    answers: Mapping[str, str] | None = None,
) -> Incident:
    """Declare an incident: number it, pin the standard in force, start its clocks; SEV 1/2 mobilise in the same step.

    `signals` (waiting ones) become part of it, and detection counts from the first of them. Paging the on-call people and the
    duties follows at once as a reaction (portal/reactions.py). Refuses an empty or deceiving title, and an impact that began in the
    future or more than two years ago.
    `exercise`: a drill, which runs as ever and says so. `answers` to the impact questions are kept with what they suggest; they
    bind nobody, and one that is not offered is refused (422). `flags` that stand from the start force the severity, and restrict (see
    `flag`); `kinds` are those of the exposed data.
    """
    check(rules.why_not_declare(by))
    for signal in signals:
        check(rules.why_not_triage(signal, by))
    if kinds and FlagKey.PERSONAL_DATA not in flags:
        raise invalid("kinds", f"Tick “{FlagKey.PERSONAL_DATA.label}” too, or neither of these.", code="no_flag")
    moment = now()
    clean_title = fields.line("title", title)
    standard = in_force()
    forced = [level for key in flags if (level := law(standard.pk).flag(key).raises_to) is not None]
    severity = Severity(min([severity, *forced]))
    number = _next_number(by.organisation_id)
    rules_in_force = law(standard.pk)
    assessment = assess(rules_in_force, answers or {})
    mobilises = rules_in_force.severity(severity).mobilises
    incident = Incident(
        number=number,
        ref=f"INC-{number}",
        title=clean_title,
        severity=severity,
        state=State.MOBILIZATION if mobilises else State.BACKLOG,
        standard=standard,
        exercise=exercise,
        detected_by=detected_by,
        detected_at=min([signal.opened_at for signal in signals], default=moment),
        declared_at=moment,
        declared_by_id=by.user_id,
        impact_start=fields.began("impact_start", impact_start) if impact_start else None,
        summary=fields.text("summary", summary, required=False),
    )
    name_channel(incident)
    incident.save()
    for service in dict.fromkeys([*services, *(signal.service for signal in signals if signal.service)]):
        IncidentService.objects.create(incident=incident, service=service)
    if by.user_id is not None and by.has(Role.PRACTITIONER):
        Participant.objects.create(incident=incident, user_id=by.user_id)
    tell(
        incident,
        "incident.declared",
        by=by,
        title=clean_title,
        severity=int(severity),
        state=incident.state,
        detected_by=detected_by,
        services=[service.name for service in services],
        detected_to_declared_seconds=round((moment - incident.detected_at).total_seconds(), 3),
        mobilise=mobilises,
        exercise=exercise,
        assessment=assessment.data() if assessment.answers else None,
        channel=incident.channel,
    )
    start_cadence(incident)
    start_fix(incident)
    settle_roles(incident, by=by)
    for signal in signals:  # before any flag: whoever acknowledged them works on it, and is named
        join(signal, incident, SignalState.DECLARED, by=by)
    for key in dict.fromkeys(flags):
        of_it = kinds if key == FlagKey.PERSONAL_DATA else ()
        incident = set_off(incident, by=by, key=key, kinds=of_it, reason="Flagged when it was declared.")
    return incident


def _next_number(organisation_id: int) -> int:
    """The organisation's next incident number. The counter's row lock makes the numbering gapless."""
    IncidentNumber.objects.get_or_create(organisation_id=organisation_id)
    counter = IncidentNumber.objects.select_for_update().get(organisation_id=organisation_id)
    IncidentNumber.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    return counter.last + 1
