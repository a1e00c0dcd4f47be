"""The arithmetic of the tree: RFC 6962's known answers, and the same as a naive computation for every small size."""

from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.sealing import notes, tree
from tests.ledger.sealed import naive_root

# The test vectors of the Certificate Transparency project (merkletree/test_util), leaves and the roots of their first 1 to 8.
LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def kept(leaves: list[bytes]) -> tree.Hashes:
    """Hashes as the database keeps them, grown seven leaves at a time."""
    levels: dict[int, dict[int, bytes]] = {0: {}}

    def hashes(level: int, first: int, count: int) -> list[bytes]:
        return [levels[level][first + n] for n in range(count)]

    for start in range(0, len(leaves), 7):
        new = [tree.leaf_hash(leaf) for leaf in leaves[start : start + 7]]
        levels[0].update({start + n: one for n, one in enumerate(new)})
        for level, index, root in tree.grow(hashes, start, new):
            levels.setdefault(level + 1, {})[index] = root
    return hashes


def included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: how a client checks an audit path."""
    number, last, found = index, size - 1, sha256(b"\x00" + leaf).digest()
    for one in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = sha256(b"\x01" + one + found).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = sha256(b"\x01" + found + one).digest()
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162, 2.1.4.2: how a client checks that one tree is the beginning of another."""
    if old == new:
        return not proof and old_root == new_root
    path = proof if old & (old - 1) else [old_root, *proof]
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = sha256(b"\x01" + one + first).digest(), sha256(b"\x01" + one + second).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = sha256(b"\x01" + second + one).digest()
        number, last = number >> 1, last >> 1
    return (first, second, last) == (old_root, new_root, 0)


def test_known_answers() -> None:
    """The roots that other implementations give."""
    assert tree.root(kept([]), 0).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, expected in enumerate(ROOTS, 1):
        assert tree.root(kept(LEAVES[:size]), size).hex() == expected
        assert naive_root(LEAVES[:size]).hex() == expected


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 511, 512, 513, 700, 1024, 1337])
def test_every_tree_is_that_of_the_rfc(size: int) -> None:
    """Root, audit paths and consistency proofs, across the edges of tiles."""
    leaves = [b"leaf %d" % number for number in range(size)]
    hashes = kept(leaves)
    root = tree.root(hashes, size)
    assert root == naive_root(leaves)
    for index in {0, 1, size // 2, 255, 256, size - 2, size - 1}:
        if 0 <= index < size:
            path = tree.inclusion(hashes, index, size)
            assert included(leaves[index], index, size, path, root)
            assert not included(b"another", index, size, path, root)
    for old in {1, 2, 128, 255, 256, 257, size // 2, size - 1, size}:
        if 0 < old <= size:
            assert consistent(old, size, tree.consistency(hashes, old, size), naive_root(leaves[:old]), root)
            assert not consistent(old, size, tree.consistency(hashes, old, size), naive_root([b"forked", *leaves[1:old]]), root)


def test_tiles_above_tiles() -> None:
    """A tree with a full tile of level 1: 65,536 leaves and a few."""
    size = 65_536 + 300
    leaves = [number.to_bytes(4) for number in range(size)]
    levels: dict[int, list[bytes]] = {0: [tree.leaf_hash(leaf) for leaf in leaves]}

    def hashes(level: int, first: int, count: int) -> list[bytes]:
        return levels[level][first : first + count]

    for level, index, root in tree.grow(hashes, 0, levels[0]):
        levels.setdefault(level + 1, []).append(root)
        assert len(levels[level + 1]) == index + 1
    assert {level: len(row) for level, row in levels.items()} == {0: size, 1: 257, 2: 1}
    root = tree.root(hashes, size)
    assert root == naive_root(leaves)
    assert included(leaves[65_600], 65_600, size, tree.inclusion(hashes, 65_600, size), root)
    assert consistent(65_537, size, tree.consistency(hashes, 65_537, size), naive_root(leaves[:65_537]), root)


def test_what_cannot_be_proven_is_refused() -> None:
    """A leaf that is not there, a tree larger than the one it should begin."""
    hashes = kept(LEAVES)
    for index in (-1, 8):
        with pytest.raises(ValueError, match="is not in a tree of 8"):
            tree.inclusion(hashes, index, 8)
    with pytest.raises(ValueError, match="is not the beginning"):
        tree.consistency(hashes, 9, 8)


def test_notes_are_signed_and_read_back() -> None:
    """And what is not of the form, of another key, or changed by one character is not believed."""
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public = key.public_key().public_bytes_raw()
    text = notes.sign("muster.example/abc", 8, bytes.fromhex(ROOTS[7]), key)
    assert notes.read(text, public) == notes.Note("muster.example/abc", 8, bytes.fromhex(ROOTS[7]), text)
    name, number, rest = notes.key_line("muster.example/abc", public).split("+", 2)
    assert (name, number) == ("muster.example/abc", sha256(b"muster.example/abc\n\x01" + public).hexdigest()[:8])
    assert b64decode(rest) == b"\x01" + public
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
    with pytest.raises(notes.BadNote, match="another key"):
        notes.read(text, other)
    for changed in (text.replace("\n8\n", "\n9\n"), text.replace("abc", "abd"), text[:-3], "", "x\n\ny\n", text + "more"):
        with pytest.raises(notes.BadNote):
            notes.read(changed, public)
