"""Bad input at the hooks' door, through the raw ASGI edge itself: a 4xx that says what is wrong, or acceptance.

Never a 5xx, nothing half-written, however much comes at once; and what was refused is kept for the integration's page.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from incidents.models import Alert, Inbound, Integration, IntegrationPulse, Signal, UnknownKey
from integrations.edge import Edge
from ledger.models import Event
from tenants import credentials
from tests import everything
from tests.conftest import Cast, Installation, Person

pytestmark = pytest.mark.servers

REFUSED = ("incidents_inbound", "incidents_integrationpulse", "incidents_unknownkey")
LIMIT = settings.HOOK_BODY_LIMIT
MOST = 10_000


@dataclass
class Door:
    """The edge, asked as a server asks it."""

    acme: Cast
    globex: Cast
    owner: psycopg.Connection[Any]

    def ask(
        self, *bodies: bytes, method: str = "POST", path: str = "", headers: dict[str, str] | None = None
    ) -> list[tuple[int, Any]]:
        """Send requests at the same time. Returns each answer's status and document."""
        edge = Edge()

        async def one(body: bytes) -> tuple[int, Any]:
            sent: list[Any] = []
            parts = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
            messages = iter([{"type": "http.request", "body": part, "more_body": part is not parts[-1]} for part in parts])

            async def receive() -> Any:
                return next(messages)

            async def send(message: Any) -> None:
                sent.append(message)

            raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
            where = path or f"/hooks/{self.acme.key}/alertmanager/"
            await edge({"type": "http", "method": method, "path": where, "headers": raw}, receive, send)
            return sent[0]["status"], json.loads(sent[1]["body"])

        async def all_of_them() -> list[tuple[int, Any]]:
            return list(await asyncio.gather(*(one(body) for body in bodies)))

        try:
            return asyncio.run(all_of_them())
        finally:
            edge.threads.shutdown()

    def content(self) -> dict[str, Any]:
        """What is in every table, but where refused requests are kept and counted (and when somebody signed in last)."""
        return everything.content(self.owner, *REFUSED, "tenants_user")


@pytest.fixture(scope="module")
def door(shared_database: Installation) -> Iterator[Door]:
    """The door, and a connection that sees everything."""
    with everything.connected(settings.DATABASE_OWNER_URL, shared_database.name) as owner:
        yield Door(shared_database.acme, shared_database.globex, owner)


def alert(name: str = "Down", **change: Any) -> dict[str, Any]:
    """One alert that fires."""
    began = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    return {
        "status": "firing",
        "labels": {"alertname": name},
        "annotations": {},
        "startsAt": began,
        "endsAt": "0001-01-01T00:00:00Z",
        **change,
    }


def sent(*alerts: Any, **change: Any) -> bytes:
    """One delivery."""
    return json.dumps({"version": "4", "groupKey": "g", "status": "firing", "alerts": alerts, **change}).encode()


FAR = (datetime.now(UTC) + timedelta(days=400)).isoformat()
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "half of it": (sent(alert())[:-9], "not JSON"),
    "no UTF-8": (b'{"alerts": "\xff"}', "not JSON"),
    "NaN": (b'{"alerts": [NaN]}', "not JSON"),
    "nested without end": (b"[" * 100_000, "not JSON"),
    "half a character": (b'{"alerts": [{"labels": {"a": "\\ud800"}}]}', "not JSON"),
    "a list": (b"[]", "an object"),
    "null": (b"null", "an object"),
    "no alerts": (sent(), "no alerts"),
    "alerts that are none": (b'{"alerts": {"a": 1}}', "no alerts"),
    "an alert that is none": (sent(17), "alerts[0] is not an object"),
    "no labels": (sent(alert(labels={})), "alerts[0] has no labels"),
    "labels that are none": (sent(alert(labels=["a"])), "alerts[0].labels"),
    "a label that is no text": (sent(alert(labels={"alertname": 1})), "alerts[0].labels.alertname"),
    "an over-long label": (sent(alert(labels={"alertname": "x" * 5000})), "alerts[0].labels.alertname"),
    "too many labels": (sent(alert(labels={str(n): "x" for n in range(100)})), "alerts[0].labels"),
    "no status": (sent(alert(status="burning")), "alerts[0].status"),
    "no time": (sent(alert(startsAt=None)), "alerts[0].startsAt"),
    "a time that is none": (sent(alert(startsAt="yesterday")), "alerts[0].startsAt"),
    "a time without a zone": (sent(alert(startsAt="2026-01-01T00:00:00")), "alerts[0].startsAt"),
    "the far future": (sent(alert(startsAt=FAR)), "alerts[0].startsAt"),
    "beyond the calendar": (sent(alert(startsAt="9999-12-31T23:59:59-14:00")), "alerts[0].startsAt"),
    "an end in the far future": (sent(alert(status="resolved", endsAt=FAR)), "alerts[0].endsAt"),
    "a good one and a bad one": (sent(alert("Good"), alert("Bad", labels={})), "alerts[1] has no labels"),
}


