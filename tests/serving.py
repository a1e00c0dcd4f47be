"""The portal's own edge under uvicorn, in a thread, for tests that need a server and not only a client."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn


@contextmanager
def served() -> Iterator[str]:
    """Serve on a free port while the block runs. Yields the address."""
    from portal.asgi import application

    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
