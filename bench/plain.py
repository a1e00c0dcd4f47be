"""The limit to compare with: pgbench doing upsert, event and outbox row in one statement, on plain tables of its own."""

import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from bench.stage import Stage
from portal.embedded.wheels import postgres_programs

TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.alert (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organisation_id bigint NOT NULL,
  fingerprint text NOT NULL, group_id int NOT NULL, state text NOT NULL, labels jsonb NOT NULL, seen int NOT NULL DEFAULT 1,
  last_seen_at timestamptz NOT NULL DEFAULT now(), UNIQUE (organisation_id, fingerprint));
CREATE TABLE bench.event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organisation_id bigint NOT NULL,
  kind text NOT NULL, subject_id bigint NOT NULL, data jsonb NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bench.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, organisation_id bigint NOT NULL,
  event_id bigint NOT NULL, reaction text NOT NULL, next_try_at timestamptz NOT NULL DEFAULT now());
"""
LABELS = '{"alertname": "HighErrorRate", "service": "checkout", "severity": "critical"}'
SCRIPT = f"""\\set f random(1, 9000000000000000)
\\set g random(1, 200)
WITH a AS (INSERT INTO bench.alert (organisation_id, fingerprint, group_id, state, labels)
  VALUES (1, :f::bigint::text, :g, 'firing', '{LABELS}')
  ON CONFLICT (organisation_id, fingerprint) DO UPDATE SET seen = bench.alert.seen + 1, last_seen_at = now() RETURNING id),
e AS (INSERT INTO bench.event (organisation_id, kind, subject_id, data) SELECT 1, 'alert.fired', id, '{LABELS}' FROM a RETURNING id)
INSERT INTO bench.outbox (organisation_id, event_id, reaction) SELECT 1, id, 'page' FROM e;
"""


class Plain:
    """pgbench on the stage's server."""

    def __init__(self, on: Stage) -> None:
        on.owner.execute(TABLES)
        self.stage = on
        self.transactions = 0
        url = urlsplit(on.urls.owner_url)
        query = dict(parse_qsl(url.query))
        self.connect = ["-h", query["host"], "-p", query["port"], "-U", url.username or "", url.path.lstrip("/")]
        self.program = str(postgres_programs() / "pgbench")

    def rate(self, seconds: int = 6, clients: int = 16) -> float:
        """Transactions a second."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(SCRIPT)
            script.flush()
            how = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", script.name]
            done = subprocess.run([self.program, *how, *self.connect], capture_output=True, text=True, check=True, cwd=Path("/"))
        processed = re.search(r"transactions actually processed: (\d+)", done.stdout)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if processed is None or rate is None:
            raise RuntimeError(done.stdout + done.stderr)
        self.transactions += int(processed[1])
        return float(rate[1])
