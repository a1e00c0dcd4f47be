"""The canary (evidence.md §5): a token in each text of a restricted incident is found in no byte that an outsider of it can get.

Outsiders are everybody who is not named on it: an administrator, a practitioner, an executive, Support (who reported it), an auditor,
and the administrator and a member of another organisation. They ask at every address of the URL tables, by session and by token.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.test import Client

from incidents.doors import DOORS
from incidents.models import Incident, Integration
from notifications.models import Delivery
from oncall.models import Page
from tenants.models import ApiToken
from tenants.scope import scope
from tests import addresses, bodies, everything, lived_in
from tests.addresses import Address
from tests.conftest import Cast, Door, Installation, Person
from tests.everything import query
from tests.incidents import leak as leaks
from tests.incidents.leak import ASIDE, MARK, Leak
from tests.portal.test_every_url import everything_of

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

OUTSIDERS = ("jon", "admin", "exec", "support", "auditor")
PEOPLE = [*OUTSIDERS, "globex.admin", "globex.amira"]
QUERIES = (
    "view=all",
    "state=mobilization",
    "severity=SEV1",
    "severity=1",
    "service=checkout",
    f"q={MARK[:-1]}",
    f"search={MARK[:-1]}",
)
WORDS = f"t::text LIKE '%%{MARK}%%' OR t::text LIKE '%%{MARK.encode().hex()}%%'"


NOT_KEPT = {
    "alert group": "a hash of it is",
    "file body": "as bytes, not as text",
    "page.service": "it names a service, and there is none of that name",
    "tick.key": "it names a step, and there is none of that name",
}
"""A text of which nothing is kept -> why."""


@dataclass
class House:
    """The incident, what was sent, and what outsiders were answered before there was one."""

    acme: Cast
    globex: Cast
    owner: psycopg.Connection[Any]
    leak: Leak
    values: dict[str, Any]
    mails: list[Any]
    before: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        """Somebody by name."""
        cast = self.globex if name.startswith("globex.") else self.acme
        person: Person = getattr(cast, name.rpartition(".")[2])
        return person


PERIOD = {
    "from": str(date.today() - timedelta(days=30)),
    "to": str(date.today()),
}  # of figures: the same before and after midnight


def is_list(address: Address) -> bool:
    """Whether it is a list of the API: it needs nothing to be filled in, and says nothing of who asks."""
    return (
        address.is_api
        and not address.parameters
        and address.name not in ("api-me", "api-readiness")  # the one says who asks, the other that monitoring was heard
        and address.name
        not in ("api-evidence-log", "api-audit-log")  # how large the whole log is; what the auditor has just read
        and not address.name.startswith(
            ("api-access-", "api-erasure-", "api-evidence-pack")
        )  # for whom Legal is: the leak takes that duty from Eve
        and hasattr(getattr(address.view, "cls", None), "get")
    )


def listed(person: Person) -> dict[str, bytes]:
    """What every list of the API answers a person."""
    client = Client(headers={"Authorization": f"Bearer {person.token}"})
    lists = [a.pattern for a in addresses.every(addresses.OPEN_TABLE) if is_list(a)]
    answers = {pattern: client.get(f"/{pattern}", PERIOD if "/metrics/" in pattern else None) for pattern in lists}
    return {
        pattern: answer.content if answer.status_code == 200 else b"" for pattern, answer in answers.items()
    }  # a refusal's id is new


@pytest.fixture(scope="module")
def house(shared_database: Installation) -> Iterator[House]:
    """Two organisations at work, and in acme's midst the incident."""
    acme, globex = shared_database.acme, shared_database.globex
    mail.outbox.clear()  # it is emptied before each test, and this is made before the first one: the file before may have sent some
    lived_in.live(globex, "globexword")
    ordinary = Door(acme.jon).post("incidents/", {"title": "An ordinary one", "severity": "SEV3", "services": ["search"]})
    assert ordinary.status_code == 201
    while lived_in.follow(acme):
        pass
    before = {(name, path): content for name in OUTSIDERS for path, content in listed(getattr(acme, name)).items()}
    doors: dict[int, Door] = {}
    logging.disable()
    leak = leaks.make(acme, lambda person: doors.setdefault(person.user_id, Door(person)))
    with acme.scope():
        incident = Incident.objects.get(ref=leak.ref)
        values: dict[str, Any] = {
            "ref": leak.ref,
            "signal_id": leak.signal_ids[0],
            "page_id": Page.objects.filter(incident_id=incident.pk).earliest("id").pk,
            "rule_id": 1,
            "window_id": 1,
            "integration_id": Integration.objects.earliest("id").pk,
            "token_id": ApiToken.objects.filter(user_id=acme.amira.user_id).latest("id").pk,
            "verb": "note",
            "content_type_id": ContentType.objects.get(app_label="incidents", model="incident").pk,
            "object_id": incident.pk,
            "number": 1,
            "token": "forged",
            "key": "forged",
            "uidb36": "1",
            "url": "no/such/page",
            "table": "incidents",
            "app_label": "oncall",
            "section": "summary",
            **dict.fromkeys(("link_id", "override_id", "swap_id", "method_id", "rule_id", "window_id", "layer"), 1),
            "item": f"{leak.ref}-1",
            "schedule": "shop",
            "credential": "forged",
            "custody": "forged",
            "status_of": "acme",
            "public_id": "nosuchpublic",
            "month": "2026-01",
            "name": "forged",
            **dict.fromkeys(("version", "feedback_id", "review_id"), 1),
            **dict.fromkeys(("duty", "rule", "hold_id", "task_id", "kept_file_id", "erasure_id", "pack_id", "engagement_id"), 1),
            **dict.fromkeys(("access_review_id", "fact_id", "glass_id"), 1),
            "control": "soc2-cc7-4",
            "kept_class": "alerts",
            "access_system": "cluster",
            "part": "about",
        }
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        yield House(acme, globex, owner, leak, values, list(mail.outbox), before)
    logging.disable(logging.NOTSET)


