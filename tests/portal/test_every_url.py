"""Every address there is, as everybody who must not.

A new URL is tried here without an edit, or fails because its parameters have no values. Each test walks the whole URL tables
and says at the end everything that was not as it must be.

Acme has written one word, the canary, into every text it can. Whoever asks for whatever: no byte of it leaves acme.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.test import Client

from incidents.api.parts import PARTS
from incidents.models import Signal
from ledger.models import Event, Outbox
from oncall import links
from oncall.models import Page
from portal import sweeping
from tests import addresses, bodies, everything, lived_in
from tests.addresses import Address
from tests.conftest import Cast, Installation, Person

pytestmark = pytest.mark.servers

CANARY = b"canary7c1e9a"
OF_THE_ROOM = {  # what executives and Support are refused: they read a summary
    *("incident-panels", "incident-file", "sitrep-markdown", "sitrep-text", "swoop"),
    *("api-timeline", "api-sitrep-markdown", "api-sitrep-text", "api-incident-file"),
    *(f"api-incident-{part}" for part in PARTS if part != "updates"),
    *("postmortem-panels", "postmortem-mark", "postmortem-read", "postmortem-section-preview", "postmortem-section-history"),
    *("api-postmortem", "api-postmortem-section"),
    *("postmortem-review", "postmortem-wording", "api-postmortem-review", "api-postmortem-wording"),
    *("evidence-packs-of", "api-evidence-packs-of"),
    *("action-item", "action-items-of", "similar", "api-action-item", "api-similar"),
    *("conformance", "api-conformance"),
    *("duties", "api-duties"),
    *(f"access-{name}" for name in ("reviews", "review", "review-csv", "systems", "system", "import", "names")),
    *(f"api-access-{name}" for name in ("systems", "facts", "reviews", "review")),
}
# The forms that edit a schedule: administrators' and team leads' alone, others are told so.
OF_EDITORS = {"schedule-new", "schedule-change", "schedule-import", "layer-new", "layer-change", "audit-make", "audit-end"}
# The forms that change the standard: the process owner's alone, others are told so.
OF_THE_PROCESS_OWNER = {f"standard-draft-{name}" for name in ("discard", "publish", "whole", "part")} | {"standard-withdraw"}
# The sealed log: for administrators, the process owner and auditors.
OF_THE_LOG = {"evidence-log", "evidence-log-checkpoint", "api-evidence-log"}
# Decisions about a post-mortem, each a form on a page of its own: only for who may decide it now.
OF_DECISION = {
    *("postmortem-waive", "postmortem-lift-waiver", "postmortem-need-no-items"),
    *("postmortem-release", "postmortem-withdraw", "postmortem-policy", "status-page-set"),
}
# Forms of the law, each on a page of its own: only for who may do it now.
OF_DECISION |= {
    *("hold-place", "hold-ask-release", "hold-release", "hold-keep", "hold-ask-custodian"),
    *("hold-custodian-acknowledge", "hold-custodian-prove", "retention-set", "erasure-ask", "erasure-decide"),
    *("hold-custodian-send-link", "hold-custodian-withdraw"),
}
# What is shown to Legal, Privacy, the CFO and administrators, others are told so; a custodian sees their own task.
OF_THE_LAW = {
    *("hold-list", "hold", "hold-custodian", "hold-custodian-file", "retention", "erasure-list"),
    *("api-hold-list", "api-hold", "api-hold-custodian", "api-hold-custodian-file", "api-retention", "api-erasure-list"),
}
# Of a restricted incident: whoever is not named on it finds nothing.
OF_THE_NAMED = {"glass-one", "api-glass-one"}
# Evidence packs: for administrators, the process owner, Legal Counsel and auditors.
OF_EVIDENCE = ("evidence-pack", "api-evidence-pack")
SAFE = ("GET", "HEAD", "OPTIONS")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
IN_ORGANISATION = addresses.every(addresses.ORGANISATION_TABLE)
OPEN = addresses.every(addresses.OPEN_TABLE)
BY_TOKEN = [address for address in OPEN if address.is_api]
# Addresses that anybody may ask for; all others send a stranger to sign in, or say 401. "custody" is the page of a custodian outside,
# who has no account to sign in with: its link is the proof, and a forged one finds nothing.
PUBLIC = {
    *("theme", "styleguide", "healthz", "readyz", "metrics", "api-schema", "api-docs", "acknowledge-by-link", "custody"),
    *("account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password"),
    *("account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("account_confirm_email", "account_email_verification_sent"),
}
REFUSED, REDIRECT = (403, 404, 405), (302,)
ROLE_FIRST = ("audit/engagements/", "evidence-packs/")


@dataclass
class House:
    """Both organisations, lived in; and acme's values of every URL parameter."""

    acme: Cast
    globex: Cast
    owner: psycopg.Connection[Any]
    values: dict[str, Any]
    token: str
    paths: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def path(self, address: Address, slug: str = "acme") -> str:
        """An address with acme's values; of an admin page, acme's first row of its model."""
        key = (address.table, address.pattern, slug)
        if key not in self.paths:
            values = dict(self.values)
            if model := addresses.admin_model(address):
                with self.acme.scope(self.acme.admin):  # who is not named in a restricted incident
                    first: Any = apps.get_model(model)._default_manager.order_by("pk").first()
                    assert first is not None, f"acme has no {model}"
                    values["object_id"] = first.pk
            self.paths[key] = address.path(values, slug)
        return self.paths[key]

    @contextmanager
    def writes_nothing(self, *but: str, of_acme: bool = False) -> Iterator[None]:
        """No table is other afterwards than it was (of acme's rows)."""
        only = self.acme.id if of_acme else None
        before = everything.content(self.owner, *but, organisation_id=only)
        yield
        after = everything.content(self.owner, *but, organisation_id=only)
        assert {name for name, found in after.items() if found != before[name]} == set(), "these tables were written"


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Iterator[House]:
    """Globex lives too, but never has as many incidents: acme's last reference is acme's alone."""
    acme, globex = shared_database.acme, shared_database.globex
    lived_in.live(globex, "globexword")
    lived = lived_in.live(acme, CANARY.decode(), more=20)
    sweeping.sweep()
    with acme.scope(acme.admin):
        aside: Any = Outbox.objects.order_by("id").first()
        aside.next_try_at = None  # as after its last attempt: it stays while it is asked for
        aside.save()
    with acme.scope():
        token = links.make(Page.objects.get(pk=lived.page_id), acme.amira.user_id).split("/")[-2]
        kind = ContentType.objects.get(app_label="oncall", model="team").pk
    unsigned = {"token": "forged", "key": "forged", "uidb36": "1", "url": "no/such/page", "app_label": "oncall"}
    unsigned |= {"credential": "forged", "name": "forged"}  # a calendar's address
    unsigned |= {"custody": "forged"}
    unsigned |= {"status_of": "acme", "public_id": "nosuchpublic", "month": "2026-01"}  # a page that is there no more
    unsigned |= {"table": "mttr", "part": "about", "kept_class": "alerts"}  # of the figures, of the standard's draft
    values = {**lived.parameters(), **unsigned, "verb": "note", "content_type_id": kind, "object_id": 1}
    logging.disable()  # thousands of refusals need not be formatted
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        yield House(acme, globex, owner, values, token)
    logging.disable(logging.NOTSET)


