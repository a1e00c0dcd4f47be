"""Making a pack: whoever has its work claims it, waits for the seal, fills a folder, and puts the file down in parts.

It may run twice, and may be killed at any step: the work is a row, which somebody else takes up when its time comes again.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.db import connection

from compliance.actions.packs import finish, give_up
from compliance.models import EvidencePack, PackKind, PackPart, PackWork
from compliance.packs import audited, bag
from compliance.packs.filling import Filling, parts
from compliance.packs.lease import LEASE, Lease, LeaseLost, claim
from compliance.packs.log import Log, NotSealed
from compliance.packs.sealed import log_for
from ledger import nudge
from tenants.actors import Via, system
from tenants.scope import scope
from tenants.time import now
from tenants.walled import tenant_of

log = structlog.get_logger(__name__)

TASK = "compliance.make_pack"
PART_BYTES = 1 << 20
PARTS_AT_A_TIME = 8  # in one transaction
NUDGED = timedelta(seconds=30)  # a worker that was asked has so long to begin
MAX_ATTEMPTS = 5
UNHEARD = (
    f"It was begun {MAX_ATTEMPTS} times and never came to its end: each time whoever made it failed, was killed, or was not heard of for "
    f"{LEASE.seconds // 60} minutes. The worker's log says more"
)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, pack) of those whose work nobody has, over all tenants, earliest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_packs(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 50) -> int:
    """Ask workers to make what is due. A pack takes long, so it is never made here. Returns how many were asked for."""
    asked = 0
    for organisation_id, pack_id in due(now(), limit):
        with scope(organisation_id, surface=Via.CLOCK):
            work = PackWork.objects.select_for_update(skip_locked=True).filter(pack_id=pack_id, next_at__lte=now()).first()
            if work is not None:
                work.next_at, work.began_at = now() + NUDGED, None  # whoever had it has not been heard of for too long
                work.save(update_fields=["next_at", "began_at"])
        if work is not None:
            nudge.send(TASK, organisation_id, pack_id)
            asked += 1
    return asked


def make(organisation_id: int, pack_id: int) -> bool:
    """Make a pack, if it is still to be made and nobody else does. Returns whether it is ready now."""
    own = partial(scope, organisation_id, surface=Via.RELAY)
    with own():
        lease = claim(pack_id)
        if lease is None:
            return False
        pack = EvidencePack.objects.select_related("organisation", "incident", "engagement").get(pk=pack_id)
        if (
            lease.attempt > MAX_ATTEMPTS
        ):  # whoever is killed, or loses the lease, says nothing: it is counted where the next one begins
            give_up(pack, by=system(organisation_id, Via.RELAY), why=UNHEARD)
            return False
    if pack.engagement is not None and not pack.engagement.is_open(now()):
        with own():
            give_up(pack, by=system(organisation_id, Via.RELAY), why="The engagement is over: its auditor reads nothing any more")
        return False
    try:
        with own():
            made_of = log_for(pack)
        _make(pack, made_of, own, lease)
    except NotSealed as waiting:
        _put_off(own, lease, timedelta(seconds=2), str(waiting))
        return False
    except LeaseLost as lost:  # whoever has it now makes it
        log.warning("pack.lease_lost", pack=pack_id, why=str(lost))
        return False
    except Exception as error:
        log.exception("pack.failed", pack=pack_id)
        _fail(own, pack, lease, f"{type(error).__name__}: {error}")
        return False
    return True


def _make(pack: EvidencePack, made_of: Log, own: Any, lease: Lease) -> None:
    name = f"{pack.name}-at-{made_of.point.size}"
    theirs: Any = own
    if pack.engagement is not None:
        theirs = audited.opened_by(pack.engagement)
    elif pack.kind == PackKind.PERIOD:
        theirs = partial(scope, made_of.organisation_id, surface=Via.WEB, user_id=pack.asked_by_id)
    with tempfile.TemporaryDirectory(prefix="muster-pack-") as where:
        folder, file = Path(where) / name, Path(where) / f"{name}.zip"
        folder.mkdir()
        step = _Steps(own, lease)
        filling = Filling(pack, made_of, folder, own, theirs, step)
        records = filling.fill()
        info = {
            "Bag-Software-Agent": "Muster",
            "Bagging-Date": f"{made_of.point.at:%Y-%m-%d}",
            "External-Identifier": name,
            "Source-Organization": pack.organisation.name,
        }
        files = bag.close(folder, info, lambda: step(80, "Summing up"))
        with file.open("wb") as out:
            bag.pack(folder, files, name, out, lambda done: step(80 + int(10 * done), "Packing"))
        size, digest = _store(pack, file, own, lease, step)
    of_others = filling.along.spoken_of
    shown = sorted(of_others if pack.kind == PackKind.INCIDENT else set(records.of_incident) | of_others)
    with own():
        by = system(made_of.organisation_id, Via.RELAY)
        made: Any = {"name": name, "size": size, "sha256": digest, "checkpoint_size": made_of.point.size, "shown": shown}
        finish(pack, by=by, lease=lease, **made)


def _store(pack: EvidencePack, file: Path, own: Any, lease: Lease, step: "_Steps") -> tuple[int, str]:
    """Put the file's bytes where they are kept. Returns its size, and its SHA-256."""
    digest, waiting, whole = hashlib.sha256(), list[tuple[int, bytes]](), file.stat().st_size
    with own():
        lease.own()
        PackPart.objects.filter(pack=pack).delete()  # of a try that came to nothing
    for number, body in enumerate(parts(file, PART_BYTES)):
        digest.update(body)
        waiting.append((number, body))
        if len(waiting) == PARTS_AT_A_TIME:
            _put(pack, waiting, own, lease)
            step(90 + int(9 * number * PART_BYTES / whole), "Storing")
    _put(pack, waiting, own, lease)
    return whole, digest.hexdigest()


