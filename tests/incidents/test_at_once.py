"""Two people at once: one wins, the other is told who did what a moment ago, and nothing is half done.

Each asks on a connection of their own, and both are let go in the same instant.
"""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from incidents.actions import triage
from incidents.models import Incident, RoleHolding, Signal
from ledger.models import Event, Outbox
from oncall.models import Page
from portal import sweeping
from tests.conftest import Cast, Door, Installation, Person
from tests.lived_in import delivery, take

pytestmark = pytest.mark.servers

type Asked = tuple[Person, str, dict[str, Any]]


def at_once(*asked: Asked, ref: str) -> list[Any]:
    """Do verbs of one incident at the same time. Returns each answer, in the order in which they were asked."""
    return all_at_once([(person, f"incidents/{ref}/{verb}/", body) for person, verb, body in asked])


def all_at_once(asked: Sequence[Asked]) -> list[Any]:
    """Ask for paths at the same time."""
    answers: list[Any] = [None] * len(asked)
    together = threading.Barrier(len(asked))

    def ask(place: int, person: Person, path: str, body: dict[str, Any]) -> None:
        try:
            together.wait(timeout=30)
            answers[place] = Door(person).post(path, body)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(place, *one)) for place, one in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def winner_and_loser(answers: list[Any]) -> tuple[int, Any]:
    """The place of the one who won, and what the other was told. Fails unless exactly one won."""
    assert sorted(answer.status_code == 200 for answer in answers) == [False, True], [a.content for a in answers]
    won = next(place for place, answer in enumerate(answers) if answer.status_code == 200)
    return won, answers[1 - won].json()


@pytest.fixture
def acme(shared_database: Installation) -> Cast:
    """Acme in a database where things are really committed."""
    return shared_database.acme


@pytest.fixture
def ref(acme: Cast) -> str:
    """A SEV 1 that nobody commands yet."""
    body = {"title": "Checkout fails", "severity": "SEV1", "services": ["checkout"]}
    return str(Door(acme.mei).post("incidents/", body).json()["ref"])


def do(who: Person, ref: str, verb: str, /, **body: Any) -> None:
    """Do a verb."""
    answer = Door(who).post(f"incidents/{ref}/{verb}/", body)
    assert answer.status_code == 200, answer.content


def seats(acme: Cast, ref: str, role: str) -> list[int]:
    """Who holds a role now."""
    with acme.scope(acme.amira):
        return list(RoleHolding.objects.filter(incident__ref=ref, role=role, until=None).values_list("user_id", flat=True))


def events(acme: Cast, ref: str, kind: str) -> int:
    """How many events of a kind an incident has."""
    with acme.scope(acme.amira):
        return Event.objects.filter(kind=kind, incident_id=Incident.objects.get(ref=ref).pk).count()


@pytest.mark.clause("principle.chain-of-command")
def test_two_claims(acme: Cast, ref: str) -> None:
    people = (acme.amira, acme.jon)
    won, told = winner_and_loser(at_once(*((person, "claim", {}) for person in people), ref=ref))
    assert told["code"] == "commanded"
    assert told["detail"].startswith(f"{people[won].name} holds command since ")
    assert seats(acme, ref, "ic") == [people[won].user_id]
    assert events(acme, ref, "incident.claimed") == 1


def test_two_acceptances_of_one_offer(acme: Cast, ref: str) -> None:
    do(acme.amira, ref, "claim")
    do(acme.amira, ref, "assign", role="ol", person=acme.jon.email)
    _, told = winner_and_loser(at_once(*[(acme.jon, "accept", {"role": "ol"})] * 2, ref=ref))
    assert told["code"] == "no_offer"
    assert "Jon Jensen is, since " in told["detail"]
    assert seats(acme, ref, "ol") == [acme.jon.user_id]


def test_an_acceptance_while_somebody_else_is_asked(acme: Cast, ref: str) -> None:
    """Whichever comes first: the role has one holder or one offer, and who comes late is told why."""
    do(acme.amira, ref, "claim")
    do(acme.amira, ref, "assign", role="ol", person=acme.jon.email)
    asks: Asked = (acme.amira, "assign", {"role": "ol", "person": acme.mei.email})
    accepted, assigned = at_once((acme.jon, "accept", {"role": "ol"}), asks, ref=ref)
    assert assigned.status_code == 200, assigned.content
    if accepted.status_code == 200:
        assert seats(acme, ref, "ol") == [acme.jon.user_id]
    else:
        assert (accepted.json()["code"], "Mei Martin was asked" in accepted.json()["detail"]) == ("not_asked", True)
        assert seats(acme, ref, "ol") == []


