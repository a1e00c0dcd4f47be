"""Whether an incident would find its people and monitoring its way in: duties that the standard calls, integrations that are heard."""

from collections.abc import Iterator
from datetime import timedelta

from incidents.duties import label
from incidents.models import Integration, IntegrationPulse
from incidents.rules.comms import APPROVING_DUTIES
from oncall.rotas import answering
from standard.faults import Fault
from standard.queries import in_force_id, law
from tenants.actors import Duty
from tenants.addresses import inside
from tenants.models import DutyHolder
from tenants.time import now

SILENT = timedelta(hours=24)


def faults() -> list[Fault]:
    """What is wrong now. Four queries."""
    return [*_duties(), *_integrations()]


def _duties() -> Iterator[Fault]:
    """The duties of the organisation that the standard in force calls or tells, and that nobody holds who is there."""
    rules = law(in_force_id())
    wanted: dict[str, str] = {}
    for flag in rules.flags:
        wanted |= {str(d): f"“{flag.label}” calls them" for d in (*flag.pages_duties, *flag.notifies_duties) if d not in wanted}
    for severity in rules.severities:
        called = (*severity.pages_duties, *severity.notifies_duties)
        wanted |= {str(d): f"a SEV {severity.level} calls them" for d in called if d not in wanted}
    wanted |= {str(d): "they approve what goes out" for d in APPROVING_DUTIES if d not in wanted}
    there = answering().values("user_id")
    held: set[str] = set(DutyHolder.objects.filter(user_id__in=there).values_list("duty", flat=True))
    for duty, why in wanted.items():
        if duty in Duty and duty not in held:
            sentence = f"Nobody holds the duty of {label(duty)}: {why}."
            yield Fault("duty_unfilled", label(duty), sentence, inside("admin:tenants_dutyholder_changelist"), _clause(duty))


def _clause(duty: str) -> str:
    return "breach.page-privacy-legal" if duty in (Duty.PRIVACY_OFFICER, Duty.LEGAL_COUNSEL) else ""


def _integrations() -> Iterator[Fault]:
    pulses = {pulse.integration_id: pulse for pulse in IntegrationPulse.objects.all()}
    active = list(Integration.objects.filter(is_active=True).order_by("name"))
    if not active:
        sentence = "No integration is switched on: monitoring cannot reach Muster."
        yield Fault("no_integration", "The organisation", sentence, inside("integration-list"), "detection.automated")
    for integration in active:
        pulse = pulses.get(integration.pk)
        last, refused = (pulse.last_heard_at, pulse.last_refused_at) if pulse else (None, None)
        if refused is not None and (last is None or refused > last):
            since = f"nothing since {last:%Y-%m-%d at %H:%M} UTC was taken in" if last else "nothing was ever taken in"
            sentence = f"The last that {integration.name} sent was refused, on {refused:%Y-%m-%d at %H:%M} UTC; {since}. Its page says why."
            yield Fault("integration_refused", integration.name, sentence, _address(integration), "detection.automated")
            continue
        if last is not None and now() - last < SILENT:
            continue
        said = f"was last heard on {last:%Y-%m-%d at %H:%M} UTC" if last else "was never heard"
        sentence = f"{integration.name} {said}: is its sender still set up?"
        yield Fault("integration_silent", integration.name, sentence, _address(integration), "detection.automated")


def _address(integration: Integration) -> str:
    return inside("integration", integration.pk)
