"""A real server before a database of the test's own, with one incident in it, and people who watch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from incidents import actions
from incidents.models import Incident
from incidents.states import Severity
from tests.conftest import Installation, Person
from tests.live.watching import Room, Watch, by_token
from tests.serving import served


@dataclass
class House:
    """The portal at an address, with the incident INC-1 of acme."""

    url: str
    installation: Installation
    browse: Callable[[Person], Client]
    open: list[Watch] = field(default_factory=list)

    def room(self, person: Person, ref: str = "INC-1") -> Room:
        """The room's page, as this person has it open."""
        return Room(self.url, self.browse(person), person.organisation, ref)

    def watch(self, person: Person, **more: Any) -> Watch:
        """The stream of the room's page, live."""
        return self.kept(self.room(person).watch(**more)).ready()

    def by_token(self, person: Person, ref: str = "INC-1", **more: Any) -> Watch:
        """The stream by the person's token."""
        return self.kept(by_token(self.url, person.token, ref, **more))

    def kept(self, watch: Watch) -> Watch:
        """Closed at the end of the test."""
        self.open.append(watch)
        return watch

    def note(self, person: Person, text: str, ref: str = "INC-1") -> None:
        """Write into the record, committed."""
        with person_scope(self.installation, person):
            actions.note(Incident.objects.get(ref=ref), by=person.actor(), text=text)


def person_scope(installation: Installation, person: Person) -> Any:
    """The scope of the person's organisation."""
    return getattr(installation, person.organisation).scope(person)


@pytest.fixture
def house(own_database: Installation, browse: Callable[[Person], Client]) -> Iterator[House]:
    """Served while the test runs."""
    acme = own_database.acme
    with acme.scope(acme.amira):
        actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV2)
    with served() as url:
        found = House(url, own_database, browse)
        yield found
        for watch in found.open:
            watch.close()
