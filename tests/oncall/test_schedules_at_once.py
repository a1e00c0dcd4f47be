"""Two people at once on one schedule: one wins, the other is told what is so by now."""

from datetime import timedelta

import pytest

from tenants.time import now
from tests.conftest import Cast, Door, Installation
from tests.incidents.test_at_once import all_at_once

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def acme(shared_database: Installation) -> Cast:
    """Acme, with a schedule in which Amira is primary, in a database where things are really committed."""
    acme = shared_database.acme
    admin = Door(acme.admin)
    assert admin.post("schedules/", {"name": "Shop", "slug": "shop", "team": "shop", "time_zone": "UTC"}).status_code == 201
    people = {"people": [acme.amira.email], "starts_on": f"{now() - timedelta(days=2):%Y-%m-%d}"}
    assert admin.post("schedules/shop/layers/", people).status_code == 201
    return acme


def test_two_take_one_stretch_and_one_gets_it(acme: Cast) -> None:
    start = now() + timedelta(days=1)
    body = {"start": start.isoformat(), "end": (start + timedelta(hours=9)).isoformat()}
    answers = all_at_once([(person, "schedules/shop/overrides/", body) for person in (acme.jon, acme.mei)])
    assert sorted(answer.status_code for answer in answers) == [201, 422], [answer.content for answer in answers]
    lost = next(answer.json() for answer in answers if answer.status_code == 422)
    assert lost["code"] == "overlaps"
    rows = Door(acme.mei).get("schedules/shop/overrides/").json()["results"]
    assert len(rows) == 1


def test_two_accept_one_swap_and_one_has_it(acme: Cast) -> None:
    start = now() + timedelta(days=3)
    body = {"start": start.isoformat(), "end": (start + timedelta(hours=9)).isoformat()}
    swap = Door(acme.amira).post("schedules/shop/swaps/", body).json()["id"]
    answers = all_at_once([(person, f"swaps/{swap}/accept/", {}) for person in (acme.jon, acme.mei)])
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.content for answer in answers]
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert lost["code"] == "settled"


def test_two_change_one_layer_one_after_the_other(acme: Cast) -> None:
    """Both hold, one after the other; there is one row of the layer that holds now."""
    bodies = [{"people": [person.email]} for person in (acme.jon, acme.mei)]
    answers = all_at_once([(acme.admin, "schedules/shop/layers/1/change/", body) for body in bodies])
    assert [answer.status_code for answer in answers] == [200, 200], [answer.content for answer in answers]
    layers = Door(acme.mei).get("schedules/shop/").json()["layers"]
    assert [layer["number"] for layer in layers] == [1]
    assert layers[0]["people"][0] in (acme.jon.email, acme.mei.email)


def test_of_two_who_change_one_layer_from_the_same_row_one_is_told(acme: Cast) -> None:
    row = Door(acme.admin).get("schedules/shop/").json()["layers"][0]["row"]
    bodies = [{"people": [person.email], "row": row} for person in (acme.jon, acme.mei)]
    answers = all_at_once([(acme.admin, "schedules/shop/layers/1/change/", body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.content for answer in answers]
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    (holds,) = Door(acme.mei).get("schedules/shop/").json()["layers"]
    assert (lost["code"], lost["current"]["row"]) == ("changed_meanwhile", holds["row"])
