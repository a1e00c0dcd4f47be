"""The hub of a web process: what the database tells is read and rendered once for each audience, and handed to every stream.

It listens first and catches up then, so that nothing falls between; after a lost connection everything is caught up again.
"""

import asyncio
import contextvars
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import structlog

from incidents.live import Audience, Shape, Shown, session_digest
from portal.live import frames, viewers
from portal.live.listener import Listener
from portal.live.stream import Stream
from portal.live.viewers import Viewer
from portal.problems import WithStatus
from tenants.refusals import Reason, Refused

log = structlog.get_logger(__name__)

THREADS = 4
CHECK_SECONDS = 60.0
AGAIN_SECONDS = 2.0  # when the database did not answer
BATCH = 200  # entries read at once
KEPT = 100  # entries that a channel keeps for those who come back
MOST_STREAMS, MOST_OF_A_PERSON = 4000, 64

type Key = tuple[int, int, Shape, Audience]


@dataclass(slots=True, eq=False)
class Channel:
    """Everybody of one audience who watches one incident. `last` is the number of the last entry that was handed out."""

    key: Key
    streams: set[Stream] = field(default_factory=set)
    last: int | None = None
    wanted: int = 0
    missed: bool = False  # notices may have been lost: look at the record whatever was told
    busy: bool = False
    kept: "deque[Shown]" = field(default_factory=lambda: deque(maxlen=KEPT))