def _put(pack: EvidencePack, waiting: list[tuple[int, bytes]], own: Any, lease: Lease) -> None:
    with own():
        lease.own()
        rows = (
            PackPart(
                pack=pack,
                incident_id=pack.incident_id,
                engagement_id=pack.engagement_id,
                asked_by_id=pack.asked_by_id,
                number=number,
                body=body,
            )
            for number, body in waiting
        )
        PackPart.objects.bulk_create(rows)
    waiting.clear()


class _Steps:
    """Says how far a pack is, once a second at most, and moves on the time until which it is ours. Raises LeaseLost once it is not."""

    def __init__(self, own: Any, lease: Lease) -> None:
        self.own, self.lease, self.said, self.at = own, lease, "", 0.0

    def __call__(self, percent: int, step: str) -> None:
        if step == self.said and time.monotonic() - self.at < 1:
            return
        self.said, self.at = step, time.monotonic()
        with self.own():
            work = self.lease.own()
            work.percent, work.step, work.next_at = percent, step, now() + LEASE
            work.save(update_fields=["percent", "step", "next_at"])


def _put_off(own: Any, lease: Lease, wait: timedelta, step: str) -> None:
    with own():
        work = lease.lock()
        if work is not None:
            work.next_at, work.began_at, work.attempts, work.step = now() + wait, None, work.attempts - 1, step
            work.save()


def _fail(own: Any, pack: EvidencePack, lease: Lease, why: str) -> None:
    """Try again later, each time later; after MAX_ATTEMPTS give up, in words. What is somebody else's by now is left to them."""
    with own():
        work = lease.lock()
        if work is None:
            return
        if work.attempts >= MAX_ATTEMPTS:
            give_up(pack, by=system(tenant_of(pack), Via.RELAY), why=why)
            return
        work.next_at, work.began_at, work.step = (
            now() + timedelta(seconds=10 * 2**work.attempts),
            None,
            f"Trying again: {why}"[:120],
        )
        work.save()