@pytest.mark.parametrize(("body", "says"), BAD.values(), ids=list(BAD))
def test_a_bad_delivery_is_refused_kept_and_shown(door: Door, browse: Callable[[Person], Client], body: bytes, says: str) -> None:
    """422 that says what is wrong and where; nothing of it is taken in, not its good alerts either.

    The integration's page counts it and shows the sentence.
    """
    before = door.content()
    ((status, told),) = door.ask(body)
    assert status == told["status"] == 422
    assert says in told["detail"]
    assert told["code"]
    assert door.content() == before
    with door.acme.scope():
        kept = Inbound.objects.latest("id")
        assert (kept.status, kept.problem) == (422, told["detail"])
        assert bytes(kept.body) == body[:4096]
        integration = Integration.objects.get()
    page = browse(door.acme.admin).get(f"/o/acme/integrations/{integration.pk}/")
    shown = page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    assert told["detail"] in shown


def test_a_body_over_the_limit_is_refused_and_shown(door: Door, browse: Callable[[Person], Client]) -> None:
    """Over 16 MiB: 413 that names the limit, whether the length is told beforehand or not; nothing is taken in.

    The integration's page says that it came.
    """
    before = door.content()
    for headers in ({}, {"Content-Length": str(LIMIT + 1)}):
        ((status, told),) = door.ask(b"x" * (LIMIT + 1), headers=headers)
        assert (status, told["status"], told["code"]) == (413, 413, "too_large")
        assert "16 MiB" in told["detail"]
        with door.acme.scope():
            assert Inbound.objects.latest("id").problem == told["detail"]
            integration = Integration.objects.get()
    assert told["detail"] in browse(door.acme.admin).get(f"/o/acme/integrations/{integration.pk}/").content.decode()
    assert door.content() == before


def test_a_wrong_key_opens_nothing(door: Door, browse: Callable[[Person], Client]) -> None:
    """No shape of a key, an unknown organisation's, a wrong secret, another organisation's secret: 401 that does not say which.

    What named acme is shown to acme's administrators, without its body.
    """
    before = door.content()
    public = door.acme.key.split("_")[1]
    strangers = f"hook_{public}_{door.globex.key.rpartition('_')[2]}"
    for key in ("x", "hook", f"hook_{public}_short", "hook_000000000000_" + "a" * 43, f"hook_{public}_{'a' * 43}", strangers):
        ((status, told),) = door.ask(sent(alert()), path=f"/hooks/{key}/alertmanager/")
        assert (status, told["code"]) == (401, "unknown_key"), key
    with door.acme.scope():
        counted = UnknownKey.objects.order_by("-last_at")[0]
        assert counted.mark == credentials.digest(strangers)[:8]
        assert not Inbound.objects.filter(status=401).exists()
    page = browse(door.acme.admin).get("/o/acme/integrations/").content.decode()
    assert f"A key whose SHA-256 begins with {counted.mark} came once" in page
    assert door.content() == before


def test_a_wrong_key_is_counted_and_what_comes_with_it_is_not_read(door: Door, browse: Callable[[Person], Client]) -> None:
    """However often one comes, and however many come, the rows are few; the answer is the key's, whatever the body is."""
    public = door.acme.key.split("_")[1]
    again = f"hook_{public}_{'b' * 43}"
    answers = door.ask(*[b"no JSON at all"] * 30, path=f"/hooks/{again}/alertmanager/", headers={"User-Agent": "old-prometheus"})
    assert {(status, told["code"]) for status, told in answers} == {(401, "unknown_key")}
    page = browse(door.acme.admin).get("/o/acme/integrations/").content.decode()
    assert f"{credentials.digest(again)[:8]} came 30 times, by old-prometheus" in page

    for number in range(UnknownKey.MARKS_MOST + 20):
        door.ask(b"{}", path=f"/hooks/hook_{public}_{number:0>43}/alertmanager/")
    with door.acme.scope():
        assert UnknownKey.objects.count() == UnknownKey.MARKS_MOST + 1
        assert sum(UnknownKey.objects.values_list("times", flat=True)) >= 30 + UnknownKey.MARKS_MOST + 20
    page = browse(door.acme.admin).get("/o/acme/integrations/").content.decode()
    assert "Further keys came" in page


