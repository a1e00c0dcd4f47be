"""Integrations and their keys."""

from incidents import fields
from incidents.models import Integration, IntegrationSecret
from incidents.rules.configuring import why_not_configure
from ledger.actions import configure, record
from ledger.verbs import verb
from tenants import credentials
from tenants.actors import Actor
from tenants.models import Organisation
from tenants.refusals import check, invalid

KEY_PREFIX = "hook"


@verb("integrate", kind="integration.keyed", who="administrator", subject="integration", clauses=("detection.automated",))
def make_integration(kind: Integration.Kind, name: str, *, by: Actor, signed: bool = False) -> tuple[Integration, str]:
    """Make a way in for monitoring. Returns it with its key, which is shown this once and never again.

    `signed`: what comes without a right signature is refused (Grafana's). Refuses (422) a name that is taken.
    """
    check(why_not_configure(by))
    named = {
        "kind": kind.value,
        "name": fields.line("name", name, most=80),
        "signed": signed and kind == Integration.Kind.GRAFANA,
    }
    if Integration.objects.filter(organisation_id=by.organisation_id, name=named["name"]).exists():
        raise invalid("name", "There is an integration of this name already.", code="taken")
    integration = configure(Integration(), named, by=by)
    return integration, issue_key(integration, by=by)


@verb("issue-key", kind="integration.keyed", who="administrator", subject="integration", clauses=("detection.automated",))
def issue_key(integration: Integration, *, by: Actor) -> str:
    """Give an integration another key; the old ones go on working until they are withdrawn.

    A PagerDuty integration's is a routing key of 32 characters, as the clients of its events demand.
    """
    check(why_not_configure(by))
    public_id = Organisation.objects.get(pk=by.organisation_id).public_id
    if integration.kind == Integration.Kind.PAGERDUTY:
        credential = credentials.mint_routing_key(public_id)
    else:
        credential = credentials.mint(KEY_PREFIX, public_id)
    IntegrationSecret.objects.create(integration=integration, digest=credentials.digest(credential))
    record("integration.keyed", integration, by=by, name=integration.name)
    return credential


@verb("withdraw-keys", kind="integration.keys_withdrawn", who="administrator", subject="integration")
def withdraw_keys(integration: Integration, *, by: Actor, but: str = "") -> int:
    """Withdraw an integration's keys, all but the one named (`but`, the key itself). Returns how many: each opens nothing any more."""
    check(why_not_configure(by))
    secrets = IntegrationSecret.objects.filter(integration=integration)
    gone, _ = secrets.exclude(digest=credentials.digest(but)).delete() if but else secrets.delete()
    record("integration.keys_withdrawn", integration, by=by, name=integration.name, keys=gone)
    return gone
