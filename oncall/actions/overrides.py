"""Overrides: somebody takes a duty for a while, for themselves or, as a lead or administrator, for anybody."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from ledger.actions import record
from ledger.verbs import verb
from oncall.actions.schedules import locked, no_clash
from oncall.models import Override, Schedule, Swap
from oncall.plans import Stretch
from oncall.rota import changed
from oncall.rotas import crew, plain_override, rota, standing
from oncall.rules import overrides as rules
from oncall.rules.schedules import PAIR
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now
from tenants.words import line

REASON_MAX = 200


@verb(
    "give",
    kind="override.given",
    who="the schedule's people, for themselves; the team's lead and administrators, for anybody",
    subject="override",
    clauses=(PAIR,),
)
def give_override(schedule: Schedule, asked: Stretch, *, by: Actor, reason: str = "", source: str = "") -> Override:
    """Have somebody take a duty for a while. `source` names the event of an imported calendar."""
    schedule = locked(schedule)
    replaced = asked.replaced.pk if asked.replaced else None
    check(rules.why_not_give(schedule, crew(schedule), by, asked.person.pk, replaced))
    override = put(schedule, asked, by=by, reason=reason, source=source)
    record("override.given", override, by=by, **told(override, _touched(schedule, override)))
    return override


@verb(
    "cancel",
    kind="override.cancelled",
    who="who made it or is in it; the team's lead and administrators",
    subject="override",
)
def cancel_override(override: Override, *, by: Actor) -> Override:
    """Cancel an override: from now on whoever was replaced is on call again. Of a swap, both sides end."""
    schedule = locked(override.schedule)
    override = Override.objects.select_related("schedule__team__manager", "user", "replaced").get(pk=override.pk)
    at = now()
    check(rules.why_not_cancel(override, by, at))
    together = [override]
    if override.swap_id is not None:
        sides = Override.objects.filter(swap=override.swap_id, cancelled_at=None, ends_at__gt=at)
        together = list(sides.select_related("user", "replaced").order_by("id"))
    touched = take_back(schedule, together, at)
    also = [_side(one) for one in together if one.pk != override.pk]
    record("override.cancelled", override, by=by, **told(override, touched), both=bool(also), also=also)
    override.cancelled_at = at
    return override


def put(
    schedule: Schedule, asked: Stretch, *, by: Actor, reason: str = "", source: str = "", swap: Swap | None = None
) -> Override:
    """Write an override of a schedule whose row is locked, if the stretch can be (not: whether `by` may)."""
    at, reason = now(), line("reason", reason, most=REASON_MAX, required=False)
    check(rules.why_not_stretch(asked, at))
    asked = replace(asked, start=max(asked.start, at))
    others = [o for o in standing([schedule.pk], asked.start, asked.end) if o.cancelled_at is None]
    before = rota(schedule, asked.start, asked.end)
    check([*rules.why_not_overlap(asked, others, schedule), *rules.why_not_replace(asked, before)])
    override = Override.objects.create(
        schedule=schedule,
        duty=asked.duty,
        starts_at=asked.start,
        ends_at=asked.end,
        user=asked.person,
        replaced=asked.replaced,
        made_by_id=by.user_id,
        reason=reason,
        source=source,
        swap=swap,
    )
    if swap is None:  # of a swap both sides are judged together
        after = replace(before, overrides=(*before.overrides, plain_override(override)))
        no_clash(schedule, before, after, asked.start, asked.end, field="person")
    return override


def take_back(schedule: Schedule, overrides: list[Override], at: datetime) -> set[int]:
    """End overrides of a schedule whose row is locked, now, unless that makes somebody primary and secondary at once.

    Returns the user ids of those who are on call at other times by that.
    """
    start, end = max(at, min(o.starts_at for o in overrides)), max(o.ends_at for o in overrides)
    before = rota(schedule, at, end)
    gone = {o.pk for o in overrides}
    after = replace(before, overrides=tuple(o for o in before.overrides if o.id not in gone))
    no_clash(schedule, before, after, start, end, field="")
    for override in overrides:
        override.cancelled_at = at
        override.save()
    return changed(before, after, start, end)


def told(override: Override, touched: Collection[int]) -> dict[str, Any]:
    """An override as events tell it; `people` hear of it: who is in it, and whoever loses a stretch by it or gets one back."""
    people = dict.fromkeys([override.user_id, override.replaced_id, *sorted(touched)])
    return {
        "schedule": override.schedule.name,
        "duty": override.duty,
        **_side(override),
        "reason": override.reason,
        "people": [pk for pk in people if pk is not None],
    }


def _side(override: Override) -> dict[str, str]:
    return {
        "person": override.user.name,
        "replaced": override.replaced.name if override.replaced else "",
        "start": override.starts_at.isoformat(),
        "end": override.ends_at.isoformat(),
    }


def _touched(schedule: Schedule, override: Override) -> set[int]:
    """The user ids of those who are on call at other times since an override was made."""
    start, end = override.starts_at, override.ends_at
    after = rota(schedule, start, end)
    before = replace(after, overrides=tuple(o for o in after.overrides if o.id != override.pk))
    return changed(before, after, start, end)
