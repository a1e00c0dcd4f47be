"""Who answers for the targets of a step just now: asked when the step comes, of the members who can answer still.

Whoever has left, and an auditor, who may only read, is passed over: the next of the fixed order stands in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oncall import rotas
from oncall.escalation import OF_THE_TEAM, Kind, Step
from oncall.models import Schedule, Team, TeamMember
from oncall.rota import OnCallDuty
from tenants import prepared
from tenants.models import DutyHolder, User
from tenants.time import now

# The people of teams who can answer: in the fixed order, the lead, and whoever takes turns in the team's schedule or stands in for
# somebody there at that instant, each once. A team has a row at least: it says whether there is a schedule.
_OF_TEAMS = """
SELECT u.*, team.id AS team_id, schedule.id AS schedule_id, step.kind AS kind FROM oncall_team team
LEFT JOIN oncall_schedule schedule ON schedule.team_id = team.id AND schedule.is_active
LEFT JOIN LATERAL (
  SELECT m.user_id, 'member' AS kind, m.position FROM oncall_teammember m WHERE m.team_id = team.id
  UNION SELECT team.manager_id, 'lead', NULL WHERE team.manager_id IS NOT NULL
  UNION SELECT t.user_id, 'turn', NULL FROM oncall_layer l JOIN oncall_layermember t ON t.layer_id = l.id
    WHERE l.schedule_id = schedule.id AND (l.until IS NULL OR l.until > %(at)s)
  UNION SELECT o.user_id, 'turn', NULL FROM oncall_override o
    WHERE o.schedule_id = schedule.id AND o.starts_at <= %(at)s AND o.ends_at > %(at)s) step
  JOIN tenants_membership s ON s.user_id = step.user_id AND s.is_active AND NOT 'auditor' = ANY(s.roles)
  JOIN tenants_user u ON u.id = step.user_id AND u.is_active ON true
WHERE team.id = ANY(%(teams)s::bigint[]) ORDER BY step.position
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
    return of_teams([team.pk])[team.pk]


def of_teams(team_ids: Collection[int]) -> dict[int, OnCall]:
    """The same of several teams, by their ids: as many queries as for one, and none for none."""
    if not team_ids:
        return {}
    at = now()
    people: dict[int, list[Any]] = {team_id: [] for team_id in team_ids}
    rows: list[Any] = list(prepared.rows(User, _OF_TEAMS, {"teams": list(team_ids), "at": at}))
    for row in rows:
        people[row.team_id].append(row)
    schedules = {team_id: found[0].schedule_id for team_id, found in people.items() if found and found[0].schedule_id is not None}
    duties = rotas.held(schedules.values(), at) if schedules else {}
    return {team_id: _present(found, duties.get(schedules.get(team_id, 0), {})) for team_id, found in people.items()}


def _present(people: Sequence[Any], duties: Mapping[str, int]) -> OnCall:
    """Who is on call of a team's people, each with their `kind`, where its schedule gives these duties to these user ids."""
    lead = next((person for person in people if person.kind == "lead"), None)
    turns = {person.pk: person for person in people if person.kind == "turn"}
    there = {duty: turns[pk] for duty, pk in duties.items() if pk in turns}
    if there:
        return OnCall(there.get(OnCallDuty.PRIMARY), there.get(OnCallDuty.SECONDARY), lead)
    primary, secondary = [*(person for person in people if person.kind == "member"), None, None][:2]
    return OnCall(primary, secondary, lead)


def ladder(team: Team) -> list[User]:
    """Whom a page to this team calls by the standard, in order and each once: primary, secondary, lead."""
    return list({person.pk: person for person in on_call(team).people()}.values())


def who(step: Step, team: Team | None, known: Mapping[int, OnCall] | None = None) -> list[User]:
    """Whom a step calls now, each once, in the order of its targets. Who is on call is asked where it is not `known`, by the team's id."""
    found: list[User] = []
    asked = team is not None and any(target.kind in OF_THE_TEAM for target in step.targets)
    there = ((known or {}).get(team.pk) or on_call(team)) if team is not None and asked else OnCall()
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
