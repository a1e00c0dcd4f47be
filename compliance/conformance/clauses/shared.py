"""What the clauses' functions share: clocks that were kept or not, and findings made of entries."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from compliance.conformance.record import ClockRow, Entry, Record
from compliance.conformance.verdicts import Finding, Judgement, judged, kept, no_evidence, not_applicable, still_open
from metrics.words import span
from standard.away import why

type Who = Callable[[ClockRow], str]


def finding(entry: Entry, what: str, *, by: str | None = None, reason: str = "", seconds: float | None = None) -> Finding:
    """A deviation that an entry tells of, by its actor unless another is named."""
    return Finding(what, entry.at, entry.actor if by is None else by, reason, seconds, entry=entry.seq, recorded_at=entry.written)


def plural(n: int, one: str, many: str = "") -> str:
    """ "1 update", "3 updates"."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def broken(record: Record, clocks: Iterable[ClockRow], what: str, who: Who | None = None) -> list[Finding]:
    """A finding for each clock that was not kept: due when, by whom, how late it was kept at last, or with what it ended undone."""
    found = []
    for clock in clocks:
        if clock.broken_at is None:
            continue
        entry, late = record.break_of(clock), clock.late
        how = f"kept {span(late)} late" if late is not None else undone(clock.fell_away, "kept")
        owner = who(clock) if who else record.owner(clock.owner_role, clock.due_at)
        found.append(
            Finding(
                f"{what} was due at {clock.due_at:%Y-%m-%d %H:%M:%S} UTC, {how}",
                clock.due_at,
                owner,
                seconds=late,
                entry=entry.seq if entry else None,
                recorded_at=entry.written if entry else None,
            )
        )
    return found


def undone(code: str, done: str) -> str:
    """How a miss stands of which nothing was done: "not kept yet", or "never kept: the incident was resolved"."""
    return f"never {done}: {why(code)}" if code else f"not {done} yet"


def fell_away(codes: Sequence[str]) -> str:
    """That as many clocks fell away, and why: "1 clock fell away: the incident was resolved."."""
    return f"{plural(len(codes), 'clock')} fell away: {', '.join(why(code) for code in dict.fromkeys(codes))}."


def asked(clocks: Iterable[ClockRow]) -> tuple[list[ClockRow], list[str]]:
    """(the clocks that decide, of the others what took each away)."""
    rows = list(clocks)
    return [clock for clock in rows if clock.counts], [clock.fell_away for clock in rows if not clock.counts]


def by_clocks(record: Record, clause: str, what: str, *, who: Who | None = None, missing: Judgement | None = None) -> Judgement:
    """The verdict of a clause that clocks measure. `missing` is the answer where there is none: by itself "no evidence".

    Where all of them fell away, nothing of the clause was owed to the end: it is not applicable.
    """
    clocks, fallen = asked(record.clocks_of(clause))
    if not clocks:
        return not_applicable(fell_away(fallen)) if fallen else missing or no_evidence(f"The record has no clock of {clause}.")
    more = f" {fell_away(fallen)}" if fallen else ""
    runs = sum(clock.runs for clock in clocks)
    otherwise = (
        still_open(f"{plural(runs, 'clock')} still running.")
        if runs
        else kept(f"In time: {plural(len(clocks), 'clock')} of {len(clocks)}.{more}")
    )
    return judged(broken(record, clocks, what, who), otherwise)


def overridden(entry: Entry, code: str) -> str | None:
    """The written reason with which an entry passes over this refusal; None where it does not.

    Some verbs tell it as `overrides` {code: reason}, some as `overridden` [code] with one `reason` for all.
    """
    passed = entry.data.get("overrides")
    if isinstance(passed, Mapping) and code in passed:
        return str(passed[code]) or "no reason recorded"
    codes = entry.data.get("overridden")
    if isinstance(codes, list) and code in codes:
        return str(entry.data.get("reason") or "no reason recorded")
    return None
