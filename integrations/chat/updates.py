"""Reading status updates: their parts stand between bars, `known | impact | doing | next 20m`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from incidents.states import Audience, PublicStatus
from integrations.chat.line import Line, minutes
from tenants.time import now

_PARTS = ("known", "impact", "doing")
_CAUSE = {"states-cause": True, "no-cause": False}


def audience(which: Audience) -> Callable[[Line], dict[str, Any]]:
    """Read an update for `which`. Impact and work that are left out stay as the last update of this audience said them."""
    return lambda line: _read(line, which)


def script(line: Line) -> dict[str, Any]:
    """The support script: one text, what to say."""
    return {"audience": Audience.SUPPORT.value, "known": line.text("Say what Support is to tell customers.")}


def public(line: Line) -> dict[str, Any]:
    """A public update begins with how far we are, and may go on with whether it gives a cause: `states-cause` or `no-cause`."""
    statuses = {status.value: status.value for status in PublicStatus}
    status = line.choice(statuses, f"A public update begins with one of {', '.join(statuses)}.")
    word, _, rest = line.rest.partition(" ")
    cause = _CAUSE.get(word.lower())
    if cause is None:
        return {"status": status, **_read(line, Audience.PUBLIC)}
    line.rest = rest.strip()
    return {"status": status, "states_cause": cause, **_read(line, Audience.PUBLIC)}


def _read(line: Line, which: Audience) -> dict[str, Any]:
    parts = [part.strip() for part in line.text("Say what is known, the impact, and what is being done.").split("|")]
    body: dict[str, Any] = {"audience": which.value}
    if parts and parts[-1].lower().startswith("next "):
        body["next_update_at"] = (now() + timedelta(minutes=minutes(parts.pop()[5:]))).isoformat()
    if len(parts) > len(_PARTS):
        line.teach("An update has three parts and the time of the next one.")
    before = next((update for update in line.facts.latest_updates if update.audience == which), None)
    for index, name in enumerate(_PARTS):
        said = parts[index] if index < len(parts) else ""
        if not said and name != "known" and before is not None:
            said = getattr(before, name)
        if not said:
            line.teach("An update says three things: what is known | the impact | what is being done.")
        body[name] = said
    return body
