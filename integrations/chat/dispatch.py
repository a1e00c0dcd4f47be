"""Doing what a line says: find the incident, read the line, come through the same door as everybody else, and say what happened."""

import difflib
import re
from collections.abc import Callable, Mapping

from incidents import gate
from incidents.doors import DOORS
from incidents.facts import Facts, gather
from incidents.models import Incident
from incidents.sitrep import draft_for
from integrations.chat.bodies import valid
from integrations.chat.grammar import TABLE, WORDS, Word
from integrations.chat.items import action
from integrations.chat.line import REF, Line, not_understood
from integrations.chat.rooms import Said, meant, rooms_of, told
from integrations.chat.signals import SIGNALS
from oncall import subjects
from oncall.actions import acknowledge as acknowledge_page
from oncall.actions import decline as decline_page
from oncall.models import Page
from standard.actions import give_feedback
from standard.api.shapes import FeedbackBody
from standard.models import Feedback
from tenants.actors import Actor

LONGEST = 5_000  # characters of a line


def perform(text: str, *, by: Actor, ref: str = "") -> Said:
    """Do what one line says, as `by`. `ref` is the incident that is meant where the line names none.

    Raises Refused: 422 `not_understood` with the right form for what cannot be read, and whatever the verb refuses with.
    """
    if len(text) > LONGEST:
        not_understood(f"This is {len(text):,} characters long; a line has at most {LONGEST:,}.")
    rest = re.sub(r"^\s*/?incident\b", "", text, count=1, flags=re.IGNORECASE).strip()
    first, _, after = rest.partition(" ")
    if REF.match(first):
        ref, rest = first, after.strip()
    name, _, rest = rest.partition(" ") if " " in rest else (rest, "", "")
    if not name:
        return _help(Line("", by, "help", ref))
    word = TABLE.get(name.lower())
    if word is None:
        near = difflib.get_close_matches(name.lower(), TABLE, n=1)
        meant = f" Did you mean “{near[0]}”?" if near else ""
        not_understood(f"There is no word “{name[:30]}”.{meant} “/incident help” lists them all.")
    line = Line(rest.strip(), by, word.example, ref)
    if word.verb in ANSWERS and (page := _page_for(line, word.verb)) is not None:
        return _answer(page, word.verb, by)
    if word.verb in OUTSIDE:
        return OUTSIDE[word.verb](line)
    return _on_an_incident(word, line)


def _on_an_incident(word: Word, line: Line) -> Said:
    incident = meant(line.by, line.ref)
    line.facts = gather(incident)
    if word.verb == "sitrep" and line.rest.lower() in ("", "show", "draft"):
        return Said(draft_for(gate.room_for(line.by, incident.ref)), "sitrep", incident.ref)
    body = word.read(line)
    if word.verb == "sitrep" and body["text"].lower() == "post":
        body["text"] = draft_for(incident)
    door = DOORS[word.verb]
    door.act(incident, line.by, valid(door.body, body))
    seen = gate.incident_for(line.by, Incident.objects.values_list("ref", flat=True).get(pk=incident.pk))
    return Said(told(seen, line.by), word.verb, seen.ref)


def _page_for(line: Line, verb: str) -> Page | None:
    """The page that a bare "ack" or "decline" answers: the oldest that calls the actor, of the incident that is meant.

    An order of theirs that waits, or a role that they are offered, comes first. Where no incident is named and their room has
    nothing that waits for them, it is any page that calls them: an alert pages before there is an incident, and whoever is woken is
    in no room yet.
    """
    if line.rest:
        return None
    calling = Page.objects.filter(state=Page.State.OPEN, steps__user_id=line.by.person_id).order_by("id")
    refs = [line.ref] if line.ref else rooms_of(line.by)
    for ref in refs:
        incident = gate.incident_for(line.by, ref)
        if _answers_first(gather(incident), verb, line.by):
            return None
        if (page := calling.filter(incident_id=incident.pk).first()) is not None:
            return page
    return None if line.ref else calling.first()


def _answers_first(facts: Facts, verb: str, by: Actor) -> bool:
    """Whether the word answers something else of the room: "ack" an order that waits, "decline" a role that is offered."""
    if verb == "acknowledge":
        return any(order.waits and order.recipient_id == by.user_id for order in facts.orders)
    return any(offer.user_id == by.user_id for offer in facts.offers)


def _answer(page: Page, verb: str, by: Actor) -> Said:
    if verb == "acknowledge":
        acknowledge_page(page, by=by)
    else:
        decline_page(page, by=by)
    if page.incident_id is None:
        return Said(f"{ANSWERS[verb]}: {subjects.told(page.subject_type, page.subject_id).line}", verb)
    incident = Incident.objects.get(pk=page.incident_id)
    return Said(told(incident, by), verb, incident.ref)


def _help(line: Line) -> Said:
    """The words, each with an example; with a word, that one's."""
    wanted = line.rest.strip().lower()
    if wanted:
        word = TABLE.get(wanted)
        if word is None:
            not_understood(f"There is no word “{wanted[:30]}”. “/incident help” lists them all.")
        return Said(f"/incident {word.example}", "help")
    return Said("\n".join(f"/incident {word.example}" for word in WORDS), "help")


def _feedback(line: Line) -> Said:
    """What the actor thinks of the process (clause improve.feedback)."""
    body = valid(FeedbackBody, {"text": line.text("Say what should be better.")})
    give_feedback(by=line.by, text_=body["text"], about=Feedback.About.CHAT)
    return Said("Thank you. The next review of the process answers it.", "feedback")


ANSWERS = {"acknowledge": "Acknowledged", "decline": "Declined, the next one is called"}  # what a page is answered with
OUTSIDE: Mapping[str, Callable[[Line], Said]] = {**SIGNALS, "action": action, "feedback": _feedback, "help": _help}
