"""What a door of a post-mortem is: one verb as pages and API offer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.module_loading import import_string

from ledger.api import StrictSerializer
from postmortems.models import PostMortem
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import Reason

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """One verb at the doors. `rule` ("document.why_not_pick") is looked up by name each time, so that a test can switch it off.

    `act` takes the post-mortem, the actor and a body that has the shape of `body` (from the API) or of `form` (from a page).
    `anchor` is where on the page one is led afterwards.
    """

    name: str
    label: str
    rule: str
    body: type[StrictSerializer]
    form: type[forms.Form]
    act: Callable[[PostMortem, Actor, Body], object]
    anchor: str = ""

    def why_not(self, standing: Standing, by: Actor, *part: Any) -> list[Reason]:
        """Why the actor cannot do it now; [] if they can. `part` is what it would be done to, where that matters."""
        rule: Callable[..., list[Reason]] = import_string(f"postmortems.rules.{self.rule}")
        return rule(standing, by, *part)
