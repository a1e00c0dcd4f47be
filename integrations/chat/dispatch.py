"""Doing what a line says: find the incident, read the line, come through the same door as everybody else, and say what happened."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from incidents import actions, gate, timeline
from incidents.api.bodies.signals import DeclareBody, ReportBody
from incidents.doors import DOORS
from incidents.facts import gather
from incidents.models import Incident
from incidents.sitrep import draft_for
from incidents.states import OPEN, DetectedBy
from integrations.chat.grammar import TABLE, WORDS, Word
from integrations.chat.line import Line, not_understood
from ledger.api import StrictSerializer
from ledger.models import Event
from oncall.actions import acknowledge as acknowledge_page
from oncall.models import Page
from tenants.actors import Actor
from tenants.refusals import Reason, Refused

LONGEST = 5_000  # characters of a line
_REF = re.compile(r"^INC-[A-Z0-9]{1,20}$", re.IGNORECASE)
_SEVERITY = re.compile(r"^sev[- ]?([1-4])$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a line: a sentence, the verb, and the incident it was about ("" for none)."""

    text: str
    verb: str
    incident: str = ""


def perform(text: str, *, by: Actor, ref: str = "") -> Said:
    """Do what one line says, as `by`. `ref` is the incident that is meant where the line names none.

    Raises Refused: 422 `not_understood` with the right form for what cannot be read, and whatever the verb refuses with.
    """
    if len(text) > LONGEST:
        not_understood(f"This is {len(text):,} characters long; a line has at most {LONGEST:,}.")
    rest = re.sub(r"^\s*/?incident\b", "", text, count=1, flags=re.IGNORECASE).strip()
    first, _, after = rest.partition(" ")
    if _REF.match(first):
        ref, rest = first, after.strip()
    name, _, rest = rest.partition(" ") if " " in rest else (rest, "", "")
    if not name:
        return _help(Line("", by, "help"))
    word = TABLE.get(name.lower())
    if word is None:
        near = difflib.get_close_matches(name.lower(), TABLE, n=1)
        meant = f" Did you mean “{near[0]}”?" if near else ""
        not_understood(f"There is no word “{name[:30]}”.{meant} “/incident help” lists them all.")
    line = Line(rest.strip(), by, word.example)
    if word.verb in OUTSIDE:
        return OUTSIDE[word.verb](line)
    return _on_an_incident(word, line, ref)


def _on_an_incident(word: Word, line: Line, ref: str) -> Said:
    incident = gate.incident_for(line.by, ref) if ref else _mine(line.by)
    line.facts = gather(incident)
    if word.verb == "acknowledge" and not line.rest and (page := _page_for(incident, line)) is not None:
        acknowledge_page(page, by=line.by)
    elif word.verb == "sitrep" and line.rest.lower() in ("", "show", "draft"):
        return Said(draft_for(incident), "sitrep", incident.ref)
    else:
        body = word.read(line)
        if word.verb == "sitrep" and body["text"].lower() == "post":
            body["text"] = draft_for(incident)
        door = DOORS[word.verb]
        door.act(incident, line.by, _valid(door.body, body))
    seen = gate.incident_for(line.by, Incident.objects.values_list("ref", flat=True).get(pk=incident.pk))
    return Said(_told(seen, line.by), word.verb, seen.ref)


def _mine(by: Actor) -> Incident:
    """The running incident that the actor is in the room of. Refuses (422) where there is none, or more than one."""
    refs = list(
        Incident.objects.filter(state__in=OPEN, participants__user_id=by.person_id)
        .order_by("-number")
        .values_list("ref", flat=True)[:5]
    )
    if not refs:
        not_understood("Say which incident: begin with its reference, such as “/incident INC-42 claim”.")
    if len(refs) > 1:
        not_understood(f"You are in several rooms, {', '.join(refs)}: begin with the one you mean, “/incident {refs[0]} …”.")
    return gate.incident_for(by, refs[0])


def _page_for(incident: Incident, line: Line) -> Page | None:
    """The page of this incident that calls the actor, where no order of theirs waits."""
    if any(order.waits and order.recipient_id == line.by.user_id for order in line.facts.orders):
        return None
    calling = Page.objects.filter(incident_id=incident.pk, state=Page.State.OPEN, steps__user_id=line.by.person_id)
    return calling.order_by("id").first()


def _valid(body: type[StrictSerializer], data: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the API would take it. Refuses (422) naming the fields."""
    bound = body(data=dict(data))
    if not bound.is_valid():
        raise Refused(
            *(
                Reason("invalid", f"{field.replace('_', ' ').capitalize()}: {_sentence(errors)}", field=field, status=422)
                for field, errors in bound.errors.items()
            )
        )
    valid: dict[str, Any] = bound.validated_data
    return valid


def _sentence(errors: Any) -> str:
    return " ".join(str(error) for error in errors) if isinstance(errors, list) else str(errors)


def _told(incident: Incident, by: Actor) -> str:
    """What the record says of it now: the last entry that the actor left."""
    event = Event.objects.filter(incident_id=incident.pk, actor_id=by.user_id).order_by("-seq").first()
    if event is None:
        return f"{incident.ref}: done."
    entry = timeline.entry(event)
    return f"{incident.ref} · {entry.label}: {entry.text}"


def _declare(line: Line) -> Said:
    words = line.rest.split()
    severities = [match[1] for word in words[:1] if (match := _SEVERITY.match(word))]
    if not severities:
        line.teach("Say how bad it is, SEV1 to SEV4, and then what is wrong.")
    services = [word.partition(":")[2] for word in words[1:] if word.lower().startswith("service:")]
    title = " ".join(word for word in words[1:] if not word.lower().startswith("service:"))
    if not title:
        line.teach("Say what is wrong.")
    body = _valid(DeclareBody, {"title": title, "severity": f"SEV{severities[0]}", "services": services})
    incident = actions.declare(
        by=line.by,
        title=body["title"],
        severity=body["severity"],
        services=gate.services_for(line.by, body["services"]),
        detected_by=DetectedBy.USER,
    )
    return Said(_told(incident, line.by), "declare", incident.ref)


def _report(line: Line) -> Said:
    body = _valid(ReportBody, {"title": line.text("Say what you notice.")})
    signal = actions.report(by=line.by, title=body["title"])
    return Said(f"Reported: {signal.title}. It waits in triage.", "report")


def _help(line: Line) -> Said:
    """The words, each with an example; with a word, that one's."""
    wanted = line.rest.strip().lower()
    if wanted:
        word = TABLE.get(wanted)
        if word is None:
            not_understood(f"There is no word “{wanted[:30]}”. “/incident help” lists them all.")
        return Said(f"/incident {word.example}", "help")
    return Said("\n".join(f"/incident {word.example}" for word in WORDS), "help")


OUTSIDE: Mapping[str, Callable[[Line], Said]] = {"declare": _declare, "report": _report, "help": _help}