type Browse = Callable[[Person], Client]


class Visitor:
    """Somebody who goes from address to address; `wrong` is what was not as it must be, which each test says is nothing."""

    def __init__(self, make: Callable[[], Client], addresses: Iterable[Address]) -> None:
        self.make, self.client, self.addresses = make, make(), list(addresses)
        self.wrong: list[str] = []

    def ask(self, address: Address, method: str, path: str) -> Any:
        """Ask, with an empty form, or at the API a good body, where the method has one."""
        if "logout" in address.name:
            self.client = self.make()  # somebody else's session is not ended
        if method == "POST" and not address.is_api:
            answer: Any = self.client.post(path, {})
        else:
            asked = bodies.json(address) if method == "POST" and address.allows_post else b"{}"
            answer = self.client.generic(method, path, b"" if method in SAFE else asked, content_type="application/json")
        if "logout" in address.name:
            self.client = self.make()
        return answer

    def expect(self, address: Address, method: str, answer: Any, true: object, what: str = "") -> None:
        """Remember what is not as it must be."""
        if not true:
            self.wrong.append(f"{method} {address}: {answer.status_code} {what}")

    def expect_no_canary(self, address: Address, method: str, answer: Any) -> None:
        """No byte of acme's word, neither in the body nor in a header."""
        self.expect(address, method, answer, CANARY not in everything_of(answer), "and acme's canary")


