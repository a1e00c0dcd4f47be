"""Real monitoring: Debian's Prometheus and Alertmanager, watching an exporter whose one figure a test sets."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from portal.embedded.process import die_with
from tests.portal.embedded import until
from tests.system.sink import free_port

PROMETHEUS, ALERTMANAGER, CHROMIUM = "prometheus", "prometheus-alertmanager", "chromium"

RULES = """\
groups:
  - name: checkout
    interval: 1s
    rules:
      - alert: {name}
        expr: checkout_error_ratio > 0.05
        labels: {{severity: critical}}
        annotations:
          summary: {summary}
          description: '{{{{ $value | humanizePercentage }}}} of checkouts fail.'
"""

SCRAPES = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ['127.0.0.1:{exporter}'], labels: {{service: checkout}}}}]
"""

ROUTES = """\
route: {{receiver: muster, group_by: [alertname, service], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}}
receivers:
  - name: muster
    {receiver}
"""
WEBHOOK = "webhook_configs: [{{url: '{hook}', send_resolved: true}}]"
PAGERDUTY = """\
pagerduty_configs:
      - url: '{events}'
        routing_key: '{key}'
        severity: '{{{{ .CommonLabels.severity }}}}'
        class: '{{{{ .CommonLabels.alertname }}}}'
        description: '{{{{ .CommonAnnotations.summary }}}}'
        details: {{service: '{{{{ .CommonLabels.service }}}}'}}
        send_resolved: true
"""


def program(name: str) -> str:
    """Where an installed program is. Without it a developer's test is skipped; in CI it fails."""
    found = shutil.which(name, path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{name} is not installed: CI installs it")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


class Exporter:
    """What Prometheus scrapes: one figure, over HTTP, while the block runs."""

    def __init__(self) -> None:
        self.error_ratio = 0.0
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"# TYPE checkout_error_ratio gauge\ncheckout_error_ratio {exporter.error_ratio}\n".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="exporter")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Monitoring:
    """The checkout, as its monitoring sees it."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def checkout_fails(self) -> None:
        """From now on a fifth of the checkouts fails: the rule fires."""
        self._exporter.error_ratio = 0.2

    def checkout_works(self) -> None:
        """From now on none fails: the alert resolves."""
        self._exporter.error_ratio = 0.0


@contextmanager
def monitoring(
    folder: Path, hook: str = "", *, name: str, summary: str, events: tuple[str, str] | None = None
) -> Iterator[Monitoring]:
    """Run Prometheus and Alertmanager on configuration and data in `folder`; Alertmanager posts to `hook`.

    There is one rule, of this name and with this summary. With `events`, an address and a routing key, Alertmanager speaks
    PagerDuty's events instead.
    """
    receiver = PAGERDUTY.format(events=events[0], key=events[1]) if events else WEBHOOK.format(hook=hook)
    ports = {"prometheus": free_port(), "alertmanager": free_port()}
    (folder / "rules.yml").write_text(RULES.format(name=name, summary=summary))
    (folder / "alertmanager.yml").write_text(ROUTES.format(receiver=receiver))
    with Exporter() as exporter:
        (folder / "prometheus.yml").write_text(SCRAPES.format(exporter=exporter.port, **ports))
        alertmanager = _options(folder, "alertmanager", ports["alertmanager"])
        prometheus = _options(folder, "prometheus", ports["prometheus"])
        with (
            _running(folder, program(ALERTMANAGER), *alertmanager, "--cluster.listen-address="),
            _running(folder, program(PROMETHEUS), *prometheus, "--web.console.templates=", "--web.console.libraries="),
        ):
            for port in ports.values():
                until(lambda port=port: _is_ready(port), 30)  # type: ignore[misc]
            yield Monitoring(exporter)


def _options(folder: Path, name: str, port: int) -> tuple[str, ...]:
    storage = {"prometheus": "--storage.tsdb.path", "alertmanager": "--storage.path"}[name]
    return (f"--config.file={folder / name}.yml", f"{storage}={folder / name}", f"--web.listen-address=127.0.0.1:{port}")


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def _running(folder: Path, *argv: str) -> Iterator[None]:
    """Run one program while the block runs; its output is in `folder`."""
    with (folder / f"{Path(argv[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"PATH": os.defpath},
            preexec_fn=die_with(os.getpid(), signal.SIGTERM),
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)
