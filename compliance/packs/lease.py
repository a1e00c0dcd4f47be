"""Whose a pack's work is: whoever claimed it has it for some minutes, and on while they are at work. What they write is theirs to write only so long.

A worker may outlive its lease (a machine that slept, a disk that hung), and somebody else has begun anew by then. So each thing that a worker writes
asks under the row's lock whether the work is still what it claimed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from compliance.models import ErasureRequest, PackWork
from tenants import progress
from tenants.time import now

LEASE = timedelta(minutes=5)  # moved on while somebody is at work
_LOCK, _ONE_AT_A_TIME = 0x45524153, "SELECT pg_advisory_xact_lock(%s, (%s %% 2147483647)::int)"  # "ERAS"


class LeaseLost(Exception):
    """The work is somebody else's by now, or done."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One claim of one pack's work. No two have the same number while they stand: a claim counts up, and only its own holder counts it back."""

    pack_id: int
    began_at: datetime
    attempt: int
    erasures: int  # how many were done by then

    def lock(self) -> PackWork | None:
        """The work, locked until the open transaction ends; None where it is not this claim's any more."""
        rows = PackWork.objects.select_for_update(of=("self",))
        return rows.filter(pack_id=self.pack_id, began_at=self.began_at, attempts=self.attempt).first()

    def own(self) -> PackWork:
        """The same. Raises LeaseLost where it is not this claim's any more."""
        work = self.lock()
        if work is None:
            raise LeaseLost(f"the work on pack {self.pack_id} is not ours any more")
        progress.made()  # each step of the making comes by here
        return work


def claim(pack_id: int) -> Lease | None:
    """Claim a pack's work, unless there is none, or somebody has it. Inside Muster's own scope."""
    work = PackWork.objects.select_for_update(skip_locked=True).filter(pack_id=pack_id).first()
    if work is None or (work.began_at is not None and work.next_at > now()):
        return None
    began = now()
    work.began_at, work.next_at, work.attempts = began, began + LEASE, work.attempts + 1
    work.save()
    return Lease(pack_id, began, work.attempts, erasures())


def erasures() -> int:
    """How many erasures are done, of those that this transaction sees. None is ever undone, so that one more is one more number."""
    return ErasureRequest.objects.filter(state=ErasureRequest.State.DONE).count()


def erase_or_finish(organisation_id: int) -> None:
    """Until the open transaction ends, nobody else erases or finishes a pack in this organisation.

    Without it neither of the two would see what the other has not committed yet: the pack would be finished without the erasure, and the
    erasure find no pack that is ready. Taken before anything else is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [_LOCK, organisation_id])
