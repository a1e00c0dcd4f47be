"""Redis as a broker, whose closed connection fails as a broken one does.

When the broker dies with messages in a worker's hands, Celery closes the connection, and kombu, on its way out, gives back what was not
acknowledged through a connection that it has already let go of: an AttributeError (kombu 5.7), which to Celery is no trouble with the
broker but the end of the worker. With a connection error in its place the worker does what it does about those: it connects again.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError

PLACE = f"{__name__}:Transport"


class Channel(redis.Channel):
    """A channel that says so when its connection is gone."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("This connection to the broker was closed.")
        params: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]  # not in kombu's types
        return params


class Transport(redis.Transport):
    """What `redis://`, `rediss://` and `redis+socket://` mean here."""

    Channel = Channel


def install() -> None:
    """Have kombu use it."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = PLACE
