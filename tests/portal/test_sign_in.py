"""Who signs in, who is not let in, and who leaves is in the ledger of each organisation of theirs, and of no other (docs/evidence.md).

The sign-in page is django-allauth's; its limit counts by address of the network and by account, so each test comes from a network of its own
and tries an account of its own.
"""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from ledger.models import Entry, Event
from tenants.models import Membership, User
from tenants.scope import scope
from tests.compliance.audits import engage
from tests.conftest import Cast, Installation, as_owner
from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

WRONG = "a password that is nobody's"
_networks = count(1)

type Ask = Callable[..., Any]


@pytest.fixture
def ask() -> Callable[[Client], Ask]:
    """`ask(client)("login/", login=…)`: a form of the sign-in pages, from a network of the test's own."""
    network = f"192.0.2.{next(_networks)}"

    def by(client: Client) -> Ask:
        return lambda path, **form: client.post(f"/accounts/{path}", form, REMOTE_ADDR=network)

    return by


def signing(cast: Cast) -> list[tuple[str, int | None, dict[str, Any]]]:
    """(kind, actor, data) of what an organisation's record tells of sign-ins, within its own walls."""
    with cast.scope():
        return [(e.kind, e.actor_id, e.data) for e in Event.objects.filter(kind__startswith="session.").order_by("id")]


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_sign_in_is_an_event_and_an_entry_of_the_ledger(acme: Cast, globex: Cast, ask: Callable[[Client], Ask]) -> None:
    """By whom, by which ways, through which request; sealed like everything else. Of no other organisation."""
    client, amira = Client(), acme.amira
    answer = ask(client)("login/", login=amira.email, password=amira.password)
    assert (answer.status_code, signed_in(client)) == (302, True)
    assert signing(acme) == [("session.opened", amira.user_id, {"ways": ["password"]})]
    assert signing(globex) == []
    with acme.scope():
        event = Event.objects.get(kind="session.opened")
        entry = Entry.objects.get(table="ledger_event", pk_text=str(event.pk))
    assert (event.subject_type, event.subject_id, event.actor_name, event.via) == (
        *("tenants.user", amira.user_id),
        *(amira.name, "web"),
    )
    assert event.request_id == answer["X-Request-Id"]
    assert (entry.actor, entry.incident_id) == (amira.user_id, None)
    assert amira.email not in str(entry.body)


def test_who_belongs_to_two_organisations_is_in_both_ledgers(acme: Cast, globex: Cast, ask: Callable[[Client], Ask]) -> None:
    """At sign-in nobody knows yet which one they are going to: one sign-in opens both. Where their membership ended, nothing is told."""
    mei = acme.mei
    with scope(globex.id, surface="command"):
        membership = Membership(user_id=mei.user_id, roles=["practitioner"])
        membership.save()
    client = Client()
    ask(client)("login/", login=mei.email, password=mei.password)
    ask(client)("logout/")
    told = [("session.opened", mei.user_id, {"ways": ["password"]}), ("session.ended", mei.user_id, {})]
    assert signing(acme) == told
    assert signing(globex) == told
    with scope(globex.id, surface="command"):
        membership.is_active = False
        membership.save()
    ask(Client())("login/", login=mei.email, password=mei.password)
    assert len(signing(acme)) == 3
    assert signing(globex) == told


def test_a_wrong_password_is_told_to_the_members_organisation(acme: Cast, globex: Cast, ask: Callable[[Client], Ask]) -> None:
    """Who it was is not known, so Muster says it, of the member's account; what was typed is nowhere."""
    client = Client()
    assert ask(client)("login/", login=acme.jon.email.upper(), password=WRONG).status_code == 200
    assert not signed_in(client)
    assert signing(acme) == [("session.refused", None, {"step": "password"})]
    assert signing(globex) == []
    with acme.scope():
        event = Event.objects.get(kind="session.refused")
        assert (event.subject_type, event.subject_id) == ("tenants.user", acme.jon.user_id)
        assert (event.actor_kind, event.actor_name) == ("system", "Muster")
        assert WRONG not in str(Entry.objects.get(table="ledger_event", pk_text=str(event.pk)).body)


def test_of_an_address_that_is_nobodys_no_ledger_has_anything(acme: Cast, globex: Cast, ask: Callable[[Client], Ask]) -> None:
    """Somebody's address who is a member of nothing here is not written down, in whoever's ledger."""
    last = {}
    for cast in (acme, globex):
        with cast.scope():
            last[cast.slug] = Entry.objects.latest("id").pk
    assert ask(Client())("login/", login="stranger@example.net", password=WRONG).status_code == 200
    for cast in (acme, globex):
        assert signing(cast) == []
        with cast.scope():
            assert not Entry.objects.filter(id__gt=last[cast.slug]).exists()


def test_what_the_limit_refuses_unread_fills_no_ledger(acme: Cast, ask: Callable[[Client], Ask]) -> None:
    """Five wrong passwords an account in five minutes are judged, and on record; whoever goes on trying is refused before that."""
    post = ask(Client())
    for _ in range(7):
        post("login/", login=acme.support.email, password=WRONG)
    assert len(signing(acme)) == 5


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> int:
    """The half minute whose code is right, as long as the test takes: the next one may begin at any line of it."""
    now = int(time.time()) // 30
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([now]))
    return now


