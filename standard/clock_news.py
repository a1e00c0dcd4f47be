"""Who is told that the time of a clock runs out, or has: that depends on what the clock is about, and each room answers for its own."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from ledger.models import Event
from tenants.actors import Actor

OTHERS = ""  # the entry of the table for whatever subject is not named


def tell(event: Event, by: Actor) -> None:
    """Tell of a clock that was prompted or broken: MUSTER_CLOCK_NEWS names, by the clock's subject, the functions that do."""
    table: Mapping[str, tuple[str, ...]] = import_string(settings.MUSTER_CLOCK_NEWS)
    for name in table.get(event.data["about"], table[OTHERS]):
        function: Callable[[Event, Actor], None] = import_string(name)
        function(event, by)
