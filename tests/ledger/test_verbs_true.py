"""What docs/verbs.md says of a verb is what it does: which events it leaves, which clocks it starts and stops.

Each verb is done once as in tests/ledger/test_events.py, and in the other circumstances of tests/ledger/variants.py.
"""

import pytest
from django.db import transaction

from incidents import actions
from incidents.states import Severity
from ledger.models import Event
from ledger.verbs import EVERY_CLOCK, VERBS, Verb
from standard.models import Clock
from tests.clock import Clock as MovedClock
from tests.conftest import Cast
from tests.ledger.test_events import BY_THE_STAGE, DRIVERS, Stage
from tests.ledger.variants import VARIANTS

pytestmark = pytest.mark.servers

# Verbs that happen within others, each with a row of its own: theirs is said there.
WITHIN = {"clock.broken", "incident.mobilised", "page.ended", "incident.person_admitted", "configuration.changed"}
# What their drives do is more than they: it is reached through another verb, or others follow from it.
NOT_ALONE = {"incident:mobilised", "clock:break"}

DRIVES = [
    pytest.param(verb, index, id=f"{key}-{index}")
    for key, verb in VERBS.items()
    if key not in {*BY_THE_STAGE, *NOT_ALONE}
    for index in range(1 + len(VARIANTS.get(key, ())))
]


type Done = tuple[set[str], set[str], set[str]]

_done: dict[tuple[str, int], Done] = {}  # what is done is rolled back, so both tests may ask of one doing


def drive(cast: Cast, clock: MovedClock, verb: Verb, index: int) -> Done:
    """Do a verb. Returns the kinds of events it left, the clauses of the clocks it started and of those it stopped."""
    key = f"{verb.subject}:{verb.name}"
    if (key, index) not in _done:
        _done[key, index] = _drive(cast, clock, key, index)
    return _done[key, index]


def _drive(cast: Cast, clock: MovedClock, key: str, index: int) -> Done:
    driver = [DRIVERS[key], *VARIANTS.get(key, ())][index]
    with transaction.atomic(), cast.scope(cast.amira):
        incident = actions.declare(by=cast.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=cast.amira.actor())
        act = driver(Stage(cast, clock, incident))
        last, newest = Event.objects.latest("id").pk, Clock.objects.latest("id").pk
        ran = set(Clock.objects.filter(stopped_at=None).values_list("id", flat=True))
        act()
        left = set(Event.objects.filter(id__gt=last).values_list("kind", flat=True))
        started = set(Clock.objects.filter(id__gt=newest).values_list("clause", flat=True))
        stopped = set(Clock.objects.filter(id__in=ran, stopped_at__isnull=False).values_list("clause", flat=True))
        transaction.set_rollback(True)  # so that a test may drive it again
    return left, started, stopped


@pytest.mark.parametrize(("verb", "index"), DRIVES)
def test_nothing_happens_that_it_does_not_say(acme: Cast, clock: MovedClock, verb: Verb, index: int) -> None:
    left, started, stopped = drive(acme, clock, verb, index)
    kinds = {*verb.kind.split(", "), *verb.sometimes}
    assert left - kinds <= WITHIN, f"it leaves {left - kinds - WITHIN} and does not say so"
    assert started <= set(verb.starts), f"it starts {started - set(verb.starts)} and does not say so"
    if EVERY_CLOCK not in verb.stops:
        assert stopped <= set(verb.stops), f"it stops {stopped - set(verb.stops)} and does not say so"


@pytest.mark.parametrize("key", list(VARIANTS))
def test_what_it_says_happens(acme: Cast, clock: MovedClock, key: str) -> None:
    """Of the verbs that are done in more than one way: everything that they say happens in one of those."""
    verb = VERBS[key]
    found = [drive(acme, clock, verb, index) for index in range(1 + len(VARIANTS[key]))]
    left, started, stopped = (set[str]().union(*parts) for parts in zip(*found, strict=True))
    assert set(verb.sometimes) <= left, f"it never leaves {set(verb.sometimes) - left}"
    assert set(verb.starts) == started, f"it never starts {set(verb.starts) - started}"
    assert set(verb.stops) - {EVERY_CLOCK} <= stopped, f"it never stops {set(verb.stops) - stopped}"
