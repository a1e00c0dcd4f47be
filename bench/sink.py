"""A real SMTP server that notes when each message came, and what its text names. Prints one JSON document at SIGTERM."""

import asyncio
import email
import json
import re
import signal
import sys
import time
from typing import Any

from aiosmtpd.smtp import SMTP

NAMED = re.compile(r"bench-([0-9a-f]{16})")


class Noting:
    """Takes every message."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        self.keys: dict[str, int] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        at = time.time()
        message = email.message_from_bytes(envelope.content)
        text = str(message["Subject"]).replace("\n", "") + message.get_payload()
        for name in set(NAMED.findall(text)):
            self.first.setdefault(name, at)
        key = message["X-Muster-Key"]
        self.keys[key] = self.keys.get(key, 0) + 1
        return "250 OK"


async def main(port: int) -> None:
    noting = Noting()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: SMTP(noting, hostname="sink.example", loop=loop), "127.0.0.1", port)
    await stop.wait()
    server.close()
    json.dump({"first": noting.first, "keys": noting.keys}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
