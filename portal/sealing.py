"""The sealer of this installation: its connection, key and folder put together."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from ledger import heartbeats
from ledger.models import SealState
from ledger.sealing import keys
from ledger.sealing.sealer import Sealer, connect
from standard.faults import Fault
from tenants.scope import organisation_id

LATE_SECONDS = 300  # from here on that nothing is sealed is said; the target is far below


@contextmanager
def sealer() -> Iterator[Sealer]:
    """A sealer with a connection of its own, as long as the block runs."""
    key = keys.load()
    with connect() as db:
        yield Sealer(db, key, settings.MUSTER_EVIDENCE_DIR, urlsplit(settings.BASE_URL).netloc)


def figures() -> tuple[float, int]:
    """Over the whole installation: how many seconds the oldest entry without a leaf has waited, and how many organisations halt."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lag, halted FROM muster.seal_figures()")
        lag, halted = cursor.fetchone()
    return float(lag), int(halted)


def words() -> str:
    """How sealing goes, in one word: "goes on", "halted", "late" or "never ran"."""
    lag, halted = figures()
    if halted:
        return "halted"
    if heartbeats.last("seal") is None:
        return "never ran"
    return "late" if lag > LATE_SECONDS else "goes on"


def faults() -> list[Fault]:
    """What keeps this organisation's record from being sealed."""
    state = SealState.objects.filter(organisation_id=organisation_id(), halted_at__isnull=False).first()
    if state is None or state.halted_at is None:
        return []
    sentence = f"Sealing has stood still since {state.halted_at:%Y-%m-%d %H:%M:%S} UTC. {state.why}"
    return [Fault("sealing_halted", "Muster", sentence, "", "evidence.export")]
