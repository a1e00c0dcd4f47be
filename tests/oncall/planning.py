"""Schedules of acme's team Shop, made through the API, and what is asked of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.incidents.scene import Scene

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    """An instant, such as "2026-06-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(scene: Scene, when: str | datetime) -> None:
    """Set the clock: the tests' days are of 2026, where nothing asks for the standard in force, which is newer."""
    wait = (utc(when) if isinstance(when, str) else when) - scene.clock.now
    scene.clock.advance(days=wait.days, seconds=wait.seconds, microseconds=wait.microseconds)


def made(answer: Any, status: int = 201) -> dict[str, Any]:
    """What an answer holds that must be a success."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: Any, status: int, code: str, field: str = "") -> str:
    """The sentence of a refusal that must be this one."""
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    if field:
        assert field in told["fields"], told
    return str(told["detail"])


def layer(scene: Scene, *people: str, **body: Any) -> dict[str, Any]:
    """The body of a weekly layer from Monday 1 June 2026, 09:00."""
    return {"people": [scene.email(who) for who in people], "starts_on": "2026-06-01", "handover_at": "09:00", **body}


def monday(scene: Scene) -> datetime:
    """Next week's Monday, 09:00 UTC."""
    today = scene.clock.now.replace(hour=9, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def plan(scene: Scene, time_zone: str = "UTC", *, team: str = "shop", layers: bool = True, start: datetime | None = None) -> str:
    """A schedule of the team from `start` on: Amira, Jon, Mei as primary, Jon, Mei, Amira as secondary, weekly."""
    at(scene, start or "2026-06-01 09:00")
    begins = {"starts_on": f"{scene.clock.now:%Y-%m-%d}"}
    admin = scene.api("admin")
    made(admin.post("schedules/", {"name": "Shop on call", "slug": "shop", "team": team, "time_zone": time_zone}))
    if layers:
        made(admin.post("schedules/shop/layers/", layer(scene, "amira", "jon", "mei", **begins)))
        made(admin.post("schedules/shop/layers/", layer(scene, "jon", "mei", "amira", duty="secondary", **begins)))
    return "shop"


def on(scene: Scene, when: str = "") -> dict[str, str | None]:
    """Duty -> name of who is on call, now or at an instant."""
    query = {"at": utc(when).isoformat()} if when else {}
    rows = made(scene.api("mei").get("oncall/now/", **query), 200)["results"]
    return {row["duty"]: row["name"] for row in rows}


def override(scene: Scene, who: str, start: str | datetime, end: str | datetime, **body: Any) -> Any:
    """Ask for an override; times are UTC."""
    begins, ends = (utc(when) if isinstance(when, str) else when for when in (start, end))
    asked = {"start": begins.isoformat(), "end": ends.isoformat(), **body}
    return scene.api(who).post("schedules/shop/overrides/", asked)
