"""The raw door for machines that must be fast: reads a hook's body, gathers what comes at once, answers when it is durable.

Requests of one organisation that arrive while a transaction is under way wait together and share the next one, so the
price of a commit is paid once for all of them. Nothing is answered 2xx before its commit.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from django.conf import settings

from integrations import intake
from integrations.hooks import parse_path
from tenants.refusals import Reason, Refused

log = structlog.get_logger(__name__)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

MOST_AT_ONCE = 200  # requests in one transaction
MOST_BYTES = 4 * 1024 * 1024  # of bodies in one transaction, beyond its first
LANES = 4  # organisations whose transactions run side by side
KEPT_HEADERS = {name.encode(): name for name in ("content-type", "user-agent", "content-length", "x-request-id", "host")}


_ACCEPTED = orjson.dumps({"status": "accepted"})
_ACCEPTED_START = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(_ACCEPTED)).encode())],
}
_ACCEPTED_BODY = {"type": "http.response.body", "body": _ACCEPTED}


class TooLarge(Refused):
    """A body over the limit. Like every refusal it is shown on the integration's page."""

    def __init__(self) -> None:
        limit = settings.HOOK_BODY_LIMIT // 1024**2
        super().__init__(Reason("too_large", f"The body is larger than the limit of {limit} MiB.", status=413))

    @property
    def status(self) -> int:
        """Content Too Large."""
        return 413


@dataclass(slots=True)
class Request:
    """One hook request that waits for its transaction."""

    said: intake.Said
    answer: "asyncio.Future[Refused | None]"


@dataclass(slots=True)
class Lane:
    """The requests of one organisation that wait, and whether a thread is taking them in."""

    waiting: deque[Request] = field(default_factory=deque)
    busy: bool = False


class Edge:
    """The ASGI application of `/hooks/…`."""

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self.lock = threading.Lock()  # of the lanes: the event loop fills them, threads empty them
        self.threads = ThreadPoolExecutor(LANES, thread_name_prefix="intake")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: 202 once it is durable, a 4xx with what is wrong, 503 when the database is away (send again)."""
        try:
            hook = parse_path(scope["method"], scope["path"], _authorization(scope))
            body, unread = b"", None
            try:
                body = await _read(scope, receive)
            except TooLarge as error:
                unread = error
            refused = await self._take(hook.organisation, intake.Said(hook.kind, hook.credential, _kept(scope), body, unread))
        except Refused as error:
            refused = error
        except Exception as error:
            log.exception("intake.failed", error=str(error))
            await _problem(send, 503, "try_again", "This could not be kept just now. Send it again.", retry_after=1)
            return
        if refused is None:
            await send(_ACCEPTED_START)
            await send(_ACCEPTED_BODY)
        else:
            reason: Reason = refused.reasons[0]
            await _problem(send, refused.status, reason.code, str(refused))

    async def _take(self, organisation: str, said: intake.Said) -> Refused | None:
        """Wait until the request is durable or refused."""
        loop = asyncio.get_running_loop()
        request = Request(said, loop.create_future())
        with self.lock:
            lane = self.lanes.setdefault(organisation, Lane())
            lane.waiting.append(request)
            idle, lane.busy = not lane.busy, True
        if idle:
            self.threads.submit(self._drain, loop, organisation, lane)
        return await request.answer

    def _drain(self, loop: asyncio.AbstractEventLoop, organisation: str, lane: Lane) -> None:
        """Take what waits, in one transaction after the other, until nothing does. Runs in a thread."""
        try:
            while batch := self._next(organisation, lane):
                answers: Sequence[Refused | None] | Exception
                try:
                    answers = intake.take(organisation, [request.said for request in batch])
                except Exception as error:  # the senders are told to send again; the next batch is tried all the same
                    answers = error
                loop.call_soon_threadsafe(_answer_all, batch, answers)
        finally:
            intake.release()

    def _next(self, organisation: str, lane: Lane) -> list[Request]:
        """The requests of the next transaction; without any, the lane is closed."""
        batch: list[Request] = []
        size = 0
        with self.lock:
            while lane.waiting and len(batch) < MOST_AT_ONCE and size < MOST_BYTES:
                batch.append(lane.waiting.popleft())
                size += len(batch[-1].said.body)
            if not batch:
                lane.busy = False
                self.lanes.pop(organisation, None)
        return batch


def _answer_all(batch: Sequence[Request], answers: Sequence[Refused | None] | Exception) -> None:
    """Wake the requests of one transaction. Runs in the event loop; who has gone away meanwhile is passed over."""
    for index, request in enumerate(batch):
        if request.answer.done():
            continue
        if isinstance(answers, Exception):
            request.answer.set_exception(answers)
        else:
            request.answer.set_result(answers[index])


def _authorization(scope: Message) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


def _kept(scope: Message) -> dict[str, str]:
    """The headers worth keeping; never a credential."""
    return {KEPT_HEADERS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in KEPT_HEADERS}


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
    body = orjson.dumps(document)
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
