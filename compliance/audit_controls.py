"""What an auditor asks for, control by control: which entries of the record, and which clauses' clocks, are the evidence. Data, no rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a framework, and where its evidence stands.

    `kinds` are events by their kind, or the beginning of it (ending in a dot or an underscore); `clauses` likewise, of the standard: where
    their clocks broke, that is an exception. `where` are pages that show more, by their name.
    """

    framework: str
    code: str
    title: str
    asks: str
    kinds: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """As an address names it."""
        return f"{self.framework}-{self.code}".lower().replace(" ", "-").replace(".", "-").replace("/", "-")

    @property
    def framework_name(self) -> str:
        """The framework as people name it."""
        return FRAMEWORKS[self.framework]


FRAMEWORKS: Mapping[str, str] = {"soc2": "SOC 2", "iso27001": "ISO 27001:2022", "nist": "NIST SP 800-61r3"}

_DECLARED = ("incident.declared", "incident.reopened", "incident.false_positive", "incident.merged", "incident.absorbed")
_UPDATES = (
    "incident.updated",
    "incident.update_",
    "incident.sitrep",
    "incident.checked_in",
    "incident.check_in_set",
    "incident.asked",
)
_CADENCE = ("severity.sev1-cadence", "severity.sev2-cadence", "roles.cl-", "roles.ic-rhythm")
_ALERTS = ("alert.", "signal.opened", "signal.asked", "signal.suppressed", "incident.signal_attached", "incident.preceded")
_TRIAGE = (
    "signal.",
    "incident.severity_changed",
    "incident.flagged",
    "incident.unflagged",
    "incident.assessed",
    "incident.false_positive",
)
_ROOM = ("incident.", "role.", "page.", "clock.")
_LEARNT = ("postmortem.", "review.", "action.", "incident.closed")

CONTROLS: tuple[Control, ...] = (
    Control(
        "soc2",
        "CC2.1",
        "Complete and accurate information",
        "That the list of incidents is complete: every number, and how each came to be and ended.",
        (*_DECLARED, "incident.resolved", "incident.closed"),
        where={"audit-population": "The population"},
    ),
    Control("soc2", "CC2.2", "Communication inside", "Updates inside the organisation, in their cadence.", _UPDATES, _CADENCE),
    Control(
        "soc2",
        "CC2.3",
        "Communication outside",
        "Updates to customers and the public, approved before they went out, in their cadence.",
        ("incident.updated", "incident.update_", "postmortem.released", "postmortem.withdrawn"),
        _CADENCE,
    ),
    Control(
        "soc2",
        "CC6",
        "Logical access",
        "Who was let into restricted incidents, by whom, for how long; roles and memberships that changed; who signed in, and who was not let in.",
        (
            *("incident.restricted", "incident.person_", "configuration.changed", "token.", "engagement.", "access_", "glass."),
            "session.",
        ),
        ("breach.need-to-know", "evidence.access-review"),
    ),
    Control(
        "soc2",
        "CC7.2",
        "Monitoring",
        "What monitoring told, when it was noticed, and how long that took.",
        _ALERTS,
        ("detection.", "triage.is-it-an-incident"),
        {"metrics-home": "Times to detect"},
    ),
    Control(
        "soc2",
        "CC7.3",
        "Evaluation",
        "What became of each alert and report: the decision, the severity with its reason, the flags.",
        _TRIAGE,
        ("triage.", "breach.sev1"),
    ),
    Control(
        "soc2",
        "CC7.4",
        "Response",
        "Roles, orders with their acknowledgements, checklists, handovers, pages: the whole record of the response.",
        _ROOM,
        ("mobilize.", "severity.", "warroom.", "handover.", "oncall.", "roles.", "checklist.", "resolve."),
        {"metrics-clocks": "Clocks kept and broken"},
    ),
    Control(
        "soc2",
        "CC7.5",
        "Recovery and learning",
        "Post-mortems, their reviews, and what became of the action items.",
        _LEARNT,
        ("postmortem.", "actions."),
        {"actions": "Action items"},
    ),
    Control(
        "soc2",
        "A1.2",
        "Availability",
        "When components were down, and what was aimed at.",
        ("incident.updated", "incident.impact_set", "incident.time_corrected"),
        ("metrics.slo",),
        {"metrics-availability": "Availability"},
    ),
    Control(
        "iso27001",
        "A.5.24",
        "Planning and preparation",
        "The versions of the standard that were in force, and who was on call by then.",
        ("standard.", "schedule.", "override.", "swap.", "process_review.", "feedback."),
        ("improve.", "oncall."),
        {"standard-versions": "Versions of the standard", "oncall": "On call"},
    ),
    Control("iso27001", "A.5.25", "Assessment and decision", "Triage, with what was no incident.", _TRIAGE, ("triage.",)),
    Control(
        "iso27001",
        "A.5.26",
        "Response",
        "What was done, by whom, and when.",
        _ROOM,
        ("mobilize.", "severity.", "warroom.", "handover.", "roles.", "resolve."),
    ),
    Control("iso27001", "A.5.27", "Learning", "What was learnt, and what came of it.", _LEARNT, ("postmortem.", "actions.")),
    Control(
        "iso27001",
        "A.5.28",
        "Collection of evidence",
        "Files with the hash of their bytes, snapshots of logs that were asked for, holds, and what their custodians answered.",
        ("incident.file_attached", "incident.snapshot_", "incident.corrected", "hold.", "custodian."),
        ("breach.preserve-logs", "finance.audit-trail", "evidence."),
    ),
    Control(
        "iso27001",
        "A.6.8",
        "Reporting of events",
        "What people reported, and how long it took until somebody looked at it.",
        ("signal.opened", "signal.asked", "signal.declared", "signal.dismissed", "signal.attached", "incident.declared"),
        ("detection.manual", "triage."),
    ),
    Control(
        "iso27001",
        "A.8.15",
        "Logging",
        "The record, append-only: entries recorded late, corrections that strike and never replace, what auditors read, what was downloaded.",
        (
            *("incident.corrected", "incident.time_corrected", "review.time_corrected"),
            *("auditor.read", "export.given", "pack.handed_out", "reaction.tried_again", "clock.tried_again"),
        ),
    ),
    Control(
        "nist",
        "RS.AN-06",
        "Actions are recorded, and the record is kept",
        "Everything that was done in an incident, each entry with its number in an unbroken row.",
        _ROOM,
    ),
    Control(
        "nist",
        "RS.AN-07",
        "Integrity and provenance",
        "What was filed, with the hash of its bytes, who filed it and when; corrections beside what they correct.",
        ("incident.file_attached", "incident.corrected", "incident.snapshot_", "alert.fired"),
    ),
)
KINDS: tuple[str, ...] = tuple(sorted({kind for control in CONTROLS for kind in control.kinds}))  # what is evidence of any
BY_KEY: Mapping[str, Control] = {control.key: control for control in CONTROLS}


def begins(word: str, words: Sequence[str]) -> bool:
    """Whether a word is one of these, or begins with one that ends in a separator (compliance/audit_evidence.py asks the database the same)."""
    return any(word == one or (one[-1] in "._-" and word.startswith(one)) for one in words)
