"""Reminding the owners of action items: by people, once a day at most; and, once the time is past, whom else it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from incidents.announcements import may_hear
from ledger.actions import record
from ledger.verbs import verb
from postmortems import item_people
from postmortems.actions.items import SUBJECT, lock
from postmortems.models import ActionItem
from postmortems.rules import items as rules
from postmortems.sla import SLA
from standard.models import Clock
from tenants.actors import Actor, Role
from tenants.models import User
from tenants.queries import members
from tenants.refusals import Refused, check
from tenants.time import now

AT_ONCE = 200  # items that one reminder names at most


@verb(
    "remind",
    kind="action.reminded",
    who="practitioners, the process owner",
    subject=SUBJECT,
    clauses=(SLA,),
)
def remind(item: ActionItem, *, by: Actor) -> ActionItem:
    """Remind the owner of an action item, once a day at most."""
    item, leads = lock(item)
    check(rules.why_not_remind(item, by, leads))
    _remind(item, by, now(), carries=True)
    return item


def remind_owners(items: Sequence[ActionItem], *, by: Actor) -> tuple[int, int]:
    """Remind the owners of these items, each in one message. Returns (people reminded, items left out).

    Left out is what needs no reminding, and what is an owner's who was reminded within a day. Refuses (403) who may not, and (409)
    where nobody is left to remind, with the reasons.
    """
    check(rules.writer(by))
    moment, told, refusals, left = now(), set[int](), [], 0
    resting = _resting([item.owner_id for item in items], moment)
    for item in sorted(items[:AT_ONCE], key=lambda one: (one.incident_id, one.pk)):  # locked in the same order by everybody
        locked, leads = lock(item)
        reasons = rules.why_not_remind(locked, by, leads)
        if reasons or locked.owner_id in resting:
            refusals += reasons or [rules.rested(locked)]
            left += 1
            continue
        _remind(locked, by, moment, carries=locked.owner_id not in told)
        told.add(locked.owner_id)
    if not told:
        raise Refused(*(list(dict.fromkeys(refusals))[:5] or [rules.NOTHING_CHOSEN]))
    return len(told), left


def _resting(owners: Sequence[int], moment: datetime) -> set[int]:
    """Those of them whom somebody reminded within a day."""
    lately = ActionItem.objects.filter(owner_id__in=owners, reminded_at__gt=moment - rules.AGAIN_AFTER)
    return set(lately.values_list("owner_id", flat=True))


def _remind(item: ActionItem, by: Actor, moment: datetime, *, carries: bool) -> None:
    """Keep that an owner is reminded of an item now. The one of theirs that `carries` bears the message, which names them all."""
    item.reminded_at = moment
    item.save()
    told: dict[str, Any] = {"number": item.number, "title": item.title, "owner": item.owner.name, "owner_id": item.owner_id}
    record("action.reminded", item, by=by, incident_id=item.incident_id, **told, carries=carries)


@verb("escalate", kind="action.escalated", who="the clock", subject=SUBJECT, clauses=(SLA,))
def escalate(item: ActionItem, *, by: Actor) -> None:
    """An action item's time is past: its owner, their manager and the process owner are told, as far as they may know of it."""
    item, _ = lock(item)
    if not item.is_open:
        return
    wanted = [item.owner_id, *item_people.managers(item), *members(Role.PROCESS_OWNER)]
    people = may_hear(item.incident_id, wanted)
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    record(
        "action.escalated",
        item,
        by=by,
        incident_id=item.incident_id,
        number=item.number,
        title=item.title,
        owner=item.owner.name,
        due_at=item.due_at.isoformat() if item.due_at else None,
        people=people,
        to=[names[pk] for pk in people if pk != item.owner_id],
    )


@verb(
    "tell-date",
    kind="action.date_told",
    who="the clock",
    subject=SUBJECT,
    clauses=(SLA,),
    sometimes=("action.escalated",),
)
def tell_date(item: ActionItem, *, by: Actor) -> bool:
    """The date in force comes, or is past, and no clock of the standard's tells of it: the owner hears. Returns whether it was time.

    Where the standard's own limit was missed meanwhile, it is escalated as that would have been: the later date put that off.
    """
    item, _ = lock(item)
    if item.told_next_at is None or item.told_next_at > now() or item.due_at is None or not item.is_open:
        return False
    past = item.due_at <= now()
    item.told_next_at = None if past else item.due_at
    item.save()
    running = Clock.objects.filter(clause=SLA, subject_type=item._meta.label_lower, subject_id=item.pk, stopped_at=None)
    escalates = past and running.filter(broken_at__isnull=False, due_at__lt=item.due_at).exists()
    told: dict[str, Any] = {"number": item.number, "title": item.title, "owner": item.owner.name, "owner_id": item.owner_id}
    told |= {"due_at": item.due_at.isoformat(), "past": past, "escalates": escalates}
    record("action.date_told", item, by=by, incident_id=item.incident_id, **told)
    if escalates:
        escalate(item, by=by)
    return True


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """An item's clock ran out (portal/reactions.py names this for action items). Where a later date is in force, that is waited for."""
    item = ActionItem.objects.get(pk=clock.subject_id)
    if item.due_at is None or item.due_at <= now():
        escalate(item, by=by)
