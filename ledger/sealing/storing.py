"""Hashes of a tree as the database keeps them: leaves, and the roots of full tiles. Asked through any connection."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from ledger.sealing.tree import Hashes

type Ask = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

_LEAVES = "SELECT hash FROM ledger_leaf WHERE organisation_id = %s AND index >= %s AND index < %s ORDER BY index"
_TILES = "SELECT hash FROM ledger_tile WHERE organisation_id = %s AND level = %s AND index >= %s AND index < %s ORDER BY index"


class Missing(Exception):
    """A hash that must be there is not: somebody took it away."""


def ask(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Ask through Django's connection, in the open scope."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def hashes_of(organisation_id: int, ask_: Ask = ask) -> Hashes:
    """The hashes of one organisation's tree. Raises Missing where one is not there."""

    def hashes(level: int, first: int, count: int) -> list[bytes]:
        if level == 0:
            rows = ask_(_LEAVES, (organisation_id, first, first + count))
        else:
            rows = ask_(_TILES, (organisation_id, level - 1, first, first + count))
        if len(rows) != count:
            raise Missing(f"of {count} hashes of level {level} from {first} on, {len(rows)} are there")
        return [bytes(row[0]) for row in rows]

    return hashes
