"""A channel for the tests, as settings name one by dotted path: it keeps what it is given, and fails when it is told to."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from django.test import override_settings

from notifications import transports
from notifications.transports import Message, TransportError


class Outside:
    """The far side. `answers` are what it does next: None takes the message, an exception is raised; then it takes everything."""

    answers: ClassVar[list[BaseException | None]] = []
    broken: ClassVar[dict[str, BaseException]] = {}  # address -> what comes of every message that goes there
    hangs: ClassVar[dict[str, threading.Event]] = {}  # address -> what every message that goes there waits for
    asked: ClassVar[list[str]] = []
    taken: ClassVar[list[tuple[str, Message]]] = []

    def send(self, message: Message, *, key: str) -> str:
        """Take it, or fail."""
        self.asked.append(key)
        if message.address in self.hangs:
            assert self.hangs[message.address].wait(60), "nobody let it go on"
        answer = self.answers.pop(0) if self.answers else None
        answer = answer or self.broken.get(message.address)
        if answer is not None:
            raise answer
        self.taken.append((key, message))
        return "taken"

    @classmethod
    def clear(cls) -> None:
        """Forget everything."""
        for kept in (cls.answers, cls.broken, cls.hangs, cls.asked, cls.taken):
            kept.clear()


def refuses(times: int) -> list[BaseException | None]:
    """Answers of a far side that takes nothing for a while."""
    return [TransportError("451 try again") for _ in range(times)]


@contextmanager
def by_email() -> Iterator[type[Outside]]:
    """E-mail goes to this far side while the block runs; the portal's inbox is its own."""
    with by({"email": "tests.notifications.outside.Outside", "inbox": "notifications.transports.Inbox"}) as far_side:
        yield far_side


@contextmanager
def by(channels: Mapping[str, str]) -> Iterator[type[Outside]]:
    """Messages go by these channels while the block runs, to a far side that has forgotten everything."""
    Outside.clear()
    with override_settings(MUSTER_TRANSPORTS=channels):
        transports.transport.cache_clear()
        yield Outside
    transports.transport.cache_clear()
