"""The verbs of an incident as the doors offer them: one table for pages, API and `allowed_actions`.

A row says how a verb is shown, what body it takes, which rule stands before it, and which action it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from incidents import actions, rules
from incidents import forms as f
from incidents.actions.command import parse_state
from incidents.api import serializers as s
from incidents.facts import Facts
from incidents.models import Incident
from incidents.states import Audience
from ledger.api import StrictSerializer
from tenants.actors import Actor
from tenants.refusals import Reason

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """One verb at the doors. `rule` is looked up by name each time, so that a test can switch it off."""

    name: str
    label: str
    rule: str
    body: type[StrictSerializer]
    form: type[forms.Form]
    act: Callable[[Incident, Actor, Body], object]
    primary: bool = False

    def why_not(self, incident: Incident, facts: Facts, by: Actor) -> list[Reason]:
        """Why the actor cannot do it now; [] if they can (some verbs then still ask for a reason)."""
        reasons: list[Reason] = getattr(rules, self.rule)(incident, facts, by)
        return reasons

    @property
    def needs_form(self) -> bool:
        """Whether something has to be filled in."""
        return bool(self.form.base_fields)


def _advance(incident: Incident, by: Actor, body: Body) -> object:
    return actions.advance(incident, by=by, to=parse_state(body["to"]), reason=body.get("reason", ""))


def _resolve(incident: Incident, by: Actor, body: Body) -> object:
    codes = ("alerts_firing", "monitoring_too_short")
    overrides = body.get("overrides") or {code: body[code] for code in codes if body.get(code)}
    return actions.resolve(incident, by=by, summary=body["summary"], overrides=overrides)


def _update(incident: Incident, by: Actor, body: Body) -> object:
    return actions.update(
        incident,
        by=by,
        known=body["known"],
        impact=body["impact"],
        doing=body["doing"],
        next_update_at=body.get("next_update_at"),
        audience=Audience(body.get("audience", Audience.INTERNAL)),
    )


DOORS: dict[str, Door] = {
    door.name: door
    for door in (
        Door("join", "Join the room", "why_not_join", s.EmptyBody, f.EmptyForm, lambda i, by, b: actions.join(i, by=by)),
        Door(
            "claim",
            "Take command",
            "why_not_claim",
            s.EmptyBody,
            f.EmptyForm,
            lambda i, by, b: actions.claim(i, by=by),
            primary=True,
        ),
        Door("update", "Post an update", "why_not_update", s.UpdateBody, f.UpdateForm, _update),
        Door("advance", "Advance", "why_not_advance", s.AdvanceBody, f.AdvanceForm, _advance, primary=True),
        Door(
            "severity",
            "Change severity",
            "why_not_change_severity",
            s.SeverityBody,
            f.SeverityForm,
            lambda i, by, b: actions.change_severity(i, by=by, severity=b["severity"], reason=b["reason"]),
        ),
        Door(
            "impact",
            "Set impact",
            "why_not_set_impact",
            s.ImpactBody,
            f.ImpactForm,
            lambda i, by, b: actions.set_impact(i, by=by, start=b.get("start"), end=b.get("end")),
        ),
        Door("resolve", "Resolve", "why_not_resolve", s.ResolveBody, f.ResolveForm, _resolve, primary=True),
        Door(
            "note",
            "Note",
            "why_not_note",
            s.NoteBody,
            f.NoteForm,
            lambda i, by, b: actions.note(i, by=by, text=b["text"], occurred_at=b.get("occurred_at")),
        ),
    )
}
