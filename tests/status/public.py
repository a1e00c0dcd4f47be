"""What the tests of the status page share: an organisation that has one, what its Communications Lead says, and what a stranger reads."""

from collections.abc import Iterator
from typing import Any

from django.test import Client

from status.actions import set_status_page
from status.models import PublicIncident
from tests import addresses
from tests.conftest import Cast, client_of_ours
from tests.incidents.scene import Scene

HOME = "/status/acme/"


def make_public(cast: Cast, public: bool = True) -> None:
    """An administrator switches the page."""
    with cast.scope(cast.admin):
        set_status_page(by=cast.admin.actor(), public=public, reason="Customers ask.")


def stranger() -> Client:
    """Somebody of whom nothing is known."""
    return client_of_ours()


def read(path: str = "", home: str = HOME, **headers: str) -> Any:
    """What a stranger is answered below a status page."""
    return stranger().get(home + path, headers=headers)


def text(path: str = "", home: str = HOME) -> str:
    """The same as text; it is there."""
    answer = read(path, home)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def summary(home: str = HOME) -> Any:
    """summary.json."""
    return read("api/v2/summary.json", home).json()


def say(scene: Scene, ref: str, status: str = "investigating", who: str = "amira", **body: Any) -> None:
    """A public update goes out, and what follows from it happens."""
    words: dict[str, Any] = {
        "known": "Payments fail.",
        "impact": "Nobody can pay.",
        "doing": "We look into it.",
        "states_cause": False,
    }
    scene.do(who, ref, "update", audience="public", status=status, **{**words, **body})
    scene.follow()


def thread(cast: Cast, ref: str) -> PublicIncident:
    """The incident as the public knows it."""
    with cast.scope():
        return PublicIncident.objects.select_related("incident").get(incident__ref=ref)


def every(cast: Cast, public_id: str, month: str) -> Iterator[str]:
    """Every address below a status page, from the URL tables themselves."""
    values = {"status_of": cast.slug, "public_id": public_id, "month": month}
    for address in addresses.every(addresses.OPEN_TABLE):
        if address.pattern.startswith("status/"):
            yield address.path(values)
