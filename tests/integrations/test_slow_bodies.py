"""Bodies that come slowly: whoever has no key can send them too, so what they hold and how long they take is bounded."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from integrations.edge import Edge
from tests.integrations.test_doors import datadog, path, unique
from tests.integrations.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.clause("detection.automated")]

DISCONNECT = {"type": "http.disconnect"}


class Sender:
    """One connection, whose body comes as the test says. It never ends by itself."""

    def __init__(self, edge: Edge, where: str) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: list[Any] = []
        scope = {"type": "http", "method": "POST", "path": where, "headers": []}
        self.task = asyncio.ensure_future(edge(scope, self.messages.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def part(self, body: bytes, *, more: bool = True) -> None:
        """Send a part, and let the edge read it."""
        await self.say({"type": "http.request", "body": body, "more_body": more})

    async def say(self, message: Any) -> None:
        """Let the server say something, and the edge hear it."""
        self.messages.put_nowait(message)
        for _ in range(5):
            await asyncio.sleep(0)

    async def answer(self) -> tuple[int, Any]:
        """The status and the document that it is answered with."""
        async with asyncio.timeout(20):
            await self.task
        return self.sent[0]["status"], json.loads(self.sent[1]["body"])


def run(test: Callable[[Edge], Awaitable[None]]) -> None:
    """Run a test within the loop of an edge."""

    async def running() -> None:
        edge = Edge()
        try:
            await test(edge)
        finally:
            edge.threads.shutdown()

    asyncio.run(running())


def test_what_has_begun_to_come_is_bounded_and_keeps_out_nothing_that_comes_whole(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the bound a sender is told to send again, before its body is whole; what others held is given back as they end."""
    monkeypatch.setattr("integrations.edge.MOST_ARRIVING", 1000)
    made, first, second, third = wire.add("datadog"), unique(), unique(), unique()
    where = path(made, "datadog")

    async def test(edge: Edge) -> None:
        slow = [Sender(edge, where) for _ in range(2)]
        bodies = [json.dumps(datadog(name)).encode() for name in (first, second)]
        for sender, body in zip(slow, bodies, strict=True):
            await sender.part(body[:100])
            await sender.part(body[100:400])
        assert edge.arriving == 800

        late = Sender(edge, where)
        await late.part(b"x" * 201)
        status, told = await late.answer()
        assert (status, told["code"]) == (503, "busy")
        assert (b"retry-after", b"1") in late.sent[0]["headers"]
        assert edge.arriving == 800, "what was refused holds nothing"

        whole = Sender(edge, where)
        await whole.part(json.dumps(datadog(third, body="x" * 2000)).encode(), more=False)
        assert (await whole.answer())[0] == 202

        await slow[0].part(bodies[0][400:], more=False)
        assert (await slow[0].answer())[0] == 202
        assert edge.arriving == 400
        await slow[1].say(DISCONNECT)
        assert (await slow[1].answer())[1]["code"] == "cut_off"
        assert (edge.arriving, edge.waiting) == (0, 0)

    run(test)
    assert [len(wire.alerts(name)) for name in (first, second, third)] == [1, 0, 1]


@pytest.mark.parametrize("begun", [b"", b'{"title": '])
def test_a_body_that_does_not_end_in_time_is_refused_and_shown(wire: Wire, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """503 that says how long it may take, at each door in its own form; nothing is held for it any more."""
    monkeypatch.setattr("integrations.edge.READ_SECONDS", 0.2)
    made = wire.add("datadog")

    async def test(edge: Edge) -> None:
        hook, events = Sender(edge, path(made, "datadog")), Sender(edge, "/v2/enqueue")
        if begun:
            await hook.part(begun)
            await events.part(begun)
        status, told = await hook.answer()
        assert (status, told["status"], told["code"]) == (503, 503, "too_slow")
        assert "within 0.2 seconds" in told["detail"]
        status, said = await events.answer()
        assert (status, said["errors"]) == (503, [told["detail"]])
        assert (edge.arriving, edge.waiting) == (0, 0)

    run(test)
    page = wire.page(made["integration"])
    assert "The body did not come to its end within 0.2 seconds" in page
    assert "<dt>Refused</dt><dd>1</dd>" in page


def test_a_body_over_the_limit_holds_nothing_once_it_is_refused(wire: Wire) -> None:
    """It is refused where it passes the limit, without what would come after that."""
    made = wire.add("datadog")

    async def test(edge: Edge) -> None:
        sender = Sender(edge, path(made, "datadog"))
        for _ in range(16):
            await sender.part(b" " * 1024**2)
        assert edge.arriving == 16 * 1024**2
        await sender.part(b" ")
        assert (await sender.answer())[0] == 413
        assert (edge.arriving, edge.waiting) == (0, 0)

    run(test)
