"""Schedules of acme's team Shop, made through the API, and what is asked of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.incidents.scene import Scene

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    """An instant, such as "2026-06-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(scene: Scene, text: str) -> None:
    """Set the clock: the tests' days are of 2026."""
    wait = utc(text) - scene.clock.now
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


def plan(scene: Scene, time_zone: str = "UTC", *, team: str = "shop", layers: bool = True) -> str:
    """A schedule of the team: Amira, Jon, Mei as primary, Jon, Mei, Amira as secondary, weekly. Returns its short name."""
    at(scene, "2026-06-01 09:00")
    admin = scene.api("admin")
    made(admin.post("schedules/", {"name": "Shop on call", "slug": "shop", "team": team, "time_zone": time_zone}))
    if layers:
        made(admin.post("schedules/shop/layers/", layer(scene, "amira", "jon", "mei")))
        made(admin.post("schedules/shop/layers/", layer(scene, "jon", "mei", "amira", duty="secondary")))
    return "shop"


def on(scene: Scene, when: str = "") -> dict[str, str | None]:
    """Duty -> name of who is on call, now or at an instant."""
    query = {"at": utc(when).isoformat()} if when else {}
    rows = made(scene.api("mei").get("oncall/", **query), 200)["results"]
    return {row["duty"]: row["name"] for row in rows}


def override(scene: Scene, who: str, start: str, end: str, **body: Any) -> Any:
    """Ask for an override; times are UTC."""
    asked = {"start": utc(start).isoformat(), "end": utc(end).isoformat(), **body}
    return scene.api(who).post("schedules/shop/overrides/", asked)
