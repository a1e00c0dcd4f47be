"""Bad input at the API and the pages: a 4xx that says what is wrong, or acceptance; never a 5xx, nothing half-written.

Generated from the URL table and the API's own OpenAPI document: a new endpoint or field is fed with it without an edit.
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import schemathesis
from django.conf import settings
from django.db import connection
from django.forms import CharField, Field
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from incidents import actions
from incidents.doors import DOORS
from incidents.forms import signals as forms
from incidents.forms.fields import PersonField
from incidents.models import Incident
from incidents.states import Severity
from portal.wsgi import application
from tests import addresses, bodies, everything, lived_in
from tests.addresses import Address
from tests.conftest import Cast, Installation, Person

pytestmark = pytest.mark.servers

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BEYOND = (2**63, 2**64, 10**30)  # ids that no bigint holds
NONSENSE = ("-1", "9" * 30, "9" * 5000, "1e400", "NaN", "1.5", "a\x00b", "\U0001f4a5", "cD0=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==")
NO_TIMES = ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00")
each_post = pytest.mark.parametrize("address", bodies.posts(), ids=str)


@dataclass
class House:
    """A lived-in organisation, and an incident that Amira commands: her bodies are judged, not her rights."""

    acme: Cast
    owner: psycopg.Connection[Any]
    values: dict[str, Any]
    client: Client  # one for all: each makes the middlewares anew, and that reads every static file's name

    def path(self, address: Address, **other: Any) -> str:
        """An address, with values of its parameters."""
        return address.path({**self.values, **other})

    def post(self, path: str, body: bytes, content_type: str = "application/json", **headers: str) -> Any:
        """POST by Amira's token, or by that of whoever it is for: the administrators, Legal, Privacy."""
        places = {
            r"(integrations|routing-rules|maintenance|retention|access|audit)/|erasures/$": self.acme.admin,
            r"(holds|custodian-tasks)/": self.acme.exec,
            r"erasures/\d+/": self.acme.owner,
        }
        who = next((person for place, person in places.items() if re.match(f"/api/v1/(?:{place})", path)), self.acme.amira)
        bearer = {"Authorization": f"Bearer {who.token}", **headers}
        return self.client.post(path, body, content_type=content_type, headers=bearer)

    def content(self) -> dict[str, Any]:
        """What is in every table."""
        return everything.content(self.owner)


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Iterator[House]:
    """The house, and a connection that sees everything."""
    acme = shared_database.acme
    lived = lived_in.live(acme, "word")
    logging.disable()
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        # That somebody reads broken glass is put on record, whatever they are refused then: none is read here.
        values = lived.parameters() | {"glass_id": 999_999}
        house = House(acme, owner, values, Client(raise_request_exception=False))
        for person in (acme.amira, acme.admin, acme.exec, acme.owner):  # the tokens' last use, kept by the minute
            assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {person.token}"}).status_code == 200
        yield house
    logging.disable(logging.NOTSET)


