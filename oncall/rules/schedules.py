"""Rules of schedules: who edits them, and what a layer must be."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from oncall.models import Schedule, Team
from oncall.plans import Plan
from oncall.rota import Rota, clashes
from standard.calendar import zone_exists
from tenants.actors import Actor, Role
from tenants.refusals import Reason

PEOPLE_MOST = 60
LONGEST = {"hour": 24 * 28, "day": 366, "week": 52}
PRIORITY_MOST = 1000
FIRST_DAY = date(2000, 1, 1)
AHEAD = timedelta(days=730)
PAIR = "oncall.primary-secondary"


def why_not_write(by: Actor) -> list[Reason]:
    """Auditors, and tokens that only read, change nothing."""
    if by.has(Role.AUDITOR) or "write" not in by.scopes:
        return [Reason("read_only", "You may read here, but not change anything.", clause="people.auditor", status=403)]
    return []


def leads(team: Team | None, by: Actor) -> bool:
    """Whether schedules of a team are the actor's to edit: an administrator, Muster itself, or the team's lead."""
    return by.is_system or by.has(Role.ADMINISTRATOR) or (team is not None and by.user_id == team.manager_id is not None)


def why_not_edit(team: Team | None, by: Actor) -> list[Reason]:
    """Administrators and the team's lead edit schedules; members do not: they take and give overrides."""
    if reasons := why_not_write(by):
        return reasons
    if leads(team, by):
        return []
    lead = f" or {team.manager.name}, who leads {team.name}" if team and team.manager else ""
    sentence = f"Schedules are edited by administrators{lead}. You can take or give an override, or offer a swap."
    return [Reason("not_a_lead", sentence, clause=PAIR, status=403)]


def why_not_zone(name: str, field: str = "time_zone") -> list[Reason]:
    """The zone exists."""
    if zone_exists(name):
        return []
    shown = name if name.isprintable() and len(name) <= 60 else "of that name"
    return [_bad(field, "no_such_zone", f"There is no time zone {shown}; one is named like Europe/Berlin.")]


def why_not_plan(plan: Plan, today: date) -> list[Reason]:
    """A layer has people, a turn that lasts, hours that open and close, and begins at some sensible time."""
    reasons = why_not_zone(plan.time_zone)
    if not plan.people:
        reasons.append(_bad("people", "nobody", "A rotation of nobody calls nobody: name at least one person.", clause=PAIR))
    if len(plan.people) > PEOPLE_MOST:
        reasons.append(_bad("people", "too_many", f"At most {PEOPLE_MOST} people take turns in one layer."))
    if not 1 <= plan.every <= LONGEST[plan.unit]:
        reasons.append(_bad("every", "out_of_range", f"A turn lasts 1 to {LONGEST[plan.unit]:,} {plan.unit}s."))
    if not plan.weekdays or not set(plan.weekdays) <= set(range(1, 8)):
        reasons.append(_bad("weekdays", "out_of_range", "Give at least one weekday, each from 1 (Monday) to 7 (Sunday)."))
    if (plan.opens_at is None) != (plan.closes_at is None):
        missing = "closes_at" if plan.closes_at is None else "opens_at"
        reasons.append(_bad(missing, "required", "Hours need both: when they begin and when they end."))
    if not FIRST_DAY <= plan.starts_on <= today + AHEAD:
        reasons.append(_bad("starts_on", "out_of_range", f"This is not between {FIRST_DAY:%Y} and two years from now."))
    if not -PRIORITY_MOST <= plan.priority <= PRIORITY_MOST:
        reasons.append(_bad("priority", "out_of_range", f"A priority lies between -{PRIORITY_MOST} and {PRIORITY_MOST}."))
    times = {"handover_at": plan.handover_at, "opens_at": plan.opens_at, "closes_at": plan.closes_at}
    reasons += [_bad(name, "to_the_minute", "Say this to the minute.") for name, at in times.items() if not _to_the_minute(at)]
    return reasons


def why_not_both(
    before: Rota, after: Rota, start: datetime, end: datetime, say: Callable[[int, datetime, datetime], str], field: str
) -> list[Reason]:
    """Nobody becomes primary and secondary at once: then nobody would be left to call. `say` words (user id, from, to)."""
    known = _joined(clashes(before, start, end))
    for begins, ends, person in clashes(after, start, end):
        if not any(one <= begins and ends <= other and person == who for one, other, who in known):
            return [_bad(field, "both_at_once", say(person, begins, ends), clause=PAIR)]
    return []


def _joined(stretches: Sequence[tuple[datetime, datetime, int]]) -> list[tuple[datetime, datetime, int]]:
    """Those of one person that touch as one: what an edit leaves as it was may be told in fewer parts after it."""
    found: list[tuple[datetime, datetime, int]] = []
    for begins, ends, person in sorted(stretches, key=lambda one: (one[2], one[0])):
        if found and found[-1][2] == person and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends, person)
        else:
            found.append((begins, ends, person))
    return found


def why_not_schedule(team: Team | None, others: Sequence[Schedule], slug: str) -> list[Reason]:
    """A team has one running schedule, and a short name is used once."""
    reasons = []
    if any(other.slug == slug for other in others):
        reasons.append(_bad("slug", "taken", f"There is a schedule {slug} already."))
    if team is not None and any(other.team_id == team.pk and other.is_active for other in others):
        reasons.append(_bad("team", "has_one", f"{team.name} has a schedule already; add layers to it, or switch it off."))
    return reasons


def _to_the_minute(at: time | None) -> bool:
    return at is None or (at.second == at.microsecond == 0 and at.tzinfo is None)


def _bad(field: str, code: str, sentence: str, *, clause: str = "") -> Reason:
    return Reason(code, sentence, field=field, clause=clause, status=422)
