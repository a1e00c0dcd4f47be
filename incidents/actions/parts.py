"""What the verbs on a part of an incident share: finding it by its number, and the next number."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from incidents.facts import Facts
from incidents.models import Incident
from tenants.actors import Actor
from tenants.refusals import Reason, check, invalid


class Numbered(Protocol):
    """A part with its number within the incident."""

    @property
    def number(self) -> int:
        """The number that people say."""


type Rule = Callable[..., list[Reason]]


def chosen[I: Numbered](
    rule: Rule, incident: Incident, facts: Facts, by: Actor, items: Iterable[I], number: int, what: str, reason: str = ""
) -> tuple[I, dict[str, str]]:
    """The part that a verb is done to, if the rule lets it, with the reasons that were passed over by `reason`.

    Raises Refused: for what the rule says, and (422) for a number that there is not.
    """
    item = next((item for item in items if item.number == number), None)
    if item is None:
        check(rule(incident, facts, by))
        raise missing(incident, what, number)
    reasons = rule(incident, facts, by, item)
    return item, check(reasons, {r.code: reason for r in reasons})


def missing(incident: Incident, what: str, number: int) -> Exception:
    """The refusal of a number that there is not."""
    return invalid(what, f"There is no {what} {number} on {incident.ref}.", code=f"no_such_{what}")


def next_number(items: Iterable[Any]) -> int:
    """The number of the next part of its kind. The incident's lock keeps two at once from taking the same."""
    return max((item.number for item in items), default=0) + 1
