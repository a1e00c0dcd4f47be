"""Judging: the only writer of the verdicts that are kept. It derives, and says nothing that the record does not, so it leaves no event."""

from django.db import connection

from compliance.conformance.loading import load
from compliance.conformance.report import judge
from compliance.conformance.rows import record_of
from compliance.models import ConformanceFigure
from incidents.models import Incident

BATCH = 100
# One incident is judged by one at a time, so that whoever comes last has seen everything that was committed before.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(%s, (%s %% 2147483647)::int)"
_LOCK = 0x4A554447  # "JUDG"


def judge_incidents(*incident_ids: int) -> int:
    """Keep the verdicts of these incidents, from their record as it is now. As often as one likes. Returns how many there were."""
    with connection.cursor() as cursor:
        for incident_id in sorted(incident_ids):
            cursor.execute(_ONE_AT_A_TIME, [_LOCK, incident_id])
    found = load(incident_ids)
    for incident_id, tables in found.items():
        record = record_of(tables)
        verdicts = {clause: judgement.verdict.value for clause, judgement in judge(record).items()}
        last_seq = record.entries[-1].seq if record.entries else 0
        ConformanceFigure.objects.update_or_create(incident_id=incident_id, defaults={"verdicts": verdicts, "last_seq": last_seq})
    return len(found)


def judge_all() -> int:
    """Keep the verdicts of every incident that the open scope sees. Returns how many there are."""
    ids = list(Incident.objects.order_by("id").values_list("id", flat=True))
    return sum(judge_incidents(*ids[first : first + BATCH]) for first in range(0, len(ids), BATCH))
