"""What the alarms say, whom they concern, and since when they stand."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from notifications.models import Delivery
from notifications.transports import Message
from oncall.actions.alarms import CALMED
from oncall.models import ReadinessNotice
from tenants import addresses
from tenants.walled import tenant_of

# Whose alarms may have to be said or taken back, whatever the watchdog finds: organisations with something set aside, a record that is not
# sealed, or an alarm that stands; all of them, where the engine itself stands still.
TROUBLED = """
CREATE FUNCTION muster.troubled(boolean) RETURNS TABLE (organisation_id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.organisation_id FROM ledger_outbox o WHERE o.next_try_at IS NULL
UNION SELECT f.organisation_id FROM standard_clockfailure f WHERE f.next_try_at IS NULL
UNION SELECT s.organisation_id FROM ledger_sealstate s WHERE s.halted_at IS NOT NULL
UNION SELECT n.organisation_id FROM oncall_readinessnotice n WHERE n.standing <> '{}'
UNION SELECT t.id FROM tenants_organisation t WHERE $1
$$;
"""


def troubled(everybody: bool) -> set[int]:
    """The organisations whose alarms are to be looked at; all of them with `everybody`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id FROM muster.troubled(%s)", [everybody])
        return {row[0] for row in cursor.fetchall()}


def told_at() -> dict[str, datetime]:
    """Code of an alarm that stands -> since when the administrators of the open organisation know."""
    rows: Iterable[dict[str, dict[str, str]]] = ReadinessNotice.objects.values_list("standing", flat=True)
    return {code: datetime.fromisoformat(told["since"]) for standing in rows for code, told in standing.items()}


def render(delivery: Delivery) -> Message:
    """The alarm, or the all-clear, as it was when it was raised: whoever reads it later finds the present state behind the link."""
    said = delivery.event.data
    over = delivery.event.kind == CALMED
    text = (
        f"This is over, and has been for five minutes: {said['sentence']}"
        if over
        else f"{said['sentence']}\n\nThis is said once, again where it grows, and when it is over. Until then pages may be late: see to it now."
    )
    return Message(
        address=delivery.recipient.email,
        name=delivery.recipient.name,
        subject=f"{'All clear' if over else 'Alarm'}: {said['sentence']}"[:200],
        text=text,
        link=addresses.page(tenant_of(delivery), "readiness/"),
        link_label="Readiness",
    )
