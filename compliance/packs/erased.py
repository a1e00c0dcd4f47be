"""Which packs still hold what an erasure took out of the ledger: they were made before it (docs/decisions/0030)."""

from datetime import datetime

from django.db import connection
from django.db.models import Min, Q

from compliance.models import CustodianTask, ErasureRequest, EvidencePack, PackKind, PackState, ReviewedAccess
from compliance.packs.filling import day_begins
from compliance.packs.records import CUSTODIAN_FILES, EVENTS, TASKS
from ledger.models import Entry, Event, Redaction
from tenants.time import now

NOT_IN_PACKS = (
    "notifications.contactmethod"  # how a person is reached: its events are stubs in every pack (compliance/packs/disclosing.py)
)


def packs_that_tell(wish: ErasureRequest) -> list[EvidencePack]:
    """The packs that are ready and hold an entry that lost its body, or an access review with the account's address; inside Muster's own scope.

    A period's is taken to hold what tells of no incident if that is of its days: somebody who was shown less has to ask anew all the same.
    What a custodian was asked and answered tells of none by itself, and goes along with their hold's incident (compliance/packs/along.py).
    """
    redacted = Redaction.objects.filter(reason=f"Erasure {wish.pk} of personal data").values("entry")
    entries = list(Entry.objects.filter(pk__in=redacted).values_list("table", "pk_text", "incident_id", "at"))
    incidents = {incident_id for _, _, incident_id, _ in entries if incident_id is not None}
    tasks, files = ([int(pk) for table, pk, _, _ in entries if table == kept] for kept in (TASKS, CUSTODIAN_FILES))
    asked = CustodianTask.objects.filter(Q(pk__in=tasks) | Q(files__in=files), hold__incident_id__isnull=False)
    incidents |= set(asked.values_list("hold__incident_id", flat=True))
    if wish.outcome.get("account") == "erased":
        named = Q(subject_id=wish.person_id) | Q(decided_by_id=wish.person_id)
        incidents |= set(ReviewedAccess.objects.filter(named).values_list("review__incident_id", flat=True))
    told = {int(pk): at for table, pk, incident_id, at in entries if table == EVENTS and incident_id is None}
    shown = Event.objects.filter(pk__in=told).exclude(subject_type=NOT_IN_PACKS).values_list("pk", flat=True)
    moments = [told[pk] for pk in shown]
    ready = EvidencePack.objects.select_related("engagement").filter(state=PackState.READY).order_by("id")
    found = []
    for pack in ready:
        if pack.kind == PackKind.INCIDENT:
            tells = pack.incident_id in incidents
        elif pack.engagement is not None:
            tells = any(pack.engagement.starts_at <= at < pack.engagement.ends_at for at in moments)
        else:
            tells = any(day_begins(pack.starts_on) <= at < day_begins(pack.ends_before) for at in moments)
        if tells or (pack.kind == PackKind.PERIOD and incidents.intersection(pack.shown)):
            found.append(pack)
    return found


def hold_on(pack: EvidencePack) -> int | None:
    """The legal hold that keeps something that a pack tells of, and so its file; None for none. Inside Muster's own scope, which sees every hold.

    One of its incidents; or, of a hold of a period, what was written in the days that it is of. Like what it tells, that is judged broadly.
    """
    incidents = [pack.incident_id] if pack.incident_id is not None else pack.shown
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(muster.held(NULL, NULL, tstzrange(%s, %s, '[]')), "
            "(SELECT min(muster.held(i, NULL, NULL)) FROM unnest(%s::bigint[]) AS i))",
            [*_span(pack), incidents],
        )
        (hold,) = cursor.fetchone()
    return None if hold is None else int(hold)


def _span(pack: EvidencePack) -> tuple[datetime, datetime]:
    """From when until when what is in a pack was written. An incident's begins with its first event, and ends when the pack was made."""
    if pack.engagement is not None:
        return pack.engagement.starts_at, max(pack.engagement.ends_at, pack.made_at or now())  # its incidents are whole
    if pack.incident_id is None:
        return day_begins(pack.starts_on), day_begins(pack.ends_before)
    ends = pack.made_at or now()
    first = Event.objects.filter(incident_id=pack.incident_id).aggregate(first=Min("recorded_at"))["first"]
    return min(first or ends, ends), ends
