"""How somebody becomes a member: an administrator invites them in the admin, and an e-mail to them alone lets them choose a password."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client

from ledger import inviting
from ledger.models import Event
from tenants.actors import Role
from tenants.models import Membership, User
from tenants.refusals import Refused
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
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "Nina\u202eNovak"}, "the control character U+202E"),
    ],
    ids=["no address", "no role", "an auditor who works", "a member", "a name too long", "a name that deceives"],
)
def test_what_is_refused_is_said_beside_its_field_and_nothing_is_lost(
    acme: Cast, browse: Browse, given: dict[str, Any], said: str
) -> None:
    with acme.scope():
        before = Membership.objects.count()
    answer = invite(browse(acme.admin), **{"name": "Nina the Typed", **given})
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (200, True), page[-6000:]
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


def test_the_invitation_is_sent_again_until_a_password_is_chosen(
    acme: Cast, browse: Browse, follow: Callable[[], int], network: dict[str, str]
) -> None:
    admin = browse(acme.admin)
    invite(admin)
    follow()
    with acme.scope():
        pk = Membership.objects.get(user__email=NINA).pk
    again = {"action": "invite_again", "_selected_action": [str(pk)]}
    mail.outbox.clear()
    assert admin.post(LIST, again).status_code == 302
    follow()
    assert choose(link_in(letter()), network).status_code == 302
    assert admin.post(LIST, again).status_code == 409
    with acme.scope():
        assert Event.objects.filter(kind="member.invited_again").count() == 1


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