def test_an_integration_that_is_switched_off_opens_nothing(door: Door) -> None:
    """Its key is a wrong one from then on."""
    from ledger.actions import configure

    with door.acme.scope():
        configure(Integration.objects.get(), {"is_active": False}, by=door.acme.admin.actor())
    assert door.ask(sent(alert()))[0][0] == 401
    with door.acme.scope():
        configure(Integration.objects.get(), {"is_active": True}, by=door.acme.admin.actor())
    assert door.ask(sent(alert()))[0][0] == 202


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_only_post_speaks_to_a_hook(door: Door, method: str) -> None:
    """Another method: 405, and it says to use POST."""
    before = door.content()
    ((status, told),) = door.ask(b"", method=method)
    assert (status, told["code"]) == (405, "method")
    assert "POST" in told["detail"]
    assert door.content() == before


def test_what_is_no_hook_is_not_found(door: Door) -> None:
    """An unknown provider, or an address that is none: 404."""
    for path in (
        "/hooks/",
        "/hooks/x",
        f"/hooks/{door.acme.key}/nagios/",
        f"/hooks/{door.acme.key}/alertmanager/more",
        "/hooks//alertmanager/",
    ):
        assert door.ask(sent(alert()), path=path)[0][0] == 404


def test_a_mixed_delivery_is_read_alert_by_alert(door: Door) -> None:
    """A delivery that says "firing" may hold resolved alerts, one that says "resolved" firing ones; each counts by its own status."""
    began = (datetime.now(UTC) - timedelta(minutes=9)).isoformat()
    first = [alert(f"Mixed {n}", startsAt=began) for n in range(3)]
    assert door.ask(sent(*first, groupKey="mixed"))[0][0] == 202
    ended = {**first[0], "status": "resolved", "endsAt": datetime.now(UTC).isoformat()}
    assert door.ask(sent(ended, first[1], alert("Mixed 3", startsAt=began), groupKey="mixed", status="resolved"))[0][0] == 202
    with door.acme.scope():
        states = dict(Alert.objects.filter(name__startswith="Mixed").values_list("name", "state"))
        assert states == {"Mixed 0": "resolved", "Mixed 1": "firing", "Mixed 2": "firing", "Mixed 3": "firing"}
        assert Signal.objects.filter(alerts__name__startswith="Mixed").distinct().count() == 1


def test_ten_thousand_alerts_in_one_delivery_are_accepted(door: Door) -> None:
    """A storm is never refused for being one: every alert is there when the answer is, with its event; one question is asked."""
    with door.acme.scope():
        events, signals = Event.objects.filter(kind="alert.fired").count(), Signal.objects.count()
    body = sent(*(alert("Storm", labels={"alertname": "Storm", "instance": str(n)}) for n in range(MOST)), groupKey="storm")
    assert len(body) < LIMIT
    ((status, told),) = door.ask(body)
    assert (status, told) == (202, {"status": "accepted"})
    with door.acme.scope():
        assert Alert.objects.filter(name="Storm").count() == MOST
        assert Event.objects.filter(kind="alert.fired").count() == events + MOST
        assert Signal.objects.count() == signals + 1
        assert bytes(Inbound.objects.latest("id").body) == body


def test_one_bad_request_of_many_at_once_spoils_none(door: Door) -> None:
    """Requests that share a transaction are judged one by one."""
    with door.acme.scope():
        pulse = IntegrationPulse.objects.get()
    bodies = [b"{" if n % 5 == 0 else sent(alert(f"Crowd {n}"), groupKey=f"crowd {n}") for n in range(20)]
    answers = door.ask(*bodies)
    assert [status for status, _ in answers] == [422 if n % 5 == 0 else 202 for n in range(20)]
    with door.acme.scope():
        assert Alert.objects.filter(name__startswith="Crowd").count() == 16
        after = IntegrationPulse.objects.get()
        assert (after.accepted - pulse.accepted, after.refused - pulse.refused) == (16, 4)
