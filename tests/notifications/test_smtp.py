"""The line to the mail server: kept between messages, made anew when the far side has hung up, and never held beyond its time."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.core.mail import EmailMessage

from notifications import actions, smtp


class Server:
    """A mail server that counts connections, and can hang up after a message or answer one letter at a time."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.connections = 0
        self.texts: list[bytes] = []
        self.hangs_up = False
        self.drips = False
        self.ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.connections += 1
                threading.Thread(target=self._serve, args=[self.listening.accept()[0]], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            self._answer(client)
        finally:
            self.ended.set()

    def _answer(self, client: socket.socket) -> None:
        with suppress(OSError), client, client.makefile("rb") as lines:
            client.sendall(b"220 sink\r\n")
            while line := lines.readline().upper():
                if line.startswith(b"DATA"):
                    client.sendall(b"354 go on\r\n")
                    text = b"".join(iter(lines.readline, b".\r\n"))
                    if self.drips:
                        while True:  # each letter is in time, and the answer never ends
                            client.sendall(b"2")
                            self.ended.wait(0.01)
                    self.texts.append(text)
                client.sendall(b"250 ok\r\n")
                if line.startswith(b"DATA") and self.hangs_up:
                    return


@pytest.fixture
def server() -> Iterator[Server]:
    smtp._forget()  # a line of its own for each test
    made = Server()
    yield made
    made.listening.close()


def send(server: Server, subject: str, within: float = 5.0) -> None:
    """Hand one message over, as a delivery does."""
    backend = smtp.Backend(alias="default", host="127.0.0.1", port=server.port, within=within)
    backend.send_messages([EmailMessage(subject, "text", "muster@example.com", ["amira@acme.example"])])


def test_messages_share_a_connection(server: Server) -> None:
    for number in range(3):
        send(server, f"message {number}")
    assert len(server.texts) == 3
    assert server.connections - 1 == 1  # (the next is waited for)


def test_a_connection_that_the_far_side_ended_is_not_used_again(server: Server) -> None:
    server.hangs_up = True
    for number in range(3):
        send(server, f"message {number}")
        assert server.ended.wait(5)
        server.ended.clear()
    assert len(server.texts) == 3
    assert server.connections - 1 == 3


def test_an_idle_connection_is_hung_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.05)
    send(server, "one")
    assert server.ended.wait(10)
    send(server, "two")
    assert len(server.texts) == 2


def test_a_server_that_answers_without_end_is_cut_off_in_time(server: Server) -> None:
    """However it spreads its answer, the attempt ends before another process may try the same message."""
    server.drips = True
    with pytest.raises(smtp.TooSlow):
        send(server, "slow", within=0.3)
    assert server.ended.wait(5), "the connection still stands"
    server.drips = False
    server.ended.clear()
    send(server, "next")
    assert len(server.texts) == 1


def test_an_attempt_ends_before_its_lease() -> None:
    """The time to hand a message over and the time to record it fit into the lease, and leave some to begin."""
    assert actions.HAND_OVER + actions.MARGIN < actions.LEASE
    assert smtp.Backend(alias="default", host="127.0.0.1").within == actions.HAND_OVER.total_seconds()
