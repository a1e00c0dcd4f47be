"""The one clock. Everything that asks what time it is asks here, so that tests can pass hours of an incident in seconds."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string


def _system_now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def _source() -> Callable[[], datetime]:
    path: str = settings.MUSTER_NOW
    return import_string(path) if path else _system_now


def now() -> datetime:
    """The present instant, aware, in UTC. No door takes a time from a caller except a note's or correction's own."""
    return _source()()
