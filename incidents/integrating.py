"""Integrations and their keys."""

from incidents.models import Integration, IntegrationSecret
from ledger.actions import configure, record
from ledger.verbs import verb
from tenants import credentials
from tenants.actors import Actor
from tenants.models import Organisation

KEY_PREFIX = "hook"


@verb("integrate", kind="integration.keyed", who="administrator", subject="integration", clauses=("detection.automated",))
def make_integration(kind: Integration.Kind, name: str, *, by: Actor) -> tuple[Integration, str]:
    """Make a way in for monitoring. Returns it with its key, which is shown this once and never again."""
    integration = configure(Integration(), {"kind": kind.value, "name": name}, by=by)
    return integration, issue_key(integration, by=by)


def issue_key(integration: Integration, *, by: Actor) -> str:
    """Give an integration another key; the old ones go on working until they are withdrawn."""
    organisation = Organisation.objects.get(pk=by.organisation_id)
    credential = credentials.mint(KEY_PREFIX, organisation.public_id)
    IntegrationSecret.objects.create(integration=integration, digest=credentials.digest(credential))
    record("integration.keyed", integration, by=by, name=integration.name)
    return credential
