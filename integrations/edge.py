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

import structlog
from django.conf import settings

from integrations import doors, intake
from integrations.formats import Said
from tenants.refusals import Reason, Refused

log = structlog.get_logger(__name__)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

MOST_AT_ONCE = 200  # requests in one transaction
MOST_BYTES = 4 * 1024 * 1024  # of bodies in one transaction, beyond its first
LANES = 4  # organisations whose transactions run side by side
KEPT_HEADERS = {name.encode(): name for name in ("content-type", "user-agent", "content-length", "x-request-id", "host")}


MOST_WAITING = 256 * 1024 * 1024  # bytes that wait in this process: beyond it, senders are told to send again
MOST_ARRIVING = (
    256 * 1024 * 1024
)  # bytes of bodies that have begun to come; apart, so that slow ones keep out none that come whole
READ_SECONDS = 30.0  # for a whole body: whoever has no key can send one too, and slowly


class Busy(Refused):
    """More waits than this process may hold. Nothing is lost by it: the sender has not been answered 2xx and sends again."""

    def __init__(self) -> None:
        super().__init__(Reason("busy", "More requests wait than can be held. Send it again in a moment.", status=409))

    @property
    def status(self) -> int:
        """Service Unavailable: Alertmanager takes a 4xx as final."""
        return 503


class TooLarge(Refused):
    """A body over the limit. Like every refusal it is shown on the integration's page."""

    def __init__(self) -> None:
        limit = settings.HOOK_BODY_LIMIT // 1024**2
        super().__init__(Reason("too_large", f"The body is larger than the limit of {limit} MiB.", status=413))

    @property
    def status(self) -> int:
        """Content Too Large."""
        return 413


class TooSlow(Refused):
    """A body that did not end in time. Like every refusal it is shown on the integration's page."""

    def __init__(self) -> None:
        sentence = f"The body did not come to its end within {READ_SECONDS:g} seconds. Send it again."
        super().__init__(Reason("too_slow", sentence, status=409))

    @property
    def status(self) -> int:
        """Service Unavailable, and not 408: whoever took too long over a slow line sends again, and a 4xx is final to some."""
        return 503


@dataclass(slots=True)
class Request:
    """One hook request that waits for its transaction."""

    said: Said
    answer: "asyncio.Future[Refused | None]"


@dataclass(slots=True)
class Lane:
    """The requests of one organisation that wait, and whether a thread is taking them in."""

    waiting: deque[Request] = field(default_factory=deque)
    busy: bool = False


class Edge:
    """The ASGI application of `/hooks/…` and of `/v2/…`."""

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self.lock = threading.Lock()  # of the lanes: the event loop fills them, threads empty them
        self.waiting = 0  # bytes
        self.arriving = 0  # bytes
        self.threads = ThreadPoolExecutor(LANES, thread_name_prefix="intake")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: 202 once it is durable, a 4xx with what is wrong, 503 when the database is away (send again)."""
        door = doors.door_for(scope["path"])
        said: Said | None = None
        try:
            door.look(scope["method"], scope["path"], _header(scope, b"authorization"))
            body, unread = b"", None
            try:
                body = await self._read(scope, receive)
            except (TooLarge, TooSlow) as error:
                unread = error
            organisation, said = door.said(scope, body, _kept(scope), unread)
            refused = await self._take(organisation, said)
        except Refused as error:
            refused = error
        except Exception as error:
            log.exception("intake.failed", error=str(error))
            await _answer(send, door.failed())
            return
        await _answer(send, door.accepted(said) if refused is None and said is not None else door.refused(refused))

    async def _read(self, scope: Message, receive: Receive) -> bytes:
        """The whole body, up to the limit of hooks. What came of one that is not whole yet counts as arriving."""
        limit = settings.HOOK_BODY_LIMIT
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if length.isdigit() and int(length) > limit:
            raise TooLarge
        come = bytearray()  # not a list of chunks: tiny ones would take many times what they count
        try:
            async with asyncio.timeout(READ_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(Reason("cut_off", "The connection ended before the body did.", status=422))
                    chunk: bytes = message.get("body", b"")
                    if len(come) + len(chunk) > limit:
                        raise TooLarge
                    if not message.get("more_body"):
                        return b"".join((come, chunk)) if come else chunk
                    if self.arriving + len(chunk) > MOST_ARRIVING:
                        raise Busy
                    come += chunk
                    self.arriving += len(chunk)
        except TimeoutError as error:
            raise TooSlow from error
        finally:
            self.arriving -= len(come)

    async def _take(self, organisation: str, said: Said) -> Refused | None:
        """Wait until the request is durable or refused."""
        size = len(said.body)
        if self.waiting + size > MOST_WAITING:
            raise Busy
        loop = asyncio.get_running_loop()
        request = Request(said, loop.create_future())
        self.waiting += size
        try:
            with self.lock:
                lane = self.lanes.setdefault(organisation, Lane())
                lane.waiting.append(request)
                idle, lane.busy = not lane.busy, True
            if idle:
                self.threads.submit(self._drain, loop, organisation, lane)
            return await request.answer
        finally:
            self.waiting -= size

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


def _header(scope: Message, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _kept(scope: Message) -> dict[str, str]:
    """The headers worth keeping; never a credential."""
    return {KEPT_HEADERS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in KEPT_HEADERS}


async def _answer(send: Send, answer: doors.Answer) -> None:
    headers = [(b"content-type", answer.kind), (b"content-length", str(len(answer.body)).encode()), *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