def test_a_second_factor_is_a_step_of_its_own(acme: Cast, ask: Callable[[Client], Ask], counter: int) -> None:
    """The password alone opens nothing and is no sign-in; a wrong code is told as one; the right one names both ways."""
    client, admin, secret = Client(), acme.admin, generate_totp_secret()
    TOTP.activate(User.objects.get(pk=admin.user_id), secret)
    post = ask(client)
    assert post("login/", login=admin.email, password=admin.password)["Location"].startswith("/accounts/2fa/authenticate/")
    assert (signing(acme), signed_in(client)) == ([], False)
    right = format_hotp_value(hotp_value(secret, counter))
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert post("2fa/authenticate/", code=wrong).status_code == 200
    assert signing(acme) == [("session.refused", None, {"step": "second factor"})]
    assert post("2fa/authenticate/", code=right).status_code == 302
    assert signing(acme)[1:] == [("session.opened", admin.user_id, {"ways": ["password", "totp"]})]
    assert signed_in(client)


def test_what_is_asked_again_within_a_session_is_told_by_whose_that_is(
    acme: Cast, ask: Callable[[Client], Ask], counter: int
) -> None:
    """Before somebody changes what signs them in: it is known whose session it is, and somebody else may sit at it. A right one is not told."""
    client, owner, secret = Client(), acme.exec, generate_totp_secret()
    post = ask(client)
    post("login/", login=owner.email, password=owner.password)
    TOTP.activate(User.objects.get(pk=owner.user_id), secret)
    assert post("reauthenticate/", password=WRONG).status_code == 200
    right = format_hotp_value(hotp_value(secret, counter))
    assert post("2fa/reauthenticate/", code=f"{(int(right) + 1) % 1_000_000:06}").status_code == 200
    told = [("session.refused", owner.user_id, {"step": step}) for step in ("password again", "second factor again")]
    assert signing(acme)[1:] == told
    assert post("reauthenticate/", password=owner.password).status_code == 302
    assert post("2fa/reauthenticate/", code=right).status_code == 302
    assert signing(acme)[1:] == told


def test_an_account_that_is_switched_off_is_told(acme: Cast, ask: Callable[[Client], Ask]) -> None:
    """The password was right, and opens nothing any more: that somebody still tries it is worth knowing."""
    owner = User.objects.get(pk=acme.owner.user_id)
    owner.is_active = False
    owner.save()
    client = Client()
    ask(client)("login/", login=acme.owner.email, password=acme.owner.password)
    assert not signed_in(client)
    assert signing(acme) == [("session.refused", None, {"step": "account"})]


def test_who_cannot_be_put_on_record_is_not_let_in(own_database: Installation, ask: Callable[[Client], Ask]) -> None:
    """The record comes first. Where the database takes no event, there is no session."""
    amira = own_database.acme.exec
    as_owner("REVOKE INSERT ON ledger_event FROM PUBLIC, muster_app", database=own_database.name)
    client = Client(raise_request_exception=False)
    assert ask(client)("login/", login=amira.email, password=amira.password).status_code == 500
    assert not signed_in(client)


@pytest.mark.clause("people.auditor")
def test_an_auditor_signs_in_as_everybody_and_reads_of_all_sign_ins(scene: Scene, ask: Callable[[Client], Ask]) -> None:
    """The sign-in is written before there is an auditor's session, which writes nothing. It is evidence of logical access: whose account, and how."""
    made, auditor, jon = engage(scene), scene.acme.auditor, scene.acme.jon
    ask(Client())("login/", login=jon.email, password=WRONG)
    client = Client()
    post = ask(client)
    assert post("login/", login=auditor.email, password=auditor.password).status_code == 302
    assert signing(scene.acme)[1:] == [("session.opened", auditor.user_id, {"ways": ["password"]})]
    page = client.get(f"/o/acme/audit/engagements/{made}/controls/soc2-cc6/")
    assert page.status_code == 200
    text = page.content.decode()
    assert f"Account of {auditor.name}. Signed in with a password." in text
    assert f"Account of {jon.name}. Refused at the step “password”." in text
    assert post("logout/").status_code == 302
    assert [kind for kind, _, _ in signing(scene.acme)][1:] == ["session.opened", "session.ended"]


def test_a_changed_password_ends_the_session_on_record(acme: Cast, ask: Callable[[Client], Ask]) -> None:
    """Whoever changes their password is signed out and signs in anew: both are told."""
    client, person = Client(), acme.exec
    post = ask(client)
    post("login/", login=person.email, password=person.password)
    new = "another long password of hers"
    changed = post("password/change/", oldpassword=person.password, password1=new, password2=new)
    assert changed.status_code == 302, changed.content
    assert [kind for kind, _, _ in signing(acme)] == ["session.opened", "session.ended"]
