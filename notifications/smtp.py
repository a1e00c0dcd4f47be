"""The line to the mail server: kept for a while between messages, and never longer on one message than it may.

Django's own backend opens and closes a connection for each message. This one keeps it for a few idle seconds, a minute at most, and
looks whether the far side has hung up before it is used again; several, where several messages are under way (notifications/lanes.py).
Whatever goes wrong ends the connection: the next message has a new one.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

WITHIN_SECONDS = 6.0  # for one message, all in all: shorter than a delivery's lease (notifications/actions.py, HAND_OVER)
IDLE_SECONDS = 5.0
LIFE_SECONDS = 60.0
MESSAGES_MOST = 100


class _Kept:
    """A connection that was used, with the options it was made for. One thread's at a time."""

    def __init__(self, options: tuple[Any, ...], connection: Any) -> None:
        self.options = options
        self.connection = connection
        self.made_at = self.used_at = time.monotonic()
        self.messages = 0

    def is_good(self) -> bool:
        """Whether it may be used once more: young, in use until a moment ago, and nothing unasked came from the far side."""
        moment = time.monotonic()
        if moment - self.used_at > IDLE_SECONDS or moment - self.made_at > LIFE_SECONDS or self.messages >= MESSAGES_MOST:
            return False
        try:
            readable, _, _ = select.select([self.connection.sock], [], [], 0)
        except (OSError, ValueError, TypeError):
            return False
        return not readable  # the end of the connection, or a "421 closing": both are there to be read


class _Line:
    """The kept connections of this process, as many as it uses at a time, and the thread that hangs up once nobody uses them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free: list[_Kept] = []
        self.watched = False

    def take(self, options: tuple[Any, ...]) -> _Kept | None:
        """A kept connection that is free and good: the one that was used last."""
        while True:
            with self.lock:
                if not self.free:
                    return None
                kept = self.free.pop()
            if kept.options == options and kept.is_good():
                return kept
            hang_up(kept.connection)

    def give_back(self, kept: _Kept) -> None:
        """Keep it for the next message."""
        kept.used_at = time.monotonic()
        with self.lock:
            self.free.append(kept)
            start, self.watched = not self.watched, True
        if start:
            threading.Thread(target=self._watch, name="smtp", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(IDLE_SECONDS)
            with self.lock:
                over = [kept for kept in self.free if not kept.is_good()]
                self.free = [kept for kept in self.free if kept not in over]
                goes_on = self.watched = bool(self.free)
            for kept in over:
                hang_up(kept.connection)
            if not goes_on:
                return


def hang_up(connection: Any) -> None:
    """End a connection without waiting for what the far side says to that."""
    with suppress(OSError, AttributeError, ValueError):
        connection.sock.settimeout(0.5)
        connection.sock.sendall(b"QUIT\r\n")
    connection.close()


_line = _Line()


def _forget() -> None:
    """A forked process shares no connection with its parent, and says nothing on it."""
    global _line
    _line = _Line()


os.register_at_fork(after_in_child=_forget)


class TooSlow(TimeoutError):
    """The mail server did not take a message in the time there is for it."""


_ANY = EmailBackend.__new__(EmailBackend)  # an address is prepared alike by all of them


@lru_cache(maxsize=512)
def _prepared(address: str, force_ascii: bool) -> str:
    prepared: str = EmailBackend.prep_address(_ANY, address, force_ascii)
    return prepared


class Backend(EmailBackend):
    """Django's SMTP backend on a kept line. `within` is how many seconds one message may take, all in all."""

    def __init__(self, *, within: float = WITHIN_SECONDS, **options: Any) -> None:
        super().__init__(timeout=within, **options)
        self.within = within
        self._partial_connection: Any = None

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        """Send one message after the other. Raises what smtplib raises, or TooSlow."""
        for message in email_messages:
            self._send_one(message)
        return len(email_messages)

    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """An address as the mail server is told it. Raises ValueError for what is none; whom much is sent to is parsed once."""
        return _prepared(str(address), force_ascii)

    def _send_one(self, message: Any) -> None:
        began = time.monotonic()
        options = (self.host, self.port, self.username, self.use_tls, self.use_ssl)
        kept = _line.take(options)
        self.connection = kept.connection if kept else None
        over = threading.Event()
        guard = threading.Timer(self.within, self._cut, [over])
        guard.daemon = True
        guard.start()
        try:
            self.open()
            if time.monotonic() - began > self.within:  # such as a name that took long to resolve
                raise TooSlow(f"the mail server did not answer within {self.within:g} s")
            self._send(message)  # type: ignore[attr-defined]
        except Exception as error:
            self._drop()
            if over.is_set():
                raise TooSlow(f"the mail server did not take it within {self.within:g} s") from error
            raise
        finally:
            guard.cancel()
        if over.is_set():  # it was taken at the last moment, and its connection has ended
            self._drop()
            return
        kept = kept or _Kept(options, self.connection)
        kept.messages += 1
        self.connection = None
        _line.give_back(kept)

    def _cut(self, over: threading.Event) -> None:
        """The time is over: whoever waits for the far side is woken by the end of the connection."""
        over.set()
        for connection in (self.connection, self._partial_connection):
            sock = getattr(connection, "sock", None)
            if sock is not None:
                with suppress(OSError):  # it has ended by itself
                    sock.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        for connection in (self.connection, self._partial_connection):
            if connection is not None:
                hang_up(connection)
        self.connection = self._partial_connection = None
