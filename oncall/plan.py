"""What a page goes through: whom it calls, when, and when it gives up. A pure value, kept with the page when it starts.

A policy that is changed later changes no running page. Who answers for a target (who is primary just then) is asked when its
step comes, not before: people swap shifts while an incident runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Whom a step calls. The first four are of the team that is paged."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    LEAD = "lead"
    EVERYONE = "everyone"
    PERSON = "person"
    SCHEDULE = "schedule"
    DUTY = "duty"


OF_THE_TEAM = frozenset({Kind.PRIMARY, Kind.SECONDARY, Kind.LEAD, Kind.EVERYONE})


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a step. `which` is a user's or schedule's id, or a duty's key; "" for those of the team."""

    kind: Kind
    which: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Those called together, `after` the page began (a whole number of seconds in the kept form)."""

    after: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order, the first at once; how often all of them are gone through again; how long the last one waits.

    `patience` None: nobody is waited for, the page just stays open. `name` is the policy's, "" for the standard's own.
    """

    steps: tuple[Step, ...]
    patience: timedelta | None
    repeat: int = 0
    name: str = ""

    def at(self, position: int) -> Step | None:
        """The step at a position, counted from 1 over all rounds; None after the last, and for a plan of no steps."""
        if not self.steps or not 1 <= position <= len(self.steps) * (self.repeat + 1):
            return None
        return self.steps[(position - 1) % len(self.steps)]

    def due(self, position: int) -> timedelta | None:
        """How long after the page began step `position` is due; after the last one, when the plan has run out.

        None where nobody waits for that. Each round begins when the last step of the one before has waited its time.
        """
        if self.patience is None:
            return timedelta() if position == 1 else None
        rounds, index = divmod(position - 1, len(self.steps))
        return (self.steps[-1].after + self.patience) * rounds + self.steps[index].after

    def data(self) -> dict[str, Any]:
        """The kept form."""
        return {
            "name": self.name,
            "repeat": self.repeat,
            "patience": None if self.patience is None else int(self.patience.total_seconds()),
            "steps": [
                {
                    "after": int(step.after.total_seconds()),
                    "targets": [{"kind": target.kind.value, "which": target.which} for target in step.targets],
                }
                for step in self.steps
            ],
        }

    @classmethod
    def from_data(cls, kept: dict[str, Any]) -> "Plan":
        """A plan from its kept form."""
        return cls(
            steps=tuple(
                Step(
                    timedelta(seconds=step["after"]),
                    tuple(Target(Kind(target["kind"]), target["which"]) for target in step["targets"]),
                )
                for step in kept["steps"]
            ),
            patience=None if kept["patience"] is None else timedelta(seconds=kept["patience"]),
            repeat=kept["repeat"],
            name=kept["name"],
        )


def gather(rows: Iterable[tuple[timedelta, Target]], *, repeat: int, patience: timedelta, name: str) -> Plan:
    """A plan from loose rows "after so long, call this": those of the same time are one step. An empty one has no step."""
    steps: dict[timedelta, list[Target]] = {}
    for after, target in rows:
        steps.setdefault(after, []).append(target)
    first = min(steps, default=timedelta())
    ordered = tuple(Step(after - first, tuple(dict.fromkeys(steps[after]))) for after in sorted(steps))
    return Plan(ordered, patience, repeat, name)


def standard(secondary: timedelta, lead: timedelta) -> Plan:
    """The standard's own: primary at once, then the secondary, then the team's lead (clause oncall.escalate-15-30).

    The lead is waited for as long as the primary was.
    """
    return Plan(
        (
            Step(timedelta(), (Target(Kind.PRIMARY),)),
            Step(secondary, (Target(Kind.SECONDARY),)),
            Step(lead, (Target(Kind.LEAD),)),
        ),
        secondary,
    )


def direct(user_id: int, patience: timedelta | None) -> Plan:
    """One person. With `patience` they are called once more after it, and then it is on record that they did not answer."""
    step = Step(timedelta(), (Target(Kind.PERSON, str(user_id)),))
    return Plan((step,), patience, repeat=0 if patience is None else 1)


def next_due(plan: Plan, position: int, *, began: datetime, ahead: timedelta, moment: datetime) -> datetime | None:
    """When the step after `position` is due: as planned, earlier by what declining has brought forward, never before `moment`."""
    planned = plan.due(position + 1)
    return None if planned is None else max(began + planned - ahead, moment)


def distinct(people: Sequence[int]) -> list[int]:
    """User ids, each once, in their order."""
    return list(dict.fromkeys(people))
