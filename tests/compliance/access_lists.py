"""Lists of who has access, for the tests: a production system, and what a source says of it."""

from typing import Any

from tests.incidents.scene import Scene

LIST: list[dict[str, Any]] = [
    {"principal": "jon@acme.example", "entitlement": "cluster-admin", "privileged": True},
    {"principal": "svc-deploy", "entitlement": "deploy", "privileged": True},
    {"principal": "mei@acme.example", "entitlement": "read logs", "privileged": False},
]


def register(scene: Scene, name: str = "Kubernetes") -> str:
    """Register a production system. Returns its short name."""
    answer = scene.api("admin").post("access/systems/", {"name": name})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["slug"])


def take_in(scene: Scene, slug: str, facts: list[dict[str, Any]], *, whole: bool = True, source: str = "okta") -> dict[str, Any]:
    """Take a list in by API. Returns the run."""
    answer = scene.api("admin").post(f"access/systems/{slug}/facts/", {"source": source, "whole": whole, "facts": facts})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found
