"""The limit within which a SEV 3 is fixed and a SEV 4 is done: one clock, on the organisation's calendar."""

from datetime import datetime

import structlog

from incidents.models import Incident
from incidents.owning import OWNER_TEAM
from standard import clocks
from standard.away import Away
from standard.law_types import FixInDays, FixInSprints
from standard.queries import calendar
from tenants.time import now

log = structlog.get_logger(__name__)

FIX_CLOCKS = ("severity.sev3-fix", "severity.sev4-ticket")  # as shipped; the clause of each is the law's own


def start_fix(incident: Incident, *, instead: Away = Away.ANEW) -> None:
    """Start, or start anew, the clock of the fix that the severity asks for (clauses severity.sev3-fix, severity.sev4-ticket).

    Nothing was fixed by that: what ran falls away for the reason `instead`.
    SEV 3 is asked for after one business day and broken after three; SEV 4 is due when the next sprint ends. The amounts are
    those of the standard that the incident pinned, counted from now. A severity without such a limit has no such clock, nor has
    any where the calendar has no such day: nobody is kept from declaring by it.
    """
    clocks.fall_away(incident, *_clauses(incident), why=instead)
    fix = incident.law.severity(incident.severity).fix
    if fix is None:
        return
    began = now()
    try:
        prompt_at, due_at = _moments(fix, began)
    except ValueError:  # hundreds of days off in a row
        log.warning("fix.no_business_day", incident=incident.pk)
        return
    clocks.begin(
        fix.clause,
        incident,
        prompt=prompt_at - began if prompt_at else None,
        due=due_at - began,
        owner_role=OWNER_TEAM,
        incident_id=incident.pk,
        at=began,
    )


def fixed(incident: Incident) -> None:
    """It is resolved, which is what the clock of the fix asks for, of whatever severity it runs for."""
    clocks.stop(incident, *_clauses(incident))


def _clauses(incident: Incident) -> list[str]:
    return [severity.fix.clause for severity in incident.law.severities if severity.fix is not None]


def _moments(fix: FixInDays | FixInSprints, began: datetime) -> tuple[datetime | None, datetime]:
    """(when it is asked for, when it is due)."""
    work = calendar()
    if isinstance(fix, FixInDays):
        hours = work.hours
        return hours.close_of_business(began, fix.prompt_business_days), hours.close_of_business(began, fix.break_business_days)
    return None, work.sprints.end(began, fix.sprints)