def problem(answer: Any, *statuses: int) -> Any:
    """The problem document of a refusal: with a code, a sentence, its own status. Fails for anything else."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.content[:500])
    assert not statuses or answer.status_code in statuses, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert told["status"] == answer.status_code
    assert told["code"].replace("_", "").replace("-", "").isalnum()
    assert len(told["detail"]) > 10
    assert told["title"]
    assert all(reason["code"] and reason["sentence"] for reason in told["reasons"])
    return told


# --- Bodies ----------------------------------------------------------------------------------------------------------------


@each_post
def test_a_body_that_is_no_object_is_refused(house: House, address: Address) -> None:
    """What is no JSON, no UTF-8, no object, nested without end or another format: 422 (415), with the reason, and nothing is written."""
    path, before = house.path(address), house.content()
    good = bodies.json(address, house.values["ref"])
    for body in (b"{", b"{'a': 1}", good[:-1], b"\xff\xfe{}", b'{"a": "\xe9"}', b"[]", b'["a"]', b'"text"', b"17", b"null"):
        problem(house.post(path, body), 422)
    for constant in (b"NaN", b"Infinity", b"-Infinity"):
        problem(house.post(path, b'{"title": ' + constant + b"}"), 422)
    problem(house.post(path, b'{"a":' + b"[" * 200_000), 422)
    problem(house.post(path, b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), 422)
    problem(house.post(path, b'{"a": ' + b"9" * 5_000 + b"}"), 422)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml"):
        problem(house.post(path, good, content_type), 415)
    assert house.content() == before


@each_post
def test_an_unknown_field_is_refused_by_name(house: House, address: Address) -> None:
    """A field that the address does not take is named in the answer, beside the ones it does take."""
    before = house.content()
    for name in ("titel", "organisation_id", "a" * 500, "__class__", "bi\u202edi", "nu\x00l"):
        body = json.dumps({**bodies.good(address, house.values["ref"]), name: 1}).encode()
        told = problem(house.post(house.path(address), body), 422)
        assert name in [reason.get("field") for reason in told["reasons"]]
        assert "unknown_field" in [reason["code"] for reason in told["reasons"]]
    assert house.content() == before


@each_post
def test_a_bad_value_of_any_field_is_refused(house: House, address: Address) -> None:
    """Each field by itself: refused, a bad value by 422 with the field's name, and nothing is written.

    The wrong type, over-long, NUL or deceiving characters, numbers beyond every integer, times that no calendar holds.
    """
    fields, required = bodies.shape(address)
    good, before = bodies.good(address, house.values["ref"]), house.content()
    for name, schema in fields.items():
        for what, value in bodies.bad_values(schema):
            answer = house.post(house.path(address), json.dumps({**good, name: value}).encode())
            assert 400 <= answer.status_code < 500, f"{name} is {what}: {answer.status_code} {answer.content[:300]!r}"
            told = problem(answer, 422, 409, 404, 403)
            if answer.status_code == 422:
                named = [str(reason.get("field", "")).split(".")[0] for reason in told["reasons"]]
                assert name in named, f"{name} is {what}: {told['reasons']}"
    for name in required:
        told = problem(house.post(house.path(address), json.dumps({k: v for k, v in good.items() if k != name}).encode()), 422)
        assert name in told["fields"]
    assert house.content() == before


@each_post
def test_an_id_that_cannot_be_is_not_found(house: House, address: Address) -> None:
    """Ids beyond a bigint, references that are over-long or hold what no reference holds: 404."""
    before = house.content()
    for name in address.parameters:
        strange = ("x" * 3000, "a%00b", "%F0%9F%92%A5", "INC-", "..") if name == "ref" else BEYOND
        over = name == "ref" and "/postmortem" in address.pattern  # of an incident that is over (tests/addresses.py)
        stands = house.values["learnt" if over else name]
        for value in strange:
            path = house.path(address).replace(f"/{stands}/", f"/{value}/")
            problem(house.post(path, bodies.json(address, house.values["ref"])), 404)
    assert house.content() == before


@each_post
def test_a_body_over_the_limit_is_refused_with_the_limit(house: House, address: Address) -> None:
    """1 MiB is the most; the answer names the limit."""
    before = house.content()
    told = problem(house.post(house.path(address), b'{"text": "' + b"x" * 1024 * 1024 + b'"}'), 413)
    assert "1,024 KiB" in told["detail"]
    assert house.content() == before


@pytest.mark.parametrize("by_session", [False, True])
def test_queries_of_any_nonsense_are_answered(house: House, browse: Callable[[Person], Client], by_session: bool) -> None:
    """Every GET with every query parameter it knows: a 4xx with the reason, or an answer; never a failure.

    Huge, negative, no number, NUL, NaN, no time, and cursors that were never given out: each address has a third of them, in turns.
    """
    table = addresses.ORGANISATION_TABLE if by_session else addresses.OPEN_TABLE
    where = [a for a in addresses.every(table) if (not a.is_admin and not a.is_api if by_session else a.is_api)]
    client = browse(house.acme.admin) if by_session else Client(headers={"Authorization": f"Bearer {house.acme.admin.token}"})
    client.raise_request_exception = False
    wrong, odd = [], NONSENSE + NO_TIMES
    for turn, address in enumerate(where):
        path = address.path({**house.values, "verb": "note", "part": "about", "table": "mttr", "kept_class": "alerts"})
        if client.get(path).status_code in (302, 403, 405, 409):  # not theirs to decide, or not now
            continue
        filters = getattr(getattr(getattr(address.view, "cls", None), "filterset", None), "base_filters", {})
        together = (
            [("page", "view", "signal")] if by_session else [("limit",), ("cursor", "after"), *((name,) for name in filters)]
        )
        for names in together:
            for value in odd[turn % 3 :: 3]:
                answer = client.get(path, dict.fromkeys(names, value))
                if answer.status_code not in (200, 404, 422):
                    wrong.append(f"{address}?{names}={value[:40]!r}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def takes_words_only(fields: Mapping[str, Field]) -> bool:
    """Whether a form can be filled with any words: it asks for no person, choice, number or time."""
    return all(isinstance(field, CharField) and not isinstance(field, PersonField) for field in fields.values())


def test_forms_take_no_nonsense_either(house: House, browse: Callable[[Person], Client]) -> None:
    """Every form of the portal with bad values in every field: the page again, with what is wrong, and nothing written."""
    client = browse(house.acme.amira)
    client.raise_request_exception = False
    before = house.content()
    paths = {
        "incidents/declare/": forms.DeclareForm.base_fields,
        "report/": forms.ReportForm.base_fields,
        f"triage/{house.values['signal_id']}/attach/": forms.AttachForm.base_fields,
        f"triage/{house.values['signal_id']}/dismiss/": forms.DismissForm.base_fields,
    }
    paths |= {
        f"incidents/{house.values['ref']}/{verb}/": door.form.base_fields for verb, door in DOORS.items() if door.needs_form
    }
    words, others = ("a\x00b", bodies.DECEIVING, bodies.LONG), ("9999-12-31T23:59", "9" * 400, "-1")
    for turn, (path, names) in enumerate(paths.items()):
        for value in (words[turn % 3], words[(turn + 1) % 3], others[turn % 3]):
            typed = dict.fromkeys([*names, "idempotency_key"], value)
            if value not in words and takes_words_only(names):
                continue  # a reason, words or a question that are odd, and some all the same
            if path.endswith("/note/") and "\x00" not in value and value is not bodies.DECEIVING and value is not bodies.LONG:
                typed["occurred_at"] = "9999-12-31T23:59"
            answer = client.post(f"/o/acme/{path}", typed)
            assert answer.status_code in (403, 404, 409, 422), (path, value[:20], answer.status_code)
    assert house.content() == before


# --- Asking twice ------------------------------------------------------------------------------------------------------------


def note(house: House, key: str, text: str, ref: str = "") -> Any:
    """Write a note with an idempotency key."""
    path = f"/api/v1/incidents/{ref or house.values['ref']}/note/"
    return house.post(path, json.dumps({"text": text}).encode(), **{"Idempotency-Key": key})


def test_the_same_key_is_answered_the_same(house: House) -> None:
    """A repeated request does nothing twice and is answered as the first time; a key is each person's own."""
    first = note(house, "same-key", "once")
    assert first.status_code == 200
    before = house.content()
    again = note(house, "same-key", "once")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replay"] == "true"
    assert house.content() == before
    jons = {"Authorization": f"Bearer {house.acme.jon.token}"}
    assert note(house, "same-key", "once").status_code == 200
    path = f"/api/v1/incidents/{house.values['ref']}/note/"
    theirs = Client().post(
        path, {"text": "mine"}, content_type="application/json", headers={**jons, "Idempotency-Key": "same-key"}
    )
    assert theirs.status_code == 200
    assert "Idempotent-Replay" not in theirs


