"""After the signing key has changed, people's own contact methods cannot be read: their pages come by the account's e-mail, at once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DataError
from django.test import override_settings
from django.utils.module_loading import import_string

from ledger.models import Outbox
from notifications.models import Attempt, ContactMethod, ContactSecret, Delivery, QueuedDelivery
from tenants.limits import TookTooLong
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.notifications.methods import CHANNELS, TELEGRAM, addresses, verified
from tests.notifications.outside import Outside, by

pytestmark = [pytest.mark.servers, pytest.mark.clause("mobilize.page-out")]
PHONE, HOME, ACCOUNT = TELEGRAM.format(7), "home@example.com", "amira@acme.example"
ANOTHER_KEY = "another-key-" + "9876543210fedcba" * 4


@pytest.fixture(autouse=True)
def outside() -> Iterator[type[Outside]]:
    """Every channel leads to a far side that the test commands."""
    with by(CHANNELS) as far_side:
        yield far_side


@pytest.fixture
def committing(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Where what is written is committed: there a page is begun in the reaction that asks for it. Elsewhere it comes from the queue."""
    return at_work(own_database.acme, own_database.globex)


@pytest.fixture(params=["from the queue", "in the reaction"])
def at_the_desk(request: pytest.FixtureRequest) -> Scene:
    """A scene in which pages are begun by either way."""
    made: Scene = request.getfixturevalue("scene" if request.param == "from the queue" else "committing")
    return made


def paged(scene: Scene, title: str = "Checkout fails") -> str:
    """A SEV 2 that pages Amira. No time passes."""
    ref = scene.declare(severity="SEV2", title=title)
    scene.follow()
    return ref


def tries(scene: Scene) -> list[tuple[int, str, str]]:
    """(number, outcome, by what) of every attempt to mail or ring Amira's pages, in the order of the pages."""
    with scene.acme.scope():
        found = Attempt.objects.filter(delivery__template="page", delivery__recipient_id=scene.acme.amira.user_id)
        rows = found.exclude(delivery__channel="inbox").order_by("delivery_id", "id").select_related("method")
        return [(row.number, row.outcome, row.method.label if row.method else "account") for row in rows]


def in_the_inbox(scene: Scene) -> int:
    """How many pages are in Amira's inbox."""
    with scene.acme.scope():
        return Delivery.objects.filter(template="page", channel="inbox", recipient_id=scene.acme.amira.user_id).count()


def test_a_page_goes_to_the_accounts_e_mail_at_once_and_the_tries_are_shown_as_failed(at_the_desk: Scene) -> None:
    scene = at_the_desk
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    verified(scene, address=HOME, label="Home")
    with override_settings(SECRET_KEY=ANOTHER_KEY):
        ref = paged(scene)
        assert addresses("Page:") == [ACCOUNT]
        assert in_the_inbox(scene) == 1
        assert tries(scene) == [
            (1, "started", "Phone"),
            (1, "failed", "Phone"),
            (2, "started", "Home"),
            (2, "failed", "Home"),
            (3, "started", "account"),
            (3, "sent", "account"),
        ]
        with scene.acme.scope():
            assert not Outbox.objects.filter(attempts__gt=0).exists()
            assert not QueuedDelivery.objects.filter(delivery__template="page").exists()
        shown = scene.page("mei").get(f"/o/acme/incidents/{ref}/").content.decode()
        assert "Messenger: Its address cannot be read. This was sealed with another signing key." in shown


def test_one_that_can_be_read_still_has_its_turn_after_one_that_cannot(at_the_desk: Scene) -> None:
    scene = at_the_desk
    pk = verified(scene, kind="apprise", address=PHONE, label="Phone")
    verified(scene, address=HOME, label="Home")
    with scene.acme.scope():
        ContactSecret.objects.filter(method_id=pk).update(sealed="gAAAAA-not-what-was-sealed")
    paged(scene)
    assert addresses("Page:") == [HOME]
    assert [row for row in tries(scene) if row[1] != "started"] == [(1, "failed", "Phone"), (2, "sent", "Home")]


def test_one_without_an_address_is_one_that_cannot_be_read(scene: Scene) -> None:
    pk = verified(scene, kind="apprise", address=PHONE, label="Phone")
    with scene.acme.scope():
        ContactSecret.objects.filter(method_id=pk).delete()
    paged(scene)
    assert addresses("Page:") == [ACCOUNT]


