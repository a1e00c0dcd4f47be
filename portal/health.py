"""What a load balancer and Prometheus ask: alive, ready, and the figures."""

import json
from collections import Counter
from datetime import timedelta

import structlog
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from ledger import heartbeats
from portal import sealing, watching
from portal.embedded.supervisor import REPLACED
from portal.live.endpoint import LIVE
from tenants.time import now

log = structlog.get_logger(__name__)

SWEEP_LATE = timedelta(seconds=60)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and the sweep is not late; 503 with what is wrong otherwise.

    A broker that is away is said but is no reason to send nobody here: pages go out without it. So is a sealer that halted.
    """
    problems: list[str] = []
    broker = sealed = "unknown"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if heartbeats.is_late("sweep", SWEEP_LATE):
            problems.append("The sweep is late.")
        sealed = sealing.words()
    except DatabaseError as error:
        log.warning("ready.database_away", error=str(error))
        problems.append("The database does not answer.")
    try:
        with current_app.connection_for_write(connect_timeout=1, transport_options={"socket_connect_timeout": 0.5}) as link:
            link.ensure_connection(max_retries=0, timeout=1)
        broker = "answers"
    except Exception as error:  # each transport has errors of its own
        log.warning("ready.broker_away", error=str(error))
        broker = "away"
    return JsonResponse(
        {"ready": not problems, "problems": problems, "broker": broker, "sealing": sealed}, status=503 if problems else 200
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of the whole installation for Prometheus, and of this process's live feed; nothing of any one organisation."""
    registry = CollectorRegistry()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM muster.figures()")
        row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    for name, help_text in (
        ("outbox_waiting", "Reactions that still have to run"),
        ("outbox_set_aside", "Reactions that failed too often and were set aside"),
        ("deliveries_waiting", "Messages that still have to be sent"),
        ("clocks_running", "Clocks that wait for their next moment"),
        ("clocks_due", "Clocks whose moment has come"),
    ):
        Gauge(f"muster_{name}", help_text, registry=registry).set(row[name])
    swept = heartbeats.last("sweep")
    if swept is not None:
        Gauge("muster_sweep_age_seconds", "Seconds since the last sweep", registry=registry).set((now() - swept).total_seconds())
    lag, halted = sealing.figures()
    Gauge("muster_seal_lag_seconds", "How long the oldest entry without a leaf has waited", registry=registry).set(lag)
    Gauge(
        "muster_seal_halted",
        "Organisations whose record is not sealed on: the database disagrees with what was published",
        registry=registry,
    ).set(halted)
    counted = Counter(difference.what for difference in watching.differences(now()))
    gauge = Gauge("muster_watchdog_differences", "What should have happened by now and did not", ["what"], registry=registry)
    for what in watching.SENTENCES:
        gauge.labels(what).set(counted[what])
    replaced = Gauge(
        "muster_processes_replaced",
        "How often `manage.py up` has replaced a process that hung, since it began",
        ["process"],
        registry=registry,
    )
    for process, count in _replaced().items():
        replaced.labels(process).set(count)
    live = LIVE.figures()
    for name, help_text in (
        ("streams", "Live streams open at this web process"),
        ("listening", "Whether this web process hears what the database tells (1) or not (0)"),
        ("losses", "How often this web process lost the connection it listens on"),
    ):
        Gauge(f"muster_live_{name}", help_text, registry=registry).set(live[name])
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _replaced() -> dict[str, int]:
    """What the supervisor of this data folder counts, where there is one."""
    try:
        found: dict[str, int] = json.loads((settings.DATA_DIR / "run" / REPLACED).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return found
