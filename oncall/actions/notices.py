"""The weekly notice of readiness to administrators."""

from datetime import timedelta

from ledger.actions import record
from ledger.verbs import verb
from oncall.models import ReadinessNotice
from standard.faults import all_faults
from standard.queries import calendar
from tenants.actors import Actor
from tenants.time import now

WEEK = timedelta(days=7)


@verb("notice", kind="readiness.noticed", who="the sweep", subject="readiness notice", clauses=("oncall.primary-secondary",))
def notice(row: ReadinessNotice, *, by: Actor) -> bool:
    """Look for what would go wrong, and put it on record; administrators are told where there is something. Once a week, in business hours.

    Returns whether it was time.
    """
    row = ReadinessNotice.objects.select_for_update().get(pk=row.pk)
    if row.next_at > now():
        return False
    found = all_faults()
    row.next_at = calendar().hours.next_opening(now() + WEEK)
    row.save()
    record("readiness.noticed", row, by=by, faults=[{"code": fault.code, "about": fault.about} for fault in found])
    return True


def begin_notices(*, by: Actor) -> None:
    """Let an organisation's notices begin: in the business hours a week from now, once it has been set up."""
    ReadinessNotice.objects.get_or_create(
        organisation_id=by.organisation_id, defaults={"next_at": calendar().hours.next_opening(now() + WEEK)}
    )