def test_a_key_is_for_one_request(house: House) -> None:
    """The key of another body, or of another address, is refused: 422."""
    assert note(house, "one-request", "this").status_code == 200
    before = house.content()
    assert problem(note(house, "one-request", "that"), 422)["code"] == "key_reused"
    assert problem(note(house, "one-request", "this", ref="INC-1"), 422)["code"] == "key_reused"
    assert house.content() == before


def test_a_refusal_is_not_remembered(house: House) -> None:
    """What was refused under a key may be tried again under it."""
    problem(note(house, "refused-first", ""), 422)
    assert note(house, "refused-first", "better").status_code == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "\u00fc\u0085"])
def test_a_bad_key_is_refused(house: House, key: str) -> None:
    """Empty, over-long or unprintable: 422 that names the header."""
    assert "Idempotency-Key" in problem(note(house, key, "x"), 422)["fields"]


def test_two_at_once_with_one_key_do_once(house: House) -> None:
    """Two requests with the same key at the same time: one does it, the other waits and is told the same."""
    with house.acme.scope():
        count = Incident.objects.count()
    barrier, answers = threading.Barrier(4), []

    def declare() -> None:
        body = json.dumps({"title": "At once", "severity": "SEV1"}).encode()
        barrier.wait()
        answers.append(house.post("/api/v1/incidents/", body, **{"Idempotency-Key": "at-once"}))
        connection.close()

    threads = [threading.Thread(target=declare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["ref"] for answer in answers}) == 1
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    with house.acme.scope():
        assert Incident.objects.count() == count + 1


def test_a_form_sent_twice_does_once(house: House, browse: Callable[[Person], Client]) -> None:
    """A double click: the second sending leads where the first led, and one incident is there."""
    client = browse(house.acme.amira)
    typed = {"title": "Clicked twice", "severity": "2", "detected_by": "user", "idempotency_key": "click"}
    first, second = (client.post("/o/acme/incidents/declare/", typed) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    with house.acme.scope():
        assert Incident.objects.filter(title="Clicked twice").count() == 1


# --- The document keeps its word ------------------------------------------------------------------------------------------


@pytest.fixture
def kept_connection(house: House) -> Iterator[None]:
    """Requests of the real handler go on with one connection, as production's do with those of its pool.

    Otherwise each of them opens one, and a backend that PostgreSQL has just started reads the catalogue of every table anew: two thirds
    of what it did for a request. (A test's client never closes the connection.)
    """
    connection.close()
    connection.settings_dict["CONN_MAX_AGE"] = None
    yield
    connection.settings_dict["CONN_MAX_AGE"] = 0
    connection.close()


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.filterwarnings("default")
def test_the_api_does_what_its_document_says(house: House) -> None:
    """Requests drawn from the OpenAPI document by schemathesis are answered as it says (R5): this is a sample of the long run.

    Every answer has a status, a content type and a shape that the document names, and none is a 5xx.
    """
    with house.acme.scope(house.acme.amira):
        actions.declare(by=house.acme.amira.actor(), title="For the sample", severity=Severity.SEV3)
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    headers = {"Authorization": f"Bearer {house.acme.amira.token}"}
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 25
    wrong = []
    for operation in operations:

        @hypothesis_settings(
            max_examples=3,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = house.values.get(name, case.path_parameters[name])
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            holds()
        except schemathesis.core.failures.FailureGroup as group:
            wrong += [f"{operation.method} {operation.path}: {failure.title}: {failure.message}" for failure in group.exceptions]
    assert not wrong, "\n".join(wrong)
