"""What could not be taken in is kept too, for the integration's page: what came, when, and what was wrong with it."""

from django.db.models import F

from incidents.models import Inbound, Integration, IntegrationPulse
from tenants.refusals import Refused
from tenants.time import now

KEPT_BYTES = 4096  # of a refused body: enough to see what it was, not enough to fill a disk


def keep_refused(digest: str, headers: dict[str, str], body: bytes, refused: Refused) -> None:
    """Keep a refused request and count it. Of a request whose key opens nothing, only that it came."""
    integration = Integration.objects.filter(secrets__digest=digest, is_active=True).first()
    Inbound.objects.create(
        integration=integration,
        headers=headers,
        body=body[:KEPT_BYTES] if integration else b"",
        status=refused.status,
        problem=str(refused)[:2000],
    )
    if integration is not None:
        IntegrationPulse.objects.get_or_create(integration=integration, defaults={"last_heard_at": now()})
        IntegrationPulse.objects.filter(integration=integration).update(refused=F("refused") + 1, last_heard_at=now())
