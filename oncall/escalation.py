"""What a page goes through: whom it calls, when, and when it gives up. A pure value, kept with the page when it starts.

A policy that is changed later changes no running page. Who answers for a target (who is primary just then) is asked when its
step comes, not before: people swap shifts while an incident runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

ESCALATION = "oncall.escalate-15-30"


class Kind(StrEnum):
    """Whom a step calls. The first four are of the team that is paged."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    LEAD = "lead"
    EVERYONE = "everyone"
    PERSON = "person"
    SCHEDULE = "schedule"
    DUTY = "duty"


OF_THE_TEAM = (Kind.PRIMARY, Kind.SECONDARY, Kind.LEAD, Kind.EVERYONE)


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a step. `which` is a user's or schedule's id, or a duty's key; "" for those of the team."""

    kind: Kind
    which: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Those called together, `after` their round began (whole seconds in the kept form)."""

    after: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order, the first at once; how often all are gone through again; how long the last one is waited for.

    `patience` None: nobody is waited for, the page just stays open. `forgotten`: after this long whoever acknowledged is asked again
    where nothing was done about it; None: never. `name` is the policy's, "" for the standard's own.
    """

    steps: tuple[Step, ...]
    patience: timedelta | None
    repeat: int = 0
    forgotten: timedelta | None = None
    name: str = ""

    def step(self, position: int) -> Step | None:
        """The step at a position, counted from 1 over all rounds; None after the last, and where there is none."""
        if not self.steps or not 1 <= position <= len(self.steps) * (self.repeat + 1):
            return None
        return self.steps[(position - 1) % len(self.steps)]

    def begins_round(self, position: int) -> bool:
        """Whether a position is the first of a round."""
        return (position - 1) % len(self.steps) == 0

    def after(self, position: int) -> timedelta:
        """How long after its round began a position is planned."""
        return self.steps[(position - 1) % len(self.steps)].after

    def due_after(self, position: int, *, began: datetime, ahead: timedelta, moment: datetime) -> datetime | None:
        """When the step after `position` is due, where that one was called at `moment`; None where nobody waits for it.

        As planned from when its round `began`, earlier by what is `ahead` (a step that was declined, or that had nobody), never
        before `moment`. After the last one of a round the wait is `patience`, from when that one was called.
        """
        if self.patience is None:
            return None
        index = (position - 1) % len(self.steps)
        if index == len(self.steps) - 1:
            return moment + self.patience
        return max(began + self.steps[index + 1].after - ahead, moment)

    def ahead_at(self, position: int, *, began: datetime, ahead: timedelta, moment: datetime) -> timedelta:
        """How far ahead of the plan a page is once it calls `position` at `moment`. A late sweep puts nothing back."""
        return max(ahead, self.after(position) - (moment - began))

    def data(self) -> dict[str, Any]:
        """The kept form."""
        return {
            "name": self.name,
            "repeat": self.repeat,
            "patience": _seconds(self.patience),
            "forgotten": _seconds(self.forgotten),
            "steps": [
                {
                    "after": _seconds(step.after),
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
            patience=_span(kept["patience"]),
            repeat=kept["repeat"],
            forgotten=_span(kept["forgotten"]),
            name=kept["name"],
        )


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def gather(
    rows: Iterable[tuple[timedelta, Target]], *, repeat: int, patience: timedelta, forgotten: timedelta | None, name: str
) -> Plan:
    """A plan from loose rows "after so long, call this": those of the same time are one step, and the earliest is at once."""
    steps: dict[timedelta, list[Target]] = {}
    for after, target in rows:
        steps.setdefault(after, []).append(target)
    first = min(steps, default=timedelta())
    ordered = tuple(Step(after - first, tuple(dict.fromkeys(steps[after]))) for after in sorted(steps))
    return Plan(ordered, patience, repeat, forgotten, name)


def standard(secondary: timedelta, lead: timedelta, forgotten: timedelta | None) -> Plan:
    """The standard's own: primary at once, then the secondary, then the team's lead (clause oncall.escalate-15-30).

    The lead is waited for as long as the primary was.
    """
    steps = (
        Step(timedelta(), (Target(Kind.PRIMARY),)),
        Step(secondary, (Target(Kind.SECONDARY),)),
        Step(lead, (Target(Kind.LEAD),)),
    )
    return Plan(steps, secondary, forgotten=forgotten)


def direct(user_id: int, patience: timedelta | None) -> Plan:
    """One person. With `patience` they are called once more after it, and then it is on record that they did not answer."""
    step = Step(timedelta(), (Target(Kind.PERSON, str(user_id)),))
    return Plan((step,), patience, repeat=0 if patience is None else 1)
