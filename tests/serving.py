"""The portal's own edge under uvicorn, in a thread, for tests that need a server and not only a client."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn


@contextmanager
def served(port: int = 0) -> Iterator[str]:
    """Serve on this port, or a free one, while the block runs. Yields the address."""
    from portal.asgi import application
    from portal.live.endpoint import LIVE

    with closing(socket.socket()) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            if LIVE.hub is not None:  # what the signal that stops a process does there
                LIVE.hub.loop.call_soon_threadsafe(LIVE.hub.close)
            server.should_exit = True
            thread.join(10)
