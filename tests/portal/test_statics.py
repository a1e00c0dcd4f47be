"""Static files come from the edge: hashed names are kept for good, plain ones for an hour, and Django is not asked."""

import asyncio
import re
from typing import Any

import pytest
from django.conf import settings
from django.templatetags.static import static

from portal import asgi


def ask(path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """One request at the portal's door. Returns status, headers and body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": b"", "headers": []}
    asyncio.run(asgi.application({**scope, "raw_path": path.encode(), "asgi": {"version": "3.0"}}, receive, send))
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture(autouse=True)
def django_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise AssertionError("Django was asked for a static file")

    monkeypatch.setattr(asgi, "_django", refuse)


def test_a_template_names_a_file_by_its_content_and_browsers_keep_it_for_good() -> None:
    address = static("css/app.css")
    assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", address)
    status, headers, body = ask(address)
    assert status == 200
    assert body == (settings.BASE_DIR / "static/css/app.css").read_bytes()
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/css")
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_a_plain_name_is_asked_for_again() -> None:
    status, headers, _ = ask("/static/css/app.css")
    assert (status, headers["cache-control"]) == (200, "max-age=3600, public")


def test_what_is_not_there_is_not_found_and_nothing_outside_is_reached() -> None:
    for path in ("/static/css/nothing.css", "/static/", "/static/../manage.py", "/static/css/app.000000000000.css"):
        assert ask(path)[0] == 404, path
    assert ask("/static/css/app.css", "POST")[0] == 405
