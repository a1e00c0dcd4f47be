"""What a page is about belongs to a room above; it is asked by name, so that imports run one way."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants.actors import Actor

RESTRICTED = "A restricted incident needs you"  # no notice says more of one (clause breach.need-to-know)


@dataclass(frozen=True, slots=True)
class Told:
    """A page's subject in one line, such as "SEV 1 INC-4: Checkout fails"; and whether a page must not say it: only those named on it know."""

    line: str
    restricted: bool

    @property
    def aloud(self) -> str:
        """What a notice may say of it."""
        return RESTRICTED if self.restricted else self.line


def told(subject_type: str, subject_id: int) -> Told:
    """What there is to say of a page's subject."""
    table: Mapping[str, str] = import_string(settings.MUSTER_PAGE_SUBJECTS)
    tell: Callable[[int], tuple[str, bool]] = import_string(table[subject_type])
    return Told(*tell(subject_id))


@dataclass(frozen=True, slots=True)
class Described:
    """A page's subject in one line, and where it is seen, below the organisation's address. "" of what is not there."""

    line: str = ""
    address: str = ""


def described(about: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Described]:
    """(type, id) of subjects -> the line of each, as `told` has it, and its `address`. As many queries for one as for many."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for subject_type, subject_id in about:
        wanted[subject_type].add(subject_id)
    table: Mapping[str, str] = import_string(settings.MUSTER_PAGES_DESCRIBED)
    found: dict[tuple[str, int], Described] = {}
    for subject_type, ids in wanted.items():
        ask: Callable[[set[int]], dict[int, tuple[str, str]]] = import_string(table[subject_type])
        told = ask(ids)
        found |= {(subject_type, pk): Described(*told.get(pk, ())) for pk in ids}
    return found


def is_answered(subject_type: str, subject_id: int) -> bool:
    """Whether somebody did what a page about this asks for, so that whoever acknowledged it has not forgotten it."""
    table: Mapping[str, str] = import_string(settings.MUSTER_PAGE_ANSWERS)
    ask: Callable[[int], bool] = import_string(table[subject_type])
    return ask(subject_id)


def before_a_call(incident_id: int, user_id: int, by: Actor) -> bool:
    """What has to be so before a person is called to an incident: they must be able to see it. Returns whether they may be called."""
    prepare: Callable[[int, int, Actor], bool] = import_string(import_string(settings.MUSTER_BEFORE_A_CALL))
    return prepare(incident_id, user_id, by)


def may_know(incident_id: int | None, user_id: int) -> bool:
    """Whether a person may be told of an incident now; of what is none yet, everybody may."""
    ask: Callable[[int, int], bool] = import_string(import_string(settings.MUSTER_MAY_KNOW))
    return incident_id is None or ask(incident_id, user_id)


def standard_of(incident_id: int) -> int:
    """The id of the version of the standard that an incident pinned: its pages keep that one's times."""
    pinned: Callable[[int], int] = import_string(import_string(settings.MUSTER_PAGE_STANDARD))
    return pinned(incident_id)


def address(subject_type: str, subject_id: int) -> str:
    """Where the subject is seen in the portal, below the organisation's address."""
    table: Mapping[str, str] = import_string(settings.MUSTER_PAGE_ADDRESSES)
    where: Callable[[int], str] = import_string(table[subject_type])
    return where(subject_id)


def in_hand(by: Actor) -> list[dict[str, Any]]:
    """What somebody has in hand, as rooms above say it: [{title, role, url, clocks, steps, done}]."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_IN_HAND)
    return [row for function in functions for row in import_string(function)(by)]


def waiting(by: Actor) -> list[dict[str, Any]]:
    """What waits for somebody's word besides pages, as rooms above say it: [{title, text, at, url}], some with `act`."""
    functions: tuple[str, ...] = import_string(settings.MUSTER_INBOX)
    return [row for function in functions for row in import_string(function)(by)]
