"""One open stream: what waits to be sent, bounded, and the loop that sends it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

from portal.live import frames
from portal.live.viewers import Viewer
from tenants.refusals import Refused

if TYPE_CHECKING:
    from portal.live.hub import Channel, Hub

log = structlog.get_logger(__name__)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

PING_SECONDS = 15.0
SEND_SECONDS = 30.0  # a reader that takes nothing for so long has gone
MOST_WAITING = 64  # entries; a reader that is further behind is caught up from the record instead


class Stream:
    """A viewer's stream. All of it runs in the event loop, so nothing here needs a lock.

    `sent` is the number of the last entry written to it. While it is `behind` it takes nothing from its channel: its own loop
    reads what it misses, and then goes on with what the channel pushes. While it is `held` nothing is sent at all: somebody is
    asking whether its viewer still may see.
    """

    __slots__ = (
        "behind",
        "channel",
        "checked_at",
        "checking",
        "control",
        "ended",
        "held",
        "late",
        "sent",
        "viewer",
        "waiting",
        "woken",
    )

    def __init__(self, viewer: Viewer, after: int, channel: "Channel", now: float) -> None:
        self.viewer, self.sent, self.channel = viewer, after, channel
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.control: deque[bytes] = deque(maxlen=4)
        self.woken = asyncio.Event()
        self.behind, self.late, self.held = True, False, False
        self.checking = 0  # the number of the question whether its viewer may go on, 0 where none is asked
        self.checked_at = now
        self.ended: bytes | None = None

    def push(self, seq: int, frame: bytes) -> None:
        """Hand it an entry. A reader too slow for what comes is told so and reads the record instead; nothing grows."""
        if self.behind or self.ended is not None:
            return
        if len(self.waiting) >= MOST_WAITING:
            self.fall_behind()
            self.late = True
        else:
            self.waiting.append((seq, frame))
        self.woken.set()

    def fall_behind(self) -> None:
        """Drop what waits; it is read from the record when its turn comes."""
        self.waiting.clear()
        self.behind = True

    def tell(self, frame: bytes) -> None:
        """Hand it something that is no entry."""
        self.control.append(frame)
        self.woken.set()

    def hold(self) -> None:
        """Send nothing until it is clear whether its viewer may still see."""
        self.held = True
        self.fall_behind()

    def release(self) -> None:
        """Go on where it was."""
        self.held = False
        self.woken.set()

    def end(self, refused: Refused | None = None) -> None:
        """Let it end, with the reason where it is not to come back by itself."""
        if self.ended is None:
            self.fall_behind()
            reason = refused.reasons[0] if refused else None
            self.ended = frames.end(reason.code, str(refused), refused.status) if refused and reason else b""
            self.woken.set()

    async def serve(self, hub: "Hub", receive: Receive, send: Send) -> None:
        """Send what comes, a ping when nothing does, until the client goes or the stream is ended."""
        await send({"type": "http.response.start", "status": 200, "headers": frames.HEADERS})
        gone = asyncio.ensure_future(_gone(receive))
        loop = asyncio.get_running_loop()
        wrote, first = loop.time(), True
        try:
            while not gone.done():
                self.woken.clear()
                if self.ended is not None:
                    async with asyncio.timeout(SEND_SECONDS):
                        await send({"type": "http.response.body", "body": self.ended})
                    return
                chunk = await self._next(hub)
                if first and not self.behind and self.ended is None:
                    chunk, first = chunk + frames.ready(self.sent), False
                if not chunk and hub.listening and loop.time() - wrote >= PING_SECONDS:
                    chunk = frames.PING
                if chunk:
                    async with asyncio.timeout(SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    wrote = loop.time()
                elif not self.woken.is_set():
                    await self._wait(gone, max(wrote + PING_SECONDS - loop.time(), 1.0))
        except TimeoutError:
            log.info("live.reader_gone", incident=self.viewer.ref)
        finally:
            gone.cancel()

    async def _wait(self, gone: "asyncio.Future[None]", seconds: float) -> None:
        woken = asyncio.ensure_future(self.woken.wait())
        try:
            both: set[asyncio.Future[Any]] = {woken, gone}
            await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    async def _next(self, hub: "Hub") -> bytes:
        """The next bytes to send, b"" when there is nothing yet."""
        out = b"".join(self.control)
        self.control.clear()
        if self.held or (self.behind and not hub.listening):
            return out  # whatever changes that wakes this stream
        if self.behind:
            self.behind = False  # what is pushed while the record is read waits, and is passed over if it was read
            found = await hub.catch_up(self)
            if self.ended is not None or self.held:
                self.behind = True
                return out
            if found:
                out += frames.entries(found, len(self.channel.streams))
                self.sent = found[-1].seq
            if self.late:
                out, self.late = out + frames.RESYNC, False
            return out
        while self.waiting:
            seq, frame = self.waiting.popleft()
            if seq > self.sent:
                out += frame
                self.sent = seq
        return out


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
