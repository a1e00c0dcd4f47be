"""Making and ending audit engagements (people.auditor)."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance.models import AuditEngagement
from compliance.rules import engagements as rules
from incidents.members import active_for
from ledger.actions import record
from ledger.verbs import verb
from standard.calendar import instant
from standard.models import Calendar
from tenants.actors import Actor, Role
from tenants.models import Membership
from tenants.refusals import check
from tenants.time import now
from tenants.words import line, text


@verb("make", kind="engagement.made", who="administrator", subject="audit engagement", clauses=(rules.AUDITOR,))
def make_engagement(
    *, by: Actor, firm: str, auditor: str, first: date, last: date, expires: date, restricted: bool = False
) -> AuditEngagement:
    """Let an auditor see a period: incidents declared in it, and what was recorded of them and in it.

    Days are the organisation's calendar's; `expires` is the last day on which the auditor reads. With `restricted`, what is restricted in the
    period is seen too, which only the Privacy Officer may say (breach.need-to-know).
    """
    check(rules.why_not_arrange(by) or rules.why_not_days(first=first, last=last, expires=expires))
    named = line("firm", firm, most=120)
    member = active_for(by, auditor, field="auditor")
    zone = ZoneInfo(Calendar.objects.values_list("time_zone", flat=True).first() or "UTC")
    is_auditor = Membership.objects.filter(user_id=member.user_id, is_active=True, roles__contains=[Role.AUDITOR]).exists()
    ends = instant(zone, expires + timedelta(days=1), time())
    check(
        rules.why_not_make(by, is_auditor=is_auditor, first=first, last=last, expires_at=ends, now=now(), restricted=restricted)
    )
    made = AuditEngagement.objects.create(
        firm=named,
        auditor_id=member.user_id,
        first=first,
        last=last,
        starts_at=instant(zone, first, time()),
        ends_at=instant(zone, last + timedelta(days=1), time()),
        restricted=restricted,
        expires_at=ends,
        made_at=now(),
        made_by_id=by.user_id,
    )
    told: dict[str, Any] = {"auditor": member.name, "auditor_id": member.user_id, "firm": named, "restricted": restricted}
    told |= {"first": str(first), "last": str(last), "expires_at": ends.isoformat()}
    record("engagement.made", made, by=by, **told)
    return made


@verb("end", kind="engagement.ended", who="administrator", subject="audit engagement", clauses=(rules.AUDITOR,))
def end_engagement(engagement: AuditEngagement, *, by: Actor, reason: str) -> AuditEngagement:
    """End an engagement before its day: its auditor sees nothing any more, from the next request on."""
    found = AuditEngagement.objects.select_for_update(of=("self",)).select_related("ended_by").get(pk=engagement.pk)
    check(rules.why_not_end(found, by, now=now()))
    why = text("reason", reason, most=1_000)
    found.ended_at, found.ended_by_id, found.end_reason = now(), by.person_id, why
    found.save()
    record("engagement.ended", found, by=by, auditor_id=found.auditor_id, firm=found.firm, reason=why)
    return found
