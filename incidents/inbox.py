"""What could not be taken in is kept too, for the integration's page: what came, when, and what was wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F

from incidents.models import Inbound, Integration, IntegrationPulse, UnknownKey
from tenants.refusals import Refused
from tenants.time import now

KEPT_BYTES = 4096  # of a refused body: enough to see what it was, not enough to fill a disk
MARK = 8  # characters of a key's hash: enough to tell two keys apart


@dataclass(frozen=True, slots=True)
class Way:
    """What a key opens: the integration's format, whether what comes must be signed, and where a generic one has everything."""

    kind: str
    signed: bool = False
    mapping: Mapping[str, Any] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing about reading it can be changed: it may be remembered for a while."""
        return self.kind in (Integration.Kind.ALERTMANAGER, Integration.Kind.PAGERDUTY, Integration.Kind.DATADOG)


def known_keys(digests: Iterable[str]) -> dict[str, Way]:
    """What these key hashes open, of those that open an integration which is switched on."""
    wanted = {"secrets__digest__in": list(digests), "is_active": True}
    rows = Integration.objects.filter(**wanted).values_list("secrets__digest", "kind", "signed", "mapping")
    return {digest: Way(kind, signed, mapping) for digest, kind, signed, mapping in rows}


def keep_refused(digest: str, headers: dict[str, str], body: bytes, refused: Refused) -> None:
    """Keep a refused request and count it. Of one whose key opens nothing, only that it came."""
    integration = Integration.objects.filter(secrets__digest=digest, is_active=True).first()
    if integration is None:
        count_unknown({digest: Unknown(1, headers.get("user-agent", ""))})
        return
    Inbound.objects.create(
        integration=integration, headers=headers, body=body[:KEPT_BYTES], status=refused.status, problem=str(refused)[:2000]
    )
    IntegrationPulse.objects.get_or_create(integration=integration)
    IntegrationPulse.objects.filter(integration=integration).update(refused=F("refused") + 1, last_refused_at=now())


@dataclass(frozen=True, slots=True)
class Unknown:
    """How often a key that opens nothing came, and who says to have sent it."""

    times: int
    sender: str


_COUNT = """
INSERT INTO incidents_unknownkey AS k (organisation_id, mark, first_at, last_at, times, sender)
SELECT (SELECT muster.organisation()), CASE WHEN (SELECT count(*) FROM incidents_unknownkey o WHERE o.mark <> %(mark)s) < %(most)s
  THEN %(mark)s ELSE '' END, %(moment)s, %(moment)s, %(times)s, %(sender)s
ON CONFLICT (organisation_id, mark) DO UPDATE
SET last_at = excluded.last_at, times = k.times + excluded.times, sender = excluded.sender
"""


def count_unknown(came: Mapping[str, Unknown]) -> None:
    """Count requests by the hash of their key. However many keys somebody tries, no more than MARKS_MOST rows are made."""
    with connection.cursor() as cursor:
        for digest, one in sorted(came.items()):
            sender = one.sender.replace("\x00", "")[:200]
            values: dict[str, Any] = {"mark": digest[:MARK], "most": UnknownKey.MARKS_MOST, "times": one.times, "sender": sender}
            cursor.execute(_COUNT, values | {"moment": now()})
