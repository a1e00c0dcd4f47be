"""What is sealed, for pages, the API and packs. Inside an open scope of the organisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from ledger.models import Checkpoint, SealState
from ledger.sealing import notes
from ledger.sealing.storing import ask

PAGE = 1000

type Sealed = tuple[int, str, bytes | None, str | None, str]
"""(leaf index, envelope, salt, body, table); salt and body are None where they were erased."""


def checkpoints(organisation_id: int) -> QuerySet[Checkpoint]:
    """Every checkpoint, the newest first."""
    return Checkpoint.objects.filter(organisation_id=organisation_id).order_by("-size")


def latest_checkpoint(organisation_id: int) -> Checkpoint | None:
    """The newest checkpoint, None where nothing is sealed yet."""
    return checkpoints(organisation_id).first()


def key_line(checkpoint: Checkpoint) -> str:
    """The verifier's key line of the key that signed a checkpoint."""
    return notes.key_line(notes.origin_of(checkpoint.note), bytes(checkpoint.key))


def entries(
    organisation_id: int, incident_id: int | None = None, first: int | None = None, last: int | None = None
) -> Iterator[Sealed]:
    """Sealed entries in the order of their leaves, some read at a time: of one incident, or all; from leaf `first` to leaf `last`, both in it.

    Only what the scope shows: all of them in Muster's own work, which makes packs.
    """
    after, end = (first or 0) - 1, 2**63 - 1 if last is None else last
    about = "" if incident_id is None else "AND e.incident_id = %s"
    # By leaf for all of them; by the index of an incident's entries for one, whose leaves are few and are then put in order.
    sql = f"""
SELECT l.index, e.envelope, e.salt, e.body, e."table" FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id
WHERE l.organisation_id = %s AND e.organisation_id = %s {about} AND l.index > %s AND l.index <= %s ORDER BY l.index LIMIT {PAGE}"""
    while True:
        values = [organisation_id, organisation_id, *([] if incident_id is None else [incident_id]), after, end]
        page = ask(sql, values)
        for index, envelope, salt, body, table in page:
            yield index, envelope, None if salt is None else bytes(salt), body, table
        if len(page) < PAGE:
            return
        after = page[-1][0]


@dataclass(frozen=True, slots=True)
class Sealing:
    """How sealing goes for one organisation. `lag_seconds` is how long the oldest entry without a leaf has waited; None for none."""

    lag_seconds: float | None
    sealed_at: datetime | None
    halted_at: datetime | None
    why: str


def sealing(organisation_id: int) -> Sealing:
    """How sealing goes for the organisation of the open scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.seal_lag()")
        (lag,) = cursor.fetchone()
    state = SealState.objects.filter(organisation_id=organisation_id).first()
    if state is None:
        return Sealing(lag, None, None, "")
    return Sealing(lag, state.sealed_at, state.halted_at, state.why)
