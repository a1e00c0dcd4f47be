"""What an administrator needs of an integration: its address and secrets, shown once, and how each kind is set up."""

from dataclasses import dataclass

from django.conf import settings

from incidents.models import Integration
from integrations.grafana import signing
from tenants import credentials

Kind = Integration.Kind
HOWTO = {
    Kind.ALERTMANAGER: "In Alertmanager: a receiver with webhook_configs, this address as its url, and send_resolved: true.",
    Kind.GRAFANA: "In Grafana: a contact point of the type Webhook with this address; the signing secret goes under HMAC signature, "
    f"with the header {signing.SIGNATURE} and the timestamp header {signing.TIMESTAMP}.",
    Kind.DATADOG: "In Datadog: a webhook with this address and the payload of the administrators' guide; monitors mention it by "
    "@webhook-NAME.",
    Kind.PAGERDUTY: "In whatever speaks PagerDuty's Events API v2: this address instead of events.pagerduty.com, and the routing key.",
    Kind.GENERIC: "Anything may POST its JSON to this address. Its mapping says where in it everything is: write and try it below.",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown once, when a key is made."""

    address: str
    key: str
    routing_key: str
    signing_secret: str


def shown(integration: Integration, key: str) -> Shown:
    """The address that a new key makes, with the routing key or signing secret beside it where the kind has one."""
    base = settings.BASE_URL.rstrip("/")
    pager = integration.kind == Kind.PAGERDUTY
    secret = signing.secret_for(credentials.digest(key)) if integration.kind == Kind.GRAFANA else ""
    address = f"{base}/v2/enqueue" if pager else f"{base}/hooks/{key}/{integration.kind}/"
    return Shown(address=address, key=key, routing_key=key if pager else "", signing_secret=secret)
