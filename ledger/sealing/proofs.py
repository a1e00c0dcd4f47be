"""What proves a leaf and a tree to somebody who has only the checkpoint: for packs. Inside an open scope of the organisation."""

from collections.abc import Collection, Iterator

from ledger.sealing import tree
from ledger.sealing.storing import hashes_of
from ledger.sealing.tree import WIDTH


def inclusion(organisation_id: int, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of this size (RFC 6962, 2.1.1), from the leaf upwards."""
    return tree.inclusion(hashes_of(organisation_id), index, size)


def consistency(organisation_id: int, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new` (RFC 6962, 2.1.2)."""
    return tree.consistency(hashes_of(organisation_id), old, new)


def tiles(organisation_id: int, size: int, leaves: Collection[int] | None = None) -> Iterator[tuple[str, bytes]]:
    """The hash tiles of the tree of this size, as (path, bytes), level by level (docs/evidence-format.md, section 4).

    With `leaves` (indexes) only those tiles of level 0 that hold one of them, and the last, partial one; all of every other level.
    """
    hashes = hashes_of(organisation_id)
    level, count = 0, size
    while count:
        full, rest = divmod(count, WIDTH)
        wanted = (
            sorted({leaf // WIDTH for leaf in leaves if leaf < full * WIDTH})
            if leaves is not None and level == 0
            else range(full)
        )
        for index in wanted:
            yield f"tile/{level}/{_number(index)}", b"".join(hashes(level, index * WIDTH, WIDTH))
        if rest:
            yield f"tile/{level}/{_number(full)}.p/{rest}", b"".join(hashes(level, full * WIDTH, rest))
        level, count = level + 1, full


def _number(index: int) -> str:
    """An index in groups of three digits, as C2SP writes it."""
    text = f"{index % 1000:03d}"
    while index := index // 1000:
        text = f"x{index % 1000:03d}/{text}"
    return text