def everything_of(answer: Any) -> bytes:
    """Every byte of an answer."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(content) + str(answer.headers).encode()


def bearing(person: Person) -> Client:
    """A client with a person's token."""
    return Client(headers={"Authorization": f"Bearer {person.token}"})


# --- Anonymous -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["acme", "nowhere"])
def test_a_stranger_is_asked_to_sign_in(house: House, slug: str) -> None:
    """Without a session every page of an organisation leads to the sign-in, its API says 401; nothing is written.

    An organisation that is not there answers alike.
    """
    visitor = Visitor(Client, IN_ORGANISATION)
    with house.writes_nothing():
        for address in visitor.addresses:
            for method in ("GET", "POST"):
                answer = visitor.ask(address, method, house.path(address, slug))
                led = address.is_api or answer.get("Location", "").startswith("/accounts/login/")
                visitor.expect(address, method, answer, answer.status_code == (401 if address.is_api else 302) and led)
                visitor.expect_no_canary(address, method, answer)
    assert visitor.wrong == []


def test_a_stranger_sees_only_what_is_public(house: House) -> None:
    """Outside the organisations: what is public, by name; the API says 401; the rest leads to the sign-in."""
    visitor = Visitor(Client, OPEN)
    with house.writes_nothing():
        for address in visitor.addresses:
            for method in ("GET", "POST"):
                answer = visitor.ask(address, method, house.path(address))
                visitor.expect_no_canary(address, method, answer)
                if address.is_api:
                    visitor.expect(address, method, answer, answer.status_code == 401)
                elif address.name not in PUBLIC and answer.status_code not in REFUSED:
                    visitor.expect(address, method, answer, "/accounts/login/" in answer.get("Location", ""))
    assert visitor.wrong == []


