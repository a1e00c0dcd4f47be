"""Where an alert goes: the organisation's rules in their order, then the label `service`; and whether anybody is asked now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from incidents.matching import Conditions, compiled, holds
from incidents.models import RoutingRule
from tenants import prepared
from tenants.time import now

Outcome, Attach = RoutingRule.Outcome, RoutingRule.Attach

# Asked for each new group of alerts: worded here, since the ORM takes longer to word them than PostgreSQL to answer.
_RULES = "SELECT r.* FROM incidents_routingrule r WHERE r.is_active ORDER BY r.position"
_SERVICES = "SELECT s.slug, s.id FROM oncall_service s"
_MAINTENANCE = """
SELECT m.service_id, w.name, w.ends_at FROM incidents_maintenancewindow w JOIN incidents_maintenanceservice m ON m.window_id = w.id
WHERE w.starts_at <= %(moment)s AND w.ends_at > %(moment)s ORDER BY w.ends_at
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read once for a batch. `pk` is 0 for one that is only tried."""

    pk: int
    name: str
    conditions: Conditions
    integration_id: int | None = None
    service_id: int | None = None
    severity: int | None = None
    outcome: str = Outcome.ASK
    attach: str = Attach.NONE

    @classmethod
    def of(cls, row: RoutingRule) -> "Rule":
        """A rule as it is kept."""
        return cls(
            pk=row.pk or 0,
            name=row.name,
            conditions=compiled(row.labels),
            integration_id=row.integration_id,
            service_id=row.service_id,
            severity=row.suggested_severity,
            outcome=row.outcome,
            attach=row.attach,
        )

    @property
    def acts(self) -> bool:
        """Whether it does something by itself once its signal is there."""
        return self.outcome == Outcome.DECLARE or self.attach != Attach.NONE

    def means(self, integration_id: int | None, labels: Mapping[str, str]) -> bool:
        """Whether this alert is meant."""
        return self.integration_id in (None, integration_id) and holds(self.conditions, labels)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why nobody is asked now, and until when; None for as long as the rule stands."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alert goes. Without a service the default team is asked."""

    service_id: int | None = None
    severity: int | None = None
    rule: Rule | None = None
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Router:
    """The rules of one organisation, its services, and what is being worked on: read once for a batch of alerts."""

    rules: Sequence[Rule]
    services: Mapping[str, int]
    maintenance: Mapping[int, Quiet]

    @classmethod
    def load(cls, rules: Iterable[RoutingRule] | None = None) -> "Router":
        """Read the rules in their order (or take these)."""
        moment = now()
        if rules is None:
            rules = prepared.rows(RoutingRule, _RULES)
        ends = prepared.run(_MAINTENANCE, {"moment": moment})
        return cls(
            rules=[Rule.of(row) for row in rules],
            services=dict(prepared.run(_SERVICES)),
            maintenance={service: Quiet(f"Maintenance: {name}.", end) for service, name, end in ends},  # the last to end counts
        )

    def route(self, labels: Mapping[str, str], integration_id: int | None = None) -> Route:
        """The first rule that means this alert; else the service that the label `service` names; else none."""
        named = self.services.get(labels.get("service", ""))
        for rule in self.rules:
            if rule.means(integration_id, labels):
                service = rule.service_id if rule.service_id is not None else named
                return Route(service, rule.severity, rule, self._quiet(rule, service))
        return Route(named, quiet=self._quiet(None, named))

    def first(self, integration_id: int | None, alerts: Sequence[Mapping[str, str]]) -> Route:
        """The route of the first of these that is asked about now; where none is, that of the first, which says why.

        So an alert that nobody suppressed is never hidden by one beside it that somebody did.
        """
        found: Route | None = None
        for labels in alerts:
            route = self.route(labels, integration_id)
            if route.quiet is None:
                return route
            found = found or route
        return found or Route()

    def _quiet(self, rule: Rule | None, service_id: int | None) -> Quiet | None:
        if rule is not None and rule.outcome == Outcome.SUPPRESS:
            return Quiet(f"Rule: {rule.name}.")
        return self.maintenance.get(service_id) if service_id is not None else None
