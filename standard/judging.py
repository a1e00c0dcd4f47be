"""Judging the clock of what was done once more, where the time at which it was done turns out to have been another."""

from datetime import datetime, timedelta

from django.db import models

from standard import clocks
from standard.models import Clock
from tenants.actors import Actor


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
