"""Layers and overrides together: who is on call at an instant, and who is between two instants."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from oncall.rota.layers import Layer


class OnCallDuty(StrEnum):
    """What somebody is on call as. A shadow learns: they are shown, and no page escalates to them."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SHADOW = "shadow"

    @property
    def label(self) -> str:
        """The duty's name for people."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody takes a duty from `start` to `end` (instants, the end not included).

    With `replaced` only in that person's place (who may hold it by an earlier override), else in anybody's, and where there is nobody.
    """

    id: int
    duty: str
    start: datetime
    end: datetime
    person: int
    replaced: int | None = None

    def applies(self, at: datetime, holder: int | None) -> bool:
        """Whether it puts its person in the place of `holder` at an instant."""
        return self.start <= at < self.end and (self.replaced is None or self.replaced == holder)


@dataclass(frozen=True, slots=True)
class Rota:
    """All that decides who is on call."""

    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()

    def of(self, duty: str) -> list[Layer]:
        """The layers of a duty, the one that goes before the others first."""
        return sorted((layer for layer in self.layers if layer.duty == duty), key=lambda layer: (-layer.priority, layer.number))


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a duty, and why: the layer's number, and the override's id where one decided."""

    person: int
    layer: int | None = None
    override: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Who holds a duty from `start` to `end`; `held` is None where nobody does (a gap)."""

    duty: str
    start: datetime
    end: datetime
    held: Held | None

    @property
    def person(self) -> int | None:
        """Their user id."""
        return self.held.person if self.held else None


def at(rota: Rota, instant: datetime) -> dict[str, Held]:
    """Duty -> who holds it at an instant. A duty that nobody holds is not in it."""
    found = {}
    for duty in OnCallDuty:
        base = None
        for layer in rota.of(duty):
            person = layer.holder(instant)
            if person is not None:
                base = Held(person, layer.number)
                break
        held = _overridden(base, instant, (o for o in rota.overrides if o.duty == duty))
        if held is not None:
            found[duty.value] = held
    return found


def spans(rota: Rota, start: datetime, end: datetime, duty: str) -> list[Span]:
    """Who holds a duty between two instants, gaps included: in order, each beginning where the one before ends."""
    if start >= end:
        return []
    layers = [_Track(layer.turns(start, end), layer.number) for layer in rota.of(duty)]
    overrides = sorted((o for o in rota.overrides if o.duty == duty and o.start < end and o.end > start), key=lambda o: o.start)
    cuts = {start, end, *(c for o in overrides for c in (max(o.start, start), min(o.end, end)))}
    cuts |= {cut for track in layers for begins, ends, _ in track.turns for cut in (begins, ends)}
    found: list[Span] = []
    waiting, running = list(reversed(overrides)), list[Override]()
    moments = sorted(cuts)
    for begins, ends in pairwise(moments):
        while waiting and waiting[-1].start <= begins:
            running.append(waiting.pop())
        running = [o for o in running if o.end > begins]
        base = next((held for track in layers if (held := track.at(begins)) is not None), None)
        held = _overridden(base, begins, running)
        if found and found[-1].held == held:
            found[-1] = replace(found[-1], end=ends)
        else:
            found.append(Span(duty, begins, ends, held))
    return found


def _overridden(base: Held | None, instant: datetime, overrides: Iterable[Override]) -> Held | None:
    """Who holds it once overrides are considered, one after the other as they were made: one may take the place of another's person."""
    held = base
    for override in sorted(overrides, key=lambda o: o.id):
        if override.applies(instant, held.person if held else None):
            held = Held(override.person, base.layer if base else None, override.id)
    return held


class _Track:
    """A layer's turns, read forwards."""

    def __init__(self, turns: Iterator[tuple[datetime, datetime, int]], number: int) -> None:
        self.turns: Sequence[tuple[datetime, datetime, int]] = list(turns)
        self.number, self.next = number, 0

    def at(self, instant: datetime) -> Held | None:
        """Who holds the layer at an instant that is not before the last one asked for."""
        while self.next < len(self.turns) and self.turns[self.next][1] <= instant:
            self.next += 1
        if self.next == len(self.turns) or self.turns[self.next][0] > instant:
            return None
        return Held(self.turns[self.next][2], self.number)
