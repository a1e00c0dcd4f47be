"""Logs: one line an event, key=value, to standard error; the supervisor or the platform keeps them."""

import logging
import logging.config
import os
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Secrets that stand in addresses: credentials by their shape (tenants/credentials.py), and signed links by their place.
_CREDENTIAL = re.compile(r"\b([a-z]{2,8}_[a-z0-9]{12}_)[A-Za-z0-9]{40,64}")
_SIGNED = re.compile(r"/(ack|custody)/[^/\s\"?]+")


def without_secrets(_: object, __: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A line of the log without what opens a door: Django tells the path of each request that it refuses."""
    for name, value in told.items():
        if isinstance(value, str):
            told[name] = _SIGNED.sub(r"/\1/(secret)", _CREDENTIAL.sub(r"\1(secret)", value))
    return told


def configure(_: object = None) -> None:
    """Send structlog's and the libraries' records through one formatter."""
    level = os.environ.get("MUSTER_LOG_LEVEL", "INFO").upper()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        without_secrets,
                        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {"django.server": {"level": "WARNING"}, "celery": {"level": "WARNING"}},
        }
    )
