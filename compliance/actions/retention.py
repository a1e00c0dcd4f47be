"""Retention: how long a class is kept is set by administrators, and what is older and not held is removed by the job."""

from datetime import timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from compliance import retention
from compliance.models import RetentionPeriod
from compliance.rules import retention as rules
from ledger.actions import record
from ledger.verbs import verb
from tenants import progress
from tenants.actors import Actor, Via, system
from tenants.models import Organisation
from tenants.refusals import check, invalid
from tenants.scope import scope
from tenants.time import now

SUBJECT = "retention"
BATCH = 500  # rows of a class in one transaction
ROUNDS = 20  # transactions for one organisation in one run; what is left waits for the next

log = structlog.get_logger(__name__)


@verb("set", kind="retention.changed", who="administrator", subject=SUBJECT)
def set_period(key: str, days: int, *, by: Actor) -> RetentionPeriod:
    """Set for how many days a class is kept. A period below the floor is refused, with the reason of the floor."""
    kind = next((one for one in retention.classes() if one.key == key), None)
    if kind is None:
        raise invalid("key", "There is no such class of rows.", code="no_such_class")
    check(rules.why_not_set_period(kind, by, days))
    row = RetentionPeriod.objects.select_for_update(of=("self",)).filter(key=key).first()
    before = row.days if row else kind.default_days
    row = row or RetentionPeriod(key=key)
    row.days, row.changed_by_id, row.changed_at = days, by.person_id, now()
    row.save()
    record("retention.changed", row, by=by, key=key, label=kind.label, before=before, days=days)
    return row


@verb("run", kind="retention.ran", who="the clock", subject=SUBJECT)
def run_once(*, by: Actor, limit: int = BATCH) -> dict[str, int]:
    """Remove one batch of each class that is over its age and not held, in the open scope. Returns how many of each; {} for nothing.

    Asking again removes the next, and then nothing: it can be run twice, and by two at once.
    """
    own, moment = retention.periods(), now()
    gone = {}
    for kind in retention.removable():
        if count := retention.remove(kind.key, moment - timedelta(days=retention.days_of(kind, own)), limit):
            gone[kind.key] = count
    if gone:
        record("retention.ran", Organisation.objects.get(pk=by.organisation_id), by=by, removed=gone)
    return gone


def run(limit: int = BATCH) -> dict[int, dict[str, int]]:
    """One run of the job over all organisations, in small transactions. Returns what was removed of each, by class."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT muster.every_organisation()")
        organisations = [pk for (pk,) in cursor.fetchall()]
    total: dict[int, dict[str, int]] = {}
    for organisation_id in organisations:
        progress.made()
        try:
            counted = _organisation(organisation_id, limit)
        except DatabaseError:  # whatever is wrong with one, the others have their turn
            log.exception("retention.failed", organisation=organisation_id)
            continue
        if counted:
            total[organisation_id] = counted
    return total


def _organisation(organisation_id: int, limit: int) -> dict[str, int]:
    counted: dict[str, int] = {}
    for _ in range(ROUNDS):
        with scope(organisation_id, surface=Via.CLOCK):
            gone = run_once(by=system(organisation_id, Via.CLOCK), limit=limit)
        for key, count in gone.items():
            counted[key] = counted.get(key, 0) + count
        if not any(count >= limit for count in gone.values()):
            break
    return counted
