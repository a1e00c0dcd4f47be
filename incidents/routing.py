"""Which service an alert is about, and how bad it is likely to be: the organisation's rules, then the label `service`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incidents.models import RoutingRule
from oncall.models import Service


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alert goes. Without a service the default team is asked."""

    service_id: int | None = None
    severity: int | None = None


@dataclass(frozen=True, slots=True)
class Router:
    """The rules of one organisation, read once for a batch of alerts."""

    rules: Sequence[tuple[Mapping[str, str], Route]]
    services: Mapping[str, int]

    @classmethod
    def load(cls) -> "Router":
        """Read the rules in their order."""
        rules = RoutingRule.objects.order_by("position").values_list("labels", "service_id", "suggested_severity")
        return cls(
            rules=[(labels, Route(service, severity)) for labels, service, severity in rules],
            services=dict(Service.objects.values_list("slug", "id")),
        )

    def route(self, labels: Mapping[str, str]) -> Route:
        """The first rule whose labels all match; else the service that the label `service` names; else none."""
        for wanted, route in self.rules:
            if wanted and all(labels.get(name) == value for name, value in wanted.items()):
                return route
        return Route(service_id=self.services.get(labels.get("service", "")))
