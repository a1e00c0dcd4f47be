"""A fault of readiness: what would go wrong in the next incident, found before it (readiness is shown before an incident shows it)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. `code` is stable; `about` what it is about; `url` where it is mended, below the organisation's address.

    `count`: how many there are of it, where that may grow.
    """

    code: str
    about: str
    sentence: str
    url: str = ""
    clause: str = ""
    count: int = 0


def all_faults() -> list[Fault]:
    """Every fault of the open organisation, as the rooms find them (portal/reactions.py names who is asked)."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_READINESS)
    return [fault for function in functions for fault in import_string(function)()]
