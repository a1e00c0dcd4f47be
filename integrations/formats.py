"""The formats that doors take: how each is read, and which integrations may speak it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from incidents.inbox import Way
from incidents.intake import Delivery
from incidents.models import Integration
from integrations.alertmanager import inbound as alertmanager
from integrations.datadog import inbound as datadog
from integrations.generic import inbound as generic
from integrations.grafana import inbound as grafana
from integrations.grafana import signing
from integrations.pagerduty import inbound as pagerduty
from tenants.refusals import Reason, Refused

Kind = Integration.Kind

# The address of a door -> the kinds of integration whose keys open it. (Grafana sends Alertmanager's shape there too.)
DOORS: dict[str, frozenset[str]] = {
    "alertmanager": frozenset({Kind.ALERTMANAGER, Kind.GRAFANA}),
    "grafana": frozenset({Kind.GRAFANA}),
    "datadog": frozenset({Kind.DATADOG}),
    "generic": frozenset({Kind.GENERIC}),
    "pagerduty": frozenset({Kind.PAGERDUTY}),
    "pagerduty-change": frozenset({Kind.PAGERDUTY}),
}
HOOKS = frozenset({"alertmanager", "grafana", "datadog", "generic"})


@dataclass(frozen=True, slots=True)
class Said:
    """One request: the door's format, the key, the headers worth keeping (never a credential) and the exact body.

    `unread` is why its body was not read, where it was not; `data` is the body as the door has read it already, where it had to;
    `signing` are the headers of a signature.
    """

    kind: str
    credential: str
    headers: dict[str, str]
    body: bytes
    unread: Refused | None = None
    data: dict[str, Any] | None = None
    signing: dict[str, str] | None = None


def read(said: Said, digest: str, way: Way) -> Sequence[Delivery]:
    """Read one request as its integration speaks. Raises Refused: 401 for a signature, 409 for the wrong door, 422 for a body."""
    if way.kind not in DOORS[said.kind]:
        own = Kind(way.kind).label
        raise Refused(
            Reason("wrong_door", f"This key belongs to an integration of another kind ({own}): it has another address.")
        )
    if way.kind == Kind.GRAFANA:
        signing.check(signing.secret_for(digest), said.body, said.signing or {}, needed=way.signed)
        return [grafana.parse(said.body, digest=digest, headers=said.headers)]
    if way.kind == Kind.DATADOG:
        return [datadog.parse(said.body, digest=digest, headers=said.headers)]
    if way.kind == Kind.GENERIC:
        return generic.parse(said.body, digest=digest, headers=said.headers, mapping=way.mapping or {})
    if way.kind == Kind.PAGERDUTY:
        event = pagerduty.parse_change if said.kind == "pagerduty-change" else pagerduty.parse
        return [event(said.data or {}, digest=digest, headers=said.headers, body=said.body)]
    return [alertmanager.parse(said.body, digest=digest, headers=said.headers)]
