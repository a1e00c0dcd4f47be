"""The integrations' pages: adding one, its key, when it was heard, and what it sent that could not be taken."""

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents import gate
from incidents.integrating import issue_key, make_integration, withdraw_keys
from incidents.models import Inbound, Integration, IntegrationPulse, UnknownKey
from incidents.rules.configuring import why_not_configure, why_not_see
from integrations.forms import IntegrationForm, KeyForm
from integrations.showing import HOWTO, Shown, shown
from tenants.actors import Actor
from tenants.refusals import Refused, check


def _for_administrators(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    check(why_not_see(actor))
    return actor


@require_GET
def integration_list(request: HttpRequest) -> HttpResponse:
    """Every way in for monitoring, and what came with a key that opened none."""
    by = _for_administrators(request)
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
    context = {
        "integrations": rows,
        "refusals": [_stranger(key) for key in strangers],
        "add_url": "" if why_not_configure(by) else reverse("integration-add"),
    }
    return render(request, "integrations/list.html", context)


@require_http_methods(["GET", "POST"])
def integration_add(request: HttpRequest) -> HttpResponse:
    """Add an integration. Its key is on the page that answers, this once; asking again makes another integration."""
    by = _for_administrators(request)
    if request.method == "POST":
        check(why_not_configure(by))
    form = IntegrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            integration, key = make_integration(Integration.Kind(data["kind"]), data["name"], by=by, signed=data["signed"])
        except Refused as refused:
            _blame(form, refused)
        else:
            return _page(request, by, integration, shown(integration, key))
    status = 422 if request.method == "POST" else 200
    return render(request, "integrations/add.html", {"form": form}, status=status)


@require_POST
def integration_key(request: HttpRequest, integration_id: int) -> HttpResponse:
    """Make another key, shown this once; the others are withdrawn where that is asked for."""
    by = _for_administrators(request)
    integration = gate.integration_for(by, integration_id)
    key = issue_key(integration, by=by)
    if request.POST.get("withdraw"):
        withdraw_keys(integration, by=by, but=key)
    return _page(request, by, integration, shown(integration, key))


def _blame(form: Form, refused: Refused) -> None:
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else "name", reason.sentence)


@require_GET
def integration_detail(request: HttpRequest, integration_id: int) -> HttpResponse:
    """One integration: what was refused and why, and what was taken lately."""
    by = _for_administrators(request)
    return _page(request, by, gate.integration_for(by, integration_id))


def _page(request: HttpRequest, by: Actor, integration: Integration, made: Shown | None = None) -> HttpResponse:
    pulse = IntegrationPulse.objects.filter(integration=integration).first()
    inbound = Inbound.objects.filter(integration=integration).defer("body").order_by("-id")
    may = not why_not_configure(by)
    mapped = integration.kind == Integration.Kind.GENERIC
    told = {
        "name": integration.name,
        "kind": integration.get_kind_display(),
        "active": integration.is_active,
        "last_heard_at": pulse.last_heard_at if pulse else None,
        "counts": _counts(pulse),
        "made": made,
        "howto": HOWTO[Integration.Kind(integration.kind)],
        "signed": integration.signed,
        "unmapped": mapped and not integration.mapping,
        "mapping_url": reverse("integration-mapping", args=[integration.pk]) if may and mapped else "",
        "key_url": reverse("integration-key", args=[integration.pk]) if may else "",
        "refusals": [_refusal(i) for i in inbound.exclude(problem="")[:20]],
        "deliveries": [
            {"at": i.received_at, "what": i.note or f"{i.alerts} alert{'' if i.alerts == 1 else 's'}", "status": i.status}
            for i in inbound.filter(problem="")[:20]
        ],
    }
    return render(request, "integrations/detail.html", {"integration": told, "key_form": KeyForm()})


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
