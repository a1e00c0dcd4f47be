"""A sender of alerts: integrations are added by the API, and requests go through the edge as a server passes them on."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from integrations.edge import Edge
from tests.conftest import Cast, Door, Person

type Answer = tuple[int, Any]


@dataclass
class Wire:
    """acme's monitoring, and acme's people who look at what came of it."""

    acme: Cast
    globex: Cast
    door: Callable[[Person], Door]
    browse: Callable[[Person], Client]

    def add(self, kind: str, **body: Any) -> dict[str, Any]:
        """Add an integration as the administrator. Returns what is shown once."""
        answer = self.door(self.acme.admin).post("integrations/", {"kind": kind, "name": f"{kind} {uuid.uuid4().hex}", **body})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, body: Any, method: str = "POST", **headers: str) -> Answer:
        """One request. Returns the status and the document of its answer."""
        return self.at_once((path, body), method=method, **headers)[0]

    def at_once(self, *requests: tuple[str, Any], method: str = "POST", **headers: str) -> list[Answer]:
        """Requests at the same time. `headers` by name, with underscores for dashes."""
        edge = Edge()
        raw = [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in headers.items()]

        async def one(path: str, body: Any) -> Answer:
            sent: list[Any] = []
            content = body if isinstance(body, bytes) else json.dumps(body).encode()

            async def receive() -> Any:
                return {"type": "http.request", "body": content, "more_body": False}

            async def send(message: Any) -> None:
                sent.append(message)

            await edge({"type": "http", "method": method, "path": path, "headers": raw}, receive, send)
            return sent[0]["status"], json.loads(sent[1]["body"])

        async def everything() -> list[Answer]:
            return list(await asyncio.gather(*(one(path, body) for path, body in requests)))

        try:
            return asyncio.run(everything())
        finally:
            edge.threads.shutdown()

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """The alerts of this name, oldest first."""
        rows: list[dict[str, Any]] = self.door(self.acme.amira).get("alerts/").json()["results"]
        return [row for row in reversed(rows) if row["name"] == name]

    def waiting(self, title: str) -> list[dict[str, Any]]:
        """What waits in triage under this title."""
        rows: list[dict[str, Any]] = self.door(self.acme.amira).get("triage/", state="waiting").json()["results"]
        return [row for row in rows if row["title"] == title]

    def page(self, integration: int) -> str:
        """The integration's page, as the administrator reads it."""
        html = self.browse(self.acme.admin).get(f"/o/acme/integrations/{integration}/").content.decode()
        return html.replace("&#x27;", "'").replace("&quot;", '"')
