"""Whose an incident is where there need be no commander: the team that owns the affected service."""

from incidents.models import IncidentService
from oncall.actions import ladder
from oncall.models import Team

OWNER_TEAM = "team"  # the owner of a clock that is nobody's role in the room


def owner_of(incident_id: int) -> int | None:
    """The user id of whom an incident is put to: the first of the owner team who is still a member, or None.

    That is the team of the first affected service; without any service, the default team.
    """
    affected = IncidentService.objects.filter(incident_id=incident_id).select_related("service__team").order_by("id").first()
    team = affected.service.team if affected else Team.objects.filter(is_default=True).first()
    people = ladder(team) if team else []
    return people[0] if people else None
