"""Lines about what is no incident yet: declare, report, and the answers to "is this an incident?" (clause triage.is-it-an-incident)."""

import re
from collections.abc import Callable, Mapping

from incidents import actions, gate, queries
from incidents.api.bodies.signals import AttachBody, DeclareBody, DismissBody, ReportBody
from incidents.models import Signal
from incidents.states import DetectedBy
from integrations.chat.bodies import valid
from integrations.chat.line import Line
from integrations.chat.rooms import Said, meant, told

LISTED = 20  # signals that wait; more are on the page
_SEVERITY = re.compile(r"^sev[- ]?([1-4])$", re.IGNORECASE)
_SERVICE = re.compile(r"^service:", re.IGNORECASE)
_WHICH = "Say which signal, by its number: “/incident triage” lists those that wait."


def declare(line: Line) -> Said:
    """`SEV1 [service:checkout …] what is wrong`."""
    return _declare(line, [])


def declare_from(line: Line) -> Said:
    """`12 [13 …] SEV1 [service:checkout …] [what is wrong]`: the signals are that incident; its title is the first one's, if none is given."""
    signals = [gate.signal_for(line.by, line.number(_WHICH))]
    while (number := line.maybe_number()) is not None:
        signals.append(gate.signal_for(line.by, number))
    return _declare(line, signals)


def _declare(line: Line, signals: list[Signal]) -> Said:
    first, *words = line.rest.split() or [""]
    severity = _SEVERITY.match(first)
    if severity is None:
        line.teach("Say how bad it is, SEV1 to SEV4, and then what is wrong.")
    slugs = [word.partition(":")[2] for word in words if _SERVICE.match(word)]
    title = " ".join(word for word in words if not _SERVICE.match(word)) or (signals[0].title if signals else "")
    if not title:
        line.teach("Say what is wrong.")
    body = valid(DeclareBody, {"title": title, "severity": f"SEV{severity[1]}", "services": slugs})
    services = gate.services_for(line.by, body["services"])
    if signals:
        incident = actions.declare_from(signals, by=line.by, title=body["title"], severity=body["severity"], services=services)
    else:
        incident = actions.declare(
            by=line.by, title=body["title"], severity=body["severity"], services=services, detected_by=DetectedBy.USER
        )
    return Said(told(incident, line.by), "declare", incident.ref)


def report(line: Line) -> Said:
    """Say that something looks wrong."""
    body = valid(ReportBody, {"title": line.text("Say what you notice.")})
    signal = actions.report(by=line.by, title=body["title"])
    return Said(f"Reported: {signal.title}. It waits in triage as signal {signal.pk}.", "report")


def triage(line: Line) -> Said:
    """What waits for an answer, each with the number by which the other words name it."""
    line.end()
    found = list(queries.waiting()[: LISTED + 1])
    rows = [f"{signal.pk} · {signal.get_kind_display()}: {signal.title}" for signal in found[:LISTED]]
    more = [f"More than {LISTED} wait: the page of triage has them all."] if len(found) > LISTED else []
    return Said("\n".join([*rows, *more]) or "Nothing waits in triage.", "triage")


def attach(line: Line) -> Said:
    """`12 INC-42`: the signal joins that incident; without one, the one that is meant."""
    signal = gate.signal_for(line.by, line.number(_WHICH))
    if line.rest:
        line.ref = valid(AttachBody, {"incident": line.token("")})["incident"]
    line.end()
    incident = meant(line.by, line.ref)
    actions.attach(signal, incident, by=line.by)
    return Said(told(incident, line.by), "attach", incident.ref)


def dismiss(line: Line) -> Said:
    """`12 because …`: the answer is no."""
    signal = gate.signal_for(line.by, line.number(_WHICH))
    body = valid(DismissBody, {"reason": line.reason("Say why.")})
    actions.dismiss(signal, by=line.by, reason=body["reason"])
    return Said(f"Dismissed: {signal.title}.", "dismiss")


# The verb of a word -> what its line does. None is done to an incident that is there already.
SIGNALS: Mapping[str, Callable[[Line], Said]] = {
    "declare": declare,
    "signal:declare-from": declare_from,
    "signal:report": report,
    "triage": triage,
    "signal:attach": attach,
    "signal:dismiss": dismiss,
}
