"""verify.py over the pack of an incident with 5,000 entries: MB a second of one core, and the memory it takes."""

import sys
import tempfile
from pathlib import Path

from bench.alone import alone
from bench.figures import Report, median
from tests.compliance import packmaking

ENTRIES, RUNS = 5_000, 5
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
        runs = [alone([sys.executable, "-I", str(packmaking.VERIFIER), str(file)]) for _ in range(RUNS)]
        report.holds("it holds", all(run.status == 0 for run in runs))
    report.figure("the pack", megabytes, "MB")
    report.figure(
        "verify.py, its start included, of a second of CPU, median", megabytes / median(run.cpu for run in runs), "MB/s", least=50
    )
    report.figure("the same by the clock on the wall", megabytes / median(run.seconds for run in runs), "MB/s")
    report.figure("its memory, at most", max(run.memory for run in runs), "MB", most=100)
    return report.end()
