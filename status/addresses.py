"""The public addresses. They stand outside every organisation's portal, so they are written here and not reversed below its prefix."""

from django.conf import settings


def home(slug: str) -> str:
    """The path of an organisation's status page."""
    return f"/status/{slug}/"


def month(slug: str, of: str) -> str:
    """Of a month's history, such as "2026-11"."""
    return f"{home(slug)}history/{of}/"


def incident(slug: str, public_id: str) -> str:
    """Of what was said of one incident."""
    return f"{home(slug)}incidents/{public_id}/"


def postmortem(slug: str, public_id: str, ending: str = "") -> str:
    """Of its public post-mortem; `ending` "md" or "pdf" for the file."""
    return f"{home(slug)}post-mortems/{public_id}{f'.{ending}' if ending else '/'}"


def absolute(path: str) -> str:
    """The whole address of a path."""
    return f"{settings.BASE_URL}{path}"
