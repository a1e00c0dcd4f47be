"""verify.py over the pack of an incident with 5,000 entries: MB a second, and the memory it takes."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Report, median
from tests.compliance import packmaking

ENTRIES, RUNS = 5_000, 3
TEXT = (
    'Entry %d: looked at **%d** dashboards, `node` looks "slow".\n' * 40
)  # with its quotes and newlines escaped, as rows have them


def main() -> int:
    report = Report()
    log = packmaking.Log()
    log.add("incidents_historicalincident", {"id": 42, "number": 7, "ref": "INC-7"}, incident=42)
    for seq in range(1, ENTRIES):
        log.add("ledger_event", {"id": seq, "seq": seq, "data": {"text": TEXT % ((seq,) * 80)}}, incident=42)
    files = {name: data for name, data in packmaking.pack(log).items() if not name.startswith("data/attachments/")}
    with tempfile.TemporaryDirectory() as where:
        file = Path(where) / f"{packmaking.FOLDER}.zip"
        file.write_bytes(packmaking.zipped(packmaking.bagged(files)))
        megabytes = file.stat().st_size / 1e6
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            done = subprocess.run([sys.executable, "-I", str(packmaking.VERIFIER), str(file)], capture_output=True, check=False)
            times.append(time.perf_counter() - began)
            report.holds("it holds", done.returncode == 0)
    report.figure("the pack", megabytes, "MB")
    report.figure("verify.py, its start included, median", megabytes / median(times), "MB/s", least=50)
    report.figure("its memory, at most", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "MB", most=100)
    return report.end()
