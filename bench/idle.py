"""P11. `manage.py up` on a fresh folder with the demonstration, ready and left alone: its memory and its share of a core."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.alerts import CHECKOUT
from bench.figures import Report
from bench.stage import free_port

SETTLING = 15.0
SECONDS = 30.0


def _name(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for word, name in (
        ("uvicorn", "web"),
        ("celery --quiet -A portal worker", "worker"),
        ("celery --quiet -A portal beat", "beat"),
        ("watch", "watch"),
        ("manage.py seal", "seal"),
        ("valkey", "valkey"),
        ("postgres", "postgres"),
        ("manage.py up", "supervisor"),
    ):
        if word in line:
            return name
    return line[:20]


def _cpu(processes: list[psutil.Process]) -> dict[psutil.Process, float]:
    used = {}
    for process in processes:
        try:
            times = process.cpu_times()
            used[process] = times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return used


def _memory(process: psutil.Process) -> tuple[float, float]:
    """(PSS, RSS) in MB; PSS shares out what several processes use, and is 0 where we may not see it."""
    try:
        full = process.memory_full_info()
        return full.pss / 1e6, full.rss / 1e6
    except psutil.AccessDenied:
        return 0.0, process.memory_info().rss / 1e6


def main() -> int:
    report = Report()
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    command = [sys.executable, "manage.py", "up", "--port", str(free_port()), "--data", str(folder)]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "PG")) and k not in ("BROKER_URL", "CACHE_URL")}
    began = time.monotonic()
    up = subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in up.stdout or ():
            if line.startswith("Muster is ready"):
                break
        else:
            report.holds("it became ready", False)
            return report.end()
        report.figure("from nothing to ready", time.monotonic() - began, "s", most=30)
        time.sleep(SETTLING)
        top = psutil.Process(up.pid)
        processes = [top, *top.children(recursive=True)]
        before, start = _cpu(processes), time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - start
        processes = [top, *top.children(recursive=True)]
        used = {process: now - before.get(process, 0.0) for process, now in _cpu(processes).items()}
        rows: dict[str, list[float]] = {}
        for process, cpu in used.items():
            row = rows.setdefault(_name(process), [0, 0.0, 0.0, 0.0])
            pss, rss = _memory(process)
            row[0], row[1], row[2], row[3] = row[0] + 1, row[1] + pss, row[2] + rss, row[3] + cpu
        for name, (count, pss, rss, cpu) in rows.items():
            report.say(
                f"{name:10} {count:3.0f} processes   PSS {pss:6.0f} MB   RSS {rss:6.0f} MB   CPU {cpu / took * 100:5.2f} %"
            )
        pss = sum(row[1] for row in rows.values())
        report.figure("P11 resident memory (PSS: shared pages once)", pss or float("nan"), "MB", most=900)
        report.figure("P11 resident memory (RSS: shared pages many times)", sum(row[2] for row in rows.values()), "MB", most=900)
        report.figure("P11 CPU while idle", sum(used.values()) / took * 100, "% of a core", most=3)
    finally:
        up.send_signal(signal.SIGTERM)
        try:
            up.wait(30)
        except subprocess.TimeoutExpired:
            up.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return report.end()
