"""A client of the live feed: reads one stream in a thread, as a browser would, and keeps what came."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.test import Client

SECONDS = 15.0  # that a test waits for what must come; what must not come is asked after something that comes later


@dataclass(frozen=True)
class Said:
    """One event of a stream."""

    name: str
    data: dict[str, Any]
    id: int | None


class Watch:
    """One open stream. `entries` are what a client has of the record; `end` is why it ended, once it did."""

    def __init__(self, url: str, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> None:
        parts = urlsplit(url)
        self._link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._link.request(method, path, headers=headers or {})
        self._socket = self._link.sock
        self._answer = self._link.getresponse()
        self.status, self.headers = self._answer.status, self._answer.headers
        self.said: list[Said] = []
        self.closed = False
        self.raw = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        if self.status == 200:
            self._thread.start()
        else:
            self.raw = self._answer.read()
            self.closed = True
            self._link.close()

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document of a refusal."""
        return dict(json.loads(self.raw))

    def named(self, name: str) -> list[Said]:
        """What came of one name."""
        return [said for said in self.said if said.name == name]

    @property
    def seqs(self) -> list[int]:
        """The numbers of the entries that came, as they came."""
        return [int(said.data["seq"]) for said in self.named("entry")]

    def until(self, true: Callable[[Watch], object]) -> Watch:
        """Wait for something that must come."""
        end = time.monotonic() + SECONDS
        while not true(self):
            assert time.monotonic() < end, f"it did not come; came: {self.said}, closed: {self.closed}"
            time.sleep(0.01)
        return self

    def ready(self) -> Watch:
        """Wait until the stream is live."""
        return self.until(lambda watch: watch.named("ready"))

    def close(self) -> None:
        """Go away."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(5)
        self._answer.close()
        self._link.close()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for line in self._answer:
                self.raw += line
                text = line.decode().rstrip("\n")
                if text == "" and event:
                    number = int(event["id"]) if "id" in event else None
                    self.said.append(Said(event["event"], json.loads(event["data"]), number))
                    event = {}
                elif text and not text.startswith(":"):
                    name, _, value = text.partition(": ")
                    event[name] = value
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed by the test, or cut off
        self.closed = True


class Room:
    """A room's page as a person's browser has it: its ticket, and the cookie of their session."""

    def __init__(self, url: str, client: Client, slug: str, ref: str) -> None:
        self.url, self.client, self.path = url, client, f"/o/{slug}/incidents/{ref}/"
        page = client.get(self.path, headers={"Host": "127.0.0.1"})
        assert page.status_code == 200
        self.html = page.content.decode()
        found = re.search(r'data-ticket="([^"]+)" data-after="(\d+)"', self.html)
        assert found is not None
        self.ticket, self.after = found[1], int(found[2])

    @property
    def cookie(self) -> dict[str, str]:
        """The session's."""
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.client.cookies[settings.SESSION_COOKIE_NAME].value}"}

    def watch(self, *, after: int | None = None, ticket: str | None = None, **headers: str) -> Watch:
        """Open the stream as the page does."""
        query = f"after={self.after if after is None else after}&ticket={quote(self.ticket if ticket is None else ticket)}"
        return Watch(self.url, f"{self.path}stream?{query}", {**self.cookie, **headers})


def by_token(url: str, token: str, ref: str, *, after: int = 0, **headers: str) -> Watch:
    """Open the stream as a machine does."""
    return Watch(url, f"/api/v1/incidents/{ref}/stream?after={after}", {"Authorization": f"Bearer {token}", **headers})
