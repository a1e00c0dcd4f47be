"""Reading the environment: every value that a deployment sets enters here, and a wrong one is a sentence with a hint."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def flag(name: str, default: bool = False) -> bool:
    """Whether `name` is set to a yes ("1", "true", "yes", "on")."""
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    """The words of `name`, separated by spaces or commas."""
    return os.environ.get(name, default).replace(",", " ").split()


def address(name: str) -> str:
    """The http(s) address in `name`, "" where it is not set. Refuses anything else with a sentence."""
    value = os.environ.get(name, "").strip()
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise ImproperlyConfigured(f"{name} is {value}, which is no http or https address.")
    return value


def numbers(name: str, default: str) -> dict[str, int]:
    """What `name` says as "word=number word=number", over what `default` says. Refuses anything else with a sentence."""
    found: dict[str, int] = {}
    for word in (*default.split(), *words(name)):
        key, _, value = word.partition("=")
        if not value.isdecimal():
            raise ImproperlyConfigured(f"{name} has {word}, which is not of the form channel=number, such as sms=1.")
        found[key] = int(value)
    return found


def secret_key() -> str:
    """Return the signing key: MUSTER_SECRET_KEY, or the content of the file that MUSTER_SECRET_KEY_FILE names.

    Without either, a key that is only good for commands which sign nothing; the system check muster.E001 refuses to serve with it.
    """
    return _secret("MUSTER_SECRET_KEY") or "insecure-" + "0" * 50


def secret_key_fallbacks() -> list[str]:
    """Return signing keys that were replaced: MUSTER_SECRET_KEY_FALLBACKS, or the content of the file that MUSTER_SECRET_KEY_FALLBACKS_FILE names."""
    return _secret("MUSTER_SECRET_KEY_FALLBACKS").split()


def context_key() -> str:
    """Return the key that signs contexts: MUSTER_CONTEXT_KEY, or the content of the file that MUSTER_CONTEXT_KEY_FILE names.

    Without either, "": no scope can be opened, which the system check muster.E005 says before anything is served.
    """
    return _secret("MUSTER_CONTEXT_KEY")


def _secret(name: str) -> str:
    """The value of `name`, or the content of the file that `<name>_FILE` names; "" without either."""
    if key := os.environ.get(name):
        return key
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="ascii").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    return ""


# A database that does not answer is away within seconds, also where nothing says that its host has gone.
_FAR_SIDE = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}


def database(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?host=/socket/folder` into Django's settings of one database."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"A database URL begins with postgresql://, not {parts.scheme or 'nothing'}://.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "muster",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "") or ""),
        "OPTIONS": _FAR_SIDE | query,
    }


def pool(least: int, most: int) -> dict[str, Any]:
    """A process's pool of connections to one database: at least and at most so many.

    The pool itself tries to connect again later and later: after an outage of a minute nobody had a connection for half a minute more.
    Here it gives up soon, and tries anew, about once a second.
    """
    return {"min_size": least, "max_size": most, "timeout": 10, "reconnect_timeout": 2, "reconnect_failed": _try_anew}


def _try_anew(of: Any) -> None:
    of.check()  # it looks whether it has too few, and adds one