@pytest.mark.parametrize(
    "credential", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer mst_000000000000_" + "a" * 43, "another's secret"]
)
def test_a_wrong_token_opens_nothing(house: House, credential: str) -> None:
    """No token, no shape of one, an unknown organisation's, or acme's public id with globex's secret: 401, and never why."""
    if credential == "another's secret":
        credential = f"Bearer {house.acme.amira.token.rpartition('_')[0]}_{house.globex.amira.token.rpartition('_')[2]}"
    visitor = Visitor(Client, BY_TOKEN)
    with house.writes_nothing():
        for address in visitor.addresses:
            answer = visitor.client.get(house.path(address), headers={"Authorization": credential} if credential else {})
            visitor.expect(address, "GET", answer, answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer"))
            visitor.expect_no_canary(address, "GET", answer)
    assert visitor.wrong == []


# --- The outsider --------------------------------------------------------------------------------------------------------


def test_an_outsider_finds_no_organisation(house: House, browse: Browse) -> None:
    """Somebody of globex, an administrator there, gets a 404 at every address of acme, as of an organisation that is not there."""
    person = house.globex.admin
    visitor = Visitor(lambda: browse(person), IN_ORGANISATION)
    with house.writes_nothing("tenants_user"):
        for address in visitor.addresses:
            for method in ("GET", "POST", "DELETE"):
                for slug in ("acme", "nowhere") if method == "GET" else ("acme",):
                    answer = visitor.ask(address, method, house.path(address, slug))
                    visitor.expect(address, method, answer, answer.status_code == 404, f"of {slug}")
                    visitor.expect_no_canary(address, method, answer)
    assert visitor.wrong == []


@pytest.mark.parametrize("name", ["amira", "admin"])
def test_an_outsider_cannot_reach_in_from_their_own(house: House, browse: Browse, name: str) -> None:
    """From inside globex, acme's references and ids lead nowhere, in the admin too.

    No byte of the canary, and nothing of acme's is touched by any method.
    """
    person = getattr(house.globex, name)
    visitor = Visitor(lambda: browse(person), IN_ORGANISATION)
    with house.writes_nothing(of_acme=True):
        for address in visitor.addresses:
            named = set(address.parameters) & set(lived_in.Lived.__annotations__)
            for method in ("GET", "POST", "DELETE"):
                answer = visitor.ask(address, method, house.path(address, "globex"))
                visitor.expect_no_canary(address, method, answer)
                allowed: Iterable[int] = range(500)
                if named:
                    allowed = REFUSED
                elif addresses.admin_model(address) and not address.name.endswith("history"):
                    allowed = REFUSED + REDIRECT  # the admin leads back to its index; a history of no row is empty
                visitor.expect(address, method, answer, answer.status_code in allowed)
    assert visitor.wrong == []


def test_an_outsiders_token_cannot_reach_in(house: House) -> None:
    """The same with globex's token at the API, for every method."""
    visitor = Visitor(lambda: bearing(house.globex.amira), BY_TOKEN)
    with house.writes_nothing(of_acme=True):
        for address in visitor.addresses:
            for method in (*SAFE, *UNSAFE):
                answer = visitor.ask(address, method, house.path(address))
                found = address.parameters and method in ("GET", "POST")
                # Where a role is asked for before anything is looked up, what is there and what is not answer alike: 403.
                refused = (403,) if any(part in address.pattern for part in ROLE_FIRST) else ()
                visitor.expect(address, method, answer, answer.status_code in ((404, 405, *refused) if found else range(500)))
                visitor.expect_no_canary(address, method, answer)
    assert visitor.wrong == []


def test_an_outsider_cannot_name_what_is_not_theirs(house: House) -> None:
    """Ids and references in bodies and queries are looked up inside the walls too, and a stranger's answers as a missing one."""
    client, ours = bearing(house.globex.amira), house.values
    with house.globex.scope():
        own = Signal.objects.filter(state="waiting").values_list("id", flat=True)[0]
    client.get("/api/v1/me/")  # so that the token's last use is written already
    with house.writes_nothing():
        for path, asked in (
            ("incidents/", {"title": "x", "severity": "SEV1", "alerts": [ours["signal_id"]]}),
            ("incidents/", {"title": "x", "severity": "SEV1", "alerts": [own, ours["signal_id"]]}),
            (f"triage/{own}/attach/", {"incident": ours["ref"]}),
        ):
            answer = client.post(f"/api/v1/{path}", asked, content_type="application/json")
            assert answer.status_code == 404, answer.content
            assert CANARY not in everything_of(answer)
        for path in (
            f"alerts/?signal={ours['signal_id']}",
            f"incidents/?service={CANARY.decode()}",
            "triage/",
            "pages/?limit=200",
        ):
            assert CANARY not in everything_of(client.get(f"/api/v1/{path}")).replace(b"service=" + CANARY, b"")


def test_a_link_is_for_one_page_of_one_organisation(house: House) -> None:
    """The link of a page's e-mail shows that page to whoever holds it, and nothing that names another organisation."""
    shown = Client().get(f"/ack/{house.token}/")
    assert shown.status_code == 200
    assert CANARY in everything_of(shown)
    _, page_id, user_id, asked = signing.loads(house.token, salt=links.SALT)
    globex = house.globex.amira.token.split("_")[1]
    for whose, who in ((globex, user_id), (globex, house.globex.amira.user_id), ("000000000000", user_id)):
        forged = [whose, page_id, who, asked]
        answer = Client().get(f"/ack/{signing.dumps(forged, salt=links.SALT)}/")
        assert answer.status_code == 404
        assert CANARY not in everything_of(answer)


# --- The auditor ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("people.auditor")
@pytest.mark.parametrize("table", ["by session", "by token"])
def test_an_auditor_writes_nothing(house: House, browse: Browse, table: str) -> None:
    """Every method that is not safe answers an auditor 403, at every address, and no table changes: there is no event of it either."""
    auditor, session = house.acme.auditor, table == "by session"
    make = (lambda: browse(auditor)) if session else (lambda: bearing(auditor))
    visitor = Visitor(make, IN_ORGANISATION if session else BY_TOKEN)
    with house.writes_nothing("tenants_user"):
        for address in visitor.addresses:
            for method in UNSAFE[:4] if address.is_admin else UNSAFE:
                answer = visitor.ask(address, method, house.path(address))
                visitor.expect(address, method, answer, answer.status_code == 403)
    assert visitor.wrong == []


@pytest.mark.clause("people.auditor")
@pytest.mark.parametrize("table", ["by session", "by token"])
def test_what_an_auditor_reads_is_recorded(house: House, browse: Browse, table: str) -> None:
    """An auditor may read every page but the administrators' console; each read is one event with the path, and nothing else changes."""
    auditor, session = house.acme.auditor, table == "by session"
    make = (lambda: browse(auditor)) if session else (lambda: bearing(auditor))
    visitor = Visitor(make, IN_ORGANISATION if session else BY_TOKEN)
    visitor.client.get("/api/v1/me/")  # so that a token's last use, kept by the minute, is written already
    with house.writes_nothing("ledger_event", "tenants_user"):
        for address in visitor.addresses:
            path = house.path(address)
            with house.acme.scope():
                last = Event.objects.latest("id").pk
            answer = visitor.ask(address, "GET", path)
            allowed = (
                REDIRECT + REFUSED
                if address.is_admin
                else (403,)
                if address.name in OF_EDITORS | OF_THE_PROCESS_OWNER | OF_DECISION
                else (404,)
                if address.name in OF_THE_NAMED
                else (200, 302, 405)
            )
            visitor.expect(address, "GET", answer, answer.status_code in allowed)
            with house.acme.scope():
                read = [(e.kind, e.actor_id, e.data["path"]) for e in Event.objects.filter(id__gt=last)]
            visitor.expect(address, "GET", answer, read == [("auditor.read", auditor.user_id, path)], f"and recorded {read}")
    assert visitor.wrong == []


# --- Members -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["amira", "support", "owner"])
def test_a_member_reads_without_a_failure(house: House, browse: Browse, name: str) -> None:
    """Every GET of a member is answered, whatever their role.

    The pages of the room and the API with 200, the administrators' parts with a refusal; and to Support those of the room.
    """
    person = getattr(house.acme, name)
    for make, where in ((lambda: browse(person), [*IN_ORGANISATION, *OPEN]), (lambda: bearing(person), BY_TOKEN)):
        visitor = Visitor(make, where)
        for address in visitor.addresses:
            answer = visitor.ask(address, "GET", house.path(address))
            allowed: Iterable[int] = range(500)
            inside = address.in_organisation or where is BY_TOKEN
            of_evidence = name != "owner" and address.name.startswith(OF_EVIDENCE)
            if inside and (of_evidence or (name == "support" and address.name in OF_THE_ROOM)):
                allowed = (403,)
            elif name == "support" and address.name in OF_THE_NAMED:
                allowed = (404, 401) if address.table == addresses.OPEN_TABLE else (404,)
            elif address.is_admin:
                allowed = REDIRECT + REFUSED
            elif address.name in OF_EDITORS or (name != "owner" and address.name in OF_THE_PROCESS_OWNER):
                allowed = (403,)
            elif address.name in OF_DECISION:
                allowed = (200, 403, 404, 409) if address.name.startswith(("hold-", "erasure-")) else (200, 403, 409)
            elif address.name in OF_THE_LAW and inside:
                allowed = (200, 403, 404)
            elif name != "owner" and address.name in OF_THE_LOG and inside:
                allowed = (403,)
            elif address.name.startswith(addresses.ADMINISTRATORS) and (address.in_organisation or where is BY_TOKEN):
                allowed = (302, 403, 405)
            elif address.in_organisation:
                allowed = (200, 302, 405)
            elif where is BY_TOKEN:
                allowed = (200, 405)
            elif address.name == "readyz":
                allowed = (200, 503)  # on a slow machine the last sweep may be late by now
            visitor.expect(address, "GET", answer, answer.status_code in allowed)
        assert visitor.wrong == []


@pytest.mark.parametrize("table", ["by session", "by token"])
def test_no_method_breaks_an_address(house: House, browse: Browse, table: str) -> None:
    """Whatever the method: an answer below 500, and at the API a problem document where it refuses.

    As an administrator who is a practitioner too, with an empty form or a good body. The admin's pages are there for them.
    """
    admin, session = house.acme.admin, table == "by session"
    make = (lambda: browse(admin)) if session else (lambda: bearing(admin))
    visitor = Visitor(make, [*IN_ORGANISATION, *OPEN] if session else BY_TOKEN)
    for address in visitor.addresses:
        for method in (*SAFE, *UNSAFE):
            if (address.is_admin or (session and address.is_api)) and method not in ("GET", "POST", "DELETE"):
                continue  # Django's admin looks for "POST" and nothing else; the API is tried by token
            answer = visitor.ask(address, method, house.path(address))
            visitor.expect(address, method, answer, answer.status_code < 500 or address.name == "readyz")
            if address.is_api and answer.status_code >= 400:
                visitor.expect(
                    address, method, answer, answer["Content-Type"] == "application/problem+json", "no problem document"
                )
            if method == "GET" and addresses.admin_model(address) and address.name:
                visitor.expect(address, method, answer, answer.status_code in (200, 403))
    assert visitor.wrong == []


def test_the_admin_has_no_sign_in_of_its_own(house: House, browse: Browse) -> None:
    """Django's admin form would sign people in past the throttle and the second factor: it is neither shown nor served."""
    client, admin = browse(house.acme.amira), house.acme.admin
    signed_in = client.session["_auth_user_id"]
    for answer in (
        client.get("/o/acme/admin/login/"),
        client.post("/o/acme/admin/login/", {"username": admin.email, "password": admin.password, "next": "/o/acme/admin/"}),
    ):
        assert answer.status_code == 403
        assert b"password" not in answer.content
    assert client.session["_auth_user_id"] == signed_in


def test_the_canary_is_where_it_is_looked_for(house: House, browse: Browse) -> None:
    """Acme itself sees its word, on its pages, in its API and in its admin: the other tests look for something that is there."""
    seen = set()
    for make, where in ((lambda: browse(house.acme.admin), IN_ORGANISATION), (lambda: bearing(house.acme.admin), BY_TOKEN)):
        visitor = Visitor(make, where)
        for address in visitor.addresses:
            answer = visitor.ask(address, "GET", house.path(address))
            if answer.get("Location", "").startswith("/o/acme/incidents/"):  # flagged meanwhile: it has another reference
                answer = visitor.client.get(answer["Location"])
            if CANARY in everything_of(answer):
                seen.add(address.name)
    assert {"incident", "triage", "incident-list"} <= seen
    assert {
        "api-incident",
        "api-incidents",
        "api-alerts",
        "api-triage",
        "api-signal",
        "api-timeline",
        "api-incident-updates",
    } <= seen
    assert {"incidents_routingrule_changelist", "incidents_routingrule_change"} <= seen
