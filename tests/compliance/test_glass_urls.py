"""Through break glass every address of an incident may be read, and none changes anything (breach.need-to-know). Over the URL tables."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents.doors import DOORS
from ledger.models import Event
from tests import addresses, bodies, everything
from tests.addresses import Address
from tests.compliance.test_access_glass import broken
from tests.everything import query
from tests.incidents.scene import Scene
from tests.incidents.test_need_to_know import restricted

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

METHODS = ("POST", "PUT", "PATCH", "DELETE")
NAMED = {"ref", "item"}  # the parameters that name an incident
BESIDE = {"ledger_event", "ledger_entry"}  # of their reading: looked at by itself


def of_an_incident(table: str) -> list[Address]:
    return [address for address in addresses.every(table) if NAMED & set(address.parameters)]


def rows(scene: Scene) -> dict[str, Any]:
    """What is in every table of the organisation, as Muster's own work sees it."""
    tables = {model._meta.db_table for model in everything.tenant_models()} - BESIDE
    with scene.acme.scope():
        return {t: query(f"SELECT count(*), coalesce(sum(hashtext(x::text)), 0)::bigint FROM {t} x") for t in sorted(tables)}


def values(ref: str, **more: Any) -> dict[str, Any]:
    """A value for each parameter there is."""
    names = {
        name
        for table in (addresses.OPEN_TABLE, addresses.ORGANISATION_TABLE)
        for a in addresses.every(table)
        for name in a.parameters
    }
    return {**dict.fromkeys(names, 1), "section": "summary", "part": "about", "ref": ref, "item": f"{ref}-1", **more}


def asked(client: Client, address: Address, method: str, path: str) -> Any:
    """Ask with a good body at the API, with some words on a page."""
    if method == "POST" and not address.is_api:
        return client.post(path, {"reason": "x", "text": "x"})
    if method == "POST" and address.allows_post and address not in bodies.posts():  # what takes a file
        return client.post(path, {"file": SimpleUploadedFile("graph.txt", b"x")})
    body = bodies.json(address) if method == "POST" and address.allows_post else b"{}"
    return client.generic(method, path, body, content_type="application/json")


@pytest.mark.parametrize("door", ["session", "token"])
def test_no_address_of_it_takes_anything(scene: Scene, door: str) -> None:
    """Every method that is not safe, by page and API, in every room: refused, and no table is other than it was."""
    ref = restricted(scene)
    broken(scene)
    person = scene.acme.admin
    session = door == "session"
    client: Client = scene.page("admin") if session else Client(headers={"Authorization": f"Bearer {person.token}"})
    assert client.get(f"/o/acme/incidents/{ref}/" if session else f"/api/v1/incidents/{ref}/").status_code == 200
    with scene.acme.scope():
        last = Event.objects.latest("id").pk
    before, wrong, glass = rows(scene), [], set()
    for address in of_an_incident(addresses.ORGANISATION_TABLE if session else addresses.OPEN_TABLE):
        if address.is_api == session:  # the API is asked by token
            continue
        for verb in DOORS if "verb" in address.parameters else ("",):
            for method in METHODS:
                path = address.path(values(ref, verb=verb))
                answer = asked(client, address, method, path)
                if answer.status_code not in (403, 404, 405, 409, 422):
                    wrong.append(f"{method} {path}: {answer.status_code}")
                if b"through break glass" in answer.content:
                    glass.add(path)
    assert not wrong, "\n".join(wrong)
    assert rows(scene) == before
    # A page says it beside every verb; the API says the first reason only, which is for most that an administrator is no practitioner.
    assert len(glass) >= (len(DOORS) // 2 if session else 10), "the answers are of other things than the glass"
    with scene.acme.scope():
        assert set(Event.objects.filter(id__gt=last).values_list("kind", flat=True)) <= {"incident.opened"}


def test_nothing_is_offered(scene: Scene) -> None:
    """Each verb is off, with the sentence beside it."""
    ref = restricted(scene)
    broken(scene)
    offered = scene.incident(ref, "admin")["allowed_actions"]
    assert set(offered) == set(DOORS)
    assert {reason["code"] for verb in offered.values() for reason in verb["why_not"]} == {"through_glass"}
    assert not any(verb["allowed"] for verb in offered.values())


def test_it_goes_again_for_whoever_is_named(scene: Scene) -> None:
    """The same person, admitted by somebody who was named, writes."""
    ref = restricted(scene)
    broken(scene)
    assert scene.verb("admin", ref, "note", text="x").json()["code"] == "through_glass"
    scene.do("amira", ref, "admit", person=scene.email("admin"), reason="Helps")
    scene.do("admin", ref, "note", text="x")
