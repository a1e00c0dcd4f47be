"""A real SMTP server that keeps what it is sent, and can be told to hold, to be slow or to refuse."""

import asyncio
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

GREETED_WITHIN = 10.0


@dataclass
class Mail:
    """One attempt: a message whose text arrived whole, whatever the sink then answered."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    key: str
    subject: str
    text: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    accepted: bool = False
    """Whether it was answered with 250; the sender may have died before that."""


class Sink:
    """The server, in a thread of its own, while the block runs."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.port = 0
        self.refusal = ""
        """What to answer instead of taking a message, such as "451 4.3.0 Try again later"; "" takes it."""
        self.turned_away = 0
        """How many messages were refused."""
        self.delay = 0.0
        """Seconds to let the sender wait for the answer to its message."""
        self.held = False
        """Whether to take no decision at all: the sender waits for its answer until `release()`."""
        self.folder: Path | None = None
        """Where to leave each message as a file too."""
        self._connections: list[SMTP] = []
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="sink")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(GREETED_WITHIN), "the SMTP sink did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(self._greet, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.abort()  # type: ignore[attr-defined]

    def _greet(self) -> SMTP:
        connection = SMTP(_Handler(self), hostname="sink.example", enable_SMTPUTF8=True, timeout=60)
        self._connections.append(connection)
        return connection

    def hold(self) -> None:
        """From now on, let every sender wait after its message has arrived: what it sends is in flight."""
        self.held = True

    def release(self) -> None:
        """Answer those who wait, and everybody from now on."""
        self.held = False

    def behave(self) -> None:
        """Be an ordinary server again."""
        self.held, self.delay, self.refusal, self.folder = False, 0.0, "", None

    def attempts(self) -> Counter[str]:
        """How often each message arrived, by its X-Muster-Key."""
        return Counter(mail.key for mail in list(self.mails))

    def to(self, address: str) -> list[Mail]:
        """What was sent to one address, the oldest first."""
        return [mail for mail in list(self.mails) if address in mail.recipients]


class _Handler:
    """aiosmtpd's hooks. It finds them by name."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]) -> str:
        if self.sink.refusal.startswith("421"):
            self.sink.turned_away += 1
            return self.sink.refusal
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = _read(envelope)
        self.sink.mails.append(mail)
        if self.sink.folder is not None:
            (self.sink.folder / mail.key).write_bytes(envelope.original_content or b"")
        await asyncio.sleep(self.sink.delay)
        while self.sink.held:
            await asyncio.sleep(0.02)
        if self.sink.refusal:
            self.sink.turned_away += 1
            return self.sink.refusal
        mail.accepted = True
        return "250 OK"


def _read(envelope: Envelope) -> Mail:
    content: Any = envelope.content or b""
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    return Mail(
        sender=envelope.mail_from or "",
        recipients=tuple(str(address) for address in envelope.rcpt_tos),
        message_id=str(message["Message-ID"]),
        key=str(message["X-Muster-Key"] or ""),
        subject=str(message["Subject"]),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
    )


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
