"""How somebody becomes a member: an administrator invites them in the admin, and an e-mail to them alone lets them choose a password."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client

from ledger import inviting
from ledger.models import Entry, Event
from notifications.models import Attempt, ContactMethod, Delivery
from tenants.actors import Role
from tenants.models import Membership, User
from tenants.refusals import Refused
from tests.clock import Clock
from tests.conftest import Cast, Person
from tests.everything import query

pytestmark = pytest.mark.servers

type Browse = Callable[[Person], Client]

ADD = "/o/acme/admin/tenants/membership/add/"
LIST = "/o/acme/admin/tenants/membership/"
NINA = "nina@acme.example"
CHOSEN = "a password that Nina chose"
_networks = count(1)


@pytest.fixture
def network() -> dict[str, str]:
    """An address of the test's own: the limit of sign-ins counts by it."""
    return {"REMOTE_ADDR": f"198.51.100.{next(_networks)}"}


def invite(client: Client, email: str = NINA, name: str = "Nina Novak", roles: tuple[str, ...] = ("practitioner",)) -> Any:
    """The admin's form, as it is posted."""
    return client.post(ADD, {"email": email, "name": name, "roles": list(roles)})


def letter(to: str = NINA) -> str:
    """The newest e-mail to somebody."""
    return next(str(message.body) for message in reversed(mail.outbox) if message.to == [to])


def link_in(text: str) -> str:
    """The path of the link by which a password is chosen."""
    found = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", text)
    assert found, text
    return found[1]


def memberships(cast: Cast) -> list[int]:
    """Of everybody in the organisation."""
    with cast.scope():
        return list(Membership.objects.values_list("pk", flat=True))


def choose(path: str, network: dict[str, str], password: str = CHOSEN) -> Any:
    """Open the link and choose a password, as a browser does."""
    client = Client()
    page = client.get(path, follow=True, **network)  # type: ignore[arg-type]
    assert page.status_code == 200
    return client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password}, **network)  # type: ignore[arg-type]


def test_who_is_invited_is_a_member_at_once_and_comes_in_by_their_mail(
    acme: Cast, browse: Browse, follow: Callable[[], int], network: dict[str, str]
) -> None:
    answer = invite(browse(acme.admin), "Nina@Acme.example")
    assert answer.status_code == 302, answer.content[:2000]
    with acme.scope():
        membership = Membership.objects.select_related("user").get(user__email=NINA)
        event = Event.objects.get(kind="member.invited")
    assert (membership.roles, membership.user.name, membership.user.has_usable_password()) == (
        ["practitioner"],
        "Nina Novak",
        False,
    )
    assert (event.actor_name, event.via, event.subject_id) == (acme.admin.name, "admin", membership.pk)
    assert NINA not in str(event.data), "an address would stay in the record after its person is forgotten"
    follow()
    text = letter()
    assert acme.admin.name in text
    assert "Practitioner" in text
    done = choose(link_in(text), network)
    assert "/accounts/login/" in Client().get(done["Location"]).content.decode(), "what comes next is said"
    client = Client()
    client.post("/accounts/login/", {"login": NINA, "password": CHOSEN}, **network)  # type: ignore[arg-type]
    page = client.get("/o/acme/incidents/")
    assert (page.status_code, "Nina Novak" in page.content.decode()) == (200, True)
    assert client.get("/o/globex/incidents/").status_code == 404


def test_the_link_opens_nothing_once_a_password_was_chosen(
    acme: Cast, browse: Browse, follow: Callable[[], int], network: dict[str, str]
) -> None:
    invite(browse(acme.admin))
    follow()
    path = link_in(letter())
    choose(path, network)
    late = Client().get(path, follow=True, **network)  # type: ignore[arg-type]
    assert 'name="password1"' not in late.content.decode()
    assert "no longer good" in late.content.decode()


