"""What is happening and who commands: signals from outside, and incidents."""

from incidents.models.incident import Incident, IncidentNumber, IncidentService, Participant, RoleHolding, StatusUpdate
from incidents.models.signal import (
    Alert,
    Inbound,
    Integration,
    IntegrationPulse,
    IntegrationSecret,
    RoutingRule,
    Signal,
    UnknownKey,
)

__all__ = [
    "Alert",
    "Inbound",
    "Incident",
    "IncidentNumber",
    "IncidentService",
    "Integration",
    "IntegrationPulse",
    "IntegrationSecret",
    "Participant",
    "RoleHolding",
    "RoutingRule",
    "Signal",
    "StatusUpdate",
    "UnknownKey",
]
