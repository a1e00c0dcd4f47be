"""Why a clock stopped without the act that it asks for: what it asked for was owed no more. Pure: reports from packs read it too."""

from enum import StrEnum


class Away(StrEnum):
    """What stopped a clock in place of the act that it asks for.

    In its time such a clock was neither kept nor broken, and is in no figure; past its time it was missed, and never done.
    """

    RESOLVED = "resolved"
    ENDED = "ended"
    REOPENED = "reopened"
    SEVERITY = "severity"
    MOVED_ON = "moved_on"
    WAIVED = "waived"
    DROPPED = "dropped"
    WITHDRAWN = "withdrawn"
    CALLED_OFF = "called_off"
    LEFT = "left"
    PASSED_ON = "passed_on"
    CALMED = "calmed"
    CALL_ENDED = "call_ended"
    RELEASED = "released"
    EXCUSED = "excused"
    NOT_OWED = "not_owed"
    ANEW = "anew"
    CUT_SHORT = "cut_short"

    @property
    def says(self) -> str:
        """The same in a sentence's half, for people: "the incident was resolved"."""
        return _SAYS[self]


_SAYS = {
    Away.RESOLVED: "the incident was resolved",
    Away.ENDED: "the incident was merged into another, or was none",
    Away.REOPENED: "the incident was reopened",
    Away.SEVERITY: "the severity was changed",
    Away.MOVED_ON: "the incident moved on",
    Away.WAIVED: "it was waived",
    Away.DROPPED: "the action item was dropped",
    Away.WITHDRAWN: "the order was taken back",
    Away.CALLED_OFF: "the handover was called off",
    Away.LEFT: "command was given up",
    Away.PASSED_ON: "whoever was called could not come, and the next was called",
    Away.CALMED: "it turned out to be of low urgency",
    Away.CALL_ENDED: "what was called about had ended",
    Away.RELEASED: "the legal hold was released",
    Away.EXCUSED: "what was asked of the custodian was taken back",
    Away.NOT_OWED: "the duty was found not to apply",
    Away.ANEW: "its time was counted anew",
    Away.CUT_SHORT: "it was cut short",
}


def why(code: str) -> str:
    """What a mark on a clock says; one that a later version of Muster wrote as it stands, "" for none."""
    return Away(code).says if code in set(Away) else code
