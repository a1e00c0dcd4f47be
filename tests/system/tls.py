"""TLS before a portal that speaks plain HTTP, as a reverse proxy does it; with a certificate that nobody has signed."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.monitoring import program


@contextmanager
def over_tls(folder: Path, port: int) -> Iterator[tuple[str, ssl.SSLContext]]:
    """Pass what comes by TLS on to a port of this machine. Gives the address, and a context that trusts its certificate."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    named = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(key), "-out", str(certificate))
    made = (program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *named, *files)
    subprocess.run(made, check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=_pass_on, args=(serving, plain, port)))
            threads[-1].start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}", ssl.create_default_context(cafile=str(certificate))
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(10)


def _pass_on(serving: ssl.SSLContext, plain: socket.socket, port: int) -> None:
    """One connection, until either side ends it. Requests are answered one after the other, so one direction at a time is enough."""
    with contextlib.suppress(OSError), plain:
        plain.settimeout(5)
        with serving.wrap_socket(plain, server_side=True) as client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_copy, args=(server, client))
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
