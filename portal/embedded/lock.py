"""One `up` a data folder.

The lock is the kernel's (`flock`), so that it vanishes with its holder, however that ends; who holds it is written into the
file for the sentence that a second one prints.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.errors import EmbeddedError


@contextmanager
def locked(data: Path, address: str) -> Iterator[None]:
    """Hold the lock on `data` while the block runs; `address` is where the holder can be reached."""
    path = data / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # not inherited by children, they must not keep the lock
    except PermissionError as error:
        raise EmbeddedError(
            f"You may not write in the data folder {data} ({error.strerror}). Choose another with --data."
        ) from None
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(_taken(data, file.read())) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "address": address}, file)
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate(0)


def _taken(data: Path, written: str) -> str:
    try:
        holder = json.loads(written)
        who = f"process {holder['pid']}, {holder['address']}"
    except (ValueError, KeyError, TypeError):  # it has just begun, or is just ending
        who = "another process"
    return f"Muster already runs on the data in {data} ({who}). Stop that one first, or choose another folder with --data."
