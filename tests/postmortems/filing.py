"""What the tests of action items share: filing them by API, and the sprints counted by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.incidents.scene import Scene

SPRINT = timedelta(days=14)  # of the cast's calendar, in UTC, from a Monday
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
BODY = {"title": "Add a lock timeout", "kind": "prevention", "owner": "jon@acme.example"}


def sprint_end(moment: datetime, sprints: int) -> datetime:
    """The end of the n-th sprint that begins after a moment, counted one by one."""
    begins = FIRST
    while begins <= moment:
        begins += SPRINT
    return begins + sprints * SPRINT


def filing(scene: Scene, ref: str, who: str = "amira", **body: Any) -> Any:
    """Ask to file an item by API; whatever the answer is."""
    return scene.api(who).post("action-items/", {"incident": ref, **BODY, **body})


def filed(scene: Scene, ref: str, who: str = "amira", **body: Any) -> dict[str, Any]:
    """File an item by API. Returns it."""
    answer = filing(scene, ref, who, **body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def item_verb(scene: Scene, who: str, item: str, verb: str, **body: Any) -> Any:
    """Ask for a verb of an item by API; whatever the answer is."""
    return scene.api(who).post(f"action-items/{item}/{verb}/", body)


def item_do(scene: Scene, who: str, item: str, verb: str, **body: Any) -> dict[str, Any]:
    """Do a verb of an item by API. Returns the item."""
    answer = item_verb(scene, who, item, verb, **body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def listed(scene: Scene, who: str = "amira", **query: Any) -> list[str]:
    """The references of the items that a list shows, newest first."""
    answer = scene.api(who).get("action-items/", **query)
    assert answer.status_code == 200, answer.content
    return [row["ref"] for row in answer.json()["results"]]


def codes(answer: Any) -> list[str]:
    """The codes of a refusal."""
    return [error["code"] for error in answer.json().get("reasons", [])]


def day(moment: datetime) -> date:
    """A moment's date in UTC."""
    return moment.astimezone(UTC).date()
