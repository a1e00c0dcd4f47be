"""The integrations' pages: when each was heard, and what it sent that could not be taken."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from incidents import gate
from incidents.models import Inbound, Integration, IntegrationPulse, UnknownKey
from tenants.actors import Actor, Role
from tenants.refusals import Reason, Refused


def _for_administrators(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.has(Role.ADMINISTRATOR, Role.AUDITOR):
        raise Refused(Reason("not_an_administrator", "Integrations are the administrators' business.", status=403))
    return actor


@require_GET
def integration_list(request: HttpRequest) -> HttpResponse:
    """Every way in for monitoring, and what came with a key that opened none."""
    _for_administrators(request)
    pulses = {pulse.integration_id: pulse for pulse in IntegrationPulse.objects.all()}
    rows = []
    for integration in Integration.objects.order_by("name"):
        pulse = pulses.get(integration.pk)
        rows.append(
            {
                "name": integration.name,
                "kind": integration.get_kind_display(),
                "active": integration.is_active,
                "last_heard_at": pulse.last_heard_at if pulse else None,
                "counts": _counts(pulse),
                "url": reverse("integration", args=[integration.pk]),
            }
        )
    strangers = UnknownKey.objects.order_by("-last_at")[:20]
    return render(request, "integrations/list.html", {"integrations": rows, "refusals": [_stranger(key) for key in strangers]})


@require_GET
def integration_detail(request: HttpRequest, integration_id: int) -> HttpResponse:
    """One integration: what was refused and why, and what was taken lately."""
    integration = gate.integration_for(_for_administrators(request), integration_id)
    pulse = IntegrationPulse.objects.filter(integration=integration).first()
    inbound = Inbound.objects.filter(integration=integration).defer("body").order_by("-id")
    shown = {
        "name": integration.name,
        "kind": integration.get_kind_display(),
        "active": integration.is_active,
        "last_heard_at": pulse.last_heard_at if pulse else None,
        "counts": _counts(pulse),
        "refusals": [_refusal(i) for i in inbound.exclude(problem="")[:20]],
        "deliveries": [
            {"at": i.received_at, "what": i.note or f"{i.alerts} alert{'' if i.alerts == 1 else 's'}", "status": i.status}
            for i in inbound.filter(problem="")[:20]
        ],
    }
    return render(request, "integrations/detail.html", {"integration": shown})


def _counts(pulse: IntegrationPulse | None) -> dict[str, int]:
    return {"accepted": pulse.accepted if pulse else 0, "refused": pulse.refused if pulse else 0}


def _stranger(key: UnknownKey) -> dict[str, object]:
    which = f"A key whose SHA-256 begins with {key.mark}" if key.mark else "Further keys"
    times = "once" if key.times == 1 else f"{key.times} times"
    sender = f", by {key.sender}" if key.sender else ""
    return {
        "at": key.last_at,
        "status": 401,
        "what": f"{which} came {times}{sender}. It opens no integration that is switched on.",
    }


def _refusal(inbound: Inbound) -> dict[str, object]:
    return {"at": inbound.received_at, "status": inbound.status, "what": inbound.problem}
