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
    SUPPRESSED = "suppressed", "Suppressed"


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


# The clauses of the clocks that updates restart.
CADENCES = ("severity.sev1-cadence", "severity.sev2-cadence")


class DetectedBy(models.TextChoices):
    """Who noticed."""

    MONITORING = "monitoring", "Monitoring"
    USER = "user", "User"


class KeyTime(models.TextChoices):
    """The moments of an incident that its figures are made of, and that can be corrected afterwards (metrics.mttd, metrics.mttr)."""

    IMPACT_START = "impact_start", "Impact began"
    DETECTED = "detected", "Detected"
    ACKNOWLEDGED = "acknowledged", "First acknowledged"
    MITIGATED = "mitigated", "Mitigated"
    RESOLVED = "resolved", "Resolved"
    IMPACT_END = "impact_end", "Impact ended"


class RoomRole(models.TextChoices):
    """Roles in the room: one holder each."""

    IC = "ic", "Incident Commander"
    OL = "ol", "Operations Lead"
    CL = "cl", "Communications Lead"
    SCRIBE = "scribe", "Scribe"


class Audience(models.TextChoices):
    """Whom a status update is for: each with its own text. Internal and public ones have clocks; the others restart none."""

    INTERNAL = "internal", "Internal"
    EXECUTIVE = "executive", "Executives"
    SUPPORT = "support", "Support script"
    PUBLIC = "public", "Public"


class UpdateState(models.TextChoices):
    """Whether a status update has gone out; it is published at once where nobody has to approve it."""

    WAITING = "waiting", "Waits for approval"
    PUBLISHED = "published", "Published"
    REJECTED = "rejected", "Rejected"


class Approver(models.TextChoices):
    """Whose word an update waits for (clauses roles.cl-public-approval, roles.cl-no-speculation)."""

    DUTY = "duty", "Legal Counsel or PR"
    IC = "ic", "the Incident Commander"


class PublicStatus(models.TextChoices):
    """What a public update says about how far we are (roles.cl-status-page)."""

    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"


class Condition(models.TextChoices):
    """How a component does, as customers see it."""

    OPERATIONAL = "operational", "Operational"
    DEGRADED = "degraded_performance", "Degraded performance"
    PARTIAL = "partial_outage", "Partial outage"
    MAJOR = "major_outage", "Major outage"
    MAINTENANCE = "under_maintenance", "Under maintenance"


class OfferState(models.TextChoices):
    """What became of the offer of a role."""

    OPEN = "open", "Waits for an answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Verdict(models.TextChoices):
    """What testing a hypothesis showed."""

    OPEN = "open", "Not tested yet"
    CONFIRMED = "confirmed", "Confirmed"
    REFUTED = "refuted", "Refuted"


class ChangeState(models.TextChoices):
    """Where a change stands: nothing is executed before the IC approves (roles.ol-no-rogue)."""

    PROPOSED = "proposed", "Waits for approval"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    EXECUTED = "executed", "Executed"
    VERIFIED = "verified", "Verified: it worked"
    FAILED = "failed", "Verified: it did not work"


# What a correction may strike: what a person wrote for others to read. All else says what was done, and stands as it was.
CORRECTABLE = ("incident.noted", "incident.decided", "incident.updated", "incident.file_attached")


class FlagKey(models.TextChoices):
    """What makes an incident legally delicate; what each sets off is data of the standard (breach.*, finance.*)."""

    PERSONAL_DATA = "personal_data", "Personal or health data exposed"
    FINANCIAL_LOSS = "financial_loss", "Money lost or wrongly moved"


class FlagKind(models.TextChoices):
    """Which data were exposed."""

    PII = "pii", "Personal data"
    PHI = "phi", "Health data"
