"""How what led to an incident, who was called, and what the clocks did reads on the timeline."""

from collections.abc import Callable

from incidents.sentences.kind import Data, Kind, Pairs, level, moment, reason, span
from incidents.states import DetectedBy


def _declared(data: Data) -> str:
    services = f" Services: {', '.join(data['services'])}." if data.get("services") else ""
    noticed = DetectedBy(data["detected_by"]).label.lower()
    drill = "Exercise. " if data.get("exercise") else ""
    return f"{drill}{level(data['severity'])} declared: {data['title']}. Detected by {noticed}.{services}"


def _assessed(data: Data) -> Pairs:
    """The answers to the impact questions, and what they suggested."""
    assessment = data.get("assessment")
    if not assessment:
        return []
    suggested = assessment["suggested"]
    said = f"{level(suggested)}: {assessment['because']}" if suggested else "No level: the answers say too little."
    return [*((asked, answer) for asked, answer in assessment["words"]), ("Suggested", said)]


def _opened(data: Data) -> str:
    ticket = f" (ticket {data['ticket']})" if data.get("ticket") else ""
    return f"{'Monitoring says' if data.get('source') == 'alerts' else 'Reported'}: {data['title']}{ticket}."


_AGAIN = {"first": "", "again": " again", "direct": "", "forgotten": " again, having acknowledged"}


def _person_paged(data: Data) -> str:
    how = _AGAIN.get(data["reason"], f" (nobody acknowledged: step {data.get('position')})")
    return f"{data['person']} paged{how}."


def _page_started(data: Data) -> str:
    """Who is paged; of a page that waits, when it begins."""
    whom = data.get("team") or data.get("reason")
    return f"Will page {whom} at {moment(data['begins_at'])}, in business hours." if data.get("begins_at") else f"Paging {whom}."


def _calmed(data: Data) -> str:
    begins = f" It begins anew at {moment(data['begins_at'])}." if data.get("begins_at") else ""
    return f"The page is of low urgency: it wakes nobody outside business hours.{begins}"


def _clock(what: str) -> Callable[[Data], str]:
    return lambda data: f"{data['clause']}{_for_whom(data)}: {what} (due {moment(data['due_at'])})."


def _for_whom(data: Data) -> str:
    """A cadence whose subject is a status update counts to the next one for customers."""
    return ", for customers" if data.get("about") == "incidents.statusupdate" else ""


KINDS = {
    "signal.opened": Kind("Signal", _opened),
    "signal.suppressed": Kind("Suppressed", lambda data: f"{data['title']}: suppressed. {data['reason']}"),
    "signal.asked": Kind("Signal", lambda data: f"{data['title']}: asked about after all. It had been suppressed. {data['was']}"),
    "incident.declared": Kind("Declared", _declared, _assessed),
    "incident.signal_attached": Kind("Attached", lambda data: f"Attached from triage: {data['title']}."),
    "alert.fired": Kind("Alert", lambda data: f"{data['name']} fires{': ' + data['summary'] if data.get('summary') else ''}."),
    "alert.acknowledged": Kind("Alert", lambda data: f"{data['name']}: somebody has seen it, says its source. It stops no page."),
    "alert.resolved": Kind("Alert", lambda data: f"{data['name']} cleared."),
    "page.started": Kind("Page", _page_started),
    "page.person_paged": Kind("Paged", _person_paged),
    "page.acknowledged": Kind("Acknowledged", lambda data: f"Acknowledged the page after {span(data['seconds'])}."),
    "page.declined": Kind("Declined", lambda data: "Declined the page: the next ones are called.", reason),
    "page.forgotten": Kind(
        "Page", lambda data: f"{data['person']} acknowledged {span(data['seconds'])} ago and nothing was done since: asked again."
    ),
    "page.calmed": Kind("Page", _calmed),
    "page.withheld": Kind("Page", lambda data: f"{data['person']} was not called: they were taken off the list of who may know."),
    "page.exhausted": Kind("Page", lambda data: f"Nobody of {data['team']} is left to call, and nobody acknowledged."),
    "page.ended": Kind("Page", lambda data: "The page has ended without an acknowledgement."),
    "clock.tried_again": Kind("Clock", lambda data: f"{data['clause']}: it could not be struck, and is tried again."),
    "clock.prompted": Kind("Clock", _clock("time is running out")),
    "clock.broken": Kind("Clock", _clock("time is past")),
}
