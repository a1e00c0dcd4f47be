"""How what led to an incident, who was called, and what the clocks did reads on the timeline."""

from collections.abc import Callable

from incidents.sentences.kind import Data, Kind, level, span
from incidents.states import DetectedBy


def _declared(data: Data) -> str:
    services = f" Services: {', '.join(data['services'])}." if data.get("services") else ""
    noticed = DetectedBy(data["detected_by"]).label.lower()
    return f"{level(data['severity'])} declared: {data['title']}. Detected by {noticed}.{services}"


def _opened(data: Data) -> str:
    return f"{'Monitoring says' if data.get('source') == 'alerts' else 'Reported'}: {data['title']}."


_AGAIN = {"first": "", "again": " again", "direct": ""}


def _person_paged(data: Data) -> str:
    how = _AGAIN.get(data["reason"], f" (nobody acknowledged: step {data.get('position')})")
    return f"{data['person']} paged{how}."


def _clock(what: str) -> Callable[[Data], str]:
    return lambda data: f"{data['clause']}{_for_whom(data)}: {what} (due {data['due_at'][11:19]} UTC)."


def _for_whom(data: Data) -> str:
    """A cadence whose subject is a status update counts to the next one for customers."""
    return ", for customers" if data.get("about") == "incidents.statusupdate" else ""


KINDS = {
    "signal.opened": Kind("Signal", _opened),
    "incident.declared": Kind("Declared", _declared),
    "incident.signal_attached": Kind("Attached", lambda data: f"Attached from triage: {data['title']}."),
    "alert.fired": Kind("Alert", lambda data: f"{data['name']} fires{': ' + data['summary'] if data.get('summary') else ''}."),
    "alert.resolved": Kind("Alert", lambda data: f"{data['name']} cleared."),
    "page.started": Kind("Page", lambda data: f"Paging {data.get('team') or data.get('reason')}."),
    "page.person_paged": Kind("Paged", _person_paged),
    "page.acknowledged": Kind("Acknowledged", lambda data: f"Acknowledged the page after {span(data['seconds'])}."),
    "page.exhausted": Kind("Page", lambda data: f"Nobody of {data['team']} is left to call, and nobody acknowledged."),
    "page.ended": Kind("Page", lambda data: "The page has ended without an acknowledgement."),
    "clock.prompted": Kind("Clock", _clock("time is running out")),
    "clock.broken": Kind("Clock", _clock("time is past")),
}