@pytest.mark.clause("handover.announce")
def test_taking_command_while_the_handover_is_called_off(acme: Cast, ref: str) -> None:
    do(acme.amira, ref, "claim")
    do(acme.amira, ref, "handover", to=acme.mei.email)
    do(acme.mei, ref, "shadow")
    do(acme.amira, ref, "sitrep", text="So it stands")
    do(acme.amira, ref, "announce")
    taking: Asked = (acme.mei, "take-command", {"reason": "Now"})
    won, told = winner_and_loser(at_once(taking, (acme.amira, "call-off", {}), ref=ref))
    assert told["code"] == "no_handover"
    assert seats(acme, ref, "ic") == [acme.mei.user_id if won == 0 else acme.amira.user_id]


@pytest.mark.clause("handover.announce")
def test_command_is_taken_once(acme: Cast, ref: str) -> None:
    do(acme.amira, ref, "claim")
    do(acme.amira, ref, "handover", to=acme.mei.email)
    do(acme.mei, ref, "shadow")
    do(acme.amira, ref, "sitrep", text="So it stands")
    do(acme.amira, ref, "announce")
    _, told = winner_and_loser(at_once(*[(acme.mei, "take-command", {"reason": "Now"})] * 2, ref=ref))
    assert told["code"] == "no_handover"
    assert "Mei Martin holds command since " in told["detail"]
    assert (seats(acme, ref, "ic"), events(acme, ref, "incident.command_taken")) == ([acme.mei.user_id], 1)


@pytest.mark.clause("resolve.ic-declares")
def test_two_resolutions(acme: Cast) -> None:
    body = {"title": "A footer link", "severity": "SEV3", "services": ["checkout"]}
    ref = str(Door(acme.mei).post("incidents/", body).json()["ref"])
    with acme.scope(acme.amira):
        ended = Incident.objects.get(ref=ref).declared_at.isoformat()
    do(acme.amira, ref, "impact", start=ended, end=ended)
    people = (acme.amira, acme.jon)
    won, told = winner_and_loser(at_once(*((person, "resolve", {"summary": "Done"}) for person in people), ref=ref))
    assert told["code"] == "ended"
    assert told["detail"].startswith(f"{ref} is resolved already: {people[won].name} did that at ")
    assert events(acme, ref, "incident.resolved") == 1


@pytest.mark.clause("lifecycle.phases")
def test_two_incidents_are_not_merged_into_each_other(acme: Cast, ref: str) -> None:
    other = str(Door(acme.mei).post("incidents/", {"title": "Search fails", "severity": "SEV1"}).json()["ref"])
    for one in (ref, other):
        do(acme.amira, one, "claim")
    ways = ((ref, other), (other, ref))
    answers = all_at_once([(acme.amira, f"incidents/{source}/merge/", {"into": into}) for source, into in ways])
    _, told = winner_and_loser(answers)
    assert told["code"] == "target_ended"
    with acme.scope(acme.amira):
        states = Incident.objects.filter(ref__in=[ref, other]).values_list("state", flat=True)
        assert sorted(states) == ["merged", "mobilization"]


def test_a_rule_and_a_person_that_put_one_signal_to_one_incident(
    own_database: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule locks the incident before the signal, as every verb does, so neither has to be thrown out for the other."""
    acme = own_database.acme
    wanted = {"title": "Checkout fails", "severity": "SEV3", "services": ["checkout"]}
    ref = Door(acme.mei).post("incidents/", wanted).json()["ref"]
    rule = {
        "name": "Join",
        "labels": {"alertname": "Slow"},
        "attach": "service",
        "attach_minutes": 30,
        "suggested_severity": "SEV4",
    }
    assert Door(acme.admin).post("routing-rules/", rule).status_code == 201
    while sweeping.catch_up(grace=timedelta(seconds=-1)):
        pass
    assert take(acme, delivery("Slow", "x")) == [None]
    (waiting,) = Door(acme.jon).get("triage/").json()["results"]
    inside, go_on, lock = threading.Event(), threading.Event(), triage._lock

    def pausing(signal: Signal) -> Signal:
        if threading.current_thread().name == "person":
            inside.set()
            assert go_on.wait(20)
        return lock(signal)

    monkeypatch.setattr(triage, "_lock", pausing)
    told: dict[str, Any] = {}

    def person() -> None:
        told["person"] = Door(acme.jon).post(f"triage/{waiting['id']}/attach/", {"incident": ref}).status_code
        connection.close()

    def follow() -> None:
        sweeping.catch_up(grace=timedelta(seconds=-1))
        connection.close()

    both = [threading.Thread(target=person, name="person"), threading.Thread(target=follow)]
    both[0].start()
    assert inside.wait(20)
    both[1].start()
    both[1].join(1)  # it waits for the incident by now
    go_on.set()
    for one in both:
        one.join(20)
    assert told == {"person": 200}
    with acme.scope():
        assert not Outbox.objects.filter(attempts__gt=0).exists()
        assert not Page.objects.filter(subject_type="incidents.signal").exists(), "the rule's side was not thrown out either"
        assert Signal.objects.get(pk=waiting["id"]).incident_id == Incident.objects.get(ref=ref).pk
