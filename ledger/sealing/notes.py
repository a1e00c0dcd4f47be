"""Signed notes: what a checkpoint says, who signed it, and the line that names the key (docs/evidence-format.md, section 3)."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class BadNote(ValueError):
    """A text that is no checkpoint, or not of this key; the text says which."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a checkpoint says. `root` is 32 bytes; `text` is the note whole."""

    origin: str
    size: int
    root: bytes
    text: str


def key_id(origin: str, public: bytes) -> bytes:
    """The four bytes that name a key in a note."""
    return sha256(origin.encode() + b"\n\x01" + public).digest()[:4]


def key_line(origin: str, public: bytes) -> str:
    """The verifier's key line, as Go's sumdb/note reads it."""
    return f"{origin}+{key_id(origin, public).hex()}+{b64encode(b'\x01' + public).decode()}"


def sign(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """The signed checkpoint of a tree."""
    said = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    public = key.public_key().public_bytes_raw()
    return f"{said}\n— {origin} {b64encode(key_id(origin, public) + key.sign(said.encode())).decode()}\n"


def read(text: str, public: bytes) -> Note:
    """Read a checkpoint and check its signature. Raises BadNote."""
    said, found, signature = text.partition("\n\n")
    lines = said.split("\n")
    if not found or len(lines) != 3 or not lines[1].isdecimal() or not signature.endswith("\n"):
        raise BadNote("it has not the form of a checkpoint")
    origin = lines[0]
    try:
        root = b64decode(lines[2], validate=True)
        by = signature.removesuffix("\n").rsplit(" ", 1)
        signed = b64decode(by[1], validate=True) if len(by) == 2 and by[0] == f"— {origin}" else b""
    except ValueError:
        raise BadNote("it holds something that is no base64") from None
    if len(root) != 32 or len(signed) != 68:
        raise BadNote("its root or its signature has not the length of one")
    if signed[:4] != key_id(origin, public):
        raise BadNote("it was signed with another key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed[4:], (said + "\n").encode())
    except InvalidSignature:
        raise BadNote("its signature is wrong") from None
    return Note(origin, int(lines[1]), root, text)


def origin_of(text: str) -> str:
    """Which log a checkpoint is of."""
    return text.partition("\n")[0]
