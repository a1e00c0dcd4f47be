"""When the engines last ran: what /readyz, the watch loop and the metrics look at."""

from datetime import datetime

from ledger.models import Heartbeat
from tenants.time import now


def beat(engine: str, took_ms: float = 0.0) -> None:
    """Say that an engine has just run."""
    Heartbeat.objects.update_or_create(engine=engine, defaults={"at": now(), "took_ms": took_ms})


def last(engine: str) -> datetime | None:
    """When an engine last ran, or None where it never did."""
    return Heartbeat.objects.filter(engine=engine).values_list("at", flat=True).first()
