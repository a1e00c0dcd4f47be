"""Fetch the browser assets that we vendor, and pin them by content.

For maintainers only: users of the portal never need Node. `npm pack` finds the package by its name and version, so no
download address is written down here; what it hands over must have the SHA-512 written beside the name, or nothing is
copied. The copied files and their own hashes go to `static/vendor/vendor.lock.json`, which `--check` (offline, no Node)
compares with the files in the tree.

    python tools/vendor.py            fetch, verify, copy, write the lock
    python tools/vendor.py --check    re-hash the committed files against the lock
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "static/vendor/vendor.lock.json"
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=[^\n]*)\s*$")


@dataclass(frozen=True)
class Package:
    """One pinned package and what we take of it."""

    name: str
    version: str
    integrity: str  # "sha512-<base64>" of the packed tarball
    target: str  # folder in the repository
    files: tuple[str, ...]  # paths inside the package


PACKAGES = (
    Package(
        "bootstrap",
        "5.3.8",
        "sha512-HP1SZDqaLDPwsNiqRqi5NcP0SSXciX2s9E+RyqJIIqGo+vJeN5AJVM98CXmW/Wux0nQ5L7jeWUdplCEf0Ee+tg==",
        "static/vendor/bootstrap",
        ("dist/css/bootstrap.min.css", "LICENSE"),
    ),
    Package(
        "axe-core",
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        "tests/vendor/axe",
        ("axe.min.js", "LICENSE"),
    ),
)


def integrity_of(data: bytes) -> str:
    """The SHA-512 as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def pack(package: Package, folder: Path) -> bytes:
    """The tarball of one package, proven to be the one we pinned."""
    spec = f"{package.name}@{package.version}"
    answer = subprocess.run(
        ["npm", "pack", spec, "--json", "--silent", "--ignore-scripts", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    filename: str = json.loads(answer.stdout)[0]["filename"]
    data = (folder / filename).read_bytes()
    found = integrity_of(data)
    if found != package.integrity:
        raise SystemExit(f"{spec}: the content is not what was pinned.\n  pinned {package.integrity}\n  found  {found}")
    return data


def copy(package: Package, tarball: Path) -> dict[str, str]:
    """Copy the listed files; answer path in the repository -> integrity of what was written."""
    written: dict[str, str] = {}
    target = ROOT / package.target
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        for name in package.files:
            member = archive.extractfile(f"package/{name}")
            if member is None:
                raise SystemExit(f"{package.name}@{package.version} holds no {name}")
            data = member.read()
            if name.endswith((".css", ".js")):
                # The map is not vendored, and a manifest of static files would look for it.
                data = SOURCE_MAP.sub(b"\n", data)
            path = target / PurePosixPath(name).name
            path.write_bytes(data)
            written[path.relative_to(ROOT).as_posix()] = integrity_of(data)
    return written


def fetch() -> None:
    """Fetch every package, copy its files, write the lock."""
    lock = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            data = pack(package, Path(folder))
            tarball = Path(folder) / "package.tgz"
            tarball.write_bytes(data)
            files = copy(package, tarball)
        lock.append(
            {"name": package.name, "version": package.version, "integrity": package.integrity, "files": files},
        )
        print(f"{package.name}@{package.version}: {len(files)} files in {package.target}")
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")


def check() -> int:
    """Offline: every vendored file is the one in the lock, and the lock is the list above."""
    lock = json.loads(LOCK.read_text())
    pinned = [(p.name, p.version, p.integrity) for p in PACKAGES]
    faults = [] if [(e["name"], e["version"], e["integrity"]) for e in lock] == pinned else ["the lock is not the list"]
    for entry in lock:
        for name, expected in entry["files"].items():
            path = ROOT / name
            if not path.is_file():
                faults.append(f"{name} is missing")
            elif integrity_of(path.read_bytes()) != expected:
                faults.append(f"{name} was changed by hand")
    for fault in faults:
        print(f"vendor: {fault}", file=sys.stderr)
    return 1 if faults else 0


def main() -> int:
    """Fetch, or only check."""
    if sys.argv[1:] == ["--check"]:
        return check()
    if sys.argv[1:]:
        print(__doc__)
        return 2
    fetch()
    return check()


if __name__ == "__main__":
    sys.exit(main())