def paths(house: House, address: Address) -> Iterator[str]:
    """The addresses to try: by the new reference and the old one, both signals, the first row of an admin's model, and queries."""
    for ref in (house.leak.ref, f"INC-{house.leak.number}") if "ref" in address.parameters else (house.leak.ref,):
        for signal_id in house.leak.signal_ids if "signal_id" in address.parameters else house.leak.signal_ids[:1]:
            values = {**house.values, "ref": ref, "signal_id": signal_id}
            if model := addresses.admin_model(address):
                with house.acme.scope():
                    first: Any = apps.get_model(model)._default_manager.order_by("pk").first()
                values["object_id"] = first.pk if first else 1
            yield address.path(values)
    if is_list(address) or address.name in ("incident-list", "triage"):
        yield from (f"{address.path(house.values)}?{asked}" for asked in (*QUERIES, f"signal={house.leak.signal_ids[0]}"))


@pytest.mark.parametrize("door", ["session", "token"])
@pytest.mark.parametrize("name", PEOPLE)
def test_no_address_shows_an_outsider_a_byte_of_it(
    house: House, browse: Callable[[Person], Client], name: str, door: str
) -> None:
    """Whatever they ask, by the new reference or the old one; and whatever they try to do there is answered as nothing at all."""
    person = house.person(name)
    client = browse(person) if door == "session" else Client(headers={"Authorization": f"Bearer {person.token}"})
    wrong = []
    for address in addresses.every(addresses.ORGANISATION_TABLE if door == "session" else addresses.OPEN_TABLE):
        if "logout" in address.name:
            continue
        for path in paths(house, address):
            answer = client.get(path)
            if found := house.leak.found(unprompted(answer, path, house.leak)):
                wrong.append(f"GET {path}: {answer.status_code} {found}")
        if {"ref", "signal_id", "page_id"} & set(address.parameters):
            path = address.path(house.values)
            body = bodies.json(address) if address.is_api and address.allows_post else b"{}"
            answer = client.post(path, body, content_type="application/json")
            if house.leak.found(unprompted(answer, path, house.leak)) or answer.status_code not in (401, 403, 404, 405):
                wrong.append(f"POST {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def unprompted(answer: Any, path: str, leak: Leak) -> bytes:
    """Every byte of an answer but the reference where it was in the question: a path comes back in links."""
    shown = everything_of(answer)
    return shown.replace(leak.ref.encode(), b"") if leak.ref in path else shown


@pytest.mark.parametrize("name", OUTSIDERS)
def test_lists_and_counts_are_as_if_there_were_none(house: House, name: str) -> None:
    """Every list of the API is to the byte what it was before: the numbering's gap shows when there is a next one, nothing else does."""
    for path, content in listed(house.person(name)).items():
        assert content == house.before[name, path], path


def test_no_message_tells_an_outsider_and_none_has_words_of_it(house: House) -> None:
    """Who is not named was sent nothing of it; who is was sent its address and none of its words."""
    with house.acme.scope():
        places = Incident.objects.get(ref=house.leak.ref).admitted.all()
        named = set(places.values_list("user__email", flat=True))
        waiting = Delivery.objects.filter(queued__isnull=False).count()
    told = [
        m
        for m in house.mails
        if house.leak.found(f"{m.subject} {m.body} {m.extra_headers}".encode()) or "restricted" in m.subject
    ]
    assert told, "the test looks at something"
    assert {m.to[0] for m in told} <= named
    for sent in (m for m in told if "restricted" in m.subject):
        found = house.leak.found(f"{sent.subject} {sent.body} {sent.extra_headers}".encode())
        assert set(found) <= {"ref"}, sent.subject
    assert waiting == 0, "what was queued has been sent or withdrawn"


def test_no_remembered_answer_is_given_again(house: House) -> None:
    """Support reported it before it was an incident, Jon asked how it stood: repeating the request says nothing of it any more."""
    again = Door(house.acme.support).post("reports/", house.leak.report, **{"Idempotency-Key": leaks.KEY})
    assert again.status_code == 404
    assert house.leak.found(everything_of(again)) == []
    again = Door(house.acme.jon).post("commands/", {"text": house.leak.command}, **{"Idempotency-Key": leaks.KEY})
    assert "Idempotent-Replay" not in again.headers
    assert house.leak.found(unprompted(again, house.leak.ref, house.leak)) == []


def test_the_canary_is_where_it_is_looked_for(house: House) -> None:
    """Those named on it see the tokens, and the verbs have left some: the other tests look for something that is there."""
    done = {"claim", "note", "update", "severity", "advance", "flag", "unflag", "admit", "remove", "snapshot", "fulfil"}
    assert house.leak.done >= done
    assert len(house.leak.done) >= (len(DOORS) - len(ASIDE)) // 2
    door, ref = Door(house.acme.amira), house.leak.ref
    parts = ("", "timeline/", "pages/", "need-to-know/", "snapshots/")
    shown = b"".join(door.get(f"incidents/{ref}/{part}").content for part in parts)
    shown += b"".join(door.get(path).content for path in ("alerts/", "triage/", "incidents/"))
    expected = {
        "title",
        "summary",
        "flag.reason",
        "note.text",
        "alert summary",
        "report.text",
        "admit.reason",
        "later alert label",
    }
    assert expected <= set(house.leak.found(shown))


def test_each_text_of_each_verb_has_left_a_token(house: House) -> None:
    """What a verb takes and keeps was kept, so that it could have come out somewhere; what it does not keep has its reason."""
    kept = set()
    for model in everything.tenant_models():
        sql: Any = f"SELECT t::text FROM {model._meta.db_table} t WHERE {WORDS}".replace("%%", "%")
        for (row,) in house.owner.execute(sql):
            kept |= set(house.leak.found(row.encode()))
    assert {name for name in house.leak.tokens.values() if name not in kept} == set(NOT_KEPT)


# --- Raw SQL ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*OUTSIDERS, "nobody"])
def test_no_row_of_it_is_seen_by_sql(house: House, name: str) -> None:
    """In an outsider's context, and in one of nobody in particular, injected SQL finds no row that speaks of it in any table."""
    with house.acme.scope():
        pk = Incident.objects.values_list("id", flat=True).get(ref=house.leak.ref)
    wrong = []
    with scope(house.acme.id, surface="web", user_id=None if name == "nobody" else house.person(name).user_id):
        for model in everything.tenant_models():
            table = model._meta.db_table
            condition = f"{WORDS} OR t::text LIKE '%%{house.leak.ref}%%'"
            if "incident_id" in everything.columns(model):
                condition += f" OR t.incident_id = {pk}"
            if table in ("incidents_incident", "incidents_historicalincident"):
                condition += f" OR t.id = {pk}"
            wrong += [f"{table}: {row}" for (row,) in query(f"SELECT left(t::text, 300) FROM {table} t WHERE {condition}")]
    assert not wrong, "\n".join(wrong)


def test_sql_would_find_it_without_the_wall(house: House) -> None:
    """The owner role, whom no policy holds, finds its tokens where they are expected: the test above looks at something."""
    seen = set()
    for model in everything.tenant_models():
        sql: Any = f"SELECT count(*) FROM {model._meta.db_table} t WHERE {WORDS}".replace("%%", "%")
        if (house.owner.execute(sql).fetchone() or (0,))[0]:
            seen.add(model._meta.db_table)
    assert seen >= {
        *(
            "incidents_incident",
            "incidents_historicalincident",
            "incidents_signal",
            "incidents_historicalsignal",
            "incidents_alert",
        ),
        *("incidents_inbound", "incidents_flag", "incidents_needtoknow", "incidents_legalhold", "incidents_snapshotrequest"),
        *("incidents_statusupdate", "ledger_event", "ledger_rememberedanswer"),
    }


def test_who_is_named_sees_it_by_sql(house: House) -> None:
    """The same walls let through who is on it, and Muster's own work."""
    for person in (house.acme.amira, house.acme.mei, None):
        with house.acme.scope(person):
            for table in (
                "incidents_incident",
                "incidents_alert",
                "incidents_inbound",
                "ledger_event",
                "incidents_historicalsignal",
            ):
                assert query(f"SELECT count(*) > 0 FROM {table} t WHERE {WORDS}") == [(True,)], table
