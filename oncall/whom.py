"""Who answers for the targets of a step just now: asked when the step comes, of the members who can answer still.

Whoever has left, and an auditor, who may only read, is passed over: the next of the fixed order stands in.
"""

from dataclasses import dataclass
from typing import Any

from oncall import rotas
from oncall.escalation import OF_THE_TEAM, Kind, Step
from oncall.models import Schedule, Team, TeamMember
from oncall.rota import OnCallDuty
from tenants import prepared
from tenants.models import DutyHolder, User
from tenants.time import now

_OF_THE_TEAM = """
SELECT u.*, schedule.id AS schedule_id, step.kind AS kind FROM (SELECT 1) one
LEFT JOIN oncall_schedule schedule ON schedule.team_id = %(team)s AND schedule.is_active
LEFT JOIN (
  SELECT m.user_id, 'member' AS kind, m.position FROM oncall_teammember m WHERE m.team_id = %(team)s
  UNION ALL SELECT %(manager)s::bigint, 'lead', 2147483647 WHERE %(manager)s::bigint IS NOT NULL) step
  JOIN tenants_membership s ON s.user_id = step.user_id AND s.is_active AND NOT 'auditor' = ANY(s.roles)
  JOIN tenants_user u ON u.id = step.user_id AND u.is_active ON true
ORDER BY step.position
"""


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call for a team. None where nobody is."""

    primary: User | None = None
    secondary: User | None = None
    lead: User | None = None

    def people(self) -> list[User]:
        """Those there are, in the order in which they are called."""
        return [person for person in (self.primary, self.secondary, self.lead) if person is not None]


def on_call(team: Team) -> OnCall:
    """Primary, secondary and lead of a team now, those who can answer. One query for a team without a schedule.

    Primary and secondary are who is on call by the team's schedule (clause oncall.primary-secondary); of a team without one, or while
    nobody of it is on call, the first two of its fixed order who can.
    """
    rows: list[Any] = list(prepared.rows(User, _OF_THE_TEAM, {"team": team.pk, "manager": team.manager_id}))
    members: list[User | None] = [row for row in rows if row.kind == "member"]
    lead = next((row for row in rows if row.kind == "lead"), None)
    schedule_id: int | None = rows[0].schedule_id
    if schedule_id is not None and (duty := rotas.on_call(schedule_id, now())):
        return OnCall(duty.get(OnCallDuty.PRIMARY), duty.get(OnCallDuty.SECONDARY), lead)
    primary, secondary = [*members, None, None][:2]
    return OnCall(primary, secondary, lead)


def ladder(team: Team) -> list[User]:
    """Whom a page to this team calls by the standard, in order and each once: primary, secondary, lead."""
    return list({person.pk: person for person in on_call(team).people()}.values())


def present_of(team: Team, known: dict[int, OnCall]) -> OnCall:
    """Who is on call for a team now: from what is `known`, by the team's id, or asked and added to it."""
    if team.pk not in known:
        known[team.pk] = on_call(team)
    return known[team.pk]


def who(step: Step, team: Team | None, known: dict[int, OnCall] | None = None) -> list[User]:
    """Whom a step calls now, each once, in the order of its targets. Who is on call is asked where it is not `known`."""
    found: list[User] = []
    asked = team is not None and any(target.kind in OF_THE_TEAM for target in step.targets)
    there = present_of(team, {} if known is None else known) if team is not None and asked else OnCall()
    of_the_team = {Kind.PRIMARY: there.primary, Kind.SECONDARY: there.secondary, Kind.LEAD: there.lead}
    for target in step.targets:
        if target.kind in of_the_team:
            person = of_the_team[target.kind]
            found += [person] if person is not None else []
        elif target.kind == Kind.EVERYONE:
            found += _everyone(team)
        elif target.kind == Kind.PERSON:
            found += _members([int(target.which)])
        elif target.kind == Kind.SCHEDULE:
            found += _primary_of(int(target.which))
        else:
            found += _members(list(DutyHolder.objects.filter(duty=target.which).order_by("id").values_list("user_id", flat=True)))
    return list({person.pk: person for person in found}.values())


def _everyone(team: Team | None) -> list[User]:
    rows = TeamMember.objects.filter(team=team).order_by("position").values_list("user_id", flat=True) if team else []
    return _members(list(rows))


def _primary_of(schedule_id: int) -> list[User]:
    running = Schedule.objects.filter(pk=schedule_id, is_active=True).exists()
    primary = rotas.on_call(schedule_id, now()).get(OnCallDuty.PRIMARY) if running else None
    return [primary] if primary is not None else []


def _members(user_ids: list[int]) -> list[User]:
    """These people, in this order, without those who have left or only read."""
    found = {person.pk: person for person in prepared.rows(User, rotas.MEMBERS, [user_ids])} if user_ids else {}
    return [found[pk] for pk in user_ids if pk in found]
