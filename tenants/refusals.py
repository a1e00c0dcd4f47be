"""How Muster says no: one exception family, with a stable code and a sentence that a tired person understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verb is refused.

    `code` is stable and for machines; `sentence` is for people; `clause` names the standard's clause, where there is one;
    `overridable` says that the clause lets an authorised person go on with a written reason (recorded as a deviation).
    """

    code: str
    sentence: str
    clause: str = ""
    field: str = ""
    overridable: bool = False
    status: int = 409


class Refused(Exception):
    """A verb was refused. Nothing was changed. `status` is the HTTP status that says the same.

    `more` is what the answer says besides the reasons, such as what somebody else has saved meanwhile; it must be JSON.
    """

    def __init__(self, *reasons: Reason, more: Mapping[str, object] | None = None) -> None:
        self.reasons: Sequence[Reason] = reasons
        self.more: Mapping[str, object] = more or {}
        super().__init__(" ".join(reason.sentence for reason in reasons))

    @property
    def status(self) -> int:
        """The gravest of the reasons' statuses: not for you (403) before gone (410), not now (409) before a bad field (422)."""
        statuses = {reason.status for reason in self.reasons}
        return next((status for status in (404, 401, 403, 410, 409, 422) if status in statuses), 409)


class NotFound(Refused):
    """What was asked for does not exist, or is not the caller's to see: both answer alike."""

    def __init__(self, what: str = "page") -> None:
        super().__init__(Reason("not_found", f"There is no such {what} here.", status=404))


class Conflict(Refused):
    """Somebody else changed it since the caller read it. `current` (JSON) is what stands there now, so that neither text is lost."""

    def __init__(self, sentence: str, current: Mapping[str, Any], *, clause: str = "") -> None:
        self.current = current
        super().__init__(Reason("changed_meanwhile", sentence, clause=clause))


def invalid(field: str, sentence: str, *, code: str = "invalid") -> Refused:
    """A field that cannot be accepted as it is."""
    return Refused(Reason(code, sentence, field=field, status=422))


def check(reasons: Sequence[Reason], overrides: dict[str, str] | None = None) -> dict[str, str]:
    """Refuse for every reason that is not overridden with a written one.

    Returns the overrides that were used, by code. A reason for something that does not stand in the way is not recorded.
    """
    overrides = overrides or {}
    standing = [r for r in reasons if not (r.overridable and overrides.get(r.code, "").strip())]
    if standing:
        raise Refused(*standing)
    return {r.code: overrides[r.code].strip() for r in reasons}
