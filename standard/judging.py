"""Judging the clock of what was done by the time at which it was done, where somebody tells of that only later, or otherwise than first."""

from datetime import datetime, timedelta

from django.db import models

from ledger.audited import audited_update
from standard import clocks
from standard.models import Clock
from tenants.actors import Actor


def stop_as_of(subject: models.Model, clause: str, kept_at: datetime) -> bool:
    """Stop the running clock of what was kept at `kept_at`, of which somebody tells only now: its own time judges it.

    One that was kept in time, and was broken meanwhile for want of word of it, is broken no more: the ledger's entry of that break
    stays, and so does the clock's history. Returns whether it was so. Only for what has proof of its time.
    """
    running = Clock.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=subject.pk, clause=clause, stopped_at__isnull=True
    )
    righted = audited_update(running.filter(due_at__gte=kept_at, broken_at__isnull=False), broken_at=None, stopped_at=kept_at)
    clocks.strike_overdue(running.filter(due_at__lt=kept_at))
    audited_update(running, stopped_at=kept_at, next_at=None)
    return righted > 0


def judge_anew(subject: models.Model, clause: str, done_at: datetime, *, by: Actor) -> str:
    """Judge the clock of what was done at another time than was said first: the last one of `clause`, where the act had stopped it.

    The ledger's entries and the clock's history stay. Returns what became of it: "righted" (broken no more), "broken" (kept no
    more), or "" where the verdict is the same.
    """
    mine = Clock.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk, clause=clause)
    clock = mine.select_for_update(of=("self",)).order_by("-id").first()
    if clock is None or clock.stopped_at is None or clock.fell_away:
        return ""
    clock.stopped_at = max(done_at, clock.started_at)
    was_broken, late = clock.broken_at is not None, clock.stopped_at - clock.due_at
    if late > timedelta() and not was_broken:
        clocks.miss(clock, by=by, late=late)
        return "broken"
    if late <= timedelta():
        clock.broken_at = None
    clock.save()
    return "righted" if was_broken and clock.broken_at is None else ""
