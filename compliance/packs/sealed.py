"""An organisation's sealed log, as packs need it (compliance/packs/log.py): what the sealing side gives, up to one checkpoint."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from compliance.models import EvidencePack
from compliance.packs.log import NotSealed, Point
from compliance.packs.records import INCIDENTS, REDACTIONS, Sealed
from compliance.packs.told import Opened
from ledger.models import Checkpoint, Entry, Event, Leaf, Redaction
from ledger.sealing import notes, proofs, queries
from ledger.sealing.storing import ask
from tenants.walled import tenant_of

AT_A_TIME = queries.PAGE
NEWEST = 1000  # earlier checkpoints that a pack is proven against
# In one statement: the sealer writes leaves and checkpoint in one transaction, so that at no moment one is there without the other.
_HOLDS = """
SELECT coalesce((SELECT max(index) + 1 FROM ledger_leaf WHERE organisation_id = %s), 0),
       coalesce((SELECT max(size) FROM ledger_checkpoint WHERE organisation_id = %s), 0)"""


def log_for(pack: EvidencePack) -> "SealedLog":
    """The log at its newest checkpoint. Raises NotSealed while that misses anything that was on record when the pack was asked for.

    Raises LookupError where waiting brings nothing back: what was asked for is not in the ledger, or leaves are there that no checkpoint signs.
    """
    organisation_id = tenant_of(pack)
    ((leaves, signed),) = ask(_HOLDS, [organisation_id, organisation_id])
    if leaves != signed:
        raise LookupError(f"the database holds {leaves} leaves, and its newest checkpoint is of {signed}: some were taken away")
    checkpoint = queries.latest_checkpoint(organisation_id)
    asked = Event.objects.get(kind="pack.asked", subject_type=pack._meta.label_lower, subject_id=pack.pk)
    entry = Entry.objects.filter(table=Event._meta.db_table, pk_text=str(asked.pk)).order_by("-id").first()
    size = 0 if checkpoint is None else checkpoint.size  # a leaf that was given since is of the next one
    waiting = Entry.objects.filter(~Exists(Leaf.objects.filter(pk=OuterRef("pk"), index__lt=size)))
    if entry is None:  # it was written in the transaction that asked: waiting does not bring it back
        raise LookupError("the ledger has no entry of this pack's being asked for: manage.py compare names what is missing")
    about = waiting.filter(pk=entry.pk) if pack.incident_id is None else waiting.filter(incident_id=pack.incident_id)
    if checkpoint is None or about.filter(pk__lte=entry.pk).exists():
        raise NotSealed("Waits for the seal")
    return SealedLog(organisation_id, checkpoint)


class SealedLog:
    """The log of one organisation up to a checkpoint."""

    def __init__(self, organisation_id: int, checkpoint: Checkpoint) -> None:
        self.organisation_id, self.size = organisation_id, checkpoint.size
        root = b64encode(bytes(checkpoint.root)).decode()
        self.point = Point(checkpoint.size, root, checkpoint.note, notes.origin_of(checkpoint.note), checkpoint.at)
        self.key_line = queries.key_line(checkpoint).strip() + "\n"

    def count_of(self, incident_id: int) -> int:
        """How many entries tell of an incident."""
        return Entry.objects.filter(incident_id=incident_id).count()

    def of_incident(self, incident_id: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of an incident, a page in each transaction."""
        first = 0
        while True:
            with opened():
                rows = queries.entries(self.organisation_id, incident_id, first, self.size - 1)
                found = [_entry(*row) for row in islice(rows, AT_A_TIME)]
            yield found
            if len(found) < AT_A_TIME:
                return
            first = found[-1].leaf + 1

    def between(self, first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of incidents among these leaves, as far as the scope shows them."""
        with opened():
            found = [_entry(*row) for row in queries.entries(self.organisation_id, None, first, min(last, self.size - 1))]
        yield [entry for entry in found if entry.incident_id is not None]

    def of_incidents(self, incidents: Collection[int], first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of some incidents among these leaves, as far as the scope shows them, a page in each transaction."""
        end = min(last, self.size - 1)
        while incidents and first <= end:
            with opened():
                page = self._page("e.incident_id = ANY(%s)", [list(incidents)], first, end)
            yield page
            if len(page) < AT_A_TIME:
                return
            first = page[-1].leaf + 1

    def of_none(
        self, tables: Collection[str], first: int = 0, last: int | None = None, rows: Collection[int] | None = None
    ) -> Iterator[Sealed]:
        """The entries of tables that tell of no incident, some read at a time."""
        end = self.size - 1 if last is None else min(last, self.size - 1)
        which = 'e.incident_id IS NULL AND e."table" = ANY(%s)' + ("" if rows is None else " AND e.pk = ANY(%s)")
        named = [list(tables), *([] if rows is None else [[str(row) for row in rows]])]
        while True:
            page = self._page(which, named, first, end)
            yield from page
            if len(page) < AT_A_TIME:
                return
            first = page[-1].leaf + 1

    def _page(self, which: str, named: list[Any], first: int, last: int) -> list[Sealed]:
        """The next entries from leaf `first` on, in their order."""
        sql = f"""
SELECT l.index, e.envelope, e.salt, e.body, e."table" FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.id
WHERE l.organisation_id = %s AND e.organisation_id = %s AND {which} AND l.index >= %s AND l.index <= %s
ORDER BY l.index LIMIT {AT_A_TIME}"""
        rows = ask(sql, [self.organisation_id, self.organisation_id, *named, first, last])
        return [_entry(leaf, envelope, salt and bytes(salt), body, table) for leaf, envelope, salt, body, table in rows]

    def range_of(self, starts_at: datetime, ends_at: datetime) -> tuple[int, int] | None:
        """The first and the last leaf whose entry was written in the period."""
        entries = Entry.objects.filter(at__gte=starts_at, at__lt=ends_at)
        ends = self._leaves().filter(pk__in=entries.values("pk")).aggregate(first=Min("index"), last=Max("index"))
        return None if ends["first"] is None else (ends["first"], ends["last"])

    def made_between(self, first: int, last: int) -> list[int]:
        """The ids of the incidents that were made among these leaves."""
        leaves = self._leaves().filter(index__gte=first, index__lte=last)
        made = Entry.objects.filter(table=INCIDENTS, op="+", incident_id__isnull=False, pk__in=leaves.values("pk"))
        return [
            incident_id for incident_id in made.order_by("pk").values_list("incident_id", flat=True) if incident_id is not None
        ]

    def hashes(self, leaves: Collection[int]) -> Iterable[tuple[int, str]]:
        """Of each leaf its hash."""
        found = self._leaves().filter(index__in=leaves).order_by("index").values_list("index", "hash")
        return ((index, b64encode(bytes(digest)).decode()) for index, digest in found)

    def redactions_of(self, seqs: Collection[int]) -> Iterable[Sealed]:
        """What tells of the erasure of these entries."""
        ids = [str(pk) for pk in Redaction.objects.filter(entry__in=seqs).values_list("pk", flat=True)]
        told = Entry.objects.filter(table=REDACTIONS, pk_text__in=ids).values_list("pk", flat=True)
        for index in self._leaves().filter(pk__in=list(told)).order_by("index").values_list("index", flat=True):
            yield from (_entry(*row) for row in queries.entries(self.organisation_id, None, index, index))

    def tiles(self, wanted: Collection[int]) -> Iterable[tuple[str, bytes]]:
        """The tiles of the checkpoint's tree."""
        return proofs.tiles(self.organisation_id, self.size, [tile << 8 for tile in wanted])

    def earlier(self) -> Iterable[dict[str, Any]]:
        """Each earlier checkpoint with its proof: the first, and the newest thousand."""
        rows = queries.checkpoints(self.organisation_id).filter(size__lt=self.size)
        newest = list(rows[:NEWEST])
        first = rows.order_by("size").first()
        if first is not None and first.size < newest[-1].size:
            newest.append(first)
        for row in reversed(newest):
            steps = proofs.consistency(self.organisation_id, row.size, self.size)
            proof = [b64encode(step).decode() for step in steps]
            yield {"size": row.size, "root": b64encode(bytes(row.root)).decode(), "note": row.note, "proof": proof}

    def _leaves(self) -> "QuerySet[Leaf]":
        return Leaf.objects.filter(organisation_id=self.organisation_id, index__lt=self.size)


def _entry(leaf: int, envelope: str, salt: bytes | None, body: str | None, table: str) -> Sealed:
    told = orjson.loads(envelope)
    return Sealed(
        leaf, told["seq"], table, told["op"], told["incident"], envelope, salt.hex() if salt is not None else None, body
    )
