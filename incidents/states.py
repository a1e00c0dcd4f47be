"""The states of an incident and of a signal, and the moves that the standard allows (clause lifecycle.phases)."""

from django.db import models


class State(models.TextChoices):
    """Where an incident stands."""

    MOBILIZATION = "mobilization", "Mobilisation"
    INVESTIGATION = "investigation", "Investigation"
    MITIGATION = "mitigation", "Mitigation"
    MONITORING = "monitoring", "Monitoring"
    BACKLOG = "backlog", "Backlog"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    FALSE_POSITIVE = "false_positive", "False positive"
    MERGED = "merged", "Merged"


OPEN = frozenset({State.MOBILIZATION, State.INVESTIGATION, State.MITIGATION, State.MONITORING, State.BACKLOG})

# What the verb `advance` may do, and which moves need a written reason: skipping mitigation, and going back.
ADVANCES: dict[State, dict[State, bool]] = {
    State.MOBILIZATION: {State.INVESTIGATION: False},
    State.INVESTIGATION: {State.MITIGATION: False, State.MONITORING: True},
    State.MITIGATION: {State.MONITORING: False, State.INVESTIGATION: True},
    State.MONITORING: {State.INVESTIGATION: True},
}


class SignalState(models.TextChoices):
    """What was decided about a signal."""

    WAITING = "waiting", "Waiting"
    DECLARED = "declared", "Declared"
    ATTACHED = "attached", "Attached"
    DISMISSED = "dismissed", "Dismissed"


class AlertState(models.TextChoices):
    """What monitoring says now."""

    FIRING = "firing", "Firing"
    RESOLVED = "resolved", "Resolved"


class Severity(models.IntegerChoices):
    """How bad it is; what a level sets off is data of the standard's version."""

    SEV1 = 1, "SEV 1"
    SEV2 = 2, "SEV 2"
    SEV3 = 3, "SEV 3"
    SEV4 = 4, "SEV 4"

    @property
    def code(self) -> str:
        """As the API writes it."""
        return f"SEV{self.value}"


class DetectedBy(models.TextChoices):
    """Who noticed."""

    MONITORING = "monitoring", "Monitoring"
    USER = "user", "User"


class RoomRole(models.TextChoices):
    """Roles in the room: one holder each."""

    IC = "ic", "Incident Commander"
    OL = "ol", "Operations Lead"
    CL = "cl", "Communications Lead"
    SCRIBE = "scribe", "Scribe"


class Audience(models.TextChoices):
    """Whom a status update is for. (The other audiences come with their approvals and clocks.)"""

    INTERNAL = "internal", "Internal"
