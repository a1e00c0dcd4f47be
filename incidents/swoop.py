"""The polite script for an executive who comes into the room, filled with what is so now (clause warroom.exec-swoop)."""

from typing import Any

from django.urls import reverse

from incidents.facts import Facts
from incidents.models import Incident
from incidents.states import RoomRole, Verdict
from tenants.actors import Actor

HYPOTHESIS_MAX = 160  # characters of it: the script is said aloud
ALL, NO_OL, NO_CL = "all", "the people on call", "the question box on the incident's page"


def script(incident: Incident, facts: Facts, executive: str = "") -> str:
    """The standard's phrase with the names and facts in it; plain words where a role is open."""
    return incident.law.scripts.executive.format(
        executive=executive or ALL,
        summary=_summary(incident, facts),
        ol=_holder(facts, RoomRole.OL) or NO_OL,
        cl=_holder(facts, RoomRole.CL) or NO_CL,
    )


def panel(incident: Incident, facts: Facts, by: Actor) -> dict[str, Any] | None:
    """What the IC has at hand while the incident runs: the script for anybody, and for each executive who looked. None for others."""
    if not incident.is_open or not facts.holds(by, RoomRole.IC):
        return None
    address = reverse("swoop", args=[incident.ref])
    looks = [{"name": look.name, "at": look.at, "text": script(incident, facts, look.name)} for look in facts.looks]
    return {"text": script(incident, facts), "url": address, "looks": looks}


def _holder(facts: Facts, role: RoomRole) -> str:
    seat = facts.seated(role)
    return seat.name if seat else ""


def _summary(incident: Incident, facts: Facts) -> str:
    """The title, and the latest hypothesis that was not refuted, in the words in which it was stated."""
    standing = [hypothesis for hypothesis in facts.hypotheses if hypothesis.verdict != Verdict.REFUTED]
    if not standing:
        return incident.title
    last = standing[-1]
    text = " ".join(last.text.split())
    text = text if len(text) <= HYPOTHESIS_MAX else f"{text[: HYPOTHESIS_MAX - 1]}…"
    return f"{incident.title} ({'confirmed' if last.verdict == Verdict.CONFIRMED else 'not confirmed yet'}: {text})"
