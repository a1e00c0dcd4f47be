"""Whether somebody did what a page asks for (portal/reactions.py): else whoever acknowledged it has forgotten it, and is asked again."""

from incidents.models import Incident, RoleHolding, Signal
from incidents.states import RoomRole, SignalState


def signal_answered(signal_id: int) -> bool:
    """Whether somebody answered "is this an incident?"; what became an incident is answered as one."""
    signal = Signal.objects.only("state", "incident_id").get(pk=signal_id)
    if signal.incident_id is not None:
        return incident_answered(signal.incident_id)
    return bool(signal.state != SignalState.WAITING)


def incident_answered(incident_id: int) -> bool:
    """Whether somebody is on it: it ended, or somebody commands it; a SEV 3 or 4 needs no commander, and waits for its fix."""
    incident = Incident.objects.get(pk=incident_id)
    if not incident.is_open or not incident.mobilises:
        return True
    return RoleHolding.objects.filter(incident=incident, role=RoomRole.IC, until=None).exists()
