"""Static files: named by what is in them, served at the edge before Django is asked, and kept by browsers for good.

`{% static "css/app.css" %}` gives `/static/css/app.<hash>.css`. A plain name is served too (style sheets name fonts and each
other so), and asked for again after an hour.
"""

import hashlib
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from servestatic.asgi import ServeStaticASGI

MAX_AGE = 3600  # seconds, of a plain name
HASH = 12  # hex digits: what ServeStatic takes for a name that never changes its content


def hashed(name: str, path: str) -> str:
    """The name of a file with the hash of its content before its suffix."""
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:HASH]
    pure = PurePosixPath(name)
    return str(pure.with_name(f"{pure.stem}.{digest}{pure.suffix}"))


@lru_cache(maxsize=1024)
def _public_name(name: str) -> str:
    path = finders.find(name)
    return hashed(name, path) if isinstance(path, str) and Path(path).is_file() else name


class HashedNames(StaticFilesStorage):
    """Django's storage of static files, which gives each its hashed name; while developing the plain one."""

    def url(self, name: str | None) -> str:
        """The address of a file."""
        if name and not settings.DEBUG and not name.endswith("/"):
            name = _public_name(name)
        return super().url(name)


def served() -> ServeStaticASGI:
    """The ASGI application of everything below STATIC_URL; what it does not have is a 404."""
    # (Nothing of another origin needs our files; a file that is opened by itself runs nothing.)
    made = ServeStaticASGI(
        None,
        autorefresh=settings.DEBUG,
        max_age=0 if settings.DEBUG else MAX_AGE,
        allow_all_origins=False,
        add_headers_function=_harden,
    )
    for finder in finders.get_finders():
        for path, storage in finder.list(None):
            inside = "/".join(part for part in ((getattr(storage, "prefix", "") or "").strip("/"), path) if part)
            full = storage.path(path)
            for name in dict.fromkeys((inside, hashed(inside, full))):
                if f"{settings.STATIC_URL}{name}" not in made.files:  # the first finder that has a name has it
                    made.add_file_to_dictionary(f"{settings.STATIC_URL}{name}", full)
            made.insert_directory(storage.location, settings.STATIC_URL)
    return made


def _harden(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    asks = "; connect-src 'self'" if PurePosixPath(url).name.startswith("push-worker.") else ""  # it acknowledges by itself
    headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'unsafe-inline'{asks}"
    if settings.SECURE:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
