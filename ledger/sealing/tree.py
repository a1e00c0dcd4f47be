"""RFC 6962, section 2.1, over hashes that are kept by level of tiles: level L has the roots of each 256 ** L leaves that are full."""

from collections.abc import Callable, Iterator
from hashlib import sha256

WIDTH = 256
EMPTY = sha256(b"").digest()

type Hashes = Callable[[int, int, int], list[bytes]]
"""`hashes(level, first, count)`: so many hashes of a level from index `first` on. All of them must be there."""


def leaf_hash(envelope: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + envelope).digest()


def fold(row: list[bytes]) -> bytes:
    """The root over a power of two of hashes of equal height."""
    while len(row) > 1:
        row = [sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def subtree(hashes: Hashes, first: int, last: int) -> bytes:
    """The root over the leaves from `first` up to and without `last`, as the RFC splits them. Reads at most 128 hashes a full part."""
    size = last - first
    if size & (size - 1) == 0:
        level, unit = 0, 1
        while unit * WIDTH <= size:
            level, unit = level + 1, unit * WIDTH
        return fold(hashes(level, first // unit, size // unit))
    middle = first + _split(size)
    return sha256(b"\1" + subtree(hashes, first, middle) + subtree(hashes, middle, last)).digest()


def root(hashes: Hashes, size: int) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return subtree(hashes, 0, size) if size else EMPTY


def inclusion(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of this size, from the leaf upwards. Raises ValueError for a leaf that is not in it."""
    if not 0 <= index < size:
        raise ValueError(f"Leaf {index} is not in a tree of {size}.")
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(subtree(hashes, middle, last))
            last = middle
        else:
            path.append(subtree(hashes, first, middle))
            first = middle
    return path[::-1]


def consistency(hashes: Hashes, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new`; empty where one is empty or they are the same.

    Raises ValueError where the old one is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {old} is not the beginning of one of {new}.")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    first, last, whole = 0, new, True
    while old != last - first:
        middle = _split(last - first)
        if old <= middle:
            proof.append(subtree(hashes, first + middle, last))
            last = first + middle
        else:
            proof.append(subtree(hashes, first, first + middle))
            first, old, whole = first + middle, old - middle, False
    if not whole:
        proof.append(subtree(hashes, first, last))
    return proof[::-1]


def grow(hashes: Hashes, size: int, new: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The roots of the tiles that become full when `new` leaves follow the first `size`: (level, index of the tile, root)."""
    level, start = 0, size
    while new:
        tile, there = divmod(start, WIDTH)
        row = (hashes(level, tile * WIDTH, there) if there else []) + new
        made = [fold(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)]
        yield from ((level, tile + number, one) for number, one in enumerate(made))
        new, start, level = made, tile, level + 1


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
