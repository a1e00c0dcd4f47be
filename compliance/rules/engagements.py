"""Why not: what of audit engagements is refused, each with its clause."""

from collections.abc import Sequence
from datetime import date, datetime

from compliance.models import AuditEngagement
from tenants.actors import Actor, Duty, Role
from tenants.models import DutyHolder
from tenants.refusals import Reason

AUDITOR = "people.auditor"
NEED_TO_KNOW = "breach.need-to-know"
DAYS_MOST = 3_660
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


def why_not_know(by: Actor) -> list[Reason]:
    """Administrators know of every engagement, an auditor of their own."""
    if by.is_system or by.has(Role.ADMINISTRATOR, Role.AUDITOR):
        return []
    sentence = "Audit engagements are shown to administrators and auditors."
    return [Reason("not_administrator", sentence, clause=AUDITOR, status=403)]


def why_not_arrange(by: Actor) -> list[Reason]:
    """Administrators make and end engagements."""
    if by.has(Role.AUDITOR):
        return [Reason("read_only", "An auditor reads and changes nothing.", clause=AUDITOR, status=403)]
    if "write" not in by.scopes:
        return [Reason("scope", 'This token may only read: it has not the scope "write".', status=403)]
    if by.is_system or by.has(Role.ADMINISTRATOR):
        return []
    return [Reason("not_administrator", "Only an administrator makes and ends audit engagements.", clause=AUDITOR, status=403)]


def why_not_days(**days: date) -> list[Reason]:
    """Days of this century and the next."""
    wrong = [name for name, day in days.items() if not EARLIEST <= day <= LATEST]
    sentence = f"This lies between {EARLIEST.year} and {LATEST.year}."
    return [_bad(name, "no_such_day", sentence) for name in wrong]


def why_not_make(
    by: Actor, *, is_auditor: bool, first: date, last: date, expires_at: datetime, now: datetime, restricted: bool
) -> list[Reason]:
    """An engagement is for an auditor, over days that make a period, for a time that is still to come."""
    if refused := why_not_arrange(by):
        return refused
    found: list[Reason] = []
    if not is_auditor:
        sentence = "They are no auditor here: give them that role, and no other, first."
        found.append(Reason("not_auditor", sentence, clause=AUDITOR, field="auditor", status=422))
    if last < first:
        found.append(_bad("last", "ends_before", "The period ends before it begins."))
    if (last - first).days > DAYS_MOST:
        found.append(_bad("first", "too_long", f"A period has at most {DAYS_MOST:,} days."))
    if expires_at <= now:
        found.append(_bad("expires", "past", "This day is over: the engagement would have ended already."))
    elif (expires_at - now).days > DAYS_MOST:
        found.append(_bad("expires", "too_far", f"An engagement ends within {DAYS_MOST:,} days."))
    if restricted and not _is_privacy_officer(by):
        sentence = "Only the Privacy Officer, being an administrator, opens restricted incidents to an auditor."
        found.append(Reason("not_privacy_officer", sentence, clause=NEED_TO_KNOW, field="restricted", status=403))
    return found


def why_not_end(engagement: AuditEngagement, by: Actor, *, now: datetime) -> list[Reason]:
    """It ends once, by itself or by somebody."""
    if refused := why_not_arrange(by):
        return refused
    if engagement.ended_at is not None:
        who = engagement.ended_by.name if engagement.ended_by else "Somebody"
        return [Reason("ended", f"{who} ended it at {engagement.ended_at:%Y-%m-%d %H:%M:%S} UTC.", clause=AUDITOR)]
    if engagement.expires_at <= now:
        return [Reason("expired", f"It expired at {engagement.expires_at:%Y-%m-%d %H:%M} UTC.", clause=AUDITOR)]
    return []


def why_not_audit(by: Actor, known: Sequence[AuditEngagement], *, now: datetime) -> list[Reason]:
    """An auditor reads while an engagement of theirs is open; everybody else reads as what they are."""
    if not by.has(Role.AUDITOR) or any(one.is_open(now) for one in known):
        return []
    if not known:
        sentence = "You have no audit engagement here: an administrator makes one, with its period."
    else:
        last = max(known, key=lambda one: min(one.ended_at or one.expires_at, one.expires_at))
        over = min(last.ended_at or last.expires_at, last.expires_at)
        sentence = f"Your engagement ({last.firm}) ended on {over:%-d %B %Y}: an administrator can make another."
    return [Reason("no_engagement", sentence, clause=AUDITOR, status=403)]


def why_not_look(by: Actor, engagement: AuditEngagement, *, now: datetime) -> list[Reason]:
    """What an engagement shows is for its auditor, while it is open."""
    if engagement.auditor_id != by.user_id or not by.has(Role.AUDITOR):
        return [Reason("not_your_audit", "What an engagement shows is read by its auditor.", clause=AUDITOR, status=403)]
    return why_not_audit(by, [engagement], now=now)


def why_not_log(by: Actor) -> list[Reason]:
    """The log of what somebody reads is an auditor's own."""
    if by.has(Role.AUDITOR):
        return []
    return [Reason("not_auditor", "What auditors read is recorded, and shown to each of their own.", clause=AUDITOR, status=403)]


def _is_privacy_officer(by: Actor) -> bool:
    return by.user_id is not None and DutyHolder.objects.filter(user_id=by.user_id, duty=Duty.PRIVACY_OFFICER).exists()


def _bad(field: str, code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=AUDITOR, field=field, status=422)
