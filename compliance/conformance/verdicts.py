"""What a clause's function answers: a verdict, why, and what there was to find."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a clause."""

    KEPT = "kept"
    BROKEN = "broken"
    OVERRIDDEN = "overridden"
    NOT_APPLICABLE = "not_applicable"
    OPEN = "open"
    NO_EVIDENCE = "no_evidence"

    @property
    def label(self) -> str:
        """The verdict for people."""
        return {"not_applicable": "Not applicable", "open": "Still open", "no_evidence": "No evidence"}.get(
            self.value, self.value.capitalize()
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation: what, when (UTC) and by whom; the reason of one that was overridden.

    `seconds`: by how much, where that is a time. `entry` is the seq of the entry of the record that tells it, `recorded_at` when
    that was written down, where this was more than a minute from when it happened.
    """

    what: str
    at: datetime | None = None
    by: str = ""
    reason: str = ""
    seconds: float | None = None
    entry: int | None = None
    recorded_at: datetime | None = None
    incident: str = ""  # the reference, where the clause is judged over several

    @property
    def verdict(self) -> Verdict:
        """Broken; or overridden, where whoever may do so gave a reason in writing."""
        return Verdict.OVERRIDDEN if self.reason else Verdict.BROKEN


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one clause, in a sentence, with its findings in the order of time."""

    verdict: Verdict
    why: str
    findings: tuple[Finding, ...] = ()


def kept(why: str) -> Judgement:
    """The clause was kept."""
    return Judgement(Verdict.KEPT, why)


def not_applicable(why: str) -> Judgement:
    """What the clause is about did not arise, as the record shows."""
    return Judgement(Verdict.NOT_APPLICABLE, why)


def still_open(why: str) -> Judgement:
    """It cannot be said yet: what the clause is about goes on."""
    return Judgement(Verdict.OPEN, why)


def no_evidence(why: str) -> Judgement:
    """The record does not say. That is neither "kept" nor "not applicable"."""
    return Judgement(Verdict.NO_EVIDENCE, why)


def judged(findings: Sequence[Finding], otherwise: Judgement) -> Judgement:
    """Broken where any finding is; overridden where all of them were, in writing; else `otherwise`."""
    if not findings:
        return otherwise
    ordered = tuple(sorted(findings, key=lambda one: (one.at is None, one.at, one.entry or 0)))
    verdict = Verdict.BROKEN if any(one.verdict == Verdict.BROKEN for one in ordered) else Verdict.OVERRIDDEN
    return Judgement(verdict, "; ".join(dict.fromkeys(one.what for one in ordered[:3])) + _more(len(ordered) - 3), ordered)


def _more(others: int) -> str:
    return f"; and {others} more" if others > 0 else ""
