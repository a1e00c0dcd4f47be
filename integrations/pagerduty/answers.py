"""PagerDuty's own answers, to the letter, so that its clients retry and report as they do there."""

from typing import Any

from tenants.refusals import Refused

type Answer = tuple[int, dict[str, Any]]


def accepted(data: dict[str, Any], *, change: bool) -> Answer:
    """202, once the event is durable."""
    if change:
        return 202, {"status": "success", "message": "Change event processed"}
    return 202, {"status": "success", "message": "Event processed", "dedup_key": data.get("dedup_key", "")}


def refused(error: Refused) -> Answer:
    """400 for whatever is wrong with an event, its key too; 405, 413 and 503 (send it again) keep their status, in the same form."""
    reason = error.reasons[0]
    if reason.code == "busy":
        message = "Requests for this service are arriving too quickly.  Please retry later."
        return 429, {"status": "throttle exceeded", "message": message, "errors": [reason.sentence]}
    if reason.code == "unrecognized":
        return 400, {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": [reason.sentence],
        }
    sentence = "Invalid routing key" if reason.code == "unknown_key" else reason.sentence
    status = error.status if error.status in (405, 413, 503) else 400
    return status, {"status": "invalid event", "message": "Event object is invalid", "errors": [sentence]}


def failed() -> Answer:
    """503: it could not be kept just now; the clients send it again."""
    return 503, {"status": "Service Unavailable", "message": "The event could not be kept just now. Send it again."}
