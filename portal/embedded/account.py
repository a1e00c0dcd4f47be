"""The user that PostgreSQL runs as.

PostgreSQL refuses to run as root. Where root starts Muster, the server runs as the owner of its data folder or, for a new
folder, as `nobody`. That user must be able to reach the data and the program files, which may lie below folders that only
root may pass (root's own home, say): such a folder gets the right to be passed (`o+x`), never to be read, and we say so.
"""

import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.errors import EmbeddedError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """A user that a child runs as, other than the one that runs us."""

    uid: int
    gid: int
    name: str


def account_for(*folders: Path) -> Account | None:
    """Return the user PostgreSQL must run as, or None if it can run as we do (whoever is not root).

    The first of `folders` that exists and does not belong to root decides, so that data made by an ordinary user stays theirs.
    """
    if os.geteuid() != 0:
        return None
    for folder in folders:
        if folder.exists() and (owner := folder.stat()).st_uid != 0:
            return _account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine has no user 'nobody': run Muster as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)


def _account(uid: int, gid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a folder that came from another machine, or a container's invented user
        return Account(uid, gid, f"user {uid}")
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def let_pass(path: Path, account: Account, say: Say) -> None:
    """Make every folder above `path` passable for `account`, adding `o+x` where it is missing and nothing else."""
    for folder in reversed(path.resolve().parents):
        mode = folder.stat()
        if _may_pass(mode, account):
            continue
        if mode.st_uid == account.uid or mode.st_gid == account.gid:  # `o+x` is not consulted for the owner and the group
            raise EmbeddedError(f"{account.name}, who runs PostgreSQL here, may not pass {folder}: chmod ug+x {folder}")
        folder.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
        say(f"{folder}: others may now pass it (o+x), not read it, because PostgreSQL runs as {account.name}, not as root.")


def _may_pass(mode: os.stat_result, account: Account) -> bool:
    if mode.st_uid == account.uid:
        return bool(mode.st_mode & stat.S_IXUSR)
    if mode.st_gid == account.gid:
        return bool(mode.st_mode & stat.S_IXGRP)
    return bool(mode.st_mode & stat.S_IXOTH)


def own_folder(folder: Path, account: Account | None) -> None:
    """Make `folder` if it is missing, 0700, for `account` (or for us)."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
