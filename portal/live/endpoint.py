"""The raw door of the live feed, beside Django: a stream costs a few kilobytes, no thread and no database connection."""

import asyncio
import io
import re
import signal
import threading
import uuid
from types import FrameType

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError

from portal import problems
from portal.live import viewers
from portal.live.hub import Hub
from portal.live.stream import Message, Receive, Send
from portal.live.viewers import Viewer
from tenants.refusals import Reason, Refused, invalid

log = structlog.get_logger(__name__)

_PAGE = re.compile(r"^/o/(?P<slug>[a-z][a-z0-9-]{1,39})/incidents/(?P<ref>[^/]+)/stream$")
_API = re.compile(r"^/api/v1/incidents/(?P<ref>[^/]+)/stream$")


def is_stream(path: str) -> bool:
    """Whether this address is a stream's."""
    return path.endswith("/stream") and bool(_PAGE.match(path) or _API.match(path))


class Live:
    """The ASGI application of the streams. `start` and `stop` belong to the server's lifespan."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def start(self) -> Hub:
        """Begin to listen, once a server. On SIGTERM the streams end before the server waits for its connections."""
        loop = asyncio.get_running_loop()
        if self.hub is None or self.hub.loop is not loop:
            self.hub = Hub()
            self.hub.start()
            if threading.current_thread() is threading.main_thread():
                _before(signal.SIGTERM, self.hub, loop)
                _before(signal.SIGINT, self.hub, loop)
        return self.hub

    async def stop(self) -> None:
        """End all streams."""
        if self.hub is not None:
            await self.hub.stop()

    def figures(self) -> dict[str, float]:
        """For /metrics, read from other threads: streams open, whether the hub listens, how often it lost its connection."""
        hub = self.hub
        if hub is None:
            return {"streams": 0, "listening": 0, "losses": 0}
        return {"streams": len(hub.streams), "listening": int(hub.listening), "losses": max(hub.losses, 0)}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one stream, or say why not as a problem document."""
        request_id = uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                request = _request(scope, request_id)
                hub = self.start()  # already done, where the server has a lifespan
                viewer = await _admit(hub, request)
                stream = hub.join(viewer, _after(request))
            except Refused as refused:
                await _problem(send, refused, request_id)
                return
            except (OperationalError, InterfaceError) as error:
                log.warning("live.database_away", error=str(error))
                await _problem(send, problems.away(), request_id)
                return
            try:
                await stream.serve(hub, receive, send)
            finally:
                hub.leave(stream)


LIVE = Live()


async def _admit(hub: Hub, request: ASGIRequest) -> Viewer:
    if match := _PAGE.match(request.path):
        return await hub.thread(viewers.admit_page, request, match["slug"], match["ref"])
    return await hub.thread(viewers.admit_token, request, request.path.split("/")[4])


def _before(number: signal.Signals, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
    """End the streams when this signal comes, and then do what was done before: the server waits for open connections."""
    then = signal.getsignal(number)

    def ended(signum: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(hub.close)
        if callable(then):
            then(signum, frame)

    if callable(then):
        signal.signal(number, ended)


def _request(scope: Message, request_id: str) -> ASGIRequest:
    """The request as Django's own code reads it. Refuses another method, host or scheme than the rest of Muster would take."""
    request = ASGIRequest(scope, io.BytesIO())
    request.request_id = request_id  # type: ignore[attr-defined]
    try:
        request.get_host()
    except DisallowedHost as error:
        raise Refused(Reason("no_such_host", "Muster does not answer to this host name.", status=404)) from error
    if request.method != "GET":
        raise problems.WithStatus(Reason("method_not_allowed", "A stream is read with GET.", status=405))
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise Refused(Reason("https_only", "Use https.", status=403))
    return request


def _after(request: ASGIRequest) -> int:
    """The number of the last entry that the client has: `Last-Event-ID` of a browser that comes back, else `?after=`."""
    value = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= 10) or int(value) >= 2**31:
        raise invalid("after", f"This is a whole number from 0 to {2**31 - 1}.")
    return int(value)


async def _problem(send: Send, refused: Refused, request_id: str) -> None:
    body = orjson.dumps(problems.body(refused, request_id))
    headers = [
        (b"content-type", problems.CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
    ]
    if refused.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="muster"'))
    if refused.status == 405:
        headers.append((b"allow", b"GET"))
    if refused.status in (429, 503):
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
