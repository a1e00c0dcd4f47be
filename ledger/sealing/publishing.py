"""The folder of published checkpoints: what is compared with the database, and what lies outside it. A file is written once.

    <folder>/<public id of the organisation>/key                       the key line
    <folder>/<public id>/checkpoints/<size // 10,000>/<size>           one signed note a file

A bucket with object lock, or a time stamp of RFC 3161 beside each note, would be another class with these three methods.
"""

import os
from pathlib import Path
from secrets import token_hex

A_FOLDER = 10_000  # leaves' worth of checkpoints in one folder, so that looking for the newest stays cheap


class Folder:
    """One organisation's part of the folder."""

    def __init__(self, root: Path, public_id: str) -> None:
        self.path = root / public_id

    def latest(self) -> tuple[int, str] | None:
        """The published checkpoint of the largest size, as (size, note); None where there is none."""
        for shelf in _numbers(self.path / "checkpoints"):
            for name in _numbers(shelf):
                return int(name.name), name.read_text(encoding="utf-8")
        return None

    def publish(self, size: int, note: str, key_line: str) -> None:
        """Write one checkpoint, durably. One that is there already must say the same: FileExistsError otherwise."""
        self._once(self.path / "key", key_line + "\n")
        self._once(self.path / "checkpoints" / f"{size // A_FOLDER:09d}" / f"{size:013d}", note)

    def _once(self, file: Path, text: str) -> None:
        """A file appears whole or not at all, and never anew: it is linked to its name, which fails where there is one."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{file.name}.{token_hex(6)}")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "w", encoding="utf-8", newline="") as handle:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
            try:
                os.link(fresh, file)
            except FileExistsError:
                pass  # another sealer was quicker: looked at below
            finally:
                fresh.unlink()
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        if file.read_bytes() != text.encode():
            raise FileExistsError(f"{file} says something else already, and is never overwritten")


def _numbers(folder: Path) -> list[Path]:
    """What in a folder is named by a number, the largest first."""
    try:
        return sorted((one for one in folder.iterdir() if one.name.isdecimal()), key=lambda one: one.name, reverse=True)
    except FileNotFoundError:
        return []
