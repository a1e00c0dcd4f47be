"""The table of verbs: what can be done, by whom, which event it leaves, which clocks it touches, which clauses it serves.

Each action registers itself with `@verb`. `docs/verbs.md`, the API, the pages and the tests read this one table.
"""

from collections.abc import Callable
from dataclasses import dataclass

CLOCK_KINDS = ("started", "stopped")
EVERY_CLOCK = "every clock of the incident"  # what an end stops


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb as documented. `function` is where it lives, dotted.

    `kind` names the events that it leaves whenever it is done; `sometimes` those that come with it, or instead, where that applies.
    """

    name: str
    kind: str
    who: str
    subject: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    clauses: tuple[str, ...]
    function: str
    summary: str
    sometimes: tuple[str, ...] = ()


VERBS: dict[str, Verb] = {}


def verb[F: Callable[..., object]](
    name: str,
    *,
    kind: str,
    who: str,
    subject: str = "incident",
    starts: tuple[str, ...] = (),
    stops: tuple[str, ...] = (),
    clauses: tuple[str, ...] = (),
    sometimes: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Register an action as the verb `name`. The function itself stays as it is."""

    def register(function: F) -> F:
        summary = (function.__doc__ or "").strip().splitlines()[0]
        where = f"{function.__module__}.{function.__qualname__}"
        VERBS[f"{subject}:{name}"] = Verb(name, kind, who, subject, starts, stops, clauses, where, summary, sometimes)
        return function

    return register
