"""Break glass is for reading: each verb that leaves anything on an incident's record refuses who sees it so (breach.need-to-know).

Generated over the table of verbs: each is driven as in tests/ledger/test_events.py, once to see whose name it leaves on which incident,
and again when those people see these incidents through break glass and no other way.
"""

from datetime import timedelta

import pytest
from django.db import transaction

from incidents import actions
from incidents.models import NeedToKnow
from incidents.models.restriction import VIA_GLASS
from incidents.rules.glass import CALLING, READING
from incidents.states import Severity
from ledger.models import Event
from ledger.verbs import VERBS, Verb
from tenants.refusals import Refused
from tenants.time import now
from tests.clock import Clock as MovedClock
from tests.conftest import Cast
from tests.ledger.test_events import BY_THE_STAGE, DRIVERS, Stage

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

# Verbs of reading, or of breaking the glass itself.
BY_READING = {"incident:open", "break glass:break", "evidence pack:hand-out"}
IN_TURN = [pytest.param(verb, id=key) for key, verb in VERBS.items() if key not in BY_THE_STAGE]


@pytest.mark.parametrize("verb", IN_TURN)
def test_it_refuses_who_came_through_break_glass(acme: Cast, clock: MovedClock, verb: Verb) -> None:
    key = f"{verb.subject}:{verb.name}"
    with transaction.atomic(), acme.scope(acme.amira):
        incident = actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=acme.amira.actor())
        act = DRIVERS[key](Stage(acme, clock, incident))
        last = Event.objects.latest("id").pk
        there = set(Event.objects.exclude(incident_id=None).values_list("incident_id", flat=True))
        undo = transaction.savepoint_create()
        act()
        left = Event.objects.filter(id__gt=last, incident_id__in=there, actor_id__isnull=False)
        people = set(left.exclude(kind__in=READING | CALLING).values_list("incident_id", "actor_id"))
        transaction.savepoint_rollback(undo)
        if people and key not in BY_READING:
            for incident_id, user_id in people:
                _through_glass(acme, incident_id or 0, user_id or 0)  # neither is null: the query left those out
            undo = transaction.savepoint_create()
            with pytest.raises(Refused) as refused:
                act()
            transaction.savepoint_rollback(undo)
            assert [reason.code for reason in refused.value.reasons] == ["through_glass"]
        transaction.set_rollback(True)


def _through_glass(acme: Cast, incident_id: int, user_id: int) -> None:
    with acme.scope():
        place = NeedToKnow.objects.filter(incident_id=incident_id, user_id=user_id, removed_at=None).first()
        place = place or NeedToKnow(incident_id=incident_id, user_id=user_id, reason="It burns", added_by_id=user_id)
        place.via, place.expires_at = VIA_GLASS, now() + timedelta(minutes=30)
        place.save()
