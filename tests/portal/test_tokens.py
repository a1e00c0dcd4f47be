"""A token that once opened the API, and does not any more: why, as far as its holder may know."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ledger import people
from ledger.actions import configure
from tenants.models import ApiToken, Membership
from tests.conftest import Cast
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers


def expired(acme: Cast) -> None:
    token = ApiToken.objects.get(user_id=acme.jon.user_id)
    configure(token, {"expires_at": token.created_at + timedelta(seconds=1)}, by=acme.admin.actor())


def revoked(acme: Cast) -> None:
    people.revoke_token(ApiToken.objects.get(user_id=acme.jon.user_id), by=acme.admin.actor())


def gone(acme: Cast) -> None:
    configure(Membership.objects.get(user_id=acme.jon.user_id), {"is_active": False}, by=acme.admin.actor())


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [
        (expired, "token_expired", "This token expired on "),
        (revoked, "unknown_token", "This token opens nothing"),
        (gone, "unknown_token", "This token opens nothing"),
    ],
    ids=["expired", "revoked", "its owner has left"],
)
def test_it_opens_nothing_any_more(scene: Scene, ends: Callable[[Cast], None], code: str, said: str) -> None:
    """Reading and writing alike, and nothing is changed by trying."""
    ref = scene.commanded()
    door = scene.api("jon")
    assert door.get(f"incidents/{ref}/").status_code == 200
    with scene.acme.scope(scene.acme.admin):
        ends(scene.acme)
    scene.clock.advance(seconds=2)
    entries = len(scene.part(ref, "timeline"))
    for refused in (door.get(f"incidents/{ref}/"), door.post(f"incidents/{ref}/note/", {"text": "Still here?"})):
        assert (refused.status_code, refused.json()["code"]) == (401, code)
        assert refused.json()["detail"].startswith(said)
        assert refused["WWW-Authenticate"].startswith("Bearer")
    assert len(scene.part(ref, "timeline")) == entries
