"""One origin, three kinds of work: a small raw edge for alert intake and live streams, static files, and Django in threads.

Measured, Django behind `a2wsgi` serves twice what its own ASGI handler does with synchronous views.
"""

import asyncio
import gc
import os
import resource
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal.wsgi import application as django_application

from a2wsgi import WSGIMiddleware  # isort: skip
from django.conf import settings  # isort: skip
from integrations.edge import Edge  # isort: skip
from portal import statics  # isort: skip
from portal.embedded import signs  # isort: skip
from portal.live.endpoint import LIVE, is_stream  # isort: skip
from portal.live.hub import MOST_STREAMS  # isort: skip

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

SIGN_EVERY_SECONDS = 5.0
THREADS = int(os.environ.get("MUSTER_THREADS", "10"))

_django = WSGIMiddleware(django_application, workers=THREADS)  # type: ignore[arg-type]
_edge = Edge()
_statics: Any = statics.served()

# What is loaded by now stays: looking through it for garbage, again and again, would hold up whoever waits.
gc.collect()
gc.freeze()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Route one connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] != "http":
        return  # no web sockets here: refused by saying nothing
    elif scope["path"].startswith(("/hooks/", "/v2/")):
        await _edge(scope, receive, send)
    elif is_stream(scope["path"]):
        await LIVE(scope, receive, send)
    elif scope["path"].startswith(settings.STATIC_URL):
        await _statics(scope, receive, send)
    elif _says_no_length(scope):
        await _length_required(send)
    else:
        await _django(scope, receive, send)  # type: ignore[arg-type]


async def _lifespan(receive: Receive, send: Send) -> None:
    turning: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _allow_many_connections()
            LIVE.start()
            turning = asyncio.create_task(_leave_signs())
            await send({"type": "lifespan.startup.complete"})
        else:
            if turning is not None:
                turning.cancel()
            await LIVE.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _leave_signs() -> None:
    """Say, as long as the loop turns, that it does."""
    while True:
        signs.leave()
        await asyncio.sleep(SIGN_EVERY_SECONDS)


def _allow_many_connections() -> None:
    """Each open stream is a file descriptor, and many systems begin with 1,024: take as many as this process may."""
    most, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_STREAMS * 2 if allowed == resource.RLIM_INFINITY else min(MOST_STREAMS * 2, allowed)
    if 0 <= most < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, allowed))


def _says_no_length(scope: Message) -> bool:
    """A chunked body: WSGI would read it without end."""
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])


async def _length_required(send: Send) -> None:
    body = (
        b'{"type":"about:blank","title":"Length required","status":411,"code":"length_required",'
        b'"detail":"Send the body with a Content-Length.","reasons":[]}'
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 411, "headers": headers})
    await send({"type": "http.response.body", "body": body})