def test_an_account_keeps_its_name_and_its_password(acme: Cast, globex: Cast, browse: Browse, follow: Callable[[], int]) -> None:
    """Somebody whom another organisation knows: nothing of theirs is changed, and their mail has no link to a password."""
    theirs = globex.jon
    invite(browse(acme.admin), theirs.email, "Another Name")
    with acme.scope():
        user = User.objects.get(email=theirs.email)
        assert (user.pk, user.name, user.check_password(theirs.password)) == (theirs.user_id, theirs.name, True)
    with globex.scope():
        assert Membership.objects.get(user_id=theirs.user_id).roles == ["practitioner"]
        assert not Event.objects.filter(kind__startswith="member.").exists()
    follow()
    text = letter(theirs.email)
    assert "/password/" not in text
    assert "/o/acme/" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "nobody"}, "valid email address"),
        ({"roles": ()}, "This field is required"),
        ({"roles": ("auditor", "practitioner")}, "An auditor holds no other role"),
        ({"email": "jon@acme.example"}, "is a member already"),
        (
            {"email": "n" * 64 + "@" + "a.example-" * 20 + "acme.example"},
            "at most 254 characters|that can be written to|valid email",
        ),
        ({"email": '"nina\x08b"@acme.example'}, "that can be written to|valid email"),
        ({"email": "\u017fam@acme.example"}, "that can be written to"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "Nina\u202eNovak"}, "the control character"),
    ],
    ids=[
        "no address",
        "no role",
        "an auditor who works",
        "a member",
        "an endless address",
        "a quoted address",
        "a look-alike",
        "a name too long",
        "a name that deceives",
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_nothing_is_lost(
    acme: Cast, browse: Browse, given: dict[str, Any], said: str
) -> None:
    with acme.scope():
        before = Membership.objects.count()
    answer = invite(browse(acme.admin), **{"name": "Nina the Typed", **given})
    page = answer.content.decode()
    assert (answer.status_code, re.search(said, page) is not None) == (200, True), page[-6000:]
    assert given.get("name", "Nina the Typed") in page
    with acme.scope():
        assert Membership.objects.count() == before
        assert not Event.objects.filter(kind="member.invited").exists()


@pytest.mark.parametrize("who", ["jon", "auditor", "director"])
def test_only_administrators_invite(acme: Cast, browse: Browse, who: str) -> None:
    person: Person = getattr(acme, who)
    assert invite(browse(person)).status_code == 403
    with acme.scope(person), pytest.raises(Refused) as refused:
        inviting.invite(NINA, "", [Role.PRACTITIONER], by=person.actor())
    assert [reason.status for reason in refused.value.reasons] == [403]


def test_an_account_that_is_switched_off_is_no_way_in(acme: Cast, globex: Cast) -> None:
    with transaction.atomic():  # as whoever signs in sees it: from outside any organisation
        User.objects.filter(pk=globex.mei.user_id).update(is_active=False)
    with acme.scope(acme.admin), pytest.raises(Refused) as refused:
        inviting.invite(globex.mei.email, "", [Role.PRACTITIONER], by=acme.admin.actor())
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [("account_off", "email")]


def test_an_address_that_somebody_signs_in_with_beside_their_own_is_theirs(acme: Cast, globex: Cast) -> None:
    """One mailbox is one account."""
    theirs = globex.mei
    with transaction.atomic():
        EmailAddress.objects.create(user_id=theirs.user_id, email="mei@private.example", verified=True, primary=False)
    with acme.scope(acme.admin):
        made = inviting.invite("Mei@Private.example", "", [Role.PRACTITIONER], by=acme.admin.actor())
        assert made.user_id == theirs.user_id
        with pytest.raises(Refused, match="member already"):
            inviting.invite("mei@private.example", "", [Role.PRACTITIONER], by=acme.admin.actor())


def test_an_organisation_does_not_write_to_strangers_without_end(
    acme: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_AN_HOUR", 2)
    with acme.scope(acme.admin):
        for name in ("one", "two"):
            inviting.invite(f"{name}@acme.example", "", [Role.SUPPORT], by=acme.admin.actor())
        with pytest.raises(Refused) as refused:
            inviting.invite("three@acme.example", "", [Role.SUPPORT], by=acme.admin.actor())
        assert [(reason.code, reason.status) for reason in refused.value.reasons] == [("too_many", 429)]
        clock.advance(minutes=61)
        inviting.invite("three@acme.example", "", [Role.SUPPORT], by=acme.admin.actor())


def test_the_link_goes_to_the_mailbox_only_and_stands_in_no_row(
    acme: Cast, browse: Browse, follow: Callable[[], int], network: dict[str, str]
) -> None:
    """Also where a member without a password is reached by a way of their own, such as a token of theirs set up."""
    invite(browse(acme.admin))
    with acme.scope():
        user = User.objects.get(email=NINA)
        ContactMethod.objects.create(
            user=user, kind="email", masked="n•••@elsewhere.example", position=1, verified_at=user.joined_at
        )
    follow()
    link = link_in(letter())
    with acme.scope():
        delivery = Delivery.objects.get(template="invitation")
        assert [attempt.method_id for attempt in delivery.attempts.all()] == [None] * delivery.attempts.count()
        rows = [str(row) for model in (Delivery, Attempt, Event, Entry) for row in model.objects.values()]
    key = link.rstrip("/").rpartition("-")[2]
    assert len(key) > 20
    assert len(rows) > 5
    assert not [row for row in rows if key in row]


def test_the_invitation_is_sent_again_until_a_password_is_chosen(
    acme: Cast, browse: Browse, follow: Callable[[], int], network: dict[str, str], clock: Clock
) -> None:
    admin = browse(acme.admin)
    invite(admin)
    follow()
    with acme.scope():
        pk = Membership.objects.get(user__email=NINA).pk
    again = {"action": "invite_again", "_selected_action": [str(pk)]}
    mail.outbox.clear()
    assert "written to within the last 10 minutes" in admin.post(LIST, again, follow=True).content.decode()
    clock.advance(minutes=11)
    others = [str(pk), *(str(found) for found in memberships(acme) if found != pk)]
    said = admin.post(LIST, {**again, "_selected_action": others}, follow=True).content.decode()
    assert "Written to: 1." in said
    assert "Jon Jensen has chosen a password already." in said, "the others do not keep it from those who wait for it"
    follow()
    assert choose(link_in(letter()), network).status_code == 302
    clock.advance(minutes=11)
    assert "Written to: 0." in admin.post(LIST, again, follow=True).content.decode()
    with acme.scope():
        assert Event.objects.filter(kind="member.invited_again").count() == 1


def test_an_account_that_was_switched_off_is_not_written_to(
    acme: Cast, browse: Browse, follow: Callable[[], int], clock: Clock
) -> None:
    """Such as one that was erased: neither again, nor by what was on its way."""
    invite(browse(acme.admin))
    with acme.scope(acme.admin):
        membership = Membership.objects.select_related("user").get(user__email=NINA)
        User.objects.filter(pk=membership.user_id).update(is_active=False)
    follow()
    assert [message for message in mail.outbox if message.to == [NINA]] == []
    clock.advance(minutes=11)
    with acme.scope(acme.admin), pytest.raises(Refused, match="switched off"):
        inviting.invite_again(membership, by=acme.admin.actor())


def test_whose_membership_was_switched_off_meanwhile_is_not_written_to(
    acme: Cast, browse: Browse, follow: Callable[[], int]
) -> None:
    admin = browse(acme.admin)
    invite(admin)
    with acme.scope():
        pk = Membership.objects.get(user__email=NINA).pk
    assert admin.post(f"{LIST}{pk}/change/", {"roles": ["practitioner"]}).status_code == 302
    follow()
    assert [message for message in mail.outbox if message.to == [NINA]] == []


def test_roles_of_a_member_are_ticked(acme: Cast, browse: Browse) -> None:
    admin = browse(acme.admin)
    with acme.scope():
        pk = Membership.objects.get(user_id=acme.jon.user_id).pk
    page = admin.get(f"{LIST}{pk}/change/").content.decode()
    assert re.search(r'value="practitioner"[^>]*checked', page)
    assert admin.post(f"{LIST}{pk}/change/", {"roles": ["practitioner", "support"], "is_active": "on"}).status_code == 302
    with acme.scope():
        assert Membership.objects.get(pk=pk).roles == ["practitioner", "support"]


def test_the_opening_makes_nothing_outside_an_organisation(acme: Cast) -> None:
    """And it gives an id only: who has an account elsewhere is not told by it."""
    with pytest.raises(DatabaseError, match="for a member only"), transaction.atomic():
        query("SELECT muster.account_for('eve@evil.example', 'Eve')")
    with acme.scope():
        ((result,),) = query("SELECT pg_get_function_result('muster.account_for'::regproc)")
    assert result == "bigint"
