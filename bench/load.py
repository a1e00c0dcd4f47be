"""The load generator, a process of its own: raw sockets, keep-alive, requests made of prebuilt bytes.

Its order is one JSON document on standard input, its findings one on standard output. `body` has `@F` (16 hex digits: a new
fingerprint each time), `@S` (a new start), `@G` (group, four digits) and `@H` (hot key, twice an alert); each is replaced by bytes of one length.
With `trace` it says when each request was answered, by the wall clock.
"""

import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

type Make = Callable[[], bytes]


class Counts:
    """How many keys of which kind went out."""

    fresh = 0
    hot: set[int] = set()
    answered: list[float] = []


class Client(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.answered: asyncio.Future[int] | None = None
        self.seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.seen += data
        head, found, rest = self.seen.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        length = int(lower[at : lower.find(b"\r\n", at) if b"\r\n" in lower[at:] else len(lower)])
        if len(rest) >= length:
            self.seen = rest[length:]
            if self.answered and not self.answered.done():
                self.answered.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_result(0)

    async def ask(self, request: bytes) -> int:
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answered


def maker(order: dict[str, Any]) -> Make:
    """What makes one request after the other."""
    pieces = order["body"].replace("@", "\x00").split("\x00")
    counter = itertools.count(order.get("first", 0))
    groups = order.get("groups", 1)
    repeats, hot = order.get("repeats", 0.0), order.get("hot", 5)
    chance = random.Random(order.get("seed", 1))
    parts: list[tuple[str, bytes]] = [("", pieces[0].encode())]
    parts += [(piece[0], piece[1:].encode()) for piece in pieces[1:]]
    lengths = {"F": 16, "S": 20, "G": 4, "H": 16}
    size = sum(len(text) + lengths.get(what, 0) for what, text in parts)
    head = (
        f"POST {order['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Alertmanager/0.25.0\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    ).encode()
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()

    def make() -> bytes:
        number = next(counter)
        out = [head]
        twice = False
        for what, text in parts:
            if what == "F":
                out.append(b"%016x" % number)
            elif what == "S":
                out.append(started)
            elif what == "G":
                out.append(b"%04d" % (number % groups))
            elif what == "H":  # in the alert's first place one of the hot keys, or (rarely) one never seen
                twice = not twice
                if not twice:
                    pass
                elif chance.random() < repeats:
                    key = chance.randrange(hot)
                    Counts.hot.add(key)
                else:
                    key = 1_000_000 + next(counter)
                    Counts.fresh += 1
                out.append(b"%016x" % key)
            out.append(text)
        return b"".join(out)

    return make


async def closed(clients: list[Client], make: Make, seconds: float, most: int) -> tuple[list[int], list[float], float]:
    """Each client sends as soon as it was answered."""
    statuses: list[int] = []
    waits: list[float] = []
    sent = itertools.count()
    began = time.perf_counter()
    end = began + seconds

    async def work(client: Client) -> None:
        while (now := time.perf_counter()) < end and (not most or next(sent) < most):
            status = await client.ask(make())
            statuses.append(status)
            waits.append(time.perf_counter() - now)
            if not status:
                return

    await asyncio.gather(*(work(client) for client in clients))
    return statuses, waits, time.perf_counter() - began


async def paced(clients: list[Client], make: Make, seconds: float, rate: float) -> tuple[list[int], list[float], float]:
    """Requests at a steady rate; waits are counted from the moment at which each should have been sent."""
    statuses: list[int] = []
    waits: list[float] = []
    number = itertools.count()
    began = time.perf_counter()

    async def work(client: Client) -> None:
        while (at := next(number) / rate) < seconds:
            if (pause := began + at - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            statuses.append(await client.ask(make()))
            Counts.answered.append(time.time())
            waits.append(time.perf_counter() - began - at)

    await asyncio.gather(*(work(client) for client in clients))
    return statuses, waits, time.perf_counter() - began


async def run(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(Client, "127.0.0.1", order["port"]))[1] for _ in range(order["clients"])]
    make = maker(order)
    if rate := order.get("rate"):
        statuses, waits, took = await paced(clients, make, order["seconds"], rate)
    else:
        statuses, waits, took = await closed(clients, make, order["seconds"], order.get("most", 0))
    waits.sort()
    counted: dict[str, int] = {}
    for status in statuses:
        counted[str(status)] = counted.get(str(status), 0) + 1
    return {
        "accepted": counted.get("202", 0),
        "statuses": counted,
        "seconds": took,
        "p50": waits[len(waits) // 2] * 1000,
        "p95": waits[min(int(len(waits) * 0.95), len(waits) - 1)] * 1000,
        "p99": waits[min(int(len(waits) * 0.99), len(waits) - 1)] * 1000,
        "worst": waits[-1] * 1000,
        "keys": Counts.fresh + len(Counts.hot),
        "answered": Counts.answered if order.get("trace") else [],
    }


if __name__ == "__main__":
    json.dump(uvloop.run(run(json.load(sys.stdin))), sys.stdout)
