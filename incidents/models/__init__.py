"""What is happening and who commands: signals from outside, and incidents."""

from incidents.models.comms import Component, ComponentState, ServiceComponent, StatusUpdate, UpdatePolicy
from incidents.models.incident import Incident, IncidentNumber, IncidentService, Participant, RoleHolding
from incidents.models.restriction import Flag, LegalHold, NeedToKnow, SnapshotRequest
from incidents.models.room import ChecklistTick, Handover, RoleOffer
from incidents.models.signal import (
    Alert,
    Inbound,
    Integration,
    IntegrationPulse,
    IntegrationSecret,
    MaintenanceService,
    MaintenanceWindow,
    RoutingRule,
    Signal,
    UnknownKey,
)
from incidents.models.times import TimeCorrection
from incidents.models.work import Attachment, Change, Hypothesis, Order

__all__ = [
    "Alert",
    "Attachment",
    "Change",
    "ChecklistTick",
    "Component",
    "ComponentState",
    "Flag",
    "Handover",
    "Hypothesis",
    "Inbound",
    "Incident",
    "IncidentNumber",
    "IncidentService",
    "Integration",
    "IntegrationPulse",
    "IntegrationSecret",
    "LegalHold",
    "MaintenanceService",
    "MaintenanceWindow",
    "NeedToKnow",
    "Order",
    "Participant",
    "RoleHolding",
    "RoleOffer",
    "RoutingRule",
    "ServiceComponent",
    "Signal",
    "SnapshotRequest",
    "StatusUpdate",
    "TimeCorrection",
    "UnknownKey",
    "UpdatePolicy",
]
