"""What a door is: one verb as pages, API and chat offer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.module_loading import import_string

from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.common import through_glass
from ledger.api import StrictSerializer
from tenants.actors import Actor
from tenants.refusals import Reason

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """One verb at the doors. `rule` ("command.why_not_claim") is looked up by name each time, so that a test can switch it off.

    `act` takes the incident, the actor and a body that has the shape of `body` (from the API) or of `form` (from a page).
    `primary` verbs are the big ones of a room's state. `part` names what the verb is done to, where that is a part of the incident
    ("order", "change" …): its number is a field of that name in the body, and the page offers it beside each such part.
    `beside` is the field that names another incident, where it is about two.
    """

    name: str
    label: str
    rule: str
    body: type[StrictSerializer]
    form: type[forms.Form]
    act: Callable[[Incident, Actor, Body], object]
    primary: bool = False
    part: str = ""
    beside: str = ""

    def why_not(self, incident: Incident, facts: Facts, by: Actor, *part: Any) -> list[Reason]:
        """Why the actor cannot do it now; [] if they can (some verbs then still ask for a reason).

        `part` is the order, change … that it would be done to; without it: whether there is any. Through break glass none is done.
        """
        rule: Callable[..., list[Reason]] = import_string(f"incidents.rules.{self.rule}")
        return through_glass(facts, by) or rule(incident, facts, by, *part)

    @property
    def needs_form(self) -> bool:
        """Whether something has to be filled in."""
        return bool(self.form.base_fields)

    @property
    def takes_a_file(self) -> bool:
        """Whether a file comes with it: its body is a form's, of several parts."""
        return any(isinstance(field, forms.FileField) for field in self.form.base_fields.values())
