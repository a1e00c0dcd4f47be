"""How somebody is reached is theirs: added, proved by a code that came through it, ordered, tested, removed; and never read back."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from ledger import people
from ledger.models import Event
from notifications import contacts, queries, reaching, transports
from notifications.models import ContactMethod, ContactSecret
from notifications.sealed import unseal
from tenants.models import User
from tenants.refusals import Refused
from tests.everything import query
from tests.incidents.scene import Scene
from tests.notifications.methods import CHANNELS, TELEGRAM, add, addresses, code_to, listed, refusal, verified
from tests.notifications.outside import Outside, refuses

pytestmark = pytest.mark.servers
PAGE = "/o/acme/me/contact-methods/"


@pytest.fixture(autouse=True)
def outside() -> Iterator[type[Outside]]:
    """Every channel leads to a far side that the test commands."""
    Outside.clear()
    with override_settings(MUSTER_TRANSPORTS=CHANNELS, MUSTER_SMS_URL="twilio://AC:x@+15550100/{to}"):
        transports.transport.cache_clear()
        yield Outside
    transports.transport.cache_clear()


# --- What is taken, and what is not ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "address", "masked"),
    [
        ("email", "amira.home@example.com", "a•••@example.com"),
        ("sms", "+49 (151) 234-56789", "+49•••789"),
        ("apprise", TELEGRAM.format(7), "tgram://…"),
    ],
)
def test_what_is_added_is_masked_and_kept_sealed(scene: Scene, kind: str, address: str, masked: str) -> None:
    answer = add(scene, kind=kind, address=address)
    assert answer.status_code == 201
    assert answer.json()["masked"] == masked
    assert answer.json()["verified_at"] is None
    secret = address.replace(" ", "").replace("(", "").replace(")", "").replace("-", "") if kind == "sms" else address
    assert secret not in scene.page("amira").get(PAGE).content.decode()
    with scene.acme.scope():
        kept = ContactSecret.objects.get().sealed
        assert secret not in kept
        assert unseal(kept) == secret
        everything = str(query("SELECT row_to_json(h)::text FROM notifications_historicalcontactmethod h"))
        assert secret not in everything
        assert secret not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("kind", "address", "says"),
    [
        ("email", "nobody", "no e-mail address"),
        ("sms", "0151 2345", "with its country"),
        ("voice", "+4915123456789", "has set up no provider"),
        ("apprise", "file:///etc/passwd", "file:// is not allowed here"),
        ("apprise", "syslog://", "syslog:// is not allowed"),
        ("apprise", "dbus://", "dbus:// is not allowed"),
        ("apprise", "json://example.com/hook", "json:// is not allowed"),
        ("apprise", "ntfy://example.com/topic", "ntfy:// is not allowed"),
        ("apprise", "https://example.com/config.yaml", "https:// is not allowed"),
        ("apprise", "no url at all", "no address of a messenger"),
        ("apprise", "tgram://", "no complete tgram:// address"),
        ("webpush", '{"endpoint": 1}', "no push subscription"),
        ("carrier-pigeon", "x", "Choose one of email, "),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(scene: Scene, kind: str, address: str, says: str) -> None:
    answer = add(scene, kind=kind, address=address)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert listed(scene) == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.8",
        "192.168.1.20:8443",
        "172.16.3.4",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "2130706433",
    ],
)
def test_a_messenger_inside_is_refused(scene: Scene, host: str) -> None:
    """Private, loopback, link-local and metadata addresses, however they are written."""
    answer = add(scene, kind="apprise", address=f"ntfys://{host}/alerts")
    assert answer.status_code == 422
    assert "address" in answer.json()["fields"], answer.json()
    assert listed(scene) == []


def resolving(monkeypatch: pytest.MonkeyPatch, name: str, *found: str) -> None:
    """Let a name lead to these addresses."""
    real = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **options: Any) -> Any:
        if host == name:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]
        return real(host, *args, **options)

    monkeypatch.setattr(reaching, "_lookup", lookup)


@pytest.mark.parametrize(
    "found",
    [
        ("10.1.2.3",),
        ("93.184.216.34", "169.254.169.254"),
        ("::1",),
        ("fe80::1%eth0",),
        ("fd00:ec2::254",),
        ("::ffff:10.0.0.8",),
        ("64:ff9b::a00:8",),
        ("224.0.0.1",),
    ],
)
def test_a_name_that_leads_inside_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]) -> None:
    """One address of several is enough: nobody can say which one would be used."""
    resolving(monkeypatch, "push.example.com", *found)
    answer = add(scene, kind="apprise", address="ntfys://push.example.com/alerts")
    assert answer.status_code == 422
    assert "not on the public internet" in answer.json()["detail"]


def test_a_name_that_leads_outside_is_taken_and_one_that_the_installation_allows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "push.example.com", "93.184.216.34")
    assert add(scene, kind="apprise", address="ntfys://push.example.com/alerts").json()["masked"] == "ntfys://push.example.com/…"
    resolving(monkeypatch, "ntfy.internal", "10.1.2.3")
    with override_settings(MUSTER_REACH_INSIDE=["10.1.0.0/16"]):
        assert add(scene, kind="apprise", address="ntfys://ntfy.internal/alerts").status_code == 201
    with override_settings(MUSTER_REACH_INSIDE=["ntfy.internal"]):
        assert add(scene, kind="apprise", address="ntfys://ntfy.internal/alerts").status_code == 201


# --- The code ----------------------------------------------------------------------------------------------------------------


def test_the_code_goes_through_the_method_and_nothing_else(scene: Scene) -> None:
    add(scene, kind="apprise", address=TELEGRAM.format(7))
    scene.follow()
    assert addresses("code") == [TELEGRAM.format(7)]
    code = code_to(TELEGRAM.format(7))
    pk = listed(scene)[0]["id"]
    assert scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": code}).json()["verified_at"] is not None
    again = scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": code})
    assert (again.status_code, list(refusal(again))) == (409, ["verified"])


def test_a_wrong_code_is_refused_and_five_are_enough(scene: Scene) -> None:
    pk = add(scene).json()["id"]
    scene.follow()
    code = code_to("home@example.com").replace(" ", "")
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(5):
        answer = scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": wrong})
        assert (answer.status_code, list(refusal(answer))) == (422, ["code_wrong"])
    answer = scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": code})
    assert (answer.status_code, list(refusal(answer))) == (422, ["code_spent"])
    assert scene.api("amira").post(f"me/contact-methods/{pk}/code/").status_code == 200
    scene.follow()
    assert scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": code_to("home@example.com")}).status_code == 200


def test_a_code_expires_and_a_later_one_takes_its_place(scene: Scene) -> None:
    pk = add(scene).json()["id"]
    scene.follow()
    first = code_to("home@example.com")
    scene.clock.advance(minutes=15)
    answer = scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": first})
    assert list(refusal(answer)) == ["code_expired"]
    scene.api("amira").post(f"me/contact-methods/{pk}/code/")
    answer = scene.api("amira").post(f"me/contact-methods/{pk}/verify/", {"code": first})
    assert list(refusal(answer)) == ["code_wrong"]


def test_codes_are_not_sent_without_end(scene: Scene) -> None:
    pk = add(scene).json()["id"]
    for _ in range(9):
        assert scene.api("amira").post(f"me/contact-methods/{pk}/code/").status_code == 200
    answer = scene.api("amira").post(f"me/contact-methods/{pk}/code/")
    assert (answer.status_code, list(refusal(answer))) == (409, ["too_many_codes"])
    assert list(refusal(add(scene, address="other@example.com"))) == ["too_many_codes"]
    scene.clock.advance(hours=1, seconds=1)
    assert scene.api("amira").post(f"me/contact-methods/{pk}/code/").status_code == 200


# --- Whose it is -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["verify", "code", "quiet", "remove"])
def test_nobody_else_touches_it(scene: Scene, verb: str) -> None:
    """Not another member and no administrator: to them it is not there."""
    pk = add(scene).json()["id"]
    body = {"verify": {"code": "1"}, "quiet": {"quiet": "never"}}.get(verb, {})
    for who in ("jon", "admin"):
        assert scene.api(who).post(f"me/contact-methods/{pk}/{verb}/", body).status_code == 404
        assert scene.page(who).post(f"{PAGE}{pk}/{verb}/", body).status_code == 404
        assert listed(scene, who) == []
    assert scene.api("jon").post("me/contact-methods/arrange/", {"order": [pk]}).status_code == 422
    assert len(listed(scene)) == 1


def test_who_only_reads_changes_nothing(scene: Scene) -> None:
    """An auditor; and a token that may only read."""
    assert add(scene, who="auditor").status_code == 403
    assert scene.api("auditor").get("me/contact-methods/").status_code == 200
    pk = add(scene).json()["id"]
    with scene.acme.scope(scene.acme.amira):
        by = scene.acme.amira.actor()
        _, token = people.issue_token(User.objects.get(pk=by.person_id), "reader", by=by, scopes=("read",))
    reader = Client(headers={"Authorization": f"Bearer {token}"})
    assert reader.get("/api/v1/me/contact-methods/").status_code == 200
    for path, body in (
        ("", {"kind": "email", "address": "x@example.com"}),
        ("test/", {}),
        ("arrange/", {"order": [pk]}),
        (f"{pk}/verify/", {"code": "1"}),
        (f"{pk}/code/", {}),
        (f"{pk}/quiet/", {"quiet": "never"}),
        (f"{pk}/remove/", {}),
    ):
        answer = reader.post(f"/api/v1/me/contact-methods/{path}", body, content_type="application/json")
        assert (answer.status_code, list(refusal(answer))) == (403, ["read_only"]), path


def test_the_verbs_judge_whose_it_is_whoever_calls_them(scene: Scene) -> None:
    """Beneath the doors too; and one that was removed a moment ago is refused to whoever still has it in hand."""
    pk = add(scene).json()["id"]
    amira, jon = scene.acme.amira.actor(), scene.acme.jon.actor()
    with scene.acme.scope(scene.acme.amira):
        method = ContactMethod.objects.get(pk=pk)
        for code, by in (("not_yours", jon), ("removed", amira)):
            for act in (
                lambda by: contacts.verify(method, by=by, code="1"),
                lambda by: contacts.ask_code(method, by=by),
                lambda by: contacts.set_quiet(method, by=by, quiet="never"),
                lambda by: contacts.remove(method, by=by),
            ):
                with pytest.raises(Refused) as refused:
                    act(by)
                assert [reason.code for reason in refused.value.reasons] == [code]
            if code == "not_yours":
                contacts.remove(method, by=amira)


def test_administrators_see_who_can_be_reached_and_not_where(scene: Scene) -> None:
    people = [scene.acme.amira.user_id, scene.acme.jon.user_id]
    add(scene, who="jon", address="jon.home@example.com")
    verified(scene, address="amira.home@example.com")
    with scene.acme.scope(scene.acme.admin):
        assert queries.verified(people) == {scene.acme.amira.user_id: 1}
    shown = scene.page("admin").get("/o/acme/admin/tenants/membership/").content.decode()
    assert shown.count("1 verified") == 1
    assert "home@example.com" not in shown


# --- Order, quiet, end -------------------------------------------------------------------------------------------------------


def test_the_order_is_the_owners(scene: Scene) -> None:
    first, second, third = (add(scene, address=f"{name}@example.com", label=name).json()["id"] for name in "abc")
    answer = scene.api("amira").post("me/contact-methods/arrange/", {"order": [third, first, second]})
    assert [row["label"] for row in answer.json()["results"]] == ["c", "a", "b"]
    scene.page("amira").post(f"{PAGE}{second}/move/")
    assert [row["label"] for row in listed(scene)] == ["c", "b", "a"]
    for order in ([third], [third, third, first], [third, first, second, 10**6]):
        assert "order" in scene.api("amira").post("me/contact-methods/arrange/", {"order": order}).json()["fields"]


def test_what_is_removed_is_forgotten(scene: Scene) -> None:
    pk = add(scene).json()["id"]
    assert scene.api("amira").post(f"me/contact-methods/{pk}/remove/").json()["results"] == []
    assert scene.api("amira").post(f"me/contact-methods/{pk}/remove/").status_code == 404
    with scene.acme.scope():
        assert not ContactSecret.objects.exists()
        assert ContactMethod.objects.get(pk=pk).removed_at is not None
    scene.follow()
    assert addresses() == []  # the code, too


def test_ten_are_enough(scene: Scene) -> None:
    for number in range(10):
        assert add(scene, address=f"{number}@example.com").status_code == 201
        scene.clock.advance(hours=1)
    assert list(refusal(add(scene, address="more@example.com"))) == ["too_many"]


def test_the_test_goes_through_each_and_says_what_became_of_it(scene: Scene, outside: type[Outside]) -> None:
    verified(scene, address="home@example.com")
    verified(scene, kind="apprise", address=TELEGRAM.format(7))
    add(scene, address="unproved@example.com")
    scene.follow()
    outside.clear()
    outside.answers[:] = refuses(1)
    scene.api("amira").post("me/contact-methods/test/")
    scene.follow()
    assert sorted(addresses("Test")) == sorted([TELEGRAM.format(7), "amira@acme.example"])
    first, second, third = listed(scene)
    assert (first["last_test"]["outcome"], first["last_test"]["detail"]) == ("Failed", "E-mail: 451 try again")
    assert second["last_test"]["outcome"] == "Handed over"
    assert third["last_test"] is None
    assert "451 try again" in scene.page("amira").get(PAGE).content.decode()
    assert list(refusal(scene.api("amira").post("me/contact-methods/test/"))) == ["tested_lately"]


def test_on_the_page_a_refusal_keeps_what_was_typed(scene: Scene) -> None:
    page = scene.page("amira")
    answer = page.post(PAGE, {"kind": "apprise", "address": "json://10.0.0.1/", "label": "My hook", "quiet": "never"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "json:// is not allowed here" in shown
    assert 'value="My hook"' in shown
    assert 'value="json://10.0.0.1/"' in shown
    assert page.post(PAGE, {"kind": "email", "address": "h@example.com", "quiet": "always"}).status_code == 302
    pk = listed(scene)[0]["id"]
    assert "This is not the code" in page.post(f"{PAGE}{pk}/verify/", {"code": "12345678"}).content.decode()
    assert page.post(f"{PAGE}{pk}/quiet/", {"quiet": "hours"}).status_code == 302
    assert listed(scene)[0]["quiet"] == "hours"
