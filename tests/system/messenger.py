"""A messenger that a person may choose as a contact method: a real HTTP server that keeps what it is sent, and can be told to hang."""

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Said:
    """One message that arrived whole."""

    title: str
    text: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Messenger:
    """The server while the block runs, at `url` as apprise writes it."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.hanging = 0
        """How many requests wait for an answer that does not come."""
        self._goes_on = threading.Event()
        self._goes_on.set()
        messenger = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not messenger._goes_on.is_set():
                    messenger.hanging += 1
                    messenger._goes_on.wait()
                    return  # whoever asked has long hung up
                messenger.said.append(Said(told["title"], told["message"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self._server.server_address[1]}/"

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._goes_on.clear()

    def about(self, name: str) -> Said | None:
        """The first message whose title names this."""
        return next((said for said in list(self.said) if name in said.title), None)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="messenger", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._goes_on.set()
        self._server.shutdown()
        self._server.server_close()
