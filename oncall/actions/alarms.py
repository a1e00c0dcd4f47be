"""Alarms: what of Muster itself stands still is said to administrators at once, again where it grows, and that it goes on again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from ledger.actions import record
from ledger.verbs import verb
from notifications.actions import notify
from oncall.models import ReadinessNotice
from standard.faults import Fault
from tenants.actors import Actor, Role
from tenants.queries import members
from tenants.time import now

CALM = timedelta(minutes=5)
"""How long an alarm must be gone before it is said: what comes and goes is one alarm."""
AGAIN = timedelta(hours=1)
"""How long nothing more is said of an alarm that stands, however much it grows."""

ALARMED, CALMED = "readiness.alarmed", "readiness.calmed"


@verb(
    "alarm",
    kind=ALARMED,
    who="the watchdog",
    subject="readiness notice",
    clauses=("mobilize.page-out",),
    sometimes=(CALMED,),
)
def alarm(found: Sequence[Fault], *, by: Actor, unsure: Collection[str] = ()) -> int:
    """Tell administrators at once what of Muster itself stands still; once while it does, and once when it has been gone for a while.

    Where more of it stands still than was said, that is said too, once an hour at most: one reaction that was set aside on Monday must
    not keep the fifty of Friday quiet.

    `found` is all that stands still now, except of the codes in `unsure`, which may stand still all the same. Asked again and again,
    and by any number of processes, it says nothing twice: the organisation's row says what was said. The messages are queued here and
    not by a reaction of the event: that reactions do not follow may be the very thing to say. Returns how many alarms and all-clears
    were new.
    """
    ReadinessNotice.objects.get_or_create(organisation_id=by.organisation_id)
    row = ReadinessNotice.objects.select_for_update().get(organisation_id=by.organisation_id)
    before: dict[str, dict[str, Any]] = row.standing
    standing: dict[str, dict[str, Any]] = {}
    moment, new = now(), 0
    for fault in found:
        told = before.get(fault.code)
        if is_new := told is None or _grew(told, fault, moment):
            _say(row, ALARMED, fault.code, fault.sentence, by)
            new += 1
        standing[fault.code] = _kept(told, fault, moment, said=is_new)
    for code, told in before.items():
        if code in standing:
            continue
        if code in unsure:
            standing[code] = {key: kept for key, kept in told.items() if key != "gone"}
            continue
        gone = datetime.fromisoformat(told["gone"]) if "gone" in told else moment
        if moment - gone >= CALM:
            _say(row, CALMED, code, told["sentence"], by)
            new += 1
        else:
            standing[code] = told | {"gone": gone.isoformat()}
    if standing != before:
        row.standing = standing
        row.save(update_fields=["standing"])
    return new


def _grew(told: dict[str, Any], fault: Fault, moment: datetime) -> bool:
    """Whether there is more of it than was said, a while ago. An alarm that was kept without its number is taken as it is."""
    said = datetime.fromisoformat(told.get("said", told["since"]))
    return bool(fault.count > told.get("count", fault.count) and moment - said >= AGAIN)


def _kept(told: dict[str, Any] | None, fault: Fault, moment: datetime, *, said: bool) -> dict[str, Any]:
    """What is kept of an alarm that stands: nothing that changes from look to look, for that would be written each time.

    The number is what was said, or less where it has fallen since: from there it grows again.
    """
    if told is None or said:
        since = told["since"] if told else moment.isoformat()
        return {"since": since, "said": moment.isoformat(), "count": fault.count, "sentence": fault.sentence}
    count = min(fault.count, told.get("count", fault.count))
    return {"since": told["since"], "said": told.get("said", told["since"]), "count": count, "sentence": told["sentence"]}


def _say(row: ReadinessNotice, kind: str, what: str, sentence: str, by: Actor) -> None:
    event = record(kind, row, by=by, what=what, sentence=sentence)
    notify(event, members(Role.ADMINISTRATOR), template="alarm", subject_id=row.pk, urgent=True)
