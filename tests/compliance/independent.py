"""Checks by others' code: Go's sumdb/note and tlog, and the `bagit` package. CI has both; elsewhere what is missing is skipped, in words."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

GO_SOURCES = Path("/usr/share/gocode")  # where Debian's golang-golang-x-mod-dev puts them: nothing is fetched
PROGRAM = Path(__file__).parent / "go" / "check.go"


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}: see .ci/run")
    pytest.skip(f"{what} is not installed")


@cache
def _built(folder: Path) -> Path:
    program = folder / "check"
    offline = {"GO111MODULE": "off", "GOPATH": str(GO_SOURCES), "GOFLAGS": "", "GOCACHE": str(folder / "cache"), "GOPROXY": "off"}
    done = subprocess.run(
        ["go", "build", "-o", str(program), str(PROGRAM)],
        env={**os.environ, **offline, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program


def by_go(bag: Path, key: str, folder: Path) -> tuple[int, str]:
    """What Go's libraries say of an unpacked pack: exit code and words. The program is built once, in `folder`."""
    if not shutil.which("go"):
        _missing("golang-go")
    if not (GO_SOURCES / "src/golang.org/x/mod/sumdb/tlog").exists():
        _missing("golang-golang-x-mod-dev")
    done = subprocess.run([str(_built(folder)), str(bag), key], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def bagit() -> ModuleType:
    """The `bagit` package."""
    try:
        import bagit as package
    except ImportError:
        _missing("the bagit package")
    found: ModuleType = package
    return found