class Hub:
    """The streams of this process. Lives in one event loop; only `thread()` leaves it."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.channels: dict[Key, Channel] = {}
        self.listening, self.losses, self.closing = False, -1, False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
        self._listener = Listener(self._heard, self._told, self._deaf)
        self._tasks: set[asyncio.Task[None]] = set()
        self._questions = itertools.count(1)
        self.loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Listen, and look after who watches, in contexts of their own: a task outlives the request that happened to start it."""
        self._do(self._listener.run())
        self._do(self._watch())

    async def stop(self) -> None:
        """End everything."""
        self.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Let every stream end, so that the server can: the pages come back to the next process."""
        self.closing = True
        for stream in list(self.streams):
            stream.end()

    async def thread[R](self, function: Callable[..., R], *args: Any) -> R:
        """Run something that asks the database, in a thread."""
        return await self.loop.run_in_executor(self._threads, function, *args)

    def join(self, viewer: Viewer, after: int) -> Stream:
        """A new stream of this viewer, behind until its loop has caught up. Refuses (503, 429) where there are too many."""
        if self.closing or len(self.streams) >= MOST_STREAMS:
            raise WithStatus(Reason("too_many_streams", "Muster holds as many live pages as it can just now.", status=503))
        if sum(stream.viewer.person_id == viewer.person_id for stream in self.streams) >= MOST_OF_A_PERSON:
            raise WithStatus(Reason("too_many_streams", f"You have {MOST_OF_A_PERSON} streams open: close some.", status=429))
        key = (viewer.organisation_id, viewer.incident_id, viewer.shape, viewer.audience)
        channel = self.channels.setdefault(key, Channel(key))
        stream = Stream(viewer, after, channel, self.loop.time())
        channel.streams.add(stream)
        self.streams.add(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """The stream has ended."""
        self.streams.discard(stream)
        stream.channel.streams.discard(stream)
        if not stream.channel.streams and self.channels.get(stream.channel.key) is stream.channel:
            del self.channels[stream.channel.key]

    async def catch_up(self, stream: Stream) -> list[Shown]:
        """The entries that this stream misses, from what the channel keeps or from the record; the stream stays behind if there are more."""
        channel = stream.channel
        if channel.last is not None and stream.sent <= channel.last:  # what the channel itself misses is pushed later
            if stream.sent == channel.last:
                return []
            if channel.kept and channel.kept[0].seq <= stream.sent + 1:
                return [shown for shown in channel.kept if shown.seq > stream.sent]
        try:
            batch = await self.thread(viewers.read, stream.viewer, stream.sent, BATCH)
        except Refused as refused:
            stream.end(refused)
            return []
        except Exception as error:
            log.warning("live.unread", error=str(error))
            stream.end()  # the client comes back
            return []
        if batch.latest < stream.sent:  # numbers of another life of this database
            stream.sent, stream.late = batch.latest, True
        stream.behind |= len(batch.shown) == BATCH
        if channel.last is None:
            channel.last = batch.latest
            self._advance(channel)
        return batch.shown

    # --- What the database tells ---------------------------------------------------------------------------------------

    def _heard(self) -> None:
        self.listening, self.losses = True, self.losses + 1
        for channel in self.channels.values():
            channel.missed = True
            self._advance(channel)
        self._recheck(self.streams)  # a right may have ended meanwhile

    def _deaf(self) -> None:
        was, self.listening = self.listening, False
        if was:
            for stream in self.streams:
                stream.tell(frames.deaf(self.loop.time() - self._listener.last))

    def _told(self, payload: str) -> None:
        what, *said = payload.split(" ")
        try:
            if what == "event":
                organisation_id, incident_id, seq = map(int, said)
                for channel in self._channels_of(organisation_id, incident_id):
                    channel.wanted = max(channel.wanted, seq)
                    self._advance(channel)
            elif what == "revoke":
                self._recheck(self._meant(*map(int, said)))
            elif what == "session":
                (digest,) = said
                self._recheck(
                    {s for s in self.streams if s.viewer.shape == Shape.PAGE and session_digest(s.viewer.credential) == digest}
                )
        except (ValueError, TypeError):
            log.warning("live.not_understood", payload=payload[:100])

    def _channels_of(self, organisation_id: int, incident_id: int) -> list[Channel]:
        keys = [(organisation_id, incident_id, shape, audience) for shape in Shape for audience in Audience]
        return [self.channels[key] for key in keys if key in self.channels]

    def _meant(self, organisation_id: int, person_id: int, incident_id: int) -> set[Stream]:
        """The streams that a notice is about; 0 is any."""
        return {
            stream
            for stream in self.streams
            if organisation_id in (0, stream.viewer.organisation_id)
            and person_id in (0, stream.viewer.person_id)
            and incident_id in (0, stream.viewer.incident_id)
        }

    # --- From the record to the streams --------------------------------------------------------------------------------

    def _advance(self, channel: Channel) -> None:
        if not channel.busy and channel.last is not None:
            channel.busy = True
            self._do(self._hand_out(channel))

    async def _hand_out(self, channel: Channel) -> None:
        """Read what is new in the record, as one of those who watch, and hand it to all of them."""
        try:
            while channel.last is not None and channel.streams and (channel.missed or channel.wanted > channel.last):
                # Somebody whose right is in doubt reads for nobody. Where all are held, whoever is let go reads first.
                reader = next((s for s in channel.streams if not s.held and s.ended is None), None)
                if reader is None:
                    await asyncio.sleep(0.05)
                    continue
                resync, channel.missed = channel.missed, False
                try:
                    batch = await self.thread(viewers.read, reader.viewer, channel.last, BATCH)
                except Refused as refused:
                    channel.missed = resync
                    reader.end(refused)
                    if refused.status == 404:  # it may have been hidden from others too
                        self._recheck(channel.streams - {reader})
                    continue
                except Exception as error:
                    log.warning("live.unread", error=str(error))
                    channel.missed = True
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                self._hand(channel, batch.shown)
                channel.missed |= resync and len(batch.shown) == BATCH
                if not batch.shown:
                    channel.wanted = channel.last  # told of an entry that is not there: nothing to wait for
                if resync and not channel.missed:
                    for stream in channel.streams:
                        stream.tell(frames.RESYNC)
        finally:
            channel.busy = False

    def _hand(self, channel: Channel, found: Iterable[Shown]) -> None:
        for shown in found:
            frame = frames.entries([shown], len(channel.streams))
            channel.kept.append(shown)
            channel.last = shown.seq
            for stream in channel.streams:
                stream.push(shown.seq, frame)

    # --- Who may still watch -------------------------------------------------------------------------------------------

    def _recheck(self, doubted: Iterable[Stream]) -> None:
        """Hold these streams and ask about each now."""
        doubted = list(doubted)
        for stream in doubted:
            stream.hold()
        self._check(doubted)

    def _check(self, asked: Iterable[Stream]) -> None:
        """Ask about each, once for streams that are alike. An answer to an older question does not count: it may be older than a doubt."""
        question = next(self._questions)
        of: dict[Viewer, list[Stream]] = {}
        for stream in asked:
            stream.checking, stream.checked_at = question, self.loop.time()
            of.setdefault(stream.viewer, []).append(stream)
        for viewer, streams in of.items():
            self._do(self._ask(viewer, streams, question))

    async def _ask(self, viewer: Viewer, streams: list[Stream], question: int) -> None:
        try:
            refused = await self.thread(viewers.why_not_on, viewer)
        except Exception as error:  # the database is away, and with it every entry: ask again soon, send nothing to who is held
            log.warning("live.unchecked", error=str(error))
            for stream in streams:
                if stream.checking == question:
                    stream.checking, stream.checked_at = 0, self.loop.time() - CHECK_SECONDS + AGAIN_SECONDS
            return
        for stream in streams:
            if refused is not None:
                stream.end(refused)
            elif stream.checking == question:
                stream.checking = 0
                stream.release()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1)
            late = self.loop.time() - CHECK_SECONDS
            self._check([s for s in self.streams if not s.checking and s.checked_at < late])

    def _do(self, work: Any) -> None:
        task: asyncio.Task[None] = self.loop.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
