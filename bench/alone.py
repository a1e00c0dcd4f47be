"""One program by itself: how long it took, how much CPU, and its largest memory."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A child counts what its parent held when it was forked as its own peak, so that a small process starts it.
_STARTER = """
import json, os, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.stdout.decode(errors="replace")]))
"""


@dataclass(frozen=True)
class Run:
    """How one run ended. `seconds` and `cpu` in seconds (its start included), `memory` the peak RSS in MB, `said` what it printed."""

    status: int
    seconds: float
    cpu: float
    memory: float
    said: str


def alone(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end."""
    starter = [sys.executable, "-S", "-c", _STARTER, *argv]
    done = subprocess.run(starter, env=None if env is None else dict(env), stdout=subprocess.PIPE, check=True)
    return Run(*json.loads(done.stdout))
