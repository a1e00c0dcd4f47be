"""What a pack needs of an organisation's log: entries with their leaves, hashes, tiles, checkpoints.

The one seam between packs and the sealing side, which compliance/packs/sealed.py fills.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from compliance.packs.records import Sealed
from compliance.packs.told import Opened


class NotSealed(Exception):
    """What the pack is of is not sealed yet: later."""


@dataclass(frozen=True, slots=True)
class Point:
    """The checkpoint that a pack is proven against: its size, root (base64), signed note, the log's origin, and when it was sealed."""

    size: int
    root: str
    note: str
    origin: str
    at: datetime


class Log(Protocol):
    """An organisation's log up to one checkpoint. No leaf at or behind the point's size is ever given."""

    point: Point
    organisation_id: int
    key_line: str

    def count_of(self, incident_id: int) -> int:
        """How many entries tell of an incident; inside an open scope."""

    def of_incident(self, incident_id: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of an incident in the order of their leaves, some at a time, each time in a short transaction of `opened`."""

    def between(self, first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of incidents among the leaves from `first` to `last`, those that the scope of `opened` shows; likewise."""

    def of_incidents(self, incidents: Collection[int], first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        """The entries of these incidents among the leaves from `first` to `last`, in their order; likewise."""

    def of_none(
        self, tables: Collection[str], first: int = 0, last: int | None = None, rows: Collection[int] | None = None
    ) -> Iterator[Sealed]:
        """The entries of these tables that tell of no incident, from leaf `first` to `last`, of certain rows or all; inside a scope that sees all."""

    def range_of(self, starts_at: datetime, ends_at: datetime) -> tuple[int, int] | None:
        """The first and the last leaf that was written from one instant to before another; inside an open scope."""

    def made_between(self, first: int, last: int) -> list[int]:
        """The ids of the incidents that were made among these leaves; inside an open scope that sees all."""

    def hashes(self, leaves: Collection[int]) -> Iterable[tuple[int, str]]:
        """Of each leaf its hash in base64, in order; inside an open scope."""

    def redactions_of(self, seqs: Collection[int]) -> Iterable[Sealed]:
        """The entries that tell of the erasure of the entries with these numbers, in the order of their leaves; inside an open scope."""

    def tiles(self, wanted: Collection[int]) -> Iterable[tuple[str, bytes]]:
        """All tiles of levels 1 and up, those of level 0 whose index is wanted, and its last, partial one: (`tile/0/000`, hashes)."""

    def earlier(self) -> Iterable[dict[str, Any]]:
        """A line of `consistency.jsonl` for each earlier checkpoint: the newest thousand and the first, by size."""
