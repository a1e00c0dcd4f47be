"""The raw door for machines that must be fast: reads a hook's body, gathers what comes at once, answers when it is durable.

Requests of one organisation that arrive while a transaction is under way wait together and share the next one, so the
price of a commit is paid once for all of them. Nothing is answered 2xx before its commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from django.conf import settings

from integrations import intake
from integrations.hooks import Hook, parse_path
from tenants.refusals import Reason, Refused

log = structlog.get_logger(__name__)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

MOST_AT_ONCE = 200  # requests in one transaction
LANES = 4  # organisations whose transactions run side by side
ACCEPTED = orjson.dumps({"status": "accepted"})


class TooLarge(Exception):
    """A body over the limit."""


@dataclass(slots=True)
class Request:
    """One hook request that waits for its transaction."""

    hook: Hook
    headers: dict[str, str]
    body: bytes
    answer: "asyncio.Future[Refused | None]"


@dataclass(slots=True)
class Lane:
    """The requests of one organisation: the ones that wait, and whether a transaction is under way."""

    waiting: list[Request] = field(default_factory=list)
    busy: bool = False


class Edge:
    """The ASGI application of `/hooks/…`."""

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self.threads = ThreadPoolExecutor(LANES, thread_name_prefix="intake")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: 202 once it is durable, a 4xx with what is wrong, 503 when the database is away (send again)."""
        try:
            hook = parse_path(scope["method"], scope["path"], _headers(scope).get("authorization", ""))
            body = await _read(scope, receive)
            refused = await self._take(Request(hook, _headers(scope), body, asyncio.get_running_loop().create_future()))
        except TooLarge:
            await _problem(
                send, 413, "too_large", f"The body is larger than the limit of {settings.HOOK_BODY_LIMIT // 1024**2} MiB."
            )
            return
        except Refused as error:
            refused = error
        except Exception as error:
            log.exception("intake.failed", error=str(error))
            await _problem(send, 503, "try_again", "This could not be kept just now. Send it again.", retry_after=1)
            return
        if refused is None:
            await _answer(send, 202, ACCEPTED)
        else:
            reason: Reason = refused.reasons[0]
            await _problem(send, refused.status, reason.code, str(refused))

    async def _take(self, request: Request) -> Refused | None:
        """Wait until the request is durable or refused."""
        key = request.hook.organisation
        lane = self.lanes.setdefault(key, Lane())
        lane.waiting.append(request)
        if not lane.busy:
            lane.busy = True
            task = asyncio.get_running_loop().create_task(self._drain(key, lane))
            request.answer.add_done_callback(lambda _: task)  # keeps the task alive
        return await request.answer

    async def _drain(self, key: str, lane: Lane) -> None:
        """Take what waits, in one transaction after the other, until nothing does."""
        loop = asyncio.get_running_loop()
        while lane.waiting:
            batch, lane.waiting = lane.waiting[:MOST_AT_ONCE], lane.waiting[MOST_AT_ONCE:]
            said = [intake.Said(r.hook.kind, r.hook.credential, r.headers, r.body) for r in batch]
            try:
                answers = await loop.run_in_executor(self.threads, intake.take, key, said)
            except Exception as error:  # the senders are told to send again; the next batch is tried all the same
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
                continue
            for request, answer in zip(batch, answers, strict=True):
                if not request.answer.done():
                    request.answer.set_result(answer)
        lane.busy = False
        self.lanes.pop(key, None)


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _read(scope: Message, receive: Receive) -> bytes:
    """The whole body, up to the limit of hooks."""
    limit = settings.HOOK_BODY_LIMIT
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if length.isdigit() and int(length) > limit:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(Reason("cut_off", "The connection ended before the body did.", status=422))
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*(headers or [(b"content-type", b"application/json")]), length],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _problem(send: Send, status: int, code: str, sentence: str, retry_after: int = 0) -> None:
    document = {
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": sentence,
    }
    headers = [(b"content-type", b"application/problem+json")]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="muster"'))
    await _answer(send, status, orjson.dumps(document), headers)
