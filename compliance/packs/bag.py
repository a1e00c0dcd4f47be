"""A BagIt 1.0 bag (RFC 8493) of a folder, and its ZIP file: the same folder gives the same bytes, on any machine and any Python.

Files are stored as they are (how well they compress would depend on a library's version), in the order of their names, dated 1980-01-01.
The ZIP's own bytes follow from names, sizes and sums alone, so that a verifier can hold each of them against what it must be.
"""

import hashlib
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
LARGEST = 0xFFFFFFFF  # of one file: what ZIP says in 32 bits
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
_STAMP = 0x21  # 1980-01-01 as ZIP writes a date; its time is 0
_MODE = 0o100644 << 16


class TooLarge(Exception):
    """A file that has no place in a pack."""


@dataclass(frozen=True, slots=True)
class _File:
    size: int
    crc: int
    sha256: str


def close(folder: Path, info: Mapping[str, str], alive: Callable[[], None] = lambda: None) -> dict[str, _File]:
    """Make the folder a bag: its declaration, `bag-info.txt` with `info` and the Oxum, and both manifests. Returns its files by name.

    `alive` is called before each file is read.
    """
    files: dict[str, _File] = {}
    for name in _names(folder):
        alive()
        files[name] = _look(folder / name)
    payload = {name: file for name, file in files.items() if name.startswith("data/")}
    oxum = f"{sum(file.size for file in payload.values())}.{len(payload)}"
    lines = sorted({**info, "Payload-Oxum": oxum}.items())
    for name, text in (
        ("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        ("bag-info.txt", "".join(f"{key}: {' '.join(value.split())}\n" for key, value in lines)),
        (MANIFEST, _manifest(payload)),
    ):
        (folder / name).write_bytes(text.encode())
        files[name] = _look(folder / name)
    tags = {name: file for name, file in files.items() if not name.startswith("data/")}
    (folder / TAG_MANIFEST).write_bytes(_manifest(tags).encode())
    return files | {TAG_MANIFEST: _look(folder / TAG_MANIFEST)}


def pack(folder: Path, files: Mapping[str, _File], name: str, out: BinaryIO, told: Callable[[float], None]) -> None:
    """Write the ZIP of a closed bag, in the one folder `name`. `told` hears how much of it is done, from 0 to 1."""
    whole, directory, offset = sum(file.size for file in files.values()) or 1, b"", 0
    done = 0
    for inner in sorted(files):
        file, path = files[inner], f"{name}/{inner}".encode()
        same = struct.pack("<HHHHLLLH", 0, 0, 0, _STAMP, file.crc, file.size, file.size, len(path))
        out.write(struct.pack("<4sH", b"PK\3\4", 20) + same + b"\0\0" + path)
        with (folder / inner).open("rb") as source:
            shutil.copyfileobj(source, out, CHUNK)
        far = offset >= LARGEST
        extra = struct.pack("<HHQ", 1, 8, offset) if far else b""
        version = 45 if far else 20
        directory += struct.pack("<4sBBH", b"PK\1\2", version, 3, version) + same
        directory += struct.pack("<HHHHLL", len(extra), 0, 0, 0, _MODE, min(offset, LARGEST)) + path + extra
        offset += 30 + len(path) + file.size
        done += file.size
        told(done / whole)
    out.write(directory)
    out.write(_end(len(files), offset, len(directory)))


def _end(count: int, start: int, size: int) -> bytes:
    end = b""
    if start >= LARGEST or count >= 0xFFFF:
        end = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        end += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    few = min(count, 0xFFFF)
    return end + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, size, min(start, LARGEST), 0)


def _names(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def _look(path: Path) -> _File:
    size = crc = 0
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            digest.update(chunk)
    if size >= LARGEST:
        raise TooLarge(f"{path.name} has {size} bytes; a pack holds files below 4 GiB")
    return _File(size, crc, digest.hexdigest())


def _manifest(files: Mapping[str, _File]) -> str:
    return "".join(f"{files[name].sha256}  {name}\n" for name in sorted(files))
