"""Writing a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from incidents.models import Integration
from incidents.routing import Router
from incidents.rules.configuring import why_not_configure
from integrations.generic import inbound
from integrations.generic import mapping as mappings
from ledger.actions import configure
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import check, invalid


@verb("map", kind="configuration.changed", who="administrator", subject="integration", clauses=("detection.automated",))
def set_mapping(integration: Integration, mapping: Mapping[str, Any], *, by: Actor) -> Integration:
    """Say where in the JSON of a generic integration everything is. Refuses (422) what is no mapping, naming the fields."""
    check(why_not_configure(by))
    if integration.kind != Integration.Kind.GENERIC:
        raise invalid("mapping", "Only a generic integration has a mapping: the others' formats are known.")
    mappings.read(mapping)
    return configure(integration, {"mapping": dict(mapping)}, by=by)


@dataclass(frozen=True, slots=True)
class Tried:
    """What one alert of a sample would become. `severity` is suggested; `service` is where its rules lead."""

    says: str
    key: str
    name: str
    summary: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    url: str
    severity: int | None
    service: str


@transaction.atomic
def try_mapping(mapping: Mapping[str, Any], sample: str) -> list[Tried]:
    """What a sample body would become with a mapping, without keeping anything. Raises Refused (422) as the door would."""
    deliveries = inbound.parse(sample.encode("utf-8", "replace"), digest="", headers={}, mapping=mapping)
    router = Router.load()
    names = {pk: slug for slug, pk in router.services.items()}
    found: list[Tried] = []
    for delivery in deliveries:
        for one in delivery.keyed:
            route = router.route(one.labels)
            found.append(
                Tried(
                    says=str(one.says),
                    key=one.key,
                    name=one.name,
                    summary=one.summary,
                    labels=one.labels,
                    annotations=one.annotations,
                    url=one.source_url,
                    severity=delivery.severity if route.severity is None else route.severity,
                    service=names.get(route.service_id or 0, ""),
                )
            )
    return found
