"""What each call of somebody to an incident asks of it: worded here, since the ORM takes longer to word it than PostgreSQL to answer."""

from incidents.models import Incident
from tenants import prepared

_INCIDENT = "SELECT i.* FROM incidents_incident i WHERE i.id = %s"
_HELD = f"{_INCIDENT} FOR NO KEY UPDATE"
_RESTRICTED = "SELECT EXISTS (SELECT 1 FROM incidents_incident i WHERE i.id = %s AND i.restricted)"
_STANDARD = "SELECT i.standard_id FROM incidents_incident i WHERE i.id = %s"


def incident(incident_id: int) -> Incident:
    """An incident as it is. Raises Incident.DoesNotExist where none is seen."""
    return _found(prepared.row(Incident, _INCIDENT, [incident_id]), incident_id)


def held(incident_id: int) -> Incident:
    """The same, and nobody else changes it until the commit: it ends before this, or after."""
    return _found(prepared.row(Incident, _HELD, [incident_id]), incident_id)


def is_restricted(incident_id: int) -> bool:
    """Whether an incident is restricted, as far as it is seen."""
    return prepared.one(_RESTRICTED, [incident_id]) == (True,)


def pinned_standard(incident_id: int) -> int:
    """The id of the version of the standard that judges an incident. Raises Incident.DoesNotExist where none is seen."""
    row = prepared.one(_STANDARD, [incident_id])
    if row is None:
        raise Incident.DoesNotExist(f"No incident {incident_id}.")
    return int(row[0])


def _found(row: Incident | None, incident_id: int) -> Incident:
    if row is None:
        raise Incident.DoesNotExist(f"No incident {incident_id}.")
    return row