@override_settings(MUSTER_MESSAGES_A_MINUTE={"apprise": 1})
def test_no_page_waits_for_a_way_that_leads_nowhere(at_the_desk: Scene) -> None:
    """Its tries count for the minute, and a page that waited for it to be over would wait for nothing."""
    scene = at_the_desk
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    with override_settings(SECRET_KEY=ANOTHER_KEY):
        for number in range(3):
            paged(scene, f"Broken {number}")
    assert addresses("Page:") == [ACCOUNT] * 3
    assert not [row for row in tries(scene) if row[1] == "waits"]


def test_a_test_of_it_fails_where_its_person_sees_it(scene: Scene) -> None:
    """It has no other way: it is tried again, later each time, and harms nothing."""
    pk = verified(scene, kind="apprise", address=PHONE, label="Phone")
    with override_settings(SECRET_KEY=ANOTHER_KEY):
        scene.api("amira").post("me/contact-methods/test/")
        scene.follow()
    with scene.acme.scope():
        last = Attempt.objects.filter(delivery__method_id=pk).latest("id")
        assert (last.outcome, last.number) == ("failed", 1)
        assert ContactMethod.objects.get(pk=pk).removed_at is None
        assert QueuedDelivery.objects.filter(delivery=last.delivery_id, next_try_at__gt=scene.clock.now).exists()


def test_an_old_key_that_is_kept_still_opens_what_it_sealed(scene: Scene) -> None:
    verified(scene, kind="apprise", address=PHONE, label="Phone")
    with override_settings(SECRET_KEY=ANOTHER_KEY, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        paged(scene)
    assert addresses("Page:") == [PHONE]


def test_old_keys_are_kept_in_the_environment_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "old_keys"
    file.write_text("the-last-one\nthe-one-before\n")
    for named in (
        {"MUSTER_SECRET_KEY_FALLBACKS": "the-last-one the-one-before"},
        {"MUSTER_SECRET_KEY_FALLBACKS_FILE": str(file)},
        {},
    ):
        asked = "from portal import settings; print(*settings.SECRET_KEY_FALLBACKS)"
        told = subprocess.run(
            [sys.executable, "-c", asked], env={**os.environ, **named}, capture_output=True, text=True, check=True
        )
        assert told.stdout.split() == (["the-last-one", "the-one-before"] if named else [])


# --- Whatever else keeps a page from being begun ---------------------------------------------------------------------------------


def broken(delivery: Delivery) -> None:
    """A renderer that fails, after it has left the transaction good for nothing."""
    try:
        QueuedDelivery.objects.raw("SELECT 1 / 0 AS id")[0]
    except DataError as error:
        raise LookupError("nothing to say of it") from error


def never_ends(delivery: Delivery) -> None:
    """A renderer whose time is over."""
    raise TookTooLong("This took longer than 1.8 seconds.")


@contextmanager
def rendered_by(name: str) -> Iterator[None]:
    """Pages are rendered by a function of this module while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(import_string(settings.MUSTER_RENDERERS), "page", f"{__name__}.{name}")
        yield


def test_a_page_that_cannot_be_begun_takes_nothing_of_the_reaction_with_it(committing: Scene) -> None:
    scene = committing
    with rendered_by("broken"):
        paged(scene)
        assert in_the_inbox(scene) == 1
        with scene.acme.scope():
            assert not Outbox.objects.filter(attempts__gt=0).exists()
            row = QueuedDelivery.objects.get(delivery__template="page")
        assert tries(scene) == [(1, "failed", "account")], "its own turn says what is wrong with it"
        assert row.attempts == 1
    scene.clock.advance(seconds=2)
    scene.follow()
    assert addresses("Page:") == [ACCOUNT]


def test_a_reaction_whose_time_is_over_ends(committing: Scene) -> None:
    """What hangs in it is not gone on from: the pages behind it have waited long enough."""
    scene = committing
    with rendered_by("never_ends"):
        paged(scene)
        with scene.acme.scope():
            assert Outbox.objects.filter(attempts=1, last_error__startswith="TookTooLong").exists()
    scene.clock.advance(seconds=3)
    scene.follow()
    assert addresses("Page:") == [ACCOUNT]
