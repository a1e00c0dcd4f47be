"""Everybody locks an incident before its pages, so that answering a page and ending its incident at the same time never lock each other out."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from incidents.models import Incident
from oncall import actions
from oncall.models import Page
from oncall.rules import paging as rules
from portal import sweeping
from tests.conftest import Cast, Door, Installation

pytestmark = pytest.mark.servers

WAIT = 20


@pytest.fixture
def burning(own_database: Installation) -> tuple[Cast, str, list[Page]]:
    """A SEV 1 that Jon commands, with its open pages: Shop's and the director's."""
    acme = own_database.acme
    wanted = {"title": "Checkout fails", "severity": "SEV1", "services": ["checkout"]}
    ref = Door(acme.mei).post("incidents/", wanted).json()["ref"]
    while sweeping.catch_up(grace=timedelta(seconds=-1)):
        pass
    assert Door(acme.jon).post(f"incidents/{ref}/claim/").status_code == 200
    with acme.scope():
        pages = list(Page.objects.filter(incident_id=Incident.objects.get(ref=ref).pk, state="open").order_by("id"))
    return acme, ref, pages


@pytest.mark.parametrize("verb", ["acknowledge", "decline"])
@pytest.mark.parametrize("which", [0, -1])
def test_answering_a_page_while_its_incident_ends(
    burning: tuple[Cast, str, list[Page]], monkeypatch: pytest.MonkeyPatch, verb: str, which: int
) -> None:
    acme, ref, pages = burning
    assert len(pages) > 1
    inside, go_on = threading.Event(), threading.Event()
    rule = getattr(rules, f"why_not_{verb}")

    def pausing(page: Page, by: Any) -> Any:
        inside.set()
        assert go_on.wait(WAIT)
        return rule(page, by)

    monkeypatch.setattr(rules, f"why_not_{verb}", pausing)
    told: dict[str, Any] = {}

    def answer() -> None:
        with acme.scope():
            person = pages[which].steps.select_related("user").earliest("id").user
        who = next(one for one in acme.people.values() if one.user_id == person.pk)
        try:
            with acme.scope(who):
                getattr(actions, verb)(pages[which], by=who.actor())
            told["page"] = "done"
        finally:
            connection.close()

    def end() -> None:
        try:
            told["end"] = Door(acme.jon).post(f"incidents/{ref}/false-positive/", {"reason": "A probe"}).status_code
        finally:
            connection.close()

    both = [threading.Thread(target=answer), threading.Thread(target=end)]
    both[0].start()
    assert inside.wait(WAIT)
    both[1].start()
    both[1].join(1)  # it waits for the incident by now
    go_on.set()
    for one in both:
        one.join(WAIT)
    assert told == {"page": "done", "end": 200}
