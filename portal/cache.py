"""A cache that carries the tenant in its keys, and whose absence costs speed, not service."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from tenants.scope import current

log = structlog.get_logger(__name__)


def tenant_key(key: str, prefix: str, version: int) -> str:
    """`<prefix>:<organisation or "-">:<version>:<key>`."""
    scope = current()
    return f"{prefix}:{scope.organisation_id if scope else '-'}:{version}:{key}"


class TenantRedisCache(RedisCache):
    """Django's own, but a server that is away is a miss: sign-in works, only throttling is blind for that time."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default`."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            log.warning("cache.away", error=str(error))
            return default

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Keep a value, if the server is there."""
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            log.warning("cache.away", error=str(error))

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Keep a value that is not there yet; True where the server is away."""
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            log.warning("cache.away", error=str(error))
            return True

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value, if the server is there."""
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            log.warning("cache.away", error=str(error))
            return False
